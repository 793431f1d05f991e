//! An answer as it comes: bytes, guard, decoder, and two clocks.

use crate::client::{Endpoint, Limits};
use crate::frames::{Events, Framing, told_by_body};
use crate::protocols::Protocol;
use crate::sse::{SseEvent, Wire, WireError};
use crate::{Decoder, Delta, Point, RawEnd, Tape, classify};
use futures_util::FutureExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use rivulet_protocol::{Failure, FailureCode};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Events taken at once before they are handed over.
const AT_ONCE: usize = 512;

/// An answer as it comes. Dropping it closes the connection, and with it, at most vendors, the generation.
pub struct AnswerStream {
    events: Events<reqwest::Error>,
    wire: Arc<Wire>,
    decoder: Box<dyn Decoder>,
    /// Takes the decoder's place if the body turns out to be one value (or, where it is `false`, to be none).
    other: Option<(bool, Box<dyn Decoder>)>,
    endpoint: Endpoint,
    limits: Limits,
    clock: Clock,
    any: bool,
    held_back: usize,
    tape: Option<Tape>,
    /// Its vendor was asked to go on with it when the connection breaks.
    background: bool,
    /// It was handed over that it can be taken up again.
    told: bool,
}

/// Two timers (bytes, content) on two clocks: the monotonic one stands still while a laptop sleeps.
struct Clock {
    bytes: u64,
    last_byte: Instant,
    last_content: Instant,
    wall: SystemTime,
    checked: Instant,
}

impl Clock {
    fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        Self { bytes: 0, last_byte: now, last_content: now, wall: (limits.wall)(), checked: now }
    }

    fn check(&mut self, wire: &Wire, limits: &Limits) -> Result<(), FailureCode> {
        let now = Instant::now();
        if wire.bytes() != self.bytes {
            self.bytes = wire.bytes();
            self.last_byte = now;
        }
        let wall = (limits.wall)();
        let passed = wall.duration_since(self.wall).unwrap_or_default();
        let slept = passed.saturating_sub(now - self.checked);
        (self.wall, self.checked) = (wall, now);
        if slept > limits.byte_idle || now - self.last_byte > limits.byte_idle {
            return Err(FailureCode::Silent);
        }
        if now - self.last_content > limits.content_idle {
            return Err(FailureCode::NoContent);
        }
        Ok(())
    }
}

impl AnswerStream {
    pub(crate) fn new(
        response: reqwest::Response,
        framing: Framing,
        endpoint: Endpoint,
        limits: Limits,
        tape: Option<Tape>,
    ) -> Self {
        let protocol = endpoint.protocol;
        let headers = response.headers().clone();
        let bytes = recorded(response.bytes_stream().boxed(), endpoint.clone(), tape.clone());
        let (events, wire) = match (protocol.framing, framing) {
            (Framing::Sse, Framing::Sse | Framing::Whole) => told_by_body(bytes, framing, limits.sse),
            _ => framing.events(bytes, limits.sse),
        };
        let whole: Box<dyn Decoder> = Box::new(WholeAnswer { protocol, headers, done: false });
        let (decoder, other) = match framing {
            Framing::Whole => (whole, (protocol.decoder)()),
            Framing::Sse | Framing::Lines => ((protocol.decoder)(), whole),
        };
        Self {
            events,
            wire,
            decoder,
            other: Some((framing != Framing::Whole, other)),
            endpoint,
            limits,
            clock: Clock::new(&limits),
            any: false,
            held_back: 0,
            tape,
            background: false,
            told: false,
        }
    }

    /// Of an answer that its vendor goes on with when the connection breaks.
    pub(crate) fn in_background(mut self, background: bool) -> Self {
        self.background = background;
        self
    }

    /// Read by this decoder, which knows what came before.
    pub(crate) fn read_by(mut self, decoder: Box<dyn Decoder>) -> Self {
        (self.decoder, self.background, self.told) = (decoder, true, true);
        self.other = None;
        self
    }

    /// Up to where everything was handed over, if its vendor goes on with it when the connection breaks.
    pub fn point(&self) -> Option<Point> {
        if self.background { self.decoder.point() } else { None }
    }

    /// The vendor has given the answer a name by now: whoever takes it knows it before there is any text.
    fn begins(&mut self) -> bool {
        let begins = self.background && !self.told && self.decoder.point().is_some();
        self.told |= begins;
        begins
    }

    /// Something was generated that is not handed over yet: pieces of a tool call. It was paid, whatever comes of it.
    pub fn holds_back(&self) -> bool {
        self.decoder.held_back() > 0
    }

    /// Appends what comes next to `out`; `false` when the answer is complete. Nothing was appended if all there is to
    /// know is its first [`Self::point`]. Can be dropped and called again.
    pub async fn next(&mut self, out: &mut Vec<Delta>) -> Result<bool, Failure> {
        let result = self.read(out).await;
        result.map_err(|failure| self.endpoint.name(failure))
    }

    async fn read(&mut self, out: &mut Vec<Delta>) -> Result<bool, Failure> {
        let before = out.len();
        loop {
            let mut event = match self.wait().await {
                Ok(event) => Some(event),
                Err(code) => return self.broke(Failure::new(code), out),
            };
            let mut taken = 0;
            // What is here already is taken along: one hand-over for many small events.
            while let Some(next) = event {
                if !self.take(next, out)? {
                    return Ok(false);
                }
                taken += 1;
                event = if taken < AT_ONCE { self.events.next().now_or_never() } else { None };
            }
            if out.len() > before || self.begins() {
                self.clock.last_content = Instant::now();
                return Ok(true);
            }
            // Events without content may come without a pause: the clocks are looked at here too.
            if self.decoder.held_back() != self.held_back {
                self.held_back = self.decoder.held_back();
                self.clock.last_content = Instant::now();
            }
            if let Err(code) = self.clock.check(&self.wire, &self.patience()) {
                return self.broke(Failure::new(code), out);
            }
        }
    }

