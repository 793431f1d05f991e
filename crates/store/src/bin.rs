//! The bin: what was deleted, for as long as it can come back. Nothing else in the store sees what is in it.

use crate::messages::{newest_leaf_below, require};
use crate::work::Work;
use crate::{Durability, Store, StoreError};
use rivulet_protocol::{BinEntry, BinPage, ConversationId, MessageId, now_ms};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// Something in the bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binned {
    /// A whole conversation.
    Conversation(ConversationId),
    /// A message and what was below it.
    Message(MessageId),
}

/// Characters of a message that the bin shows.
const EXCERPT: u32 = 200;

impl Store {
    /// Puts a message and everything below it into the bin. If the shown path ended there, it ends at the sibling
    /// before it, or at its parent. Answers with the conversation.
    pub async fn delete_message(&self, message: MessageId) -> Result<ConversationId, StoreError> {
        self.write(Durability::Synced, move |work| delete(work.connection, message)).await
    }

    /// Takes a message out of the bin, with what went along, and shows it.
    pub async fn restore_message(&self, message: MessageId) -> Result<ConversationId, StoreError> {
        self.write(Durability::Synced, move |work| restore(work.connection, message)).await
    }

    /// What is in the bin, latest first.
    pub async fn bin(&self, offset: u32, limit: u32) -> Result<BinPage, StoreError> {
        self.read(move |connection| page(connection, offset, limit)).await
    }

    /// Deletes something in the bin for ever.
    pub async fn purge(&self, what: Binned) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| purge(work, what)).await
    }

    /// Something that has been in the bin since before `before`.
    pub async fn binned_before(&self, before: u64) -> Result<Option<Binned>, StoreError> {
        self.read(move |connection| {
            let mut chat = connection.prepare_cached("SELECT id FROM conversation WHERE deleted_at < ?1 LIMIT 1")?;
            if let Some(id) = chat.query_row([before], |row| row.get(0)).optional()? {
                return Ok(Some(Binned::Conversation(ConversationId(id))));
            }
            let mut message = connection.prepare_cached(
                "SELECT id FROM message WHERE deleted_with IS NOT NULL AND deleted_with = id AND deleted_at < ?1 LIMIT 1",
            )?;
            let found = message.query_row([before], |row| row.get(0)).optional()?;
            Ok(found.map(|id| Binned::Message(MessageId(id))))
        })
        .await
    }
}

