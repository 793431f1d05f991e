//! Whether the disk takes what is written, and whether the database was found damaged while it is in use.

use crate::{Publish, StoreError};
use rivulet_protocol::{ConversationId, DiskFault, DiskProblem, Event, Unsaved};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Tells the engine what it should know. Damage, once found, stays found: a later write that succeeds does not mend it.
pub(crate) struct Health {
    publish: Arc<dyn Publish>,
    damage: OnceLock<DiskProblem>,
    told: Mutex<Option<DiskProblem>>,
}

impl Health {
    pub fn new(publish: Arc<dyn Publish>) -> Self {
        Self { publish, damage: OnceLock::new(), told: Mutex::default() }
    }

    pub fn committed(&self, conversation: ConversationId, events: Vec<Event>) {
        self.publish.committed(conversation, events);
    }

    /// The disk refuses what is written.
    pub fn refuses(&self, problem: DiskProblem) {
        if problem.fault == DiskFault::Damaged {
            // Lost if it is known already.
            let _ = self.damage.set(DiskProblem { unsaved: Unsaved::Nothing, ..problem.clone() });
        }
        self.tell(Some(problem));
    }

    /// The disk takes again what is written.
    pub fn takes(&self) {
        self.tell(self.damage.get().cloned());
    }

    /// Looks at why something could not be read: damage is told, whoever asked.
    pub fn failed(&self, error: &StoreError) {
        if error.is_corrupt() && self.damage.set(error.problem()).is_ok() {
            tracing::error!(%error, "the database is damaged");
            let unsaved = self.unsaved();
            self.tell(self.damage.get().map(|damage| DiskProblem { unsaved, ..damage.clone() }));
        }
    }

    /// Whether damage was found.
    pub fn is_damaged(&self) -> bool {
        self.damage.get().is_some()
    }

    /// What was told last of what the disk refuses.
    pub fn unsaved(&self) -> Unsaved {
        self.told().as_ref().map(|problem| problem.unsaved.clone()).unwrap_or_default()
    }

    /// Once: each try that fails says the same.
    fn tell(&self, problem: Option<DiskProblem>) {
        let mut told = self.told();
        if *told != problem {
            told.clone_from(&problem);
            // Held, so that the last that is told is the last that is known.
            self.publish.disk(problem);
        }
    }

    /// What the disk refuses, as it was told last.
    pub fn problem(&self) -> Option<DiskProblem> {
        self.told().clone()
    }

    fn told(&self) -> MutexGuard<'_, Option<DiskProblem>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
