//! The bin: deleting messages, taking deletions back, and letting go for ever.

use crate::Engine;
use rivulet_protocol::*;
use rivulet_store::Binned;
use std::time::Duration;

const PAGE: u32 = 100;
const PAGE_MOST: u32 = 500;
/// How long what was deleted can come back.
const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1000;
/// How often it is looked for what has been in the bin long enough.
const LOOK: Duration = Duration::from_secs(60 * 60);

impl Engine {
    pub(crate) async fn bin(&self, request: BinList) -> Result<BinPage, ApiError> {
        let limit = request.limit.unwrap_or(PAGE).clamp(1, PAGE_MOST);
        Ok(self.core.store.bin(request.offset.unwrap_or(0), limit).await?)
    }

    pub(crate) async fn delete_message(&self, caller: &Caller, message: MessageId) -> Result<Snapshot, ApiError> {
        let (conversation, _) = self.seen_message(caller, message).await?;
        for (running, _) in self.core.turns_in(conversation.id) {
            let path = self.core.store_of(conversation.id).path_for_request(conversation.id, running).await?;
            if path.iter().any(|above| above.id == message) {
                self.stop(caller, running).await?;
            }
        }
        self.core.store_of(conversation.id).delete_message(message).await?;
        self.core.logs.forget(conversation.id);
        self.notify_conversation(conversation.id).await;
        self.open_at_end(caller, ConversationOpen { conversation: conversation.id, limit: None }).await
    }

    pub(crate) async fn restore_message(&self, caller: &Caller, message: MessageId) -> Result<Snapshot, ApiError> {
        let conversation = match self.core.temporary.restore_message(message).await? {
            Some(conversation) => conversation,
            None => self.core.store.restore_message(message).await?,
        };
        self.notify_conversation(conversation).await;
        self.open_at_end(caller, ConversationOpen { conversation, limit: None }).await
    }

    /// Deletes for ever what the request names, or all that is in the bin.
    pub(crate) async fn purge(&self, request: BinPurge) -> Result<(), ApiError> {
        match (request.conversation, request.message) {
            (_, Some(message)) => Ok(self.core.store.purge(Binned::Message(message)).await?),
            (Some(conversation), None) => Ok(self.core.store.purge(Binned::Conversation(conversation)).await?),
            (None, None) => self.purge_before(u64::MAX >> 1).await,
        }
    }

    async fn purge_before(&self, before: u64) -> Result<(), ApiError> {
        // One at a time, so that no answer waits long behind it.
        while let Some(binned) = self.core.store.binned_before(before).await? {
            self.core.store.purge(binned).await?;
        }
        self.core.store.purge_projects(before).await?;
        // Last: an assistant stays as long as a conversation has it.
        Ok(self.core.store.purge_assistants(before).await?)
    }

    /// What has been in the bin for long enough goes.
    pub(crate) fn empty_bin_by_itself(&self) {
        self.now_and_then(LOOK, |engine| async move {
            if let Err(error) = engine.purge_before(now_ms().saturating_sub(KEPT_MS)).await {
                tracing::warn!(%error, "the bin could not be emptied");
            }
        });
    }
}
