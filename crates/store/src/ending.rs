//! Ends of answers: what must reach the disk, and is tried until it does.

use crate::queue::Lasting;
use crate::{Durability, Spending, Store, StoreError, asked, messages};
use rivulet_protocol::{ConversationId, EventBody, Message};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The end of an answer, and what it cost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ending {
    pub conversation: ConversationId,
    /// The whole answer.
    pub message: Message,
    /// Nobody counts what it cost later.
    pub counted: bool,
    /// What it cost, if it was paid for.
    pub spent: Option<Spending>,
}

impl Store {
    /// Ends an answer: everything it is goes into its row, its log rows go, and `event` is published. Synced, and
    /// tried until the disk takes it.
    pub async fn end(&self, conversation: ConversationId, ended: Message, event: EventBody) -> Result<(), StoreError> {
        self.put_end(Ending { conversation, message: ended, counted: false, spent: None }, event).await
    }

    /// The same for an answer that is counted with it: nobody sees its end before what it cost, and neither reaches the
    /// disk without the other.
    pub async fn end_counted(
        &self,
        conversation: ConversationId,
        ended: Message,
        event: EventBody,
        spent: Option<Spending>,
    ) -> Result<(), StoreError> {
        self.put_end(Ending { conversation, message: ended, counted: true, spent }, event).await
    }

    async fn put_end(&self, ending: Ending, event: EventBody) -> Result<(), StoreError> {
        let ending = Arc::new(ending);
        self.push(Durability::Synced, Some(Lasting::Ending(Arc::clone(&ending))), move |work| {
            let Ending { conversation, message, counted, spent } = &*ending;
            let seq = work.next_number(*conversation)?;
            messages::fold(work.connection, *conversation, message, seq)?;
            if *counted {
                asked::forget(work.connection, message.id, spent.as_ref())?;
            }
            work.publish(*conversation, rivulet_protocol::Event { seq, message: message.id, body: event.clone() });
            Ok(())
        })
        .await
    }
}
