//! The writer thread: takes everything that waits, commits it as one transaction, publishes it.

use crate::queue::{End, Item, Queue};
use crate::unsaved::UnsavedFiles;
use crate::work::Work;
use crate::{Durability, Health, StoreError, schema};
use rivulet_protocol::{ConversationId, Event, Unsaved};
use rusqlite::{Connection, TransactionBehavior};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// Waits between tries while the disk refuses.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(3);
/// From one commit to the next, if that has only additions to answers: each writes whole pages however little it adds.
/// The first after a pause waits for nothing, so that an answer of a hundred tokens a second is not held up.
const APART: Duration = Duration::from_millis(5);

/// The numbers given out so far, by conversation.
pub(crate) type Heads = HashMap<ConversationId, u64>;
/// Events by conversation, in order.
pub(crate) type Events = Vec<(ConversationId, Vec<Event>)>;

/// Runs until the queue is closed and everything in it is written; whether the end is a clean one.
pub(crate) fn run(mut connection: Connection, queue: &Queue, health: &Health, mut unsaved: UnsavedFiles) -> bool {
    let mut heads = Heads::new();
    let mut items = Vec::new();
    let mut retry: Option<Duration> = None;
    let mut not_before = Instant::now();
    loop {
        let (more, end) = queue.take(retry.map(|_| Duration::ZERO), not_before);
        let new = !more.is_empty();
        items.extend(more);
        run_alone(&mut connection, &mut heads, &mut items, retry.is_some());
        // With nothing left to write it still has to be found out whether the disk is back.
        let probed = if retry.is_some() && items.is_empty() { probe(&connection) } else { Ok(()) };
        let begun = Instant::now();
        match probed.and_then(|()| commit(&mut connection, &mut heads, &mut items)) {
            Ok(events) => {
                not_before = begun + APART;
                if retry.take().is_some() {
                    unsaved.stored();
                    health.takes();
                }
                for (conversation, events) in events {
                    health.committed(conversation, events);
                }
                reply(&mut items);
            }
            Err(error) => {
                if retry.is_none() {
                    tracing::error!(%error, "the disk refuses");
                }
                refuse(&mut items, &error);
                health.refuses(unsaved.keep(&items, new, &error));
                show_unsaved(&connection, &heads, &mut items, health);
                let wait = retry.map_or(RETRY_FIRST, |last| (last * 2).min(RETRY_LAST));
                retry = Some(wait);
                // Not waiting for more: while an answer streams it would wake at once, again and again.
                match end {
                    None => queue.pause(wait),
                    Some(_) if health.unsaved() == Unsaved::InMemory => std::thread::sleep(wait),
                    // Nothing is lost by going.
                    Some(_) => {}
                }
            }
        }
        let in_memory = health.unsaved() == Unsaved::InMemory;
        if let Some(end) = end
            && (items.is_empty() || retry.is_some_and(|wait| wait >= RETRY_LAST || !in_memory))
        {
            if in_memory {
                tracing::error!("what could not be stored is lost");
            }
            let clean = end == End::Closed && items.is_empty() && !health.is_damaged();
            if health.is_damaged() {
                // A damaged file stays as it is, with what came since in the log beside it.
                schema::leave_log(&connection);
            }
            return clean && schema::close(connection);
        }
    }
}

/// Does what is to be done alone: the queue hands it out with nothing beside it. While the disk refuses it is refused.
fn run_alone(connection: &mut Connection, heads: &mut Heads, items: &mut Vec<Item>, refused: bool) {
    for item in std::mem::take(items) {
        let Item::Alone(alone) = item else {
            items.push(item);
            continue;
        };
        let done = if refused { Err(full("the disk refuses")) } else { (alone.run)(connection) };
        heads.clear();
        // Nobody waiting any more is fine.
        let _ = alone.reply.send(done);
    }
}

fn full(words: &str) -> StoreError {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
    StoreError::Sqlite(rusqlite::Error::SqliteFailure(code, Some(words.into())))
}

