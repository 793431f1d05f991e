//! An answer as it comes: bytes, guard, decoder, and two clocks.

use crate::client::{Endpoint, Limits};
use crate::openai_chat::OpenAiChat;
use crate::sse::{self, SseEvent, Wire, WireError};
use crate::{Decoder, Delta, classify};
use futures_util::FutureExt;
use futures_util::stream::{BoxStream, StreamExt};
use rivulet_protocol::{Failure, FailureCode};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Events taken at once before they are handed over.
const AT_ONCE: usize = 512;

type Events = BoxStream<'static, Result<SseEvent, WireError<reqwest::Error>>>;

/// An answer as it comes. Dropping it closes the connection, and with it, at most vendors, the generation.
pub struct AnswerStream {
    events: Events,
    wire: Arc<Wire>,
    decoder: Box<dyn Decoder>,
    endpoint: Endpoint,
    limits: Limits,
    clock: Clock,
    any: bool,
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
    fn new() -> Self {
        let now = Instant::now();
        Self { bytes: 0, last_byte: now, last_content: now, wall: SystemTime::now(), checked: now }
    }

    fn check(&mut self, wire: &Wire, limits: &Limits) -> Result<(), FailureCode> {
        let now = Instant::now();
        if wire.bytes() != self.bytes {
            self.bytes = wire.bytes();
            self.last_byte = now;
        }
        let wall = self.wall.elapsed().unwrap_or_default();
        let slept = wall.saturating_sub(now - self.checked);
        (self.wall, self.checked) = (SystemTime::now(), now);
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
    pub(crate) fn new(response: reqwest::Response, endpoint: Endpoint, limits: Limits) -> Self {
        let (events, wire) = sse::events(response.bytes_stream().boxed(), limits.sse);
        let (decoder, clock) = (Box::new(OpenAiChat::default()), Clock::new());
        Self { events: events.boxed(), wire, decoder, endpoint, limits, clock, any: false }
    }

    /// Appends what comes next to `out`; `false` when the answer is complete. Can be dropped and called again.
    pub async fn next(&mut self, out: &mut Vec<Delta>) -> Result<bool, Failure> {
        let result = self.read(out).await;
        result.map_err(|failure| self.endpoint.name(failure))
    }

    async fn read(&mut self, out: &mut Vec<Delta>) -> Result<bool, Failure> {
        let before = out.len();
        loop {
            let mut event = Some(self.wait().await?);
            let mut taken = 0;
            // What is here already is taken along: one hand-over for many small events.
            while let Some(next) = event {
                if !self.take(next, out)? {
                    return Ok(false);
                }
                taken += 1;
                event = if taken < AT_ONCE { self.events.next().now_or_never() } else { None };
            }
            if out.len() > before {
                self.clock.last_content = Instant::now();
                return Ok(true);
            }
        }
    }

    /// The next event, with an eye on the clocks.
    async fn wait(&mut self) -> Result<Option<Result<SseEvent, WireError<reqwest::Error>>>, Failure> {
        if let Some(event) = self.events.next().now_or_never() {
            return Ok(event);
        }
        let tick = (self.limits.byte_idle.min(self.limits.content_idle) / 4)
            .clamp(Duration::from_millis(10), Duration::from_secs(3));
        loop {
            match tokio::time::timeout(tick, self.events.next()).await {
                Ok(event) => return Ok(event),
                Err(_) => self.clock.check(&self.wire, &self.limits).map_err(Failure::new)?,
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
                self.decoder.push(&event, out)?;
                Ok(!self.decoder.complete())
            }
            Some(Err(error)) => {
                // A finish reason came: what broke was only the goodbye.
                if self.decoder.end("", false, out).is_ok() {
                    return Ok(false);
                }
                Err(classify::broken(&error, self.any))
            }
            None => {
                let end = self.wire.end().cloned().unwrap_or_default();
                self.decoder.end(&end.stray, end.done_without_blank, out)?;
                Ok(false)
            }
        }
    }
}