    /// The limits as they are now: little is left to wait for once the model said why it ends.
    fn patience(&self) -> Limits {
        let byte_idle = self.limits.byte_idle;
        let byte_idle = if self.decoder.finishing() { byte_idle.min(self.limits.goodbye) } else { byte_idle };
        Limits { byte_idle, ..self.limits }
    }

    /// The next event, with an eye on the clocks.
    async fn wait(&mut self) -> Result<Option<Result<SseEvent, WireError<reqwest::Error>>>, FailureCode> {
        if let Some(event) = self.events.next().now_or_never() {
            return Ok(event);
        }
        let limits = self.patience();
        let tick =
            (limits.byte_idle.min(limits.content_idle) / 4).clamp(Duration::from_millis(10), Duration::from_secs(3));
        loop {
            match tokio::time::timeout(tick, self.events.next()).await {
                Ok(event) => return Ok(event),
                Err(_) => self.clock.check(&self.wire, &limits)?,
            }
        }
    }

    /// Takes one event, or the end; `false` when the answer is complete.
    fn take(
        &mut self,
        event: Option<Result<SseEvent, WireError<reqwest::Error>>>,
        out: &mut Vec<Delta>,
    ) -> Result<bool, Failure> {
        match event {
            Some(Ok(event)) => {
                self.any = true;
                if let Some((whole, other)) = self.other.take()
                    && self.wire.whole() == Some(whole)
                {
                    self.decoder = other;
                }
                if let Some(tape) = &self.tape {
                    tape.event(&self.endpoint, &event);
                }
                self.decoder.push(&event, out)?;
                Ok(!self.decoder.complete())
            }
            Some(Err(error)) => {
                let failure = classify::broken(&error, self.any);
                self.broke(failure, out)
            }
            None => {
                let end = self.wire.end().cloned().unwrap_or_default();
                self.decoder.end(&end.stray, end.done_without_blank, out)?;
                Ok(false)
            }
        }
    }

    /// The stream broke. If a finish reason had come, what broke was only the goodbye; if the vendor had said why,
    /// its words count more than ours.
    fn broke(&mut self, failure: Failure, out: &mut Vec<Delta>) -> Result<bool, Failure> {
        let end = self.wire.end().cloned().unwrap_or_default();
        match self.decoder.end(&end.stray, end.done_without_blank, out) {
            Ok(()) => Ok(false),
            Err(ours) if matches!(ours.code, FailureCode::Unfinished | FailureCode::EmptyAnswer) => Err(failure),
            Err(vendors) => Err(vendors),
        }
    }
}

impl Drop for AnswerStream {
    fn drop(&mut self) {
        if let Some(tape) = &self.tape {
            tape.closed(&self.endpoint);
        }
    }
}

/// The bytes as they come, written down on the way.
fn recorded<B: AsRef<[u8]> + Send + 'static>(
    bytes: BoxStream<'static, Result<B, reqwest::Error>>,
    endpoint: Endpoint,
    tape: Option<Tape>,
) -> BoxStream<'static, Result<B, reqwest::Error>> {
    let Some(tape) = tape else { return bytes };
    let end = tape.clone();
    let pieces = bytes.inspect(move |piece| match piece {
        Ok(piece) => tape.piece(&endpoint, piece.as_ref()),
        Err(_) => tape.ended(RawEnd::Cut),
    });
    // Asked for once more after the last piece, and then it is whole.
    let whole = stream::once(async move { end.ended(RawEnd::Complete) }).filter_map(|()| async { None });
    pieces.chain(whole).boxed()
}

/// Reads an answer that comes at once: one event, the whole body.
struct WholeAnswer {
    protocol: &'static Protocol,
    /// Of the response: with an error in a good response they say when to come back.
    headers: HeaderMap,
    done: bool,
}

impl Decoder for WholeAnswer {
    fn push(&mut self, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        let body: Value = serde_json::from_str(&event.data).unwrap_or_default();
        let error = body.get("error").is_some_and(|error| !error.is_null());
        let mut deltas = Vec::new();
        if error || (self.protocol.whole)(&body, &mut deltas).is_err() {
            return Err(classify::response(StatusCode::OK, &self.headers, &event.data));
        }
        out.append(&mut deltas);
        self.done = true;
        Ok(())
    }

    fn complete(&self) -> bool {
        self.done
    }

    fn finishing(&self) -> bool {
        false
    }

    fn held_back(&self) -> usize {
        0
    }

    fn end(&mut self, _: &str, _: bool, _: &mut Vec<Delta>) -> Result<(), Failure> {
        if self.done { Ok(()) } else { Err(Failure::new(FailureCode::EmptyAnswer)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_of_the_computer_is_noticed() {
        let (wire, limits) = (Wire::default(), Limits::default());
        let mut clock = Clock::new(&limits);
        assert_eq!(clock.check(&wire, &limits), Ok(()));
        // Asleep, the monotonic clock stands still and the one on the wall goes on.
        clock.wall -= limits.byte_idle + Duration::from_secs(1);
        assert_eq!(clock.check(&wire, &limits), Err(FailureCode::Silent));
        assert_eq!(clock.check(&wire, &limits), Ok(()), "one sleep is one");
    }

    #[test]
    fn a_clock_set_back_is_no_silence() {
        let (wire, limits) = (Wire::default(), Limits::default());
        let mut clock = Clock::new(&limits);
        clock.wall += Duration::from_secs(86_400);
        assert_eq!(clock.check(&wire, &limits), Ok(()));
    }
}
