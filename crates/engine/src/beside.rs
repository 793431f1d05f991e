//! What models write beside the answers of conversations: titles, summaries, answers for programs. Known so that nobody
//! takes the app for idle, and ends it, while something is being paid for.

use crate::Engine;
use rivulet_protocol::ConversationId;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All of it: each by the conversation it is for, if it is for one.
#[derive(Clone, Default)]
pub(crate) struct Beside(Arc<Mutex<Vec<Option<ConversationId>>>>);

/// One of them, for as long as it is held.
pub(crate) struct Begun {
    all: Beside,
    of: Option<ConversationId>,
}

impl Beside {
    /// Something begins.
    pub fn begin(&self, of: Option<ConversationId>) -> Begun {
        self.lock().push(of);
        Begun { all: self.clone(), of }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<ConversationId>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if let Some(at) = all.iter().position(|of| *of == self.of) {
            all.swap_remove(at);
        }
    }
}

impl Engine {
    /// How many answers are being written, those for programs included. What is written beside an answer, a summary
    /// before it or a title after it, counts with that answer.
    pub fn being_written(&self) -> usize {
        // One after the other, answers first: an answer that ends has begun its title before.
        let running = self.running();
        let answered: HashSet<ConversationId> = running.iter().map(|(conversation, _)| *conversation).collect();
        let beside = self.core.beside.lock();
        let programs = beside.iter().filter(|of| of.is_none()).count();
        let alone: HashSet<_> = beside.iter().flatten().filter(|of| !answered.contains(*of)).collect();
        running.len() + programs + alone.len()
    }
}
