//! The wire guard: makes any upstream safe for eventsource-stream.
//!
//! eventsource-stream 0.2.3 panics on a byte order mark, stops for ever at one bad byte, loses a final event that ends
//! in CR, and takes quadratic time on long lines. The guard in front of it cuts the bytes into lines, mends them, and
//! hands over one whole event at a time, in linear time and bounded memory. What it must keep true: the events that
//! come out are those of the WHATWG specification, however the bytes are cut into chunks.

mod guard;

pub use guard::{Guard, SseError, SseLimits};

use bytes::Bytes;
use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::ready;
use futures_util::stream::{self, Stream, StreamExt};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

pub use eventsource_stream::Event as SseEvent;

/// What is known of the bytes behind a stream of events; shared with whoever watches the clock.
#[derive(Debug, Default)]
pub struct Wire {
    bytes: AtomicU64,
    /// Whether the body is one JSON value (or a page) instead of a stream, where that was looked at.
    whole: OnceLock<bool>,
    end: OnceLock<WireEnd>,
}

/// What was seen at the end of the bytes.
#[derive(Clone, Debug, Default)]
pub struct WireEnd {
    /// Lines that were not SSE.
    pub stray: String,
    /// `data: [DONE]` came without its blank line.
    pub done_without_blank: bool,
    /// The last valid `retry`, in milliseconds.
    pub retry: Option<u64>,
}

impl Wire {
    /// Bytes that came so far, keep-alives included.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Whether the body is one value instead of a stream, once its first sign has told.
    pub(crate) fn whole(&self) -> Option<bool> {
        self.whole.get().copied()
    }

    pub(crate) fn tell_whole(&self, whole: bool) {
        let _ = self.whole.set(whole);
    }

    /// Notes an end at which nothing else was seen.
    pub(crate) fn ended(&self) {
        let _ = self.end.set(WireEnd::default());
    }

    /// Set when the bytes have ended or broken off.
    pub fn end(&self) -> Option<&WireEnd> {
        self.end.get()
    }
}

/// Why a stream of events broke.
#[derive(Debug)]
pub enum WireError<E> {
    /// The guard refused.
    Sse(SseError),
    /// The bytes broke.
    Transport(E),
}

struct Guarded<S> {
    bytes: S,
    guard: Guard,
    wire: Arc<Wire>,
    /// What the guard could not let through; said when what came before it is handed over.
    broken: Option<SseError>,
    ended: bool,
}

impl<S> Guarded<S> {
    /// Leaves for the reader what was seen at the end, a clean one or not.
    fn note_end(&mut self) {
        self.ended = true;
        // A line that is beyond its limit is no end marker, whatever it begins with.
        let done_without_blank = self.broken.is_none() && self.guard.finish();
        let (stray, retry) = (self.guard.stray().to_owned(), self.guard.retry());
        let _ = self.wire.end.set(WireEnd { stray, done_without_blank, retry });
    }
}

impl<S, B, E> Stream for Guarded<S>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
{
    type Item = Result<Bytes, WireError<E>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(block) = self.guard.pop() {
                return Poll::Ready(Some(Ok(block)));
            }
            if self.ended {
                return Poll::Ready(self.broken.take().map(|error| Err(WireError::Sse(error))));
            }
            match ready!(self.bytes.poll_next_unpin(context)) {
                Some(Ok(bytes)) => {
                    let bytes = bytes.as_ref();
                    self.wire.count(bytes.len());
                    if let Err(error) = self.guard.push(bytes) {
                        self.broken = Some(error);
                        self.note_end();
                    }
                }
                Some(Err(error)) => {
                    self.note_end();
                    return Poll::Ready(Some(Err(WireError::Transport(error))));
                }
                None => self.note_end(),
            }
        }
    }
}

/// The events in a stream of bytes, and what is known of the bytes behind them.
pub fn events<S, B, E>(
    bytes: S,
    limits: SseLimits,
) -> (impl Stream<Item = Result<SseEvent, WireError<E>>> + Unpin, Arc<Wire>)
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
{
    let wire = Arc::new(Wire::default());
    (events_on(bytes, limits, Arc::clone(&wire)), wire)
}

/// The same, with what is known of the bytes noted there.
pub(crate) fn events_on<S, B, E>(
    bytes: S,
    limits: SseLimits,
    wire: Arc<Wire>,
) -> impl Stream<Item = Result<SseEvent, WireError<E>>> + Unpin
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
{
    let guarded = Guarded { bytes, guard: Guard::new(limits), wire, broken: None, ended: false };
    // A comment first, so that no event stands at the start of the stream, where a byte order mark would be one.
    let start = stream::iter([Ok(Bytes::from_static(b":\n"))]);
    start.chain(guarded).eventsource().map(|event| {
        event.map_err(|error| match error {
            EventStreamError::Transport(error) => error,
            // Cannot come: the guard hands over valid UTF-8 and whole lines.
            EventStreamError::Utf8(_) | EventStreamError::Parser(_) => WireError::Sse(SseError::Unreadable),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::convert::Infallible;

    #[test]
    fn what_came_before_a_line_without_end_is_read_however_it_is_cut() {
        let body = b"{\"error\":1}\ndata: one\n\ndata: two, and so on\n\ndata: three\n\n";
        for size in 1..=body.len() {
            let chunks = stream::iter(body.chunks(size).map(Ok::<_, Infallible>));
            let (events, wire) = events(chunks, SseLimits { line: 12, event: 64 });
            let read: Vec<_> = events.collect().now_or_never().unwrap();
            assert!(
                matches!(&read[..], [Ok(one), Err(WireError::Sse(SseError::LineTooLong(12)))] if one.data == "one"),
                "cut at {size}: {read:?}"
            );
            assert_eq!(wire.end().unwrap().stray, "{\"error\":1}\n", "the vendor's words are kept");
        }
    }
}
