//! What was written and not sent.

use crate::queue::Lasting;
use crate::{Durability, Store, StoreError};
use rivulet_protocol::{ConversationId, Draft};
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;

/// The document with what was written for the conversation that does not exist yet.
const NEW: &str = "draft";

impl Store {
    /// What was written in a conversation and not sent, or (`None`) in the one that does not exist yet.
    pub async fn draft(&self, conversation: Option<ConversationId>) -> Result<String, StoreError> {
        self.read(move |connection| read(connection, conversation)).await
    }

    /// Keeps it in the place of what was there; an empty one is none. It is not waited for the disk: that comes with
    /// each pause of somebody's writing, and a power cut may take the last of them. One that the disk refuses is tried
    /// until it takes it, or a later one.
    pub async fn put_draft(&self, conversation: Option<ConversationId>, text: String) -> Result<(), StoreError> {
        let draft = Arc::new(Draft { conversation, text });
        let lasting = Some(Lasting::Draft(Arc::clone(&draft)));
        self.push(Durability::Normal, lasting, move |work| put(work.connection, &draft).map(|_| ())).await
    }
}

pub(crate) fn read(connection: &Connection, conversation: Option<ConversationId>) -> Result<String, StoreError> {
    let found = match conversation {
        Some(id) => text(connection, "SELECT text FROM draft WHERE conversation = ?1", id.0)?,
        None => text(connection, "SELECT body FROM document WHERE name = ?1", NEW)?,
    };
    Ok(found.unwrap_or_default())
}

/// Puts it in the place of what was there; `false` if its conversation is not there.
pub(crate) fn put(connection: &Connection, Draft { conversation, text }: &Draft) -> Result<bool, StoreError> {
    let put = match (conversation, text.is_empty()) {
        (Some(id), true) => connection.execute("DELETE FROM draft WHERE conversation = ?1", [id.0]),
        (Some(id), false) => connection.execute(
            "INSERT OR REPLACE INTO draft (conversation, text) SELECT id, ?2 FROM conversation WHERE id = ?1",
            (id.0, text),
        ),
        (None, true) => connection.execute("DELETE FROM document WHERE name = ?1", [NEW]),
        (None, false) => {
            connection.execute("INSERT OR REPLACE INTO document (name, body) VALUES (?1, ?2)", (NEW, text))
        }
    };
    Ok(put? > 0 || text.is_empty())
}

fn text(connection: &Connection, sql: &str, name: impl rusqlite::ToSql) -> Result<Option<String>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?)
}
