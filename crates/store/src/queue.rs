//! What waits for the writer. Text of one message that waits is joined: under load a commit carries more, not the
//! queue.

use crate::ending::Ending;
use crate::{Asked, Durability, Point, StoreError, Work};
use rivulet_protocol::{ConversationId, Draft, EventBody, MessageId};
use rusqlite::Connection;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// What is added to a running answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Append {
    /// Text at `offset` (UTF-16 code units).
    Text {
        /// The text.
        text: String,
        /// The text's length before it.
        offset: u64,
    },
    /// Reasoning at `offset` (UTF-16 code units).
    Reasoning {
        /// The text.
        text: String,
        /// The reasoning's length before it.
        offset: u64,
    },
    /// Anything else that belongs into the log.
    Event(EventBody),
    /// Its vendor took the request. Stands in no log.
    Asked(Box<Asked>),
    /// How far it is, with its vendor. Stands in no log.
    Point(Point),
}

impl Append {
    /// Joins `more` to this, if it is text of the same kind.
    fn join(&mut self, more: Append) -> Result<(), Append> {
        match (self, more) {
            (Self::Text { text, .. }, Self::Text { text: more, .. })
            | (Self::Reasoning { text, .. }, Self::Reasoning { text: more, .. }) => {
                text.push_str(&more);
                Ok(())
            }
            (_, more) => Err(more),
        }
    }

    /// What stands in the log.
    pub(crate) fn into_body(self) -> Option<EventBody> {
        match self {
            Self::Text { text, offset } => Some(EventBody::Text { text, offset }),
            Self::Reasoning { text, offset } => Some(EventBody::Reasoning { text, offset }),
            Self::Event(body) => Some(body),
            Self::Asked(_) | Self::Point(_) => None,
        }
    }
}

/// Something to write.
pub(crate) enum Item {
    /// An addition to the log.
    Append(Pending),
    /// Any other write.
    Job(Job),
    /// Something that takes the place of everything.
    Alone(Alone),
}

/// What is done with the connection itself, outside of any transaction, while nothing else is.
pub(crate) struct Alone {
    pub run: RunAlone,
    pub reply: oneshot::Sender<Result<(), StoreError>>,
}

pub(crate) type RunAlone = Box<dyn FnOnce(&mut Connection) -> Result<(), StoreError> + Send>;

/// An addition that waits.
pub(crate) struct Pending {
    pub conversation: ConversationId,
    pub message: MessageId,
    pub append: Append,
    /// Its number, once it was shown although the disk refused it.
    pub shown_as: Option<u64>,
}

/// What a job does inside the transaction.
pub(crate) type Run = Box<dyn Fn(&mut Work<'_>) -> Result<(), StoreError> + Send>;

/// A write that somebody waits for. `run` may be called again when the disk refused the first try.
pub(crate) struct Job {
    pub durability: Durability,
    /// What it writes, if that must not be lost: it is tried until it succeeds.
    pub lasting: Option<Lasting>,
    pub run: Run,
    pub reply: Option<oneshot::Sender<Result<(), StoreError>>>,
}

/// What is tried until the disk takes it.
pub(crate) enum Lasting {
    /// Whoever ends an answer waits for it.
    Ending(Arc<Ending>),
    /// Whoever writes is told, and may go on writing: a later one takes the place of this.
    Draft(Arc<Draft>),
}

impl Job {
    pub fn ending(&self) -> Option<&Ending> {
        match &self.lasting {
            Some(Lasting::Ending(ending)) => Some(ending),
            Some(Lasting::Draft(_)) | None => None,
        }
    }
}

impl Item {
    pub fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Job(Job { lasting: Some(Lasting::Draft(draft)), .. }) => Some(draft),
            _ => None,
        }
    }
}

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    items: Vec<Item>,
    /// Where the last waiting addition of a message is. Emptied by a job, which nothing may pass.
    last: HashMap<MessageId, usize>,
    /// Where a message's point waits, which goes to the disk with all additions beside it. Emptied with `last`.
    points: HashMap<MessageId, usize>,
    end: Option<End>,
}

