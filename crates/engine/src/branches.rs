//! Branches of a conversation: choosing one, an answer in a person's words, going on in a conversation of its own.

use crate::answers::QUESTION_BYTES;
use crate::conversations::empty_conversation;
use crate::{Engine, wording};
use rivulet_protocol::*;
use rivulet_store::ConversationChange;
use std::collections::HashMap;

impl Engine {
    pub(crate) async fn select_branch(&self, caller: &Caller, message: MessageId) -> Result<Snapshot, ApiError> {
        let (conversation, message) = self.seen_message(caller, message).await?;
        let leaf = self.core.store_of(conversation.id).newest_leaf_below(message.id).await?;
        self.change(caller, conversation.id, ConversationChange { leaf: Some(leaf), ..Default::default() }).await?;
        self.open_at_end(caller, ConversationOpen { conversation: conversation.id, limit: None }).await
    }

    /// Puts `text` beside an answer, as what the model is told it said. The answer stays as it is.
    pub(crate) async fn edit_answer(&self, caller: &Caller, request: MessageEdit) -> Result<Snapshot, ApiError> {
        let (conversation, answer) = self.seen_message(caller, request.message).await?;
        if answer.author != Author::Assistant || request.text.trim().is_empty() {
            return Err(ApiError::invalid("Only an answer can be edited, and not into nothing."));
        }
        if request.text.len() > QUESTION_BYTES {
            return Err(ApiError::invalid("The message is longer than 4 MiB."));
        }
        if answer.state == MessageState::Running {
            return Err(ApiError::new(ErrorCode::Busy, "This answer is still being written."));
        }
        // What the vendor signed was what the model wrote: it is of no use with other words.
        let mut edited = Message::new(answer.parent, Author::Assistant, MessageState::Complete);
        (edited.text, edited.edited) = (request.text, true);
        (edited.provider, edited.model) = (answer.provider, answer.model);
        edited.ended_at = Some(edited.created_at);
        let leaf = edited.id;
        self.core.store_of(conversation.id).begin(conversation.id, vec![edited], leaf).await?;
        self.notify_conversation(conversation.id).await;
        self.open_at_end(caller, ConversationOpen { conversation: conversation.id, limit: None }).await
    }

    /// A new conversation with the path up to a message in it.
    pub(crate) async fn fork(&self, caller: &Caller, message: MessageId) -> Result<Conversation, ApiError> {
        let (source, message) = self.seen_message(caller, message).await?;
        if message.state == MessageState::Running {
            return Err(ApiError::new(ErrorCode::Busy, "This answer is still being written."));
        }
        let mut path = self.core.store_of(source.id).path_for_request(source.id, message.id).await?;
        let ids: HashMap<MessageId, MessageId> = path.iter().map(|old| (old.id, MessageId::new())).collect();
        for copy in &mut path {
            copy.id = ids.get(&copy.id).copied().unwrap_or(copy.id);
            copy.parent = copy.parent.and_then(|parent| ids.get(&parent).copied());
        }
        let mut fork = empty_conversation(source.provider, source.model);
        (fork.title, fork.controls) = (wording::fork_title(&source.title), source.controls);
        (fork.assistant, fork.own_prompt) = (source.assistant, source.own_prompt);
        fork.place = source.place;
        fork.leaf = path.last().map(|last| last.id);
        let id = fork.id;
        self.core.store.take_in(vec![(fork, path)]).await?;
        self.change(caller, id, ConversationChange::default()).await
    }
}
