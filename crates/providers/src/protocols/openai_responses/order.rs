//! Putting numbered events in order: repeats are dropped, early ones wait for those before them.

use crate::sse::SseEvent;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Events that may wait for one before them.
const HELD: usize = 256;
/// Events that are remembered, to know a repeat.
const REMEMBERED: usize = 1024;

/// What to do with an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is next.
    Now,
    /// It was there before.
    Seen,
    /// It waits for one before it.
    Held,
    /// More wait than may: the one before them is lost.
    TooMany,
}

#[derive(Debug, Default)]
pub(super) struct Order {
    next: Option<u64>,
    /// The number of the event that came first.
    first: Option<u64>,
    /// Taken up from here on: whatever has a number below was there before.
    floor: u64,
    held: BTreeMap<u64, SseEvent>,
    /// What the last events were, up to the one before `next`.
    seen: VecDeque<u64>,
    /// This server's numbers are not what they should be: events are taken as they come.
    off: bool,
}

impl Order {
    /// Of the events behind this number.
    pub fn behind(number: u64) -> Self {
        let next = number.saturating_add(1);
        Self { next: Some(next), floor: next, ..Self::default() }
    }

    /// The number up to which everything came, if numbers say something here.
    pub fn last(&self) -> Option<u64> {
        self.next.filter(|_| !self.off)?.checked_sub(1)
    }

    pub fn take(&mut self, number: Option<u64>, event: &SseEvent) -> Next {
        let Some(number) = number.filter(|_| !self.off) else { return Next::Now };
        if number < self.floor {
            return Next::Seen;
        }
        let next = *self.next.get_or_insert(number);
        if number < *self.first.get_or_insert(next) {
            // Only late: one before it came first.
            return Next::Now;
        }
        if number < next {
            if self.was(next - number) == Some(fingerprint(event)) {
                return Next::Seen;
            }
            // Two different events with one number: it says nothing here.
            self.off = true;
            return Next::Now;
        }
        if number > next {
            if self.held.len() == HELD {
                return Next::TooMany;
            }
            self.held.insert(number, event.clone());
            return Next::Held;
        }
        self.advance(number, event);
        Next::Now
    }

    /// The next of those that waited, if its turn has come (or numbers turned out to say nothing).
    pub fn ready(&mut self) -> Option<SseEvent> {
        let number = *self.held.first_key_value()?.0;
        if !self.off && Some(number) != self.next {
            return None;
        }
        let event = self.held.remove(&number)?;
        self.advance(number, &event);
        Some(event)
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> usize {
        self.held.values().map(|event| event.data.len()).sum()
    }

    fn advance(&mut self, number: u64, event: &SseEvent) {
        self.next = Some(number.saturating_add(1));
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(fingerprint(event));
    }

    /// The event so many before the next one, if it is remembered.
    fn was(&self, before: u64) -> Option<u64> {
        let at = self.seen.len().checked_sub(usize::try_from(before).ok()?)?;
        self.seen.get(at).copied()
    }
}

fn fingerprint(event: &SseEvent) -> u64 {
    let mut hasher = DefaultHasher::new();
    event.data.hash(&mut hasher);
    hasher.finish()
}
