//! Closing the window while answers are being written.

use serde::{Deserialize, Serialize};

/// What closing the window does to answers that are being written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WhenClosed {
    /// A person is asked.
    #[default]
    Ask,
    /// They are written to their ends with no window, and then the app ends.
    LetFinish,
    /// The app ends at once; they are marked as interrupted.
    Quit,
}

/// The question to the window's page: it shall be closed, and answers are being written. Asked again and again until
/// there is a reply, for any one may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ClosingAsked {
    /// Counts the closings of this run that were asked about, from 1.
    pub number: u32,
    /// How many answers are being written.
    pub answers: u32,
}

/// What the page says to that. It says nothing where nothing is asked any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ClosingAnswer {
    /// What.
    pub reply: ClosingReply,
}

/// A reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ClosingReply {
    /// The question was heard, and a person is asked. Without this the window is closed all the same.
    #[default]
    Heard,
    /// The window stays open.
    Stay,
    /// The window goes, the app when the last answer has ended.
    LetFinish,
    /// The app ends now.
    Quit,
}
