//! Names that pages of the mirror give to conversations.
//!
//! A link that sees only some conversations has names of its own, so that a guessed name opens nothing. Beside them it
//! knows the plain names of the conversations it sees.

use crate::{Cursor, Engine};
use rivulet_protocol::*;
use tokio::sync::broadcast::error::RecvError;

/// Names that were given at about the same time.
pub(crate) const NAMED_AT_ONCE: usize = 64;

impl Engine {
    /// The conversation that `uid` names for this caller, if there is one that it may see.
    pub async fn named(&self, caller: &Caller, uid: &Uid) -> Result<Option<ConversationId>, ApiError> {
        for key in keys(caller, uid) {
            if let Some(found) = self.core.store.conversation_by_uid(&key).await?
                && self.may_see(caller, found)
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Sends in the conversation of this name, which begins with its first message that is accepted.
    pub async fn send_named(&self, caller: &Caller, uid: &Uid, mut request: MessageSend) -> Result<Turn, ApiError> {
        request.conversation = self.named(caller, uid).await?;
        if request.conversation.is_some() {
            return self.send(caller, request, None).await;
        }
        let sent = self.send(caller, request.clone(), Some(own_key(caller, uid))).await;
        // Two requests with a new name at once: one gave it, the other finds it.
        match (&sent, self.named(caller, uid).await?) {
            (Err(error), Some(found)) if error.code == ErrorCode::Storage => {
                request.conversation = Some(found);
                self.send(caller, request, None).await
            }
            _ => sent,
        }
    }

    /// A cursor on the conversation of this name, from its beginning: waits until the name is given.
    pub async fn watch_named(&self, caller: &Caller, uid: &Uid, after: u64) -> Result<Cursor, ApiError> {
        let mut given = self.core.named.subscribe();
        let keys = keys(caller, uid);
        loop {
            if let Some(found) = self.named(caller, uid).await? {
                return self.watch(caller, found, after).await;
            }
            loop {
                match given.recv().await {
                    Ok(key) if !keys.iter().any(|known| **known == *key) => {}
                    // Missed some, so look again.
                    Ok(_) | Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        }
    }
}

/// What the names of this caller are kept under: where a new one goes, then where it also looks.
fn keys(caller: &Caller, uid: &Uid) -> Vec<String> {
    let own = own_key(caller, uid);
    let plain = uid.as_str().to_owned();
    if own == plain { vec![plain] } else { vec![own, plain] }
}

fn own_key(caller: &Caller, uid: &Uid) -> String {
    match (&caller.scope, caller.link) {
        (Scope::Some(_), Some(link)) => format!("{link}/{}", uid.as_str()),
        _ => uid.as_str().to_owned(),
    }
}
