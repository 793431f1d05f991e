//! `ask` and `tail`: an answer as it comes.

use super::output::Output;
use super::reach::Wire;
use super::signals::Signals;
use super::transcript::{ENDED, Said, Transcript};
use super::{Exit, sentences};
use crate::wire::{Ask, Reply, Request, Tail};
use rivulet_protocol::{ConversationId, Event, MessageId};
use serde::Serialize;
use std::io;

/// Asks, and prints the answer.
pub(super) async fn ask(wire: Wire, ask: Ask, output: Output) -> Exit {
    Following::begin(wire, output, true, &Request::Ask(ask)).await
}

/// Prints the answer that runs.
pub(super) async fn tail(wire: Wire, tail: Tail, output: Output) -> Exit {
    Following::begin(wire, output, false, &Request::Tail(tail)).await
}

/// A connection on which answers come.
struct Following {
    wire: Wire,
    output: Output,
    signals: Signals,
    /// The answer was asked for here, so a signal stops it.
    is_ours: bool,
    /// The signal that came; from then on nothing is printed.
    signal: Option<u8>,
    transcript: Transcript,
    /// How the last answer ended.
    ended: Option<(Exit, Option<String>)>,
}

/// The first line of `--json`.
#[derive(Serialize)]
struct Begun {
    r#type: &'static str,
    conversation: ConversationId,
    answer: MessageId,
}

/// One of the two that a write or a reply may be overtaken by.
enum Next {
    Reply(Option<Reply>),
    Signal(u8),
}

impl Following {
    async fn begin(mut wire: Wire, output: Output, is_ours: bool, request: &Request) -> Exit {
        let signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return Exit::Failed.because(format!("Signals cannot be listened to: {error}.")),
        };
        if wire.say(request).await.is_err() {
            return Exit::AppEnded.because("Rivulet ended before it took the question.");
        }
        let transcript = Transcript::default();
        let mut following = Self { wire, output, signals, is_ours, signal: None, transcript, ended: None };
        match following.run().await {
            Ok(exit) | Err(exit) => exit,
        }
    }

    /// To the end; an `Err` is one before it.
    async fn run(&mut self) -> Result<Exit, Exit> {
        loop {
            let next = tokio::select! {
                reply = self.wire.next() => Next::Reply(reply),
                signal = self.signals.next() => Next::Signal(signal),
            };
            match next {
                Next::Signal(signal) => self.told_to_end(signal).await?,
                Next::Reply(Some(Reply::Event { event })) => self.event(event).await?,
                Next::Reply(Some(Reply::Begun { conversation, answer })) => {
                    self.transcript = Transcript::default();
                    if self.output.json {
                        let begun = Begun { r#type: "begun", conversation, answer };
                        self.print(async |output| output.value(&begun).await).await?;
                    }
                }
                Next::Reply(Some(Reply::Refused(error))) => {
                    let (exit, sentence) = sentences::refusal(&error);
                    return Ok(exit.because(sentence));
                }
                Next::Reply(Some(Reply::Done | Reply::Hello { .. } | Reply::Conversation(_)) | None) => {
                    return Ok(self.over().await);
                }
            }
        }
    }

    async fn event(&mut self, event: Event) -> Result<(), Exit> {
        if self.output.json {
            self.print(async |output| output.value(&event).await).await?;
        }
        for said in self.transcript.take(event.body) {
            match said {
                Said::End(exit, sentence) => {
                    self.output.end_line().await;
                    self.ended = Some((exit, sentence));
                }
                _ if self.output.json => {}
                Said::Text(text) => self.print(async |output| output.text(text).await).await?,
                Said::Reasoning(text) => {
                    self.print(async |output| {
                        output.reasoning(text).await;
                        Ok(())
                    })
                    .await?;
                }
                Said::Note(note) => self.output.note(&note).await,
            }
        }
        Ok(())
    }

    /// Writes, for as long as no signal comes.
    async fn print(&mut self, write: impl AsyncFnOnce(&mut Output) -> io::Result<()>) -> Result<(), Exit> {
        if self.signal.is_some() {
            return Ok(());
        }
        let signal = tokio::select! {
            written = write(&mut self.output) => return written.map_err(unwritten),
            signal = self.signals.next() => signal,
        };
        self.told_to_end(signal).await
    }

    /// The first signal stops an answer of ours, and its end is waited for; any other ends the program.
    async fn told_to_end(&mut self, signal: u8) -> Result<(), Exit> {
        let first = self.signal.replace(signal).is_none();
        if first && self.is_ours && self.ended.is_none() && self.wire.say(&Request::Stop).await.is_ok() {
            return Ok(());
        }
        Err(Exit::Signal(signal))
    }

    /// All was said, or the app is gone.
    async fn over(&mut self) -> Exit {
        self.output.end_line().await;
        let (exit, sentence) = self.ended.take().unwrap_or((Exit::AppEnded, Some(ENDED.to_owned())));
        match (self.signal, sentence) {
            (Some(signal), _) => Exit::Signal(signal),
            (None, Some(sentence)) => exit.because(sentence),
            (None, None) => exit,
        }
    }
}

/// A reader that went away is a usual end of a pipe; the answer goes on without it.
pub(super) fn unwritten(error: io::Error) -> Exit {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Exit::Closed,
        _ => Exit::Failed.because(format!("Standard output takes no more: {error}. The answer goes on in Rivulet.")),
    }
}
