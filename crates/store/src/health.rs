//! Whether the disk takes what is written, and whether the database was found damaged while it is in use.

use crate::{Publish, StoreError};
use rivulet_protocol::{ConversationId, DiskFault, DiskProblem, Event};
use std::sync::{Arc, OnceLock};

/// Tells the engine what it should know. Damage, once found, stays found: a later write that succeeds does not mend it.
pub(crate) struct Health {
    publish: Arc<dyn Publish>,
    damage: OnceLock<DiskProblem>,
}

impl Health {
    pub fn new(publish: Arc<dyn Publish>) -> Self {
        Self { publish, damage: OnceLock::new() }
    }

    pub fn committed(&self, conversation: ConversationId, events: Vec<Event>) {
        self.publish.committed(conversation, events);
    }

    /// The disk refuses what is written.
    pub fn refuses(&self, error: &StoreError) {
        let problem = error.problem();
        if problem.fault == DiskFault::Damaged {
            // Lost if it is known already.
            let _ = self.damage.set(problem.clone());
        }
        self.publish.disk(Some(problem));
    }

    /// The disk takes again what is written.
    pub fn takes(&self) {
        self.publish.disk(self.damage.get().cloned());
    }

    /// Looks at why something could not be read: damage is told, whoever asked.
    pub fn failed(&self, error: &StoreError) {
        if error.is_corrupt() && self.damage.set(error.problem()).is_ok() {
            tracing::error!(%error, "the database is damaged");
            self.publish.disk(self.damage.get().cloned());
        }
    }

    /// Whether damage was found.
    pub fn is_damaged(&self) -> bool {
        self.damage.get().is_some()
    }
}
