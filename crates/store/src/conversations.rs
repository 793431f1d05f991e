//! Conversations: making, listing, changing.

use crate::{Durability, Store, StoreError};
use rivulet_protocol::{Controls, Conversation, ConversationId, ConversationPage, MessageId, ProviderId, now_ms};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

/// What to change; fields that are `None` stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConversationChange {
    /// The title.
    pub title: Option<String>,
    /// Kept at the top.
    pub pinned: Option<bool>,
    /// Provider and model of what comes next.
    pub model: Option<(ProviderId, String)>,
    /// How what comes next is answered.
    pub controls: Option<Controls>,
    /// The end of the path that is shown.
    pub leaf: Option<MessageId>,
    /// Into the bin (`true`) or out of it.
    pub deleted: Option<bool>,
}

const COLUMNS: &str = "id, title, pinned, created_at, updated_at, provider, model, leaf, head, controls, \
    EXISTS (SELECT 1 FROM message WHERE conversation = conversation.id AND state = 'running'), \
    EXISTS (SELECT 1 FROM document WHERE name = 'memory')";

impl Store {
    /// Adds an empty conversation. A `uid` that is taken is an error.
    pub async fn create_conversation(&self, new: Conversation, uid: Option<String>) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            let mut insert = work.connection.prepare_cached(
                "INSERT INTO conversation (id, uid, title, pinned, created_at, updated_at, provider, model, head) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)",
            )?;
            let provider = new.provider.as_ref().map(|provider| &provider.0);
            let at = (new.created_at, new.updated_at);
            insert.execute((new.id.0, &uid, &new.title, new.pinned, at.0, at.1, provider, &new.model))?;
            Ok(())
        })
        .await
    }

    /// A conversation that is not in the bin.
    pub async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.read(move |connection| conversation(connection, id)).await
    }

    /// The conversation of this name that is not in the bin.
    pub async fn conversation_by_uid(&self, uid: &str) -> Result<Option<ConversationId>, StoreError> {
        let uid = uid.to_owned();
        self.read(move |connection| {
            let mut select =
                connection.prepare_cached("SELECT id FROM conversation WHERE uid = ?1 AND deleted_at IS NULL")?;
            Ok(select.query_row([uid], |row| row.get(0)).optional()?.map(ConversationId))
        })
        .await
    }

    /// A page of the list: pinned first, then by last use. `only` limits it to these, `query` to titles with this in
    /// them.
    pub async fn conversations(
        &self,
        offset: u32,
        limit: u32,
        query: Option<String>,
        only: Option<Vec<ConversationId>>,
    ) -> Result<ConversationPage, StoreError> {
        self.read(move |connection| {
            let mut sql = format!("SELECT {COLUMNS} FROM conversation WHERE deleted_at IS NULL");
            let mut values: Vec<Value> = Vec::new();
            if let Some(query) = query.filter(|query| !query.trim().is_empty()) {
                sql.push_str(" AND title LIKE ? ESCAPE '\\'");
                values.push(format!("%{}%", like(query.trim())).into());
            }
            if let Some(only) = only {
                let marks = vec!["?"; only.len()].join(", ");
                sql.push_str(&format!(" AND id IN ({marks})"));
                values.extend(only.iter().map(|id| Value::Blob(id.0.as_bytes().to_vec())));
            }
            sql.push_str(" ORDER BY pinned DESC, updated_at DESC LIMIT ? OFFSET ?");
            values.extend([Value::from(i64::from(limit) + 1), Value::from(offset)]);
            let mut select = connection.prepare(&sql)?;
            let rows = select.query_map(params_from_iter(values), row)?;
            let mut conversations = rows.collect::<Result<Vec<_>, _>>()?;
            let has_more = conversations.len() > limit as usize;
            conversations.truncate(limit as usize);
            Ok(ConversationPage { conversations, has_more })
        })
        .await
    }

    /// Changes a conversation and answers with it; `None` if there is none (or it is in the bin now).
    pub async fn update_conversation(
        &self,
        id: ConversationId,
        change: ConversationChange,
    ) -> Result<Option<Conversation>, StoreError> {
        self.write(Durability::Synced, move |work| {
            let (connection, id) = (work.connection, id.0);
            if let Some(title) = &change.title {
                connection.execute("UPDATE conversation SET title = ?2 WHERE id = ?1", (id, title))?;
            }
            if let Some(pinned) = change.pinned {
                connection.execute("UPDATE conversation SET pinned = ?2 WHERE id = ?1", (id, pinned))?;
            }
            if let Some((provider, model)) = &change.model {
                let set = "UPDATE conversation SET provider = ?2, model = ?3 WHERE id = ?1";
                connection.execute(set, (id, &provider.0, model))?;
            }
            if let Some(controls) = &change.controls {
                let set = "UPDATE conversation SET controls = ?2 WHERE id = ?1";
                connection.execute(set, (id, serde_json::to_string(controls)?))?;
            }
            if let Some(leaf) = change.leaf {
                crate::messages::require(connection, ConversationId(id), leaf, "leaf")?;
                connection.execute("UPDATE conversation SET leaf = ?2 WHERE id = ?1", (id, leaf.0))?;
            }
            if let Some(deleted) = change.deleted {
                let at = deleted.then(now_ms);
                connection.execute("UPDATE conversation SET deleted_at = ?2 WHERE id = ?1", (id, at))?;
            }
            conversation(connection, ConversationId(id))
        })
        .await
    }
}

/// Adds a conversation with everything it is, its log at number `head`.
pub(crate) fn insert(connection: &Connection, new: &Conversation, head: u64) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO conversation (id, title, pinned, created_at, updated_at, provider, model, leaf, controls, head) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let (provider, leaf) = (new.provider.as_ref().map(|provider| &provider.0), new.leaf.map(|leaf| leaf.0));
    let controls = serde_json::to_string(&new.controls)?;
    let (at, model) = ((new.created_at, new.updated_at), &new.model);
    insert.execute((new.id.0, &new.title, new.pinned, at.0, at.1, provider, model, leaf, controls, head))?;
    Ok(())
}

/// Text inside a LIKE pattern, its signs without their meaning.
fn like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

pub(crate) fn conversation(connection: &Connection, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM conversation WHERE id = ?1 AND deleted_at IS NULL");
    Ok(connection.prepare_cached(&sql)?.query_row([id.0], row).optional()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        id: ConversationId(row.get(0)?),
        title: row.get(1)?,
        pinned: row.get(2)?,
        created_at: row.get(3)?,
        updated_at: row.get(4)?,
        provider: row.get::<_, Option<String>>(5)?.map(ProviderId),
        model: row.get(6)?,
        leaf: row.get::<_, Option<_>>(7)?.map(MessageId),
        head: row.get(8)?,
        // Controls that cannot be read are those of a newer version; the vendor's own choices are a way to go on.
        controls: row
            .get::<_, Option<String>>(9)?
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default(),
        running: row.get(10)?,
        temporary: row.get(11)?,
    })
}
