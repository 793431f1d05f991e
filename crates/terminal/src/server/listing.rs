//! Conversations, newest first.

use rivulet_engine::Engine;
use rivulet_protocol::{
    ApiError, Caller, Commands, Conversation, ConversationId, ConversationOpen, ConversationsList, Search,
};
use std::collections::{HashMap, HashSet};

/// The engine's own largest pages.
const CONVERSATIONS: u32 = 500;
const HITS: u32 = 200;

/// The newest `limit` conversations with these words in the title or in a message; of all if there are no words.
pub(super) async fn newest(
    engine: &Engine,
    caller: &Caller,
    words: &str,
    limit: usize,
) -> Result<Vec<Conversation>, ApiError> {
    let words = words.trim();
    let mut found: HashMap<ConversationId, Conversation> =
        titled(engine, caller, words, limit).await?.into_iter().map(|found| (found.id, found)).collect();
    if !words.is_empty() {
        for conversation in mentioning(engine, caller, words, limit).await? {
            if let std::collections::hash_map::Entry::Vacant(place) = found.entry(conversation) {
                let open = ConversationOpen { conversation, limit: Some(1) };
                place.insert(engine.conversation_open(caller, open).await?.conversation);
            }
        }
    }
    let mut found: Vec<Conversation> = found.into_values().collect();
    found.sort_by_key(|conversation| std::cmp::Reverse((conversation.updated_at, conversation.id)));
    found.truncate(limit);
    Ok(found)
}

/// At least the newest `limit` by their titles. The app's list has the pinned ones first, however old they are.
async fn titled(engine: &Engine, caller: &Caller, query: &str, limit: usize) -> Result<Vec<Conversation>, ApiError> {
    let mut found: Vec<Conversation> = Vec::new();
    let mut offset = 0;
    loop {
        let query = Some(query.to_owned()).filter(|query| !query.is_empty());
        let page = (Some(offset), Some(CONVERSATIONS));
        let request = ConversationsList { offset: page.0, limit: page.1, query, ..ConversationsList::default() };
        let page = engine.conversations_list(caller, request).await?;
        found.extend(page.conversations);
        offset += CONVERSATIONS;
        let by_time = found.iter().filter(|conversation| !conversation.pinned).count();
        if !page.has_more || by_time >= limit {
            return Ok(found);
        }
    }
}

/// Conversations with a message that has these words, as many as are wanted: the search tells the newest first.
async fn mentioning(
    engine: &Engine,
    caller: &Caller,
    words: &str,
    limit: usize,
) -> Result<HashSet<ConversationId>, ApiError> {
    let mut found = HashSet::new();
    let mut offset = 0;
    loop {
        let query = words.to_owned();
        let search = Search { query, offset: Some(offset), limit: Some(HITS), ..Search::default() };
        let page = engine.search(caller, search).await?;
        found.extend(page.hits.iter().map(|hit| hit.conversation));
        offset += HITS;
        if !page.has_more || found.len() >= limit {
            return Ok(found);
        }
    }
}