impl State {
    fn only_additions(&self) -> bool {
        // As many as there are answers, and a few: text is joined.
        self.items.iter().all(|item| matches!(item, Item::Append(_)))
    }

    fn add(&mut self, conversation: ConversationId, message: MessageId, append: Append) {
        let waiting = self.last.get(&message).and_then(|at| self.items.get_mut(*at));
        let append = match waiting {
            Some(Item::Append(pending)) => match pending.append.join(append) {
                Ok(()) => return,
                Err(append) => append,
            },
            _ => append,
        };
        self.last.insert(message, self.items.len());
        self.items.push(Item::Append(Pending { conversation, message, append, shown_as: None }));
    }

    /// Puts a point in the place of the one that waits: what joins the additions that wait joins its transaction.
    fn mark(&mut self, conversation: ConversationId, message: MessageId, point: Point) {
        let waiting = self.points.get(&message).and_then(|at| self.items.get_mut(*at));
        if let Some(Item::Append(Pending { append: Append::Point(before), .. })) = waiting {
            *before = point;
            return;
        }
        self.points.insert(message, self.items.len());
        self.items.push(Item::Append(Pending { conversation, message, append: Append::Point(point), shown_as: None }));
    }

    /// What comes now joins nothing that waits.
    fn part(&mut self) {
        self.last.clear();
        self.points.clear();
    }
}

/// How the queue ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Asked for.
    Closed,
    /// Nobody holds the store any more.
    Abandoned,
}

impl Queue {
    pub fn append(&self, conversation: ConversationId, message: MessageId, append: Append) {
        let mut state = self.lock();
        if state.end.is_none() {
            state.add(conversation, message, append);
            self.filled.notify_one();
        }
    }

    /// Several at once and a point: whoever takes one of them takes all.
    pub fn append_up_to(&self, conversation: ConversationId, message: MessageId, appends: Vec<Append>, point: Point) {
        let mut state = self.lock();
        if state.end.is_none() {
            state.mark(conversation, message, point);
            for append in appends {
                state.add(conversation, message, append);
            }
            self.filled.notify_one();
        }
    }

    /// Adds an item; `false` when the queue is closed.
    pub fn push(&self, item: Item) -> bool {
        let mut state = self.lock();
        if state.end.is_some() {
            return false;
        }
        state.part();
        state.items.push(item);
        self.filled.notify_one();
        true
    }

    pub fn close(&self) {
        self.end(End::Closed);
    }

    pub fn abandon(&self) {
        self.end(End::Abandoned);
    }

    fn end(&self, end: End) {
        self.lock().end.get_or_insert(end);
        self.filled.notify_one();
    }

    /// Everything that waits, up to what is to be done alone; that comes as the only item. Waits for something if `limit`
    /// allows: `None` for as long as it takes. Additions alone are not handed out before `not_before`.
    pub fn take(&self, limit: Option<Duration>, not_before: Instant) -> (Vec<Item>, Option<End>) {
        let mut state = self.lock();
        let empty = |state: &mut State| state.items.is_empty() && state.end.is_none();
        state = match limit {
            None => self.filled.wait_while(state, empty).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                self.filled.wait_timeout_while(state, limit, empty).unwrap_or_else(PoisonError::into_inner).0
            }
        };
        let early = not_before.saturating_duration_since(Instant::now());
        if !early.is_zero() {
            let can_wait = |state: &mut State| state.end.is_none() && state.only_additions();
            state = self.filled.wait_timeout_while(state, early, can_wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.part();
        let alone = state.items.iter().position(|item| matches!(item, Item::Alone(_)));
        let rest = match alone {
            Some(at) => state.items.split_off(at.max(1)),
            None => Vec::new(),
        };
        let end = if rest.is_empty() { state.end } else { None };
        (std::mem::replace(&mut state.items, rest), end)
    }

    /// Waits this long, or until the queue ends.
    pub fn pause(&self, limit: Duration) {
        let goes_on = |state: &mut State| state.end.is_none();
        let _ = self.filled.wait_timeout_while(self.lock(), limit, goes_on);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
