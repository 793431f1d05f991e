//! What was written and not sent.

use crate::Engine;
use crate::answers::QUESTION_BYTES;
use rivulet_protocol::*;

impl Engine {
    pub(crate) async fn read_draft(&self, conversation: Option<ConversationId>) -> Result<Draft, ApiError> {
        let text = self.core.draft_store(conversation).draft(conversation).await?;
        Ok(Draft { conversation, text })
    }

    pub(crate) async fn put_draft(&self, draft: Draft) -> Result<(), ApiError> {
        if draft.text.len() > QUESTION_BYTES {
            return Err(ApiError::invalid("The message is longer than 4 MiB."));
        }
        let store = self.core.draft_store(draft.conversation);
        Ok(store.put_draft(draft.conversation, draft.text).await?)
    }
}
