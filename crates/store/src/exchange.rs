//! Whole conversations in and out, for imports and exports.

use crate::work::Work;
use crate::{Durability, Store, StoreError, conversations, messages, search};
use rivulet_protocol::{Conversation, ConversationId, Message, MessageId};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashSet;
use uuid::Uuid;

/// What came of conversations that were taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Conversations that were not here.
    pub new_conversations: u64,
    /// Conversations that were here and have more messages now.
    pub grown_conversations: u64,
    /// Messages that were not here.
    pub new_messages: u64,
    /// Conversations in the bin, which stay as they are.
    pub in_bin: u64,
    /// Conversations with messages that stand in another one here; nothing of them was taken.
    pub conflicts: u64,
}

impl std::ops::AddAssign for Taken {
    fn add_assign(&mut self, more: Self) {
        self.new_conversations += more.new_conversations;
        self.grown_conversations += more.grown_conversations;
        self.new_messages += more.new_messages;
        self.in_bin += more.in_bin;
        self.conflicts += more.conflicts;
    }
}

impl Store {
    /// Takes conversations in, all or none of them. What is here already stays as it is, what is not is added: taking
    /// the same ones in again changes nothing. Parents must stand before their children.
    pub async fn take_in(&self, chats: Vec<(Conversation, Vec<Message>)>) -> Result<Taken, StoreError> {
        self.write(Durability::Synced, move |work| {
            let mut taken = Taken::default();
            for (conversation, messages) in &chats {
                taken += take_one(work, conversation, messages)?;
            }
            Ok(taken)
        })
        .await
    }

    /// A conversation that is not in the bin with all of its messages, parents before their children.
    pub async fn whole(&self, id: ConversationId) -> Result<Option<(Conversation, Vec<Message>)>, StoreError> {
        self.read(move |connection| {
            let Some(conversation) = conversations::conversation(connection, id)? else { return Ok(None) };
            Ok(Some((conversation, messages::all(connection, id)?)))
        })
        .await
    }

    /// All conversations that are not in the bin, oldest first.
    pub async fn conversation_ids(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.read(|connection| {
            let mut select =
                connection.prepare("SELECT id FROM conversation WHERE deleted_at IS NULL ORDER BY created_at, id")?;
            let rows = select.query_map([], |row| Ok(ConversationId(row.get(0)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn take_one(work: &mut Work<'_>, conversation: &Conversation, all: &[Message]) -> Result<Taken, StoreError> {
    let mut taken = Taken::default();
    let Some(known) = known(work.connection, conversation.id, all)? else {
        taken.conflicts = 1;
        return Ok(taken);
    };
    let mut bin = work.connection.prepare_cached("SELECT deleted_at IS NOT NULL FROM conversation WHERE id = ?1")?;
    match bin.query_row([conversation.id.0], |row| row.get(0)).optional()? {
        Some(true) => taken.in_bin = 1,
        Some(false) => {
            let new: Vec<&Message> = all.iter().filter(|message| !known.contains(&message.id)).collect();
            taken.grown_conversations = u64::from(!new.is_empty());
            taken.new_messages = new.len() as u64;
            grow(work, conversation, &new)?;
        }
        None => {
            taken.new_conversations = 1;
            taken.new_messages = all.len() as u64;
            // A conversation of this id may have been here and be gone for good.
            work.heads.remove(&conversation.id);
            create(work.connection, conversation, all)?;
        }
    }
    Ok(taken)
}

/// Those of the messages that are here already; `None` if one of them stands in another conversation.
fn known(
    connection: &Connection,
    conversation: ConversationId,
    all: &[Message],
) -> Result<Option<HashSet<MessageId>>, StoreError> {
    let mut home = connection.prepare_cached("SELECT conversation FROM message WHERE id = ?1")?;
    let mut known = HashSet::new();
    for message in all {
        match home.query_row([message.id.0], |row| row.get::<_, Uuid>(0)).optional()? {
            None => {}
            Some(here) if here == conversation.0 => {
                known.insert(message.id);
            }
            Some(_) => return Ok(None),
        }
    }
    Ok(Some(known))
}

/// Adds to a conversation that somebody may be watching.
fn grow(work: &mut Work<'_>, conversation: &Conversation, new: &[&Message]) -> Result<(), StoreError> {
    for message in new {
        if !into_bin(work.connection, conversation.id, message)? {
            messages::insert(work, conversation.id, message)?;
        }
    }
    if !new.is_empty() {
        let mut update = work.connection.prepare_cached(
            "UPDATE conversation SET leaf = ifnull(leaf, ?2), updated_at = max(updated_at, ?3) WHERE id = ?1",
        )?;
        let leaf = conversation.leaf.map(|leaf| leaf.0);
        update.execute((conversation.id.0, leaf, conversation.updated_at))?;
    }
    Ok(())
}

/// What follows a message in the bin goes there with it, and comes back with it; whether it did.
fn into_bin(connection: &Connection, conversation: ConversationId, message: &Message) -> Result<bool, StoreError> {
    let mut above = connection.prepare_cached(
        "SELECT deleted_at, deleted_with, fold_seq FROM message WHERE id = ?1 AND deleted_at IS NOT NULL",
    )?;
    let Some(parent) = message.parent else { return Ok(false) };
    let above = above.query_row([parent.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((at, with, seq)): Option<(u64, Uuid, u64)> = above else { return Ok(false) };
    messages::insert_row(connection, conversation, message, seq)?;
    search::add(connection, connection.last_insert_rowid(), &message.text)?;
    let mut bin = connection.prepare_cached("UPDATE message SET deleted_at = ?2, deleted_with = ?3 WHERE id = ?1")?;
    bin.execute((message.id.0, at, with))?;
    Ok(true)
}

/// Adds a conversation that nobody can be watching: its messages need no events.
fn create(connection: &Connection, conversation: &Conversation, all: &[Message]) -> Result<(), StoreError> {
    conversations::insert(connection, conversation, all.len() as u64)?;
    for (message, seq) in all.iter().zip(1..) {
        if let Some(parent) = message.parent {
            messages::require(connection, conversation.id, parent, "parent message")?;
        }
        messages::insert_row(connection, conversation.id, message, seq)?;
        search::add(connection, connection.last_insert_rowid(), &message.text)?;
    }
    Ok(())
}
