//! What was written and not sent.

use crate::{Durability, Store, StoreError};
use rivulet_protocol::ConversationId;
use rusqlite::{Connection, OptionalExtension};

/// The document with what was written for the conversation that does not exist yet.
const NEW: &str = "draft";

impl Store {
    /// What was written in a conversation and not sent, or (`None`) in the one that does not exist yet.
    pub async fn draft(&self, conversation: Option<ConversationId>) -> Result<String, StoreError> {
        self.read(move |connection| {
            let found = match conversation {
                Some(id) => text(connection, "SELECT text FROM draft WHERE conversation = ?1", id.0)?,
                None => text(connection, "SELECT body FROM document WHERE name = ?1", NEW)?,
            };
            Ok(found.unwrap_or_default())
        })
        .await
    }

    /// Keeps it in the place of what was there; an empty one is none. It is not waited for the disk: that comes with
    /// each pause of somebody's writing, and a power cut may take the last of them.
    pub async fn put_draft(&self, conversation: Option<ConversationId>, text: String) -> Result<(), StoreError> {
        self.write(Durability::Normal, move |work| {
            let put = match (conversation, text.is_empty()) {
                (Some(id), true) => work.connection.execute("DELETE FROM draft WHERE conversation = ?1", [id.0]),
                (Some(id), false) => work.connection.execute(
                    "INSERT OR REPLACE INTO draft (conversation, text) SELECT id, ?2 FROM conversation WHERE id = ?1",
                    (id.0, &text),
                ),
                (None, true) => work.connection.execute("DELETE FROM document WHERE name = ?1", [NEW]),
                (None, false) => work
                    .connection
                    .execute("INSERT OR REPLACE INTO document (name, body) VALUES (?1, ?2)", (NEW, &text)),
            };
            put?;
            Ok(())
        })
        .await
    }
}

fn text(connection: &Connection, sql: &str, name: impl rusqlite::ToSql) -> Result<Option<String>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?)
}
