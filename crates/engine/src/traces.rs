//! What went over the wire for the latest answers, in memory: seen on request, never written to disk by itself.

use rivulet_protocol::{MessageId, Trace, WireProtocol};
use rivulet_providers::Tape;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Answers that are remembered.
const ANSWERS: usize = 200;
/// What all of them together may take, in bytes.
const BYTES: usize = 32 << 20;

/// A tape, and the protocol that is on it.
type Spoken = (WireProtocol, Tape);

#[derive(Default)]
pub(crate) struct Traces {
    answers: Mutex<VecDeque<(MessageId, Vec<Spoken>)>>,
}

impl Traces {
    /// A tape for one more request of this answer.
    pub fn tape(&self, message: MessageId, protocol: WireProtocol) -> Tape {
        let tape = Tape::default();
        let spoken = (protocol, tape.clone());
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match answers.iter_mut().find(|(id, _)| *id == message) {
            Some((_, tapes)) => tapes.push(spoken),
            None => answers.push_back((message, vec![spoken])),
        }
        let bytes = |tapes: &[Spoken]| tapes.iter().map(|(_, tape)| tape.bytes()).sum::<usize>();
        let mut all: usize = answers.iter().map(|(_, tapes)| bytes(tapes)).sum();
        while answers.len() > ANSWERS || (all > BYTES && answers.len() > 1) {
            let Some((_, oldest)) = answers.pop_front() else { break };
            all -= bytes(&oldest).min(all);
        }
        tape
    }

    /// What went over the wire for this answer, if it is remembered.
    pub fn trace(&self, message: MessageId) -> Option<Trace> {
        let tapes = self.tapes(message)?;
        Some(Trace { exchanges: tapes.iter().map(|(_, tape)| tape.exchange()).collect() })
    }

    /// The tapes of this answer, first one first.
    pub fn tapes(&self, message: MessageId) -> Option<Vec<Spoken>> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.iter().find(|(id, _)| *id == message).map(|(_, tapes)| tapes.clone())
    }
}
