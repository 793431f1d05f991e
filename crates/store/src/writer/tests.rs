//! A disk that refuses and comes back: a real one, full because the database may not grow.

use crate::{Append, Asked, Publish, Spending, Store, StoreError, schema};
use rivulet_protocol::*;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tempfile::TempDir;

mod unsaved;

/// Longer than any of this takes: against hanging for ever.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Seen {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    events: Vec<(ConversationId, Event)>,
    disk: Vec<bool>,
    unsaved: Unsaved,
}

impl Publish for Seen {
    fn committed(&self, conversation: ConversationId, events: Vec<Event>) {
        let events = events.into_iter().map(|event| (conversation, event));
        self.state.lock().unwrap().events.extend(events);
        self.changed.notify_all();
    }

    fn disk(&self, problem: Option<DiskProblem>) {
        let mut state = self.state.lock().unwrap();
        // That it is kept somewhere else now is nothing new of the disk.
        if state.disk.last() != Some(&problem.is_some()) {
            state.disk.push(problem.is_some());
        }
        state.unsaved = problem.map(|problem| problem.unsaved).unwrap_or_default();
        drop(state);
        self.changed.notify_all();
    }
}

impl Seen {
    /// Waits, off the runtime's threads, until `enough` holds.
    async fn until(self: &Arc<Self>, what: &'static str, enough: impl Fn(&State) -> bool + Send + 'static) {
        let seen = Arc::clone(self);
        let waiting = tokio::task::spawn_blocking(move || {
            let state = seen.state.lock().unwrap();
            let (_guard, late) = seen.changed.wait_timeout_while(state, LIMIT, |state| !enough(state)).unwrap();
            assert!(!late.timed_out(), "waited in vain: {what}");
        });
        waiting.await.unwrap();
    }

    fn text(&self, message: MessageId) -> String {
        let state = self.state.lock().unwrap();
        let mut text = String::new();
        for (_, event) in state.events.iter().filter(|(_, event)| event.message == message) {
            if let EventBody::Text { text: more, offset } = &event.body {
                assert_eq!(*offset, utf16_len(&text), "a gap or a repeat");
                text.push_str(more);
            }
        }
        text
    }

    fn seqs(&self, conversation: ConversationId) -> Vec<u64> {
        let state = self.state.lock().unwrap();
        state.events.iter().filter(|(id, _)| *id == conversation).map(|(_, event)| event.seq).collect()
    }
}

/// A store whose database cannot grow beyond what it has; `give_back` makes room inside of it.
struct Full {
    dir: TempDir,
    store: Store,
    seen: Arc<Seen>,
    other: Connection,
}

impl Full {
    async fn new(turns: usize) -> (Self, Vec<(ConversationId, Message)>) {
        let dir = tempfile::tempdir().unwrap();
        let seen = Arc::new(Seen::default());
        let store = Store::open(dir.path(), seen.clone()).unwrap();
        let mut running = Vec::new();
        for _ in 0..turns {
            running.push(begin(&store).await);
        }
        let other = Connection::open(dir.path().join("rivulet.db")).unwrap();
        other.busy_timeout(LIMIT).unwrap();
        other.execute_batch("CREATE TABLE filler (x); INSERT INTO filler VALUES (zeroblob(400000))").unwrap();
        (Self { dir, store, seen, other }, running)
    }

    /// The same folder with a limit on the database's size; nothing is recovered, so that what runs goes on running.
    async fn shut(mut self) -> Self {
        self.store.close().await;
        let lock = schema::claim(self.dir.path()).unwrap();
        let file = self.dir.path().join("rivulet.db");
        let connection = schema::open(&file).unwrap();
        let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
        self.store = Store::start(lock, self.dir.path(), connection, self.seen.clone()).unwrap();
        self
    }

    fn give_back(&self) {
        self.other.execute("DELETE FROM filler", []).unwrap();
    }
}

async fn begin(store: &Store) -> (ConversationId, Message) {
    let id = ConversationId::new();
    let conversation = Conversation { title: "full".into(), ..Conversation::new(id, now_ms()) };
    store.create_conversation(conversation, None).await.unwrap();
    let answer = Message::new(None, Author::Assistant, MessageState::Running);
    store.begin(id, vec![answer.clone()], answer.id).await.unwrap();
    (id, answer)
}

fn say(store: &Store, conversation: ConversationId, message: &mut Message, text: &str) {
    let offset = utf16_len(&message.text);
    message.text.push_str(text);
    store.append(conversation, message.id, Append::Text { text: text.into(), offset });
}

fn stored(dir: &Path, message: MessageId) -> usize {
    let database = Connection::open(dir.join("rivulet.db")).unwrap();
    let select = "SELECT total(length(CAST(body AS BLOB))) FROM log WHERE message = ?1 AND kind = 'text'";
    database.query_row(select, [message.0], |row| row.get::<_, f64>(0)).unwrap() as usize
}

/// More than the free pages can hold.
fn much() -> String {
    "much ".repeat(4_000)
}

