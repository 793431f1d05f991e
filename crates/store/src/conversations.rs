//! Conversations: making, listing, changing.

use crate::{Durability, Store, StoreError, places};
use rivulet_protocol::{
    AssistantId, Controls, Conversation, ConversationId, ConversationPage, MessageId, OwnPrompt, ProjectId, ProviderId,
    now_ms,
};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

/// What to change; fields that are `None` stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConversationChange {
    /// The title.
    pub title: Option<String>,
    /// A person gave the title: none is made by itself any more.
    pub named: Option<bool>,
    /// Kept at the top.
    pub pinned: Option<bool>,
    /// Provider and model of what comes next.
    pub model: Option<(ProviderId, String)>,
    /// How what comes next is answered.
    pub controls: Option<Controls>,
    /// Who leads it.
    pub led: Option<Led>,
    /// Instructions of its own; the inner `None` takes them away.
    pub prompt: Option<Option<String>>,
    /// The end of the path that is shown.
    pub leaf: Option<MessageId>,
    /// Into the bin (`true`) or out of it.
    pub deleted: Option<bool>,
}

/// Who leads a conversation from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Led {
    /// Nobody; what the conversation set itself stays.
    ByNobody,
    /// An assistant; what the conversation set itself goes, its model among it if the assistant has one.
    By {
        /// Which.
        assistant: AssistantId,
        /// It says by which model it answers.
        with_model: bool,
    },
}

/// Which conversations a list has. What is left out limits nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Titles with this in them.
    pub query: Option<String>,
    /// These.
    pub only: Option<Vec<ConversationId>>,
    /// Those in this project, or (`Some(None)`) in none.
    pub project: Option<Option<ProjectId>>,
    /// Those in the archive, or those that are not.
    pub archived: Option<bool>,
    /// Those with this tag.
    pub tag: Option<String>,
}

const COLUMNS: &str = "id, title, pinned, created_at, updated_at, provider, model, leaf, head, controls, assistant, prompt, \
    EXISTS (SELECT 1 FROM message WHERE conversation = conversation.id AND state = 'running'), \
    EXISTS (SELECT 1 FROM document WHERE name = 'memory')";

/// The columns that [`row`] reads.
fn columns() -> String {
    format!("{COLUMNS}, {}", places::COLUMNS)
}

impl Store {
    /// Adds an empty conversation. A `uid` that is taken is an error.
    pub async fn create_conversation(&self, new: Conversation, uid: Option<String>) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            let mut insert = work.connection.prepare_cached(
                "INSERT INTO conversation (id, uid, title, pinned, created_at, updated_at, provider, model, assistant, head) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
            )?;
            let provider = new.provider.as_ref().map(|provider| &provider.0);
            let at = (new.created_at, new.updated_at);
            let assistant = new.assistant.map(|assistant| assistant.0);
            insert.execute((new.id.0, &uid, &new.title, new.pinned, at.0, at.1, provider, &new.model, assistant))?;
            places::put_new(work.connection, new.id, &new.place)
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

    /// A page of the list: pinned first, then by last use.
    pub async fn conversations(&self, offset: u32, limit: u32, listed: Listed) -> Result<ConversationPage, StoreError> {
        self.read(move |connection| {
            let (sql, values) = statement(offset, limit, listed);
            let mut select = connection.prepare(&sql)?;
            let rows = select.query_map(params_from_iter(values), row)?;
            let mut conversations = rows.collect::<Result<Vec<_>, _>>()?;
            let has_more = conversations.len() > limit as usize;
            conversations.truncate(limit as usize);
            Ok(ConversationPage { conversations, has_more })
        })
        .await
    }

    /// Whether a person or a model gave the conversation its title.
    pub async fn is_named(&self, id: ConversationId) -> Result<bool, StoreError> {
        self.read(move |connection| is_named(connection, id)).await
    }

