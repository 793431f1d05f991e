//! Recordings of answers: saved to a file, and replayed by the demo without a key.

use crate::{MessageId, WireProtocol};
use serde::{Deserialize, Serialize};

/// Which answer's stream to save.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct RecordingSave {
    /// The answer.
    pub message: MessageId,
    /// With the bodies of the requests: the conversation up to the question.
    pub with_requests: bool,
}

/// What came of saving a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct RecordingSaved {
    /// It was; not if no place was chosen.
    pub saved: bool,
    /// More came than a recording holds: it ends before the answer does.
    pub cut: bool,
}

/// A recording to replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ReplayStart {
    /// The file's text.
    pub text: String,
}

/// What the demo replays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ReplayStatus {
    /// The recording; `None` while the demo answers by itself.
    pub replay: Option<Replayed>,
    /// Why the file that was just given is not replayed. What was replayed before still is.
    pub problem: Option<ReplayProblem>,
}

/// The recording that is replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Replayed {
    /// What it speaks.
    pub protocol: WireProtocol,
    /// The model that was asked.
    pub model: String,
    /// When, in milliseconds since the epoch.
    pub recorded_at: u64,
    /// How many requests are in it.
    pub requests: u32,
    /// How long the answers took together, in milliseconds.
    pub took_ms: u64,
}

/// Why a file is not replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ReplayProblem {
    /// It is something else.
    NotARecording,
    /// It has more than 32 MiB.
    TooLarge,
    /// A newer version of the app made it.
    Newer,
    /// A line in it is wrong.
    Damaged {
        /// The line's number, from 1.
        line: u64,
    },
}
