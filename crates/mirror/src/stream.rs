//! An event stream: a cursor, written out as Server-Sent Events at its client's pace.
//!
//! There is no queue. The next batch is read when the socket has taken the last one, so a slow client only reads its
//! cursor later, in larger pieces.

use crate::limits::Limits;
use crate::links::Seat;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{BoxStream, SelectAll};
use futures_util::{Stream, StreamExt, stream};
use rivulet_engine::{BoxFuture, Cursor, Engine};
use rivulet_protocol::{ApiError, Batch, Caller, ConversationId, Event, LibraryEvent};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Writes a second to a client that does not ask for another pace.
pub(crate) const PACE: u32 = 60;

/// The least time between two writes to a viewer, for each viewer there is: a write takes some 20 µs of a processor, so
/// that any number of viewers takes about a third of one. 1,000 get a write every 60 ms.
const EACH_VIEWERS_SHARE: Duration = Duration::from_micros(60);
/// Up to here everybody gets the pace they ask for.
const CROWD: usize = 300;

/// What one client is shown.
pub(crate) struct EventStream {
    pub seat: Seat,
    pub caller: Caller,
    pub engine: Engine,
    /// The log or logs; without one only the library is shown.
    pub log: Option<Source>,
    /// What it begins with, already in the form of events.
    pub opening: String,
    /// What changes outside of conversations, if it was asked for.
    pub library: Option<broadcast::Receiver<LibraryEvent>>,
    /// The least time between two reads of the cursor.
    pub period: Duration,
    pub limits: Limits,
}

/// Where a conversation's events come from.
pub(crate) enum Source {
    Open(Cursor),
    /// A name that no conversation has yet.
    Awaited(BoxFuture<'static, Result<Cursor, ApiError>>),
    /// All that a browser's pages show. Each batch says whose it is.
    Several(SelectAll<BoxStream<'static, Batch>>),
}

impl Source {
    /// The batches of several cursors, as they come; nothing if there are none.
    pub fn several(cursors: Vec<Cursor>) -> Option<Self> {
        let batches = |cursor| stream::unfold(cursor, async |mut cursor: Cursor| Some((cursor.next().await?, cursor)));
        (!cursors.is_empty())
            .then(|| Self::Several(cursors.into_iter().map(|cursor| batches(cursor).boxed()).collect()))
    }
}

enum Next {
    Named(Result<Cursor, ApiError>),
    Batch(Option<Batch>),
    Library(LibraryEvent),
    Heartbeat,
    Over,
}

impl EventStream {
    /// The body of the answer.
    pub fn into_body(self) -> Body {
        Body::from_stream(self.into_stream())
    }

    fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        let now = Instant::now();
        let quitting = self.engine.quitting();
        let writer = Writer { stream: self, quitting, begun: false, over: false, due: now, written: now };
        stream::unfold(writer, |mut writer| async move {
            let bytes = writer.next().await?;
            Some((Ok(bytes), writer))
        })
    }
}

struct Writer {
    stream: EventStream,
    quitting: CancellationToken,
    begun: bool,
    over: bool,
    /// When the cursor may be read again.
    due: Instant,
    /// When something was last written.
    written: Instant,
}

impl Writer {
    async fn next(&mut self) -> Option<Bytes> {
        if self.over {
            return None;
        }
        let mut out = String::new();
        if !self.begun {
            self.begun = true;
            // Goes out at once, with the head: the client knows that it is connected. No empty line after it, since
            // some clients take every empty line for an event.
            return Some(Bytes::from("retry: 2000\n".to_owned() + &self.stream.opening));
        }
        match self.wait().await {
            Next::Named(Ok(cursor)) => {
                self.stream.seat.shows(cursor.conversation());
                self.stream.log = Some(Source::Open(cursor));
                // No event, but as good as a heartbeat.
                out.push_str(": named\n");
            }
            Next::Batch(Some(batch)) => {
                self.stream.seat.delivered();
                match self.stream.log {
                    Some(Source::Several(_)) => write_fields(&mut out, None, "batch", &batch),
                    _ => batch.events.iter().for_each(|event| write_event(&mut out, event)),
                }
                self.due = Instant::now() + period(self.stream.period, self.stream.seat.viewers());
            }
            Next::Library(event) => write_fields(&mut out, None, "library", &event),
            Next::Heartbeat => out.push_str(": hb\n"),
            Next::Named(Err(_)) | Next::Batch(None) | Next::Over => {
                self.over = true;
                out.push_str(": end\n\n");
            }
        }
        self.written = Instant::now();
        Some(Bytes::from(out))
    }