fn delete(connection: &Connection, message: MessageId) -> Result<ConversationId, StoreError> {
    let mut home = connection
        .prepare_cached("SELECT conversation, parent, n FROM message WHERE id = ?1 AND deleted_at IS NULL")?;
    let found = home.query_row([message.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((home, parent, number)): Option<(Uuid, Option<Uuid>, i64)> = found else {
        return Err(StoreError::NotFound("message"));
    };
    connection.execute(
        "WITH RECURSIVE below (id) AS (SELECT ?1 UNION ALL SELECT m.id FROM below \
           JOIN message m ON m.conversation = ?2 AND m.parent = below.id WHERE m.deleted_at IS NULL) \
         UPDATE message SET deleted_at = ?3, deleted_with = ?1 WHERE id IN below",
        (message.0, home, now_ms()),
    )?;
    let shown = "SELECT EXISTS (SELECT 1 FROM conversation c JOIN message m ON m.id = c.leaf \
        WHERE c.id = ?1 AND m.deleted_at IS NOT NULL)";
    if connection.query_row(shown, [home], |row| row.get(0))? {
        let beside = "SELECT id FROM message WHERE conversation = ?1 AND parent IS ?2 AND deleted_at IS NULL \
            ORDER BY n < ?3 DESC, n DESC LIMIT 1";
        let beside = connection.query_row(beside, (home, parent, number), |row| row.get(0)).optional()?;
        let leaf = match beside {
            Some(sibling) => Some(newest_leaf_below(connection, MessageId(sibling))?.0),
            None => parent,
        };
        connection.execute("UPDATE conversation SET leaf = ?2 WHERE id = ?1", (home, leaf))?;
    }
    Ok(ConversationId(home))
}

fn restore(connection: &Connection, message: MessageId) -> Result<ConversationId, StoreError> {
    let home = "SELECT conversation FROM message WHERE id = ?1 AND deleted_with = ?1";
    let home: Option<Uuid> = connection.query_row(home, [message.0], |row| row.get(0)).optional()?;
    let home = home.ok_or(StoreError::NotFound("message"))?;
    let mut with = Some(message.0);
    // What it stands below may have been deleted after it: that comes back too, or there would be no way to it.
    while let Some(root) = with {
        connection
            .execute("UPDATE message SET deleted_at = NULL, deleted_with = NULL WHERE deleted_with = ?1", [root])?;
        let above = "SELECT p.deleted_with FROM message m JOIN message p ON p.id = m.parent WHERE m.id = ?1";
        with = connection.query_row(above, [root], |row| row.get(0)).optional()?.flatten();
    }
    require(connection, ConversationId(home), message, "message")?;
    let leaf = newest_leaf_below(connection, message)?;
    connection.execute("UPDATE conversation SET leaf = ?2 WHERE id = ?1", (home, leaf.0))?;
    Ok(ConversationId(home))
}

fn page(connection: &Connection, offset: u32, limit: u32) -> Result<BinPage, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT c.id, NULL, c.title, '', c.deleted_at AS at, \
           (SELECT count(*) FROM message m WHERE m.conversation = c.id AND m.deleted_at IS NULL) \
         FROM conversation c WHERE c.deleted_at IS NOT NULL \
         UNION ALL \
         SELECT m.conversation, m.id, c.title, substr(m.text, 1, ?3), m.deleted_at, \
           (SELECT count(*) FROM message b WHERE b.deleted_with = m.id) \
         FROM message m JOIN conversation c ON c.id = m.conversation \
         WHERE m.deleted_with IS NOT NULL AND m.deleted_with = m.id AND c.deleted_at IS NULL \
         ORDER BY at DESC LIMIT ?1 OFFSET ?2",
    )?;
    let rows = select.query_map((i64::from(limit) + 1, offset, EXCERPT), |row| {
        Ok(BinEntry {
            conversation: ConversationId(row.get(0)?),
            message: row.get::<_, Option<Uuid>>(1)?.map(MessageId),
            title: row.get(2)?,
            text: row.get(3)?,
            deleted_at: row.get(4)?,
            messages: row.get(5)?,
        })
    })?;
    let mut entries: Vec<BinEntry> = rows.collect::<Result<_, _>>()?;
    let has_more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    Ok(BinPage { entries, has_more })
}

fn purge(work: &mut Work<'_>, what: Binned) -> Result<(), StoreError> {
    let connection = work.connection;
    // What is gone for ever is overwritten, not only let go of.
    connection.pragma_update(None, "secure_delete", "ON")?;
    let purged = match what {
        Binned::Conversation(id) => purge_conversation(connection, id),
        Binned::Message(id) => purge_message(connection, id),
    };
    connection.pragma_update(None, "secure_delete", "OFF")?;
    if let (Binned::Conversation(id), Ok(())) = (what, &purged) {
        work.heads.remove(&id);
    }
    purged
}

fn purge_conversation(connection: &Connection, id: ConversationId) -> Result<(), StoreError> {
    let binned = "SELECT 1 FROM conversation WHERE id = ?1 AND deleted_at IS NOT NULL";
    if !connection.prepare_cached(binned)?.exists([id.0])? {
        return Err(StoreError::NotFound("conversation in the bin"));
    }
    let words = "DELETE FROM message_words WHERE rowid IN (SELECT n FROM message WHERE conversation = ?1)";
    connection.execute(words, [id.0])?;
    connection.execute("DELETE FROM conversation WHERE id = ?1", [id.0])?;
    Ok(())
}

fn purge_message(connection: &Connection, id: MessageId) -> Result<(), StoreError> {
    let home = "SELECT conversation FROM message WHERE id = ?1 AND deleted_with = ?1";
    let home: Option<Uuid> = connection.query_row(home, [id.0], |row| row.get(0)).optional()?;
    let home = home.ok_or(StoreError::NotFound("message in the bin"))?;
    // Everything below it, what was deleted before it included: nothing is left to stand on.
    let below = "WITH RECURSIVE below (id) AS (SELECT ?1 UNION ALL SELECT m.id FROM below \
        JOIN message m ON m.conversation = ?2 AND m.parent = below.id) ";
    for delete in [
        "DELETE FROM message_words WHERE rowid IN (SELECT n FROM message WHERE id IN below)",
        "DELETE FROM log WHERE conversation = ?2 AND message IN below",
        "DELETE FROM message WHERE id IN below",
    ] {
        connection.execute(&format!("{below}{delete}"), (id.0, home))?;
    }
    Ok(())
}
