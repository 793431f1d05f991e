//! The live end of each log, in memory: what cursors read while an answer runs.
//!
//! The store publishes here right after a commit, on its writer thread. A log is a short tail of committed events and
//! the published head; nothing is queued for a viewer, so a slow one costs nothing and a cursor that fell behind the
//! tail reads the store.

use rivulet_protocol::{ConversationId, DiskProblem, Event, EventBody, LibraryEvent};
use rivulet_store::Publish;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{broadcast, watch};

/// Text kept in one tail. Beyond it the oldest events are dropped; they are on disk.
const TAIL_BYTES: usize = 4 << 20;
/// Text handed to a viewer at once.
const BATCH_BYTES: usize = 256 << 10;
/// Logs kept in memory although nobody watches them.
const IDLE_LOGS: usize = 64;

/// All live logs.
pub(crate) struct Logs {
    logs: Mutex<HashMap<ConversationId, Arc<Log>>>,
    library: broadcast::Sender<LibraryEvent>,
}

/// One conversation's live log.
pub(crate) struct Log {
    head: watch::Sender<u64>,
    tail: Mutex<Tail>,
}

/// The events after number `after`, without a gap.
#[derive(Default)]
struct Tail {
    after: u64,
    events: VecDeque<Event>,
    bytes: usize,
}

impl Logs {
    pub fn new(library: broadcast::Sender<LibraryEvent>) -> Self {
        Self { logs: Mutex::default(), library }
    }

    /// The log of a conversation whose head is known to be at least `head`.
    pub fn log(&self, conversation: ConversationId, head: u64) -> Arc<Log> {
        let mut logs = lock(&self.logs);
        if logs.len() > IDLE_LOGS {
            logs.retain(|_, log| Arc::strong_count(log) > 1);
        }
        let log = logs.entry(conversation).or_insert_with(|| {
            Arc::new(Log { head: watch::Sender::new(head), tail: Mutex::new(Tail { after: head, ..Tail::default() }) })
        });
        Arc::clone(log)
    }

    /// Something in this log shall be told to nobody any more: whoever reads it reads the store, which knows what.
    pub fn forget(&self, conversation: ConversationId) {
        if let Some(log) = lock(&self.logs).get(&conversation) {
            let after = *log.head.borrow();
            *lock(&log.tail) = Tail { after, ..Tail::default() };
        }
    }

    /// All logs are other ones now.
    pub fn forget_all(&self) {
        lock(&self.logs).clear();
    }
}

impl Publish for Logs {
    fn committed(&self, conversation: ConversationId, events: Vec<Event>) {
        let Some((first, last)) = events.first().zip(events.last()).map(|(a, b)| (a.seq, b.seq)) else { return };
        let log = self.log(conversation, first - 1);
        lock(&log.tail).push(first, events);
        log.head.send_replace(last);
    }

    fn disk(&self, problem: Option<DiskProblem>) {
        let _ = self.library.send(LibraryEvent::Disk { problem });
    }
}

impl Log {
    /// Follows the published head.
    pub fn heads(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    /// Events after `after`, neighbouring text merged, at most about [`BATCH_BYTES`] of text; `None` when the tail
    /// does not reach back so far.
    pub fn read(&self, after: u64) -> Option<Vec<Event>> {
        let tail = lock(&self.tail);
        if after < tail.after {
            return None;
        }
        let from = tail.events.partition_point(|event| event.seq <= after);
        Some(merge(tail.events.range(from..)))
    }
}

impl Tail {
    fn push(&mut self, first: u64, events: Vec<Event>) {
        let last = self.events.back().map_or(self.after, |event| event.seq);
        if first != last + 1 {
            // Something went by while this log was not in memory: what is here no longer joins.
            *self = Self { after: first - 1, ..Self::default() };
        }
        self.bytes += events.iter().map(size).sum::<usize>();
        self.events.extend(events);
        while self.bytes > TAIL_BYTES {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= size(&oldest);
            self.after = oldest.seq;
        }
    }
}

/// Events with neighbouring text joined, cut at about [`BATCH_BYTES`].
pub(crate) fn merge<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<Event> {
    let mut merged: Vec<Event> = Vec::new();
    let mut bytes = 0;
    for event in events {
        bytes += size(event);
        if bytes > BATCH_BYTES && !merged.is_empty() {
            break;
        }
        if !merged.last_mut().is_some_and(|last| last.join(event)) {
            merged.push(event.clone());
        }
    }
    merged
}

/// About what an event takes in memory.
fn size(event: &Event) -> usize {
    let text = match &event.body {
        EventBody::Text { text, .. } | EventBody::Reasoning { text, .. } | EventBody::ToolResult { text, .. } => {
            text.len()
        }
        EventBody::ToolCall { arguments, .. } => arguments.len(),
        EventBody::Started { snapshot } | EventBody::Reset { snapshot } => {
            snapshot.text.len() + snapshot.reasoning.len()
        }
        _ => 0,
    };
    text + size_of::<Event>()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rivulet_protocol::MessageId;

    fn text(seq: u64, message: MessageId, text: &str, offset: u64) -> Event {
        Event { seq, message, body: EventBody::Text { text: text.into(), offset } }
    }

    #[test]
    fn neighbouring_text_is_merged_and_other_messages_keep_apart() {
        let (a, b) = (MessageId::new(), MessageId::new());
        let events = [text(1, a, "He", 0), text(2, a, "llo", 2), text(3, b, "x", 0), text(4, a, "!", 5)];
        let merged = merge(events.iter());
        assert_eq!(merged, [text(2, a, "Hello", 0), text(3, b, "x", 0), text(4, a, "!", 5)]);
    }

    #[test]
    fn a_tail_that_does_not_join_starts_again() {
        let logs = Logs::new(broadcast::channel(1).0);
        let (conversation, message) = (ConversationId::new(), MessageId::new());
        logs.committed(conversation, vec![text(1, message, "a", 0)]);
        logs.committed(conversation, vec![text(5, message, "e", 4)]);
        let log = logs.log(conversation, 0);
        assert_eq!(log.read(1), None, "2 to 4 are not here");
        assert_eq!(log.read(4), Some(vec![text(5, message, "e", 4)]));
        assert_eq!(*log.heads().borrow(), 5);
    }

    #[test]
    fn a_tail_is_bounded() {
        let logs = Logs::new(broadcast::channel(1).0);
        let (conversation, message) = (ConversationId::new(), MessageId::new());
        let chunk = "x".repeat(1 << 20);
        for seq in 1..=8 {
            logs.committed(conversation, vec![text(seq, message, &chunk, (seq - 1) << 20)]);
        }
        let log = logs.log(conversation, 0);
        assert_eq!(log.read(0), None);
        assert!(log.read(7).is_some());
    }
}