    async fn wait(&mut self) -> Next {
        let EventStream { seat, log, library, limits, engine, caller, .. } = &mut self.stream;
        let watches = matches!(log, Some(Source::Open(_) | Source::Several(_)));
        tokio::select! {
            biased;
            () = seat.ended.cancelled() => Next::Over,
            // A conversation's stream ends by its cursor, which still hands out how the answers ended.
            () = self.quitting.cancelled(), if !watches => Next::Over,
            event = library_event(library, engine, caller) => Next::Library(event),
            next = paced(log, self.due) => next,
            () = sleep_until(self.written + limits.heartbeat) => Next::Heartbeat,
        }
    }
}

/// The time to the next write when there are so many viewers.
fn period(asked: Duration, viewers: usize) -> Duration {
    match u32::try_from(viewers) {
        Ok(many) if viewers > CROWD => asked.max(EACH_VIEWERS_SHARE * many),
        _ => asked,
    }
}

async fn paced(log: &mut Option<Source>, due: Instant) -> Next {
    match log {
        None => std::future::pending().await,
        Some(Source::Awaited(named)) => Next::Named(named.await),
        Some(Source::Open(cursor)) => {
            sleep_until(due).await;
            Next::Batch(cursor.next().await)
        }
        Some(Source::Several(batches)) => {
            sleep_until(due).await;
            Next::Batch(batches.next().await)
        }
    }
}

/// The next change that this caller may know of.
async fn library_event(
    library: &mut Option<broadcast::Receiver<LibraryEvent>>,
    engine: &Engine,
    caller: &Caller,
) -> LibraryEvent {
    let Some(library) = library else { return std::future::pending().await };
    loop {
        let mut event = match library.recv().await {
            Ok(event) => event,
            Err(broadcast::error::RecvError::Lagged(_)) => return LibraryEvent::Missed,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        };
        let shown = match &mut event {
            LibraryEvent::Conversation { conversation } => {
                conversation.show_to(caller);
                engine.may_see(caller, conversation.id)
            }
            LibraryEvent::Deleted { conversation } => engine.may_see(caller, *conversation),
            LibraryEvent::Assistants | LibraryEvent::Missed => true,
            // Settings, links and the disk are the window's.
            LibraryEvent::Settings
            | LibraryEvent::Projects
            | LibraryEvent::Backups
            | LibraryEvent::Mirror
            | LibraryEvent::Api
            | LibraryEvent::Disk { .. } => false,
        };
        if shown {
            return event;
        }
    }
}

/// The event that says why a conversation is not shown.
pub(crate) fn refused(conversation: ConversationId, error: &ApiError) -> String {
    let mut out = String::new();
    write_fields(&mut out, None, "refused", &serde_json::json!({ "conversation": conversation, "error": error }));
    out
}

fn write_event(out: &mut String, event: &Event) {
    write_fields(out, Some(event.seq), event.body.name(), event);
}

/// One event. JSON escapes every control character, so that `data` is one line whatever a model wrote; the name is one
/// of ours and the id a number.
fn write_fields(out: &mut String, id: Option<u64>, name: &'static str, data: &impl serde::Serialize) {
    use std::fmt::Write;
    let Ok(data) = serde_json::to_string(data) else { return };
    if let Some(id) = id {
        let _ = writeln!(out, "id: {id}");
    }
    let _ = write!(out, "event: {name}\ndata: {data}\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use rivulet_protocol::{EventBody, MessageId};

    #[test]
    fn a_crowd_is_written_to_less_often_and_a_few_as_often_as_they_ask() {
        let frame = Duration::from_secs(1) / PACE;
        assert_eq!(period(frame, 1), frame);
        assert_eq!(period(Duration::ZERO, CROWD), Duration::ZERO);
        assert_eq!(period(frame, 1_000), Duration::from_millis(60));
        assert_eq!(period(Duration::from_secs(1), 1_000), Duration::from_secs(1));
    }

    #[test]
    fn no_text_of_a_model_can_end_its_line() {
        let nasty = "a\rb\nc\r\nid: 9\n\nevent: x\0\u{2028}\u{2029}\u{85}\u{b}\u{c}";
        let body = EventBody::Text { text: nasty.into(), offset: 0 };
        let event = Event { seq: 7, message: MessageId::new(), body };
        let mut out = String::new();
        write_event(&mut out, &event);
        let lines: Vec<&str> = out.split(['\r', '\n']).collect();
        assert_eq!(lines.len(), 5, "{out:?}");
        assert_eq!(lines[..2], ["id: 7", "event: text"]);
        assert!(!out.contains('\0'));
        let back: Event = serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(back, event);
    }
}