#[tokio::test]
async fn an_answer_goes_on_in_memory_while_the_disk_is_full_and_is_written_when_it_is_not() {
    let (full, mut running) = Full::new(1).await;
    let full = full.shut().await;
    let (conversation, mut answer) = running.pop().unwrap();
    {
        // The writer, publishing, waits for this; what follows is one transaction, whose first row still fits.
        let _shut = full.seen.state.lock().unwrap();
        say(&full.store, conversation, &mut answer, "little");
        full.store.append(conversation, answer.id, Append::Event(EventBody::Notice { notice: Notice::Waiting }));
        say(&full.store, conversation, &mut answer, &much());
    }
    full.seen.until("the disk refuses", |state| state.disk == [true]).await;
    let id = answer.id;
    full.seen.until("it is shown all the same", |state| state.events.len() == 4).await;
    assert_eq!(full.seen.text(id), answer.text);
    assert!(stored(full.dir.path(), id) < answer.text.len());

    // More comes, and somebody wants to write something else: they are told.
    say(&full.store, conversation, &mut answer, "and more");
    full.seen.until("more is shown", |state| state.events.len() == 5).await;
    let question = Message { text: much(), ..Message::new(None, Author::User, MessageState::Complete) };
    let refused = full.store.begin(conversation, vec![question.clone()], question.id).await.unwrap_err();
    assert!(refused.is_disk(), "{refused}");
    assert_eq!(ApiError::from(refused).code, ErrorCode::Storage);

    full.give_back();
    full.seen.until("the disk is back", |state| state.disk == [true, false]).await;
    say(&full.store, conversation, &mut answer, ", the end");
    answer.state = MessageState::Stopped;
    answer.ended_at = Some(1);
    full.store.end(conversation, answer.clone(), EventBody::Stopped { at: 1 }).await.unwrap();
    assert_eq!(full.seen.text(answer.id), answer.text);
    let seqs = full.seen.seqs(conversation);
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "shown once, in order");
    assert_eq!(full.store.message(answer.id).await.unwrap(), Some((conversation, answer)));
    assert_eq!(full.store.conversation(conversation).await.unwrap().unwrap().head, *seqs.last().unwrap());
}

#[tokio::test]
async fn an_ending_waits_for_the_disk_and_holds_up_no_other_conversation() {
    let (full, mut running) = Full::new(2).await;
    let full = full.shut().await;
    let (there, mut other) = running.pop().unwrap();
    let (here, mut answer) = running.pop().unwrap();
    say(&full.store, here, &mut answer, &much());
    full.seen.until("the disk refuses", |state| state.disk == [true]).await;
    answer.state = MessageState::Complete;
    answer.finish_reason = Some(FinishReason::Stop);
    answer.ended_at = Some(1);
    let event = EventBody::Finished { reason: FinishReason::Stop, at: 1 };
    let ending = tokio::spawn({
        let (store, answer) = (full.store.clone(), answer.clone());
        async move { store.end(here, answer, event).await }
    });
    while !ending.is_finished() && other.text.len() < 3 {
        say(&full.store, there, &mut other, "x");
        let (id, length) = (other.id, other.text.len());
        full.seen
            .until("the other conversation goes on", move |state| {
                let texts = state.events.iter().filter(|(_, event)| event.message == id);
                let lengths = texts.map(|(_, event)| match &event.body {
                    EventBody::Text { text, .. } => text.len(),
                    _ => 0,
                });
                lengths.sum::<usize>() == length
            })
            .await;
    }
    assert!(!ending.is_finished(), "an ending is not on disk while the disk refuses");
    full.give_back();
    ending.await.unwrap().unwrap();
    assert_eq!(full.store.message(answer.id).await.unwrap(), Some((here, answer)));
    assert_eq!(full.store.message(other.id).await.unwrap(), Some((there, other)));
}

#[tokio::test]
async fn the_disk_is_back_only_when_it_has_taken_something() {
    let (full, mut running) = Full::new(1).await;
    let full = full.shut().await;
    let (conversation, _) = running.pop().unwrap();
    // A lock that somebody else holds is a disk that refuses, for everything, however small.
    full.store.close().await;
    let lock = schema::claim(full.dir.path()).unwrap();
    let file = full.dir.path().join("rivulet.db");
    let connection = schema::open(&file).unwrap();
    connection.busy_timeout(Duration::from_millis(1)).unwrap();
    let store = Store::start(lock, full.dir.path(), connection, full.seen.clone()).unwrap();
    full.other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let question = Message::new(None, Author::User, MessageState::Complete);
    let refused = store.begin(conversation, vec![question.clone()], question.id).await;
    assert!(matches!(&refused, Err(error @ StoreError::Sqlite(_)) if error.is_disk()), "{refused:?}");
    // Long enough for several tries with nothing to write. A machine that is too slow for them proves less, not else.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(full.seen.state.lock().unwrap().disk, [true]);
    full.other.execute_batch("ROLLBACK").unwrap();
    full.seen.until("the disk is back", |state| state.disk == [true, false]).await;
    store.begin(conversation, vec![question.clone()], question.id).await.unwrap();
}
