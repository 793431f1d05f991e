//! How the program ends: a number for scripts, a sentence for people.

use std::io::Write;
use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was done.
    Done,
    /// No app could be reached.
    Unreachable,
    /// The command line or standard input is wrong.
    Usage,
    /// The answer failed, or something in the app.
    Failed,
    /// The app, the model or its vendor's filter declined.
    Refused,
    /// The model's limit of tokens cut the answer.
    Length,
    /// Somebody else stopped the answer.
    Stopped,
    /// The app ended before the answer did.
    AppEnded,
    /// A signal of this number.
    Signal(u8),
    /// Nobody reads standard output any more.
    Closed,
}

impl Exit {
    /// Says why, on standard error.
    pub fn because(self, sentence: impl AsRef<str>) -> Self {
        say(sentence.as_ref());
        self
    }

    /// The number.
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Unreachable => 1,
            Self::Usage => 2,
            Self::Failed => 3,
            Self::Refused => 4,
            Self::Length => 5,
            Self::Stopped => 6,
            Self::AppEnded => 7,
            Self::Signal(signal) => 128 + signal,
            Self::Closed => 141,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// A sentence for people. Some of it may be a vendor's, so it is always made plain.
pub(super) fn say(sentence: &str) {
    // With nobody to read it there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{}", super::plain::text(sentence));
}
