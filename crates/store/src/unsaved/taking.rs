//! Taking in what an earlier run could not store. Each file is a transaction, and goes when that is on the disk; a kill
//! in between does no harm, since what is there already is not put there again.

use super::kept::{Kept, What};
use super::part::Part;
use super::{is_own, places};
use crate::ending::Ending;
use crate::{StoreError, asked, conversations, drafts, messages, schema, search};
use rivulet_protocol::{Conversation, ConversationId, Draft, Message, MessageId, MessageState};
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Characters of the title that a conversation gets of which nothing else is known.
const TITLE: usize = 60;

/// Puts what is kept beside the database of the data folder `dir` into it. What cannot be put there stays.
pub(crate) fn take_in(connection: &mut Connection, dir: &Path) {
    for place in places(dir) {
        if !is_own(&place, dir) {
            continue;
        }
        for file in files(&place) {
            match take(connection, &file) {
                Ok(()) => {
                    tracing::info!(file = %file.display(), "what was not stored in the last run is stored");
                    super::remove(std::iter::once(&file));
                }
                Err(error) => {
                    tracing::error!(%error, file = %file.display(), "what was not stored in the last run stays in its file");
                }
            }
        }
    }
}

fn files(place: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "json")).collect();
    // Their ids are in the order of time.
    files.sort();
    files
}

fn take(connection: &mut Connection, file: &Path) -> Result<(), StoreError> {
    let kept: Kept = serde_json::from_slice(&std::fs::read(file).map_err(StoreError::File)?)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction()?;
    match kept.what {
        What::Answer(part) => put(&transaction, *part)?,
        What::Draft { draft } => put_draft(&transaction, &draft)?,
    }
    transaction.commit()?;
    Ok(())
}

/// Of a conversation that the database does not have, it is one of the conversation to come.
fn put_draft(transaction: &Transaction<'_>, draft: &Draft) -> Result<(), StoreError> {
    if drafts::put(transaction, draft)? {
        return Ok(());
    }
    if !drafts::read(transaction, None)?.is_empty() {
        return Err(StoreError::NotFound("conversation"));
    }
    drafts::put(transaction, &Draft { conversation: None, ..draft.clone() }).map(|_| ())
}

fn put(transaction: &Transaction<'_>, part: Part) -> Result<(), StoreError> {
    match messages::message(transaction, part.message)? {
        Some((home, stored)) => {
            let Some(whole) = part.added_to(&stored) else { return Ok(()) };
            let seq = schema::next_number(transaction, home)?;
            messages::fold(transaction, home, &whole, seq)?;
            if stored.state == MessageState::Running {
                goes_on(transaction, &part)?;
            }
        }
        None => put_alone(transaction, part.conversation, part.alone())?,
    }
    match part.ended {
        Some(Ending { counted: true, spent, message, .. }) => asked::forget(transaction, message.id, spent.as_ref()),
        _ => Ok(()),
    }
}

/// What its vendor goes on with goes on behind this.
fn goes_on(transaction: &Transaction<'_>, part: &Part) -> Result<(), StoreError> {
    if let Some(asked) = &part.asked {
        asked::keep(transaction, part.message, asked)?;
    }
    match &part.point {
        Some(reached) => asked::mark(transaction, part.message, &reached.point()),
        None => Ok(()),
    }
}

/// The database is an older one, or another one than it was: the answer stands at the end of its conversation, which is
/// made if it is not there.
fn put_alone(transaction: &Transaction<'_>, home: ConversationId, mut answer: Message) -> Result<(), StoreError> {
    let leaf = transaction.query_row("SELECT leaf FROM conversation WHERE id = ?1", [home.0], |row| row.get(0));
    let leaf: Option<Option<Uuid>> = leaf.optional()?;
    if leaf.is_none() {
        conversations::insert(transaction, &conversation_of(home, &answer), 0)?;
    }
    let is_here = |message| messages::require(transaction, home, message, "parent message").is_ok();
    if !answer.parent.is_some_and(is_here) {
        answer.parent = leaf.flatten().map(MessageId);
    }
    let seq = schema::next_number(transaction, home)?;
    messages::insert_row(transaction, home, &answer, seq)?;
    search::index(transaction, answer.id, &answer.text)?;
    let shown = "UPDATE conversation SET leaf = ?2, updated_at = max(updated_at, ?3) WHERE id = ?1";
    transaction.execute(shown, (home.0, answer.id.0, answer.created_at))?;
    Ok(())
}

fn conversation_of(id: ConversationId, answer: &Message) -> Conversation {
    Conversation {
        title: answer.text.trim().lines().next().unwrap_or_default().chars().take(TITLE).collect(),
        provider: answer.provider.clone(),
        model: answer.model.clone(),
        ..Conversation::new(id, answer.created_at)
    }
}