    /// A model's title in the place of `before`; nothing if the conversation is called something else by now.
    pub async fn retitle(
        &self,
        id: ConversationId,
        before: String,
        title: String,
    ) -> Result<Option<Conversation>, StoreError> {
        self.write(Durability::Synced, move |work| {
            let set = "UPDATE conversation SET title = ?3, named = 1 WHERE id = ?1 AND title = ?2";
            let changed = work.connection.execute(set, (id.0, &before, &title))?;
            if changed == 0 { Ok(None) } else { conversation(work.connection, id) }
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
            if let Some(named) = change.named {
                connection.execute("UPDATE conversation SET named = ?2 WHERE id = ?1", (id, named))?;
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
            if let Some(led) = change.led {
                lead(connection, ConversationId(id), led)?;
            }
            if let Some(prompt) = &change.prompt {
                connection.execute("UPDATE conversation SET prompt = ?2 WHERE id = ?1", (id, prompt))?;
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

/// The page in SQL, and its values.
fn statement(offset: u32, limit: u32, listed: Listed) -> (String, Vec<Value>) {
    let columns = columns();
    let mut values: Vec<Value> = Vec::new();
    // The index that has the order leads: of a tag its own, and the list is read no further than the page goes.
    let (from, order) = match &listed.tag {
        Some(tag) => {
            values.push(places::folded(tag).into());
            let away = match listed.archived {
                Some(true) => " AND put_away = 1",
                Some(false) => " AND put_away = 0",
                None => "",
            };
            let from = format!(
                "tag INDEXED BY tag_list CROSS JOIN conversation ON id = tag.conversation \
                 WHERE folded = ? AND in_bin = 0{away} AND deleted_at IS NULL"
            );
            (from, "on_top DESC, used_at DESC")
        }
        None => ("conversation WHERE deleted_at IS NULL".to_owned(), "pinned DESC, updated_at DESC"),
    };
    let mut sql = format!("SELECT {columns} FROM {from}");
    listed.write(&mut sql, &mut values);
    sql.push_str(&format!(" ORDER BY {order} LIMIT ? OFFSET ?"));
    values.extend([Value::from(i64::from(limit) + 1), Value::from(offset)]);
    (sql, values)
}

/// Whether a person or a model gave the title.
fn is_named(connection: &Connection, id: ConversationId) -> Result<bool, StoreError> {
    let mut named = connection.prepare_cached("SELECT named FROM conversation WHERE id = ?1")?;
    Ok(named.query_row([id.0], |row| row.get(0)).optional()?.unwrap_or(true))
}

/// Adds a conversation with everything it is, its log at number `head`.
pub(crate) fn insert(connection: &Connection, new: &Conversation, head: u64) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO conversation \
         (id, title, pinned, created_at, updated_at, provider, model, leaf, controls, assistant, prompt, head, named) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?2 <> '')",
    )?;
    let (provider, leaf) = (new.provider.as_ref().map(|provider| &provider.0), new.leaf.map(|leaf| leaf.0));
    let controls = serde_json::to_string(&new.controls)?;
    let (at, model) = ((new.created_at, new.updated_at), &new.model);
    let (assistant, prompt) = (new.assistant.map(|assistant| assistant.0), &new.own_prompt.0);
    let id = (new.id.0, &new.title, new.pinned);
    insert.execute((id.0, id.1, id.2, at.0, at.1, provider, model, leaf, controls, assistant, prompt, head))?;
    places::put_new(connection, new.id, &new.place)
}

fn lead(connection: &Connection, id: ConversationId, led: Led) -> Result<(), StoreError> {
    match led {
        Led::ByNobody => connection.execute("UPDATE conversation SET assistant = NULL WHERE id = ?1", [id.0])?,
        Led::By { assistant, with_model } => {
            let set = "UPDATE conversation SET assistant = ?2, prompt = NULL, controls = NULL WHERE id = ?1";
            connection.execute(set, (id.0, assistant.0))?;
            let model = "UPDATE conversation SET provider = NULL, model = NULL WHERE id = ?1 AND ?2";
            connection.execute(model, (id.0, with_model))?
        }
    };
    Ok(())
}

impl Listed {
    /// The conditions in SQL, worded so that the indexes of the list know themselves in them.
    fn write(self, sql: &mut String, values: &mut Vec<Value>) {
        let blob = |id: &uuid::Uuid| Value::Blob(id.as_bytes().to_vec());
        match self.archived {
            Some(true) => sql.push_str(" AND archived = 1"),
            Some(false) => sql.push_str(" AND archived = 0"),
            None => {}
        }
        match self.project {
            Some(Some(project)) => {
                sql.push_str(" AND project = ?");
                values.push(blob(&project.0));
            }
            Some(None) => sql.push_str(" AND project IS NULL"),
            None => {}
        }
        if let Some(query) = self.query.filter(|query| !query.trim().is_empty()) {
            sql.push_str(" AND title LIKE ? ESCAPE '\\'");
            values.push(format!("%{}%", like(query.trim())).into());
        }
        if let Some(only) = self.only {
            let marks = vec!["?"; only.len()].join(", ");
            sql.push_str(&format!(" AND id IN ({marks})"));
            values.extend(only.iter().map(|id| blob(&id.0)));
        }
    }
}

/// Text inside a LIKE pattern, its signs without their meaning.
fn like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

pub(crate) fn conversation(connection: &Connection, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
    let sql = format!("SELECT {} FROM conversation WHERE id = ?1 AND deleted_at IS NULL", columns());
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
        assistant: row.get::<_, Option<_>>(10)?.map(AssistantId),
        own_prompt: OwnPrompt(row.get(11)?),
        running: row.get(12)?,
        temporary: row.get(13)?,
        place: places::read(row, 14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use rusqlite::StatementStatus;

    /// How much SQLite did for a page, in steps of its machine.
    fn steps(connection: &Connection, listed: Listed) -> (usize, i32) {
        let (sql, values) = statement(0, 100, listed);
        let mut select = connection.prepare(&sql).unwrap();
        let page: Vec<Conversation> =
            select.query_map(params_from_iter(values), row).unwrap().collect::<Result<_, _>>().unwrap();
        (page.len(), select.get_status(StatementStatus::VmStep))
    }

    #[test]
    fn a_page_of_a_tag_takes_as_much_of_fifty_thousand_conversations_as_of_five_hundred() {
        let name = std::path::PathBuf::from(format!("file:/tags-{}?vfs=memdb", uuid::Uuid::now_v7()));
        let connection = schema::open_in_memory(&name).unwrap();
        let mut taken = Vec::new();
        for (from, to) in [(0, 500), (500, 50_000)] {
            // Of a hundred the first is rare and old, every other one is common, and all of the first half are archived.
            connection
                .execute_batch(&format!(
                    "WITH RECURSIVE n (n) AS (VALUES ({from}) UNION ALL SELECT n + 1 FROM n WHERE n + 1 < {to}) \
                     INSERT INTO conversation (id, title, pinned, created_at, updated_at, head, archived) \
                     SELECT CAST(printf('%016d', n) AS BLOB), 't', n % 1000 = 7, n, n, 0, n < 250 FROM n; \
                     INSERT INTO tag (conversation, folded, name) \
                     SELECT id, 'common', 'Common' FROM conversation WHERE updated_at >= {from}; \
                     INSERT INTO tag (conversation, folded, name) \
                     SELECT id, 'rare', 'Rare' FROM conversation WHERE updated_at >= {from} AND updated_at < 400;"
                ))
                .unwrap();
            let tag = |tag: &str, archived| Listed { tag: Some(tag.into()), archived, ..Listed::default() };
            taken.push([
                steps(&connection, tag("common", Some(false))),
                steps(&connection, tag("common", None)),
                steps(&connection, tag("rare", Some(false))),
                steps(&connection, tag("rare", Some(true))),
                steps(&connection, tag("none", None)),
            ]);
        }
        for (few, many) in taken[0].iter().zip(&taken[1]) {
            assert_eq!(few.0, many.0);
            // A few pinned ones more or less.
            assert!(many.1 <= few.1 + few.1 / 10, "{taken:?}");
        }
    }
}
