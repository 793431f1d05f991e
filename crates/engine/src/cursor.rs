//! A viewer's place in a log.

use crate::Core;
use crate::log::Log;
use rivulet_protocol::{ApiError, Batch, ConversationId};
use rivulet_store::Store;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A position in a conversation's log. Whoever holds it reads at its own pace; nobody waits for it.
pub struct Cursor {
    conversation: ConversationId,
    position: u64,
    /// What has been read of the log: past `position` where there was nothing to hand out, since it was deleted.
    read: u64,
    log: Arc<Log>,
    heads: watch::Receiver<u64>,
    store: Store,
    quitting: CancellationToken,
}

impl Cursor {
    pub(crate) async fn open(core: &Core, conversation: ConversationId, after: u64) -> Result<Self, ApiError> {
        let Some(found) = core.store_of(conversation).conversation(conversation).await? else {
            return Err(ApiError::not_found("conversation"));
        };
        let log = core.logs.log(conversation, found.head);
        let heads = log.heads();
        let head = *heads.borrow();
        // A number from another life of the log (a restored backup, say) is worth nothing: from the beginning.
        let position = if after > head { 0 } else { after };
        let (store, quitting) = (core.store_of(conversation), core.quitting.clone());
        Ok(Self { conversation, position, read: position, log, heads, store, quitting })
    }

    /// Whose log it reads.
    pub fn conversation(&self) -> ConversationId {
        self.conversation
    }

    /// The number of the last event that was handed out.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The published head: what there is to read by now.
    pub fn head(&self) -> u64 {
        *self.heads.borrow()
    }

    /// Waits until the log is past this position and hands out what came, merged. `None` when the app quits or the
    /// log can no longer be read.
    pub async fn next(&mut self) -> Option<Batch> {
        loop {
            if *self.heads.borrow_and_update() > self.read {
                match self.take().await? {
                    batch if batch.events.is_empty() => continue,
                    batch => return Some(batch),
                }
            }
            tokio::select! {
                changed = self.heads.changed() => changed.ok()?,
                // The turns still publish how they ended; that is handed out before the end.
                () = self.quitting.cancelled() => return self.last_words().await,
            }
        }
    }

    async fn last_words(&mut self) -> Option<Batch> {
        let wait = std::time::Duration::from_millis(500);
        tokio::time::timeout(wait, self.heads.changed()).await.ok()?.ok()?;
        self.take().await.filter(|batch| !batch.events.is_empty())
    }

    async fn take(&mut self) -> Option<Batch> {
        let events = match self.log.read(self.read) {
            Some(events) => events,
            None => match self.store.events_after(self.conversation, self.read).await {
                Ok((events, _)) => events,
                Err(error) => {
                    tracing::error!(%error, "the log could not be read");
                    return None;
                }
            },
        };
        let after = self.position;
        // The log may end at a number above its last event: that of something that was deleted.
        self.read = events.last().map_or(*self.heads.borrow(), |event| event.seq);
        self.position = events.last().map_or(self.position, |event| event.seq);
        Some(Batch { conversation: self.conversation, after, head: self.position, events })
    }
}
