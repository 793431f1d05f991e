//! Conversations that never touch the disk: a second store, in memory, beside the one in the data folder.

use crate::Core;
use crate::log::Logs;
use rivulet_protocol::{Conversation, ConversationId, Message, MessageId};
use rivulet_store::{Binned, Store, StoreError};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The store in memory, from the first conversation in it on.
#[derive(Default)]
pub(crate) struct Temporary(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    store: Option<Store>,
    here: HashSet<ConversationId>,
}

impl Temporary {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Each change is one step: nothing can have been left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> Option<Store> {
        self.lock().store.clone()
    }

    /// The store, which is made when it is first needed.
    pub fn opened(&self, logs: &Arc<Logs>) -> Result<Store, StoreError> {
        let mut inner = self.lock();
        let store = match &inner.store {
            Some(store) => store.clone(),
            None => Store::in_memory(Arc::clone(logs) as _)?,
        };
        inner.store = Some(store.clone());
        Ok(store)
    }

    pub fn has(&self, conversation: ConversationId) -> bool {
        self.lock().here.contains(&conversation)
    }

    pub async fn create(&self, logs: &Arc<Logs>, conversation: Conversation) -> Result<(), StoreError> {
        let store = self.opened(logs)?;
        self.lock().here.insert(conversation.id);
        store.create_conversation(conversation, None).await
    }

    pub async fn list(&self) -> Result<Vec<Conversation>, StoreError> {
        match self.store() {
            Some(store) => Ok(store.conversations(0, u32::MAX >> 1, Default::default()).await?.conversations),
            None => Ok(Vec::new()),
        }
    }

    /// A temporary conversation that was deleted is gone at once.
    pub async fn forget(&self, conversation: ConversationId) -> Result<(), StoreError> {
        let store = self.store().filter(|_| self.has(conversation));
        let Some(store) = store else { return Ok(()) };
        store.purge(Binned::Conversation(conversation)).await?;
        self.lock().here.remove(&conversation);
        Ok(())
    }

    /// The conversation of a message that came back here; `None` if it is not one of ours.
    pub async fn restore_message(&self, message: MessageId) -> Result<Option<ConversationId>, StoreError> {
        let Some(store) = self.store() else { return Ok(None) };
        match store.restore_message(message).await {
            Err(StoreError::NotFound(_)) => Ok(None),
            restored => restored.map(Some),
        }
    }

    pub async fn close(&self) {
        if let Some(store) = self.store() {
            store.close().await;
        }
    }
}

impl Core {
    /// The store a conversation is in.
    pub fn store_of(&self, conversation: ConversationId) -> Store {
        let temporary = self.temporary.store().filter(|_| self.temporary.has(conversation));
        temporary.unwrap_or_else(|| self.store.clone())
    }

    /// The store a draft is in: that of its conversation.
    pub fn draft_store(&self, conversation: Option<ConversationId>) -> Store {
        conversation.map_or_else(|| self.store.clone(), |conversation| self.store_of(conversation))
    }

    /// A message, wherever it is, and its conversation.
    pub async fn find_message(&self, id: MessageId) -> Result<Option<(ConversationId, Message)>, StoreError> {
        if let Some(store) = self.temporary.store()
            && let Some(found) = store.message(id).await?
        {
            return Ok(Some(found));
        }
        self.store.message(id).await
    }
}
