//! What goes to standard output and to standard error.
//!
//! A terminal is shown plain text only; a file or another program is given every byte as the model wrote it. Each write
//! is made on a thread of its own, so that a reader that takes its time holds up no signal.

use super::{exit, plain};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// Where an answer is printed.
pub(super) struct Output {
    /// Events instead of text.
    pub json: bool,
    reasoning: bool,
    to_terminal: bool,
    errors_to_terminal: bool,
    /// The terminal's line is not at its beginning.
    open_line: bool,
    /// The same for reasoning on standard error.
    open_reasoning: bool,
}

impl Output {
    pub fn new(json: bool, reasoning: bool) -> Self {
        Self {
            json,
            reasoning,
            to_terminal: io::stdout().is_terminal(),
            errors_to_terminal: io::stderr().is_terminal(),
            open_line: false,
            open_reasoning: false,
        }
    }

    /// A piece of an answer.
    pub async fn text(&mut self, text: String) -> io::Result<()> {
        self.end_reasoning().await;
        let text = if self.to_terminal { plain::text(&text).into_owned() } else { text };
        self.open_line = self.to_terminal && !text.ends_with('\n');
        print(text).await
    }

    /// A piece of its reasoning, if that is wanted. Nobody there to read it is no fault.
    pub async fn reasoning(&mut self, text: String) {
        if self.reasoning {
            let text = if self.errors_to_terminal { plain::text(&text).into_owned() } else { text };
            self.open_reasoning = true;
            let _ = blocking(move || write(&mut io::stderr(), &text)).await;
        }
    }

    /// A value on a line of its own.
    pub async fn value(&mut self, value: &impl Serialize) -> io::Result<()> {
        let line = serde_json::to_string(value)?;
        print(plain::json(&line).into_owned() + "\n").await
    }

    /// Something for a person who waits; a program is not told.
    pub async fn note(&mut self, note: &str) {
        if self.errors_to_terminal {
            self.end_line().await;
            exit::say(note);
        }
    }

    /// What comes next on the terminal begins a line.
    pub async fn end_line(&mut self) {
        self.end_reasoning().await;
        if std::mem::take(&mut self.open_line) {
            let _ = print("\n".into()).await;
        }
    }

    async fn end_reasoning(&mut self) {
        if std::mem::take(&mut self.open_reasoning) {
            let _ = blocking(|| write(&mut io::stderr(), "\n\n")).await;
        }
    }
}

/// Writes to standard output, and hands it on at once.
pub(super) async fn print(text: String) -> io::Result<()> {
    blocking(move || write(&mut io::stdout(), &text)).await
}

fn write(to: &mut impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}

async fn blocking(write: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(write).await.map_err(io::Error::other)?
}