/// One transaction with everything in `items`. On success the jobs of `items` are left to be answered.
fn commit(connection: &mut Connection, heads: &mut Heads, items: &mut [Item]) -> Result<Events, StoreError> {
    if items.is_empty() {
        return Ok(Events::new());
    }
    let durability = items.iter().map(|item| match item {
        Item::Append(_) => Durability::Normal,
        Item::Job(job) => job.durability,
        Item::Alone(_) => Durability::Normal,
    });
    let synced = durability.max().is_some_and(|most| most > Durability::Normal);
    // Only outside of a transaction, hence before it.
    connection.pragma_update(None, "synchronous", if synced { "FULL" } else { "NORMAL" })?;
    let before = heads.clone();
    let result = (|| {
        let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut events = Events::new();
        let mut refused = Vec::new();
        for (index, item) in items.iter_mut().enumerate() {
            match item {
                Item::Append(pending) => {
                    let mut work = Work { connection: &transaction, heads, events: &mut events };
                    match work.append(pending) {
                        Err(error) if error.is_disk() => return Err(error),
                        // Trying it again would hold up everything behind it for ever.
                        Err(error) => tracing::error!(%error, message = %pending.message, "a log row was refused"),
                        Ok(()) => {}
                    }
                }
                // Done before, by itself.
                Item::Alone(_) => {}
                Item::Job(job) => {
                    // A job that fails takes back what it did, and nothing else.
                    let savepoint = transaction.savepoint()?;
                    let heads_before = heads.clone();
                    let mut own = Events::new();
                    let mut work = Work { connection: &savepoint, heads, events: &mut own };
                    match (job.run)(&mut work) {
                        Ok(()) => {
                            savepoint.commit()?;
                            join(&mut events, own);
                        }
                        Err(error) if error.is_disk() => return Err(error),
                        Err(error) => {
                            drop(savepoint);
                            *heads = heads_before;
                            refused.push((index, error));
                        }
                    }
                }
            }
        }
        for (conversation, _) in &events {
            let head = heads.get(conversation).copied().unwrap_or(0);
            let mut update = transaction.prepare_cached("UPDATE conversation SET head = ?2 WHERE id = ?1")?;
            update.execute((conversation.0, head))?;
        }
        transaction.commit()?;
        for (index, error) in refused {
            if let Item::Job(job) = &mut items[index]
                && let Some(reply) = job.reply.take()
            {
                // Nobody waiting any more is fine.
                let _ = reply.send(Err(error));
            }
        }
        Ok(events)
    })();
    if result.is_err() {
        *heads = before;
    }
    result
}

/// Adds events behind those their conversations have.
fn join(events: &mut Events, more: Events) {
    for (conversation, more) in more {
        match events.iter_mut().find(|(id, _)| *id == conversation) {
            Some((_, events)) => events.extend(more),
            None => events.push((conversation, more)),
        }
    }
}

/// Writes something of no meaning, to see whether the disk takes it.
fn probe(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("INSERT OR REPLACE INTO document (name, body) VALUES ('probe', '1')", [])?;
    Ok(())
}

/// Answers the jobs that are on disk now, after what they wrote was published.
fn reply(items: &mut Vec<Item>) {
    for item in items.drain(..) {
        if let Item::Job(mut job) = item
            && let Some(reply) = job.reply.take()
        {
            let _ = reply.send(Ok(()));
        }
    }
}

/// The disk refuses: whoever can be told is told; additions, endings and the last drafts wait for it to come back.
fn refuse(items: &mut Vec<Item>, error: &StoreError) {
    let words = error.to_string();
    items.retain_mut(|item| {
        let Item::Job(job) = item else { return true };
        if job.ending().is_some() {
            return true;
        }
        if let Some(reply) = job.reply.take() {
            let _ = reply.send(Err(full(&words)));
        }
        job.lasting.is_some()
    });
    let mut later = HashSet::new();
    items.reverse();
    items.retain(|item| item.draft().is_none_or(|draft| later.insert(draft.conversation)));
    items.reverse();
}

/// While the disk refuses, a running answer goes on in memory: it is shown with the numbers it will have. Nothing
/// behind an ending of the same conversation is shown, since the ending takes a number first.
fn show_unsaved(connection: &Connection, heads: &Heads, items: &mut [Item], health: &Health) {
    // A number that is known is not asked of a database that may be damaged.
    let mut heads = heads.clone();
    let mut events = Events::new();
    let mut ending = HashSet::new();
    for item in items.iter_mut() {
        let pending = match item {
            Item::Append(pending) if !ending.contains(&pending.conversation) => pending,
            Item::Append(_) | Item::Alone(_) => continue,
            Item::Job(job) => {
                ending.extend(job.ending().map(|ending| ending.conversation));
                continue;
            }
        };
        let mut work = Work { connection, heads: &mut heads, events: &mut events };
        let Some(body) = pending.append.clone().into_body() else { continue };
        let Ok(seq) = work.next_number(pending.conversation) else { continue };
        if pending.shown_as.is_none() {
            pending.shown_as = Some(seq);
            work.publish(pending.conversation, Event { seq, message: pending.message, body });
        }
    }
    for (conversation, events) in events {
        health.committed(conversation, events);
    }
}

#[cfg(test)]
mod tests;
