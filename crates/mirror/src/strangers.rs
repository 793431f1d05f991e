//! Wrong tokens: after so many in a minute the rest is refused unseen. A right one is never held up by someone else's
//! wrong ones.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// When wrong tokens came, within the last minute.
#[derive(Default)]
pub(crate) struct Strangers {
    seen: Mutex<Vec<Instant>>,
}

/// What to do with one more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// One of a few.
    Wrong,
    /// The one with which there are many: a person is told.
    Last,
    /// One of too many.
    TooMany,
}

impl Strangers {
    /// Counts a wrong token; `most` may come in a minute.
    pub fn count(&self, most: usize) -> Stranger {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|at| at.elapsed().as_secs() < 60);
        if seen.len() >= most {
            return Stranger::TooMany;
        }
        seen.push(Instant::now());
        if seen.len() < most {
            return Stranger::Wrong;
        }
        tracing::warn!("many requests with wrong tokens");
        Stranger::Last
    }
}
