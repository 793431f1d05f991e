//! Where conversations are: archive, project, tags, pin and bin, changed for many of them as one act.

use crate::{Durability, Store, StoreError};
use rivulet_protocol::{ConversationId, ConversationsArrange, Place, Placement, ProjectId, Tag, now_ms};
use rusqlite::{Connection, OptionalExtension, Row};

/// Characters of a tag.
const TAG: usize = 40;
/// Tags of one conversation.
const TAGS: usize = 30;

/// What [`read`] reads, of the table `conversation`.
pub(crate) const COLUMNS: &str =
    "archived, project, (SELECT json_group_array(name) FROM tag WHERE conversation = conversation.id)";

impl Store {
    /// Makes one change to many conversations, all or none, and answers with where those were that changed.
    pub async fn arrange(&self, change: ConversationsArrange) -> Result<Vec<Placement>, StoreError> {
        self.write(Durability::Synced, move |work| {
            let connection = work.connection;
            if let Some(project) = change.move_to.as_ref().and_then(|to| to.project) {
                crate::projects::require(connection, project)?;
            }
            let mut before = Vec::with_capacity(change.conversations.len());
            for id in &change.conversations {
                let Some(was) = placement(connection, *id)? else { continue };
                let mut is = was.clone();
                apply(&change, &mut is);
                if is != was {
                    put(connection, &is)?;
                    before.push(was);
                }
            }
            Ok(before)
        })
        .await
    }

    /// Puts conversations where these say, all or none; what is gone by now is passed over.
    pub async fn place(&self, placements: Vec<Placement>) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            for wanted in &placements {
                if placement(work.connection, wanted.conversation)?.is_some_and(|is| is != *wanted) {
                    put(work.connection, wanted)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// The tags of conversations that are not in the bin, in the order of the alphabet.
    pub async fn tags(&self) -> Result<Vec<Tag>, StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT min(name), count(*) FROM tag WHERE in_bin = 0 GROUP BY folded ORDER BY folded",
            )?;
            let rows = select.query_map([], |row| Ok(Tag { name: row.get(0)?, conversations: row.get(1)? }))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

/// What makes two tags the same.
pub(crate) fn folded(tag: &str) -> String {
    written(tag).to_lowercase()
}

/// A tag as it is kept: one line, without the sign some put before it.
fn written(tag: &str) -> String {
    let line = tag.split_whitespace().collect::<Vec<_>>().join(" ");
    line.trim_start_matches('#').trim_start().chars().take(TAG).collect::<String>().trim_end().to_owned()
}

pub(crate) fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Place> {
    let tags: String = row.get(at + 2)?;
    Ok(Place {
        archived: row.get(at)?,
        project: row.get::<_, Option<_>>(at + 1)?.map(ProjectId),
        tags: serde_json::from_str(&tags).unwrap_or_default(),
    })
}

/// Puts a new conversation where it was elsewhere; a project that is not here is none.
pub(crate) fn put_new(connection: &Connection, id: ConversationId, place: &Place) -> Result<(), StoreError> {
    if *place == Place::default() {
        return Ok(());
    }
    let set = "UPDATE conversation SET archived = ?2, \
        project = (SELECT id FROM project WHERE id = ?3 AND deleted_at IS NULL) WHERE id = ?1";
    connection.prepare_cached(set)?.execute((id.0, place.archived, place.project.map(|project| project.0)))?;
    put_tags(connection, id, &place.tags)
}

fn placement(connection: &Connection, id: ConversationId) -> Result<Option<Placement>, StoreError> {
    let sql = format!("SELECT pinned, deleted_at IS NOT NULL, {COLUMNS} FROM conversation WHERE id = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([id.0], |row| {
        Ok(Placement { conversation: id, pinned: row.get(0)?, deleted: row.get(1)?, place: read(row, 2)? })
    });
    Ok(found.optional()?)
}

fn apply(change: &ConversationsArrange, to: &mut Placement) {
    if to.deleted {
        return;
    }
    to.pinned = change.pinned.unwrap_or(to.pinned);
    to.deleted = change.deleted.unwrap_or(to.deleted);
    to.place.archived = change.archived.unwrap_or(to.place.archived);
    if let Some(destination) = &change.move_to {
        to.place.project = destination.project;
    }
    let lost: Vec<String> = change.remove_tags.iter().flatten().map(|tag| folded(tag)).collect();
    to.place.tags.retain(|tag| !lost.contains(&folded(tag)));
    for tag in change.add_tags.iter().flatten().map(|tag| written(tag)).filter(|tag| !tag.is_empty()) {
        if to.place.tags.len() < TAGS && !to.place.tags.iter().any(|has| folded(has) == folded(&tag)) {
            to.place.tags.push(tag);
        }
    }
}

fn put(connection: &Connection, placement: &Placement) -> Result<(), StoreError> {
    let Placement { conversation, pinned, deleted, place } = placement;
    // A time in the bin that is running goes on; a project that was deleted meanwhile is none.
    let mut set = connection.prepare_cached(
        "UPDATE conversation SET pinned = ?2, archived = ?3, was_in = CASE WHEN ?4 IS NULL THEN was_in END, \
           project = (SELECT id FROM project WHERE id = ?4 AND deleted_at IS NULL), \
           deleted_at = CASE WHEN ?5 THEN ifnull(deleted_at, ?6) END \
         WHERE id = ?1",
    )?;
    let project = place.project.map(|project| project.0);
    set.execute((conversation.0, pinned, place.archived, project, deleted, now_ms()))?;
    put_tags(connection, *conversation, &place.tags)
}

fn put_tags(connection: &Connection, id: ConversationId, tags: &[String]) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM tag WHERE conversation = ?1")?.execute([id.0])?;
    // As it is written elsewhere already, if it is.
    let mut insert = connection.prepare_cached(
        "INSERT OR IGNORE INTO tag (conversation, folded, name) \
         VALUES (?1, ?2, ifnull((SELECT name FROM tag WHERE folded = ?2 LIMIT 1), ?3))",
    )?;
    for tag in tags.iter().map(|tag| written(tag)).filter(|tag| !tag.is_empty()).take(TAGS) {
        insert.execute((id.0, folded(&tag), tag))?;
    }
    Ok(())
}
