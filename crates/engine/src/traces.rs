//! What went over the wire for the latest answers, in memory: seen on request, never written to disk by itself.

use rivulet_protocol::{MessageId, Trace};
use rivulet_providers::Tape;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Answers that are remembered.
const ANSWERS: usize = 200;
/// What all of them together may take, in bytes.
const BYTES: usize = 32 << 20;

#[derive(Default)]
pub(crate) struct Traces {
    answers: Mutex<VecDeque<(MessageId, Vec<Tape>)>>,
}

impl Traces {
    /// A tape for one more request of this answer.
    pub fn tape(&self, message: MessageId) -> Tape {
        let tape = Tape::default();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.iter_mut().find(|(id, _)| *id == message) {
            Some((_, tapes)) => tapes.push(tape.clone()),
            None => answers.push_back((message, vec![tape.clone()])),
        }
        let bytes = |tapes: &Vec<Tape>| tapes.iter().map(Tape::bytes).sum::<usize>();
        let mut all: usize = answers.iter().map(|(_, tapes)| bytes(tapes)).sum();
        while answers.len() > ANSWERS || (all > BYTES && answers.len() > 1) {
            let Some((_, oldest)) = answers.pop_front() else { break };
            all -= bytes(&oldest).min(all);
        }
        tape
    }

    /// What went over the wire for this answer, if it is remembered.
    pub fn trace(&self, message: MessageId) -> Option<Trace> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, tapes) = answers.iter().find(|(id, _)| *id == message)?;
        Some(Trace { exchanges: tapes.iter().map(Tape::exchange).collect() })
    }
}
