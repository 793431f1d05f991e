//! Assistants: keeping, ordering, deleting, and taking in what comes from a file.

use crate::{Durability, Store, StoreError};
use rivulet_protocol::{Assistant, AssistantId, ConversationId, now_ms};
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

impl Store {
    /// All assistants in their order, those that were deleted included.
    pub async fn assistants(&self) -> Result<Vec<Assistant>, StoreError> {
        self.read(|connection| {
            let mut select =
                connection.prepare_cached("SELECT body, deleted_at FROM assistant ORDER BY position, id")?;
            let rows = select.query_map([], row)?;
            // One that cannot be read is a newer version's; the others are still there.
            Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        })
        .await
    }

    /// An assistant, also one that was deleted.
    pub async fn assistant(&self, id: AssistantId) -> Result<Option<Assistant>, StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached("SELECT body, deleted_at FROM assistant WHERE id = ?1")?;
            Ok(select.query_row([id.0], row).optional()?.flatten())
        })
        .await
    }

    /// Keeps an assistant: in the place of the one with its id, or as the last one.
    pub async fn save_assistant(&self, assistant: Assistant) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| save(work.connection, &assistant)).await
    }

    /// Deletes an assistant, or takes that back.
    pub async fn mark_assistant(&self, id: AssistantId, deleted: bool) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            let mut mark = work.connection.prepare_cached("UPDATE assistant SET deleted_at = ?2 WHERE id = ?1")?;
            match mark.execute((id.0, deleted.then(now_ms)))? {
                0 => Err(StoreError::NotFound("assistant")),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Puts these first, in this order; the others stand behind them as before.
    pub async fn order_assistants(&self, first: Vec<AssistantId>) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            let mut select = work.connection.prepare_cached("SELECT id FROM assistant ORDER BY position, id")?;
            let mut ids = select.query_map([], |row| row.get(0))?.collect::<Result<Vec<Uuid>, _>>()?;
            let place = |id: &Uuid| first.iter().position(|named| named.0 == *id).unwrap_or(first.len());
            ids.sort_by_key(place);
            let mut update = work.connection.prepare_cached("UPDATE assistant SET position = ?2 WHERE id = ?1")?;
            for (id, position) in ids.iter().zip(0i64..) {
                update.execute((id, position))?;
            }
            Ok(())
        })
        .await
    }

    /// Takes in what a file has; how many were not here. One that is here stays as it is, unless it was deleted.
    pub async fn take_in_assistants(&self, assistants: Vec<Assistant>) -> Result<u64, StoreError> {
        self.write(Durability::Synced, move |work| {
            let mut new = 0;
            for assistant in &assistants {
                let mut here = work.connection.prepare_cached("SELECT deleted_at FROM assistant WHERE id = ?1")?;
                let here: Option<Option<i64>> = here.query_row([assistant.card.id.0], |row| row.get(0)).optional()?;
                let wanted = match here {
                    None => true,
                    Some(deleted_at) => deleted_at.is_some() && !assistant.card.deleted,
                };
                if wanted {
                    save(work.connection, assistant)?;
                    new += 1;
                }
            }
            Ok(new)
        })
        .await
    }

    /// The assistants that lead conversations which are not in the bin: all of them, or these.
    pub async fn leading_assistants(
        &self,
        conversations: Option<Vec<ConversationId>>,
    ) -> Result<Vec<AssistantId>, StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT id, assistant FROM conversation WHERE assistant IS NOT NULL AND deleted_at IS NULL",
            )?;
            let rows = select.query_map([], |row| Ok((ConversationId(row.get(0)?), AssistantId(row.get(1)?))))?;
            let mut leading = Vec::new();
            for row in rows {
                let (conversation, assistant) = row?;
                let wanted = conversations.as_ref().is_none_or(|wanted| wanted.contains(&conversation));
                if wanted && !leading.contains(&assistant) {
                    leading.push(assistant);
                }
            }
            Ok(leading)
        })
        .await
    }

    /// Lets go for ever of assistants that were deleted before this time and lead no conversation, not even one in the
    /// bin.
    pub async fn purge_assistants(&self, before: u64) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            // What is gone for ever is overwritten, not only let go of.
            work.connection.pragma_update(None, "secure_delete", "ON")?;
            let purged = work.connection.execute(
                "DELETE FROM assistant WHERE deleted_at < ?1 \
                 AND id NOT IN (SELECT assistant FROM conversation WHERE assistant IS NOT NULL)",
                [before],
            );
            work.connection.pragma_update(None, "secure_delete", "OFF")?;
            purged?;
            Ok(())
        })
        .await
    }
}

fn save(connection: &Connection, assistant: &Assistant) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO assistant (id, position, body, deleted_at) \
         VALUES (?1, (SELECT ifnull(max(position), -1) + 1 FROM assistant), ?2, ?3) \
         ON CONFLICT (id) DO UPDATE SET body = excluded.body, deleted_at = excluded.deleted_at",
    )?;
    let deleted_at = assistant.card.deleted.then(now_ms);
    insert.execute((assistant.card.id.0, serde_json::to_string(assistant)?, deleted_at))?;
    Ok(())
}

fn row(row: &Row<'_>) -> rusqlite::Result<Option<Assistant>> {
    let (body, deleted_at): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
    let assistant: Option<Assistant> = serde_json::from_str(&body).ok();
    Ok(assistant.map(|mut assistant| {
        assistant.card.deleted = deleted_at.is_some();
        assistant
    }))
}
