//! Answering as somebody else once answered: a recording, played at some speed.

use crate::http::Body;
use crate::recording::{End, Exchange, Head, Recording};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// How often as fast as it was recorded; `None` is as fast as it is read.
pub(crate) type Speed = Option<u32>;

/// The connection is closed as it stands: hyper does that when an answer fails.
#[derive(Debug, thiserror::Error)]
#[error("the recorded connection was cut here")]
pub(crate) struct Cut;

/// The recording that is played, and where it is.
pub(crate) struct Replay {
    pub recording: Recording,
    /// The exchange that answers next.
    next: AtomicUsize,
}

impl Replay {
    pub fn new(recording: Recording) -> Self {
        Self { recording, next: AtomicUsize::new(0) }
    }

    /// Answers a request with the next exchange; after the last the first is next again. `None` if that one answered
    /// another kind of request.
    pub async fn answer(
        self: Arc<Self>,
        method: &str,
        speed: watch::Receiver<Speed>,
    ) -> Option<Result<Response<Body>, Cut>> {
        let count = self.recording.exchanges.len();
        let fits = |at: usize| self.recording.exchanges.get(at % count).is_some_and(|next| next.method == method);
        let at =
            self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |at| fits(at).then_some((at + 1) % count));
        let at = at.ok()?;
        Some(Play { replay: Arc::clone(&self), at, piece: 0, clock: Clock::new(speed) }.answer().await)
    }
}

/// One answer on its way.
struct Play {
    replay: Arc<Replay>,
    at: usize,
    piece: usize,
    clock: Clock,
}

impl Play {
    fn exchange(&self) -> Option<&Exchange> {
        self.replay.recording.exchanges.get(self.at)
    }

    async fn answer(mut self) -> Result<Response<Body>, Cut> {
        let Some(Head { after_us, status, headers }) = self.exchange().and_then(|exchange| exchange.head.clone())
        else {
            return match self.end().await {
                Some(cut) => Err(cut),
                None => std::future::pending().await,
            };
        };
        self.clock.until(after_us).await;
        let frames = stream::unfold(self, |mut play| async move {
            let next = play.next().await?;
            Some((next.map(Frame::data), play))
        });
        let mut response = Response::new(BodyExt::boxed_unsync(StreamBody::new(frames)));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        for header in headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(header.name), HeaderValue::try_from(header.value)) {
                response.headers_mut().append(name, value);
            }
        }
        Ok(response)
    }

    /// The next piece when it is due; `None` after the last.
    async fn next(&mut self) -> Option<Result<Bytes, Cut>> {
        let Some(piece) = self.exchange().and_then(|exchange| exchange.pieces.get(self.piece)).cloned() else {
            return self.end().await.map(Err);
        };
        self.piece += 1;
        self.clock.until(piece.after_us).await;
        Some(Ok(piece.bytes))
    }

    /// Ends as it was recorded. Where the app hung up, that is for the app to do again.
    async fn end(&mut self) -> Option<Cut> {
        let (end, at) = self.exchange().map(|exchange| (exchange.end, exchange.end_us))?;
        self.clock.until(at).await;
        match end {
            End::Complete => None,
            End::Cut | End::Full => {
                // What came before goes out first: hyper writes when nothing is ready, and throws it away at an error.
                tokio::task::yield_now().await;
                Some(Cut)
            }
            End::Left => std::future::pending().await,
        }
    }
}

/// The recording's time, which runs as fast as is wanted at the moment.
struct Clock {
    speed: watch::Receiver<Speed>,
    since: Instant,
    /// The recording's time at `since`, in microseconds.
    then_us: u64,
}

impl Clock {
    fn new(speed: watch::Receiver<Speed>) -> Self {
        Self { speed, since: Instant::now(), then_us: 0 }
    }

    /// Waits for a time of the recording, by absolute deadlines: lateness does not add up.
    async fn until(&mut self, at_us: u64) {
        loop {
            let Some(speed) = *self.speed.borrow_and_update() else {
                (self.since, self.then_us) = (Instant::now(), at_us);
                return;
            };
            let speed = speed.max(1);
            let deadline = self.since + Duration::from_micros(at_us.saturating_sub(self.then_us)) / speed;
            tokio::select! {
                () = sleep_until(deadline) => return,
                changed = self.speed.changed() => {
                    if changed.is_err() {
                        // The demo is gone, and this answer with it.
                        std::future::pending::<()>().await;
                    }
                    let now = Instant::now();
                    let passed = (now - self.since).as_micros().saturating_mul(speed.into());
                    self.then_us = self.then_us.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX));
                    self.since = now;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_recordings_time_runs_as_fast_as_is_wanted_also_from_now_on() {
        let (speed, watching) = watch::channel(Some(1));
        let mut clock = Clock::new(watching);
        let start = Instant::now();
        clock.until(2_000_000).await;
        assert_eq!(start.elapsed().as_millis() / 100, 20, "as recorded");
        let waits = tokio::spawn(async move {
            clock.until(12_000_000).await;
            clock
        });
        tokio::time::sleep(Duration::from_secs(5)).await;
        speed.send_replace(Some(5));
        let mut clock = waits.await.unwrap();
        assert_eq!(start.elapsed().as_millis() / 100, 80, "half of ten seconds as recorded, the rest in one");
        speed.send_replace(None);
        clock.until(u64::MAX / 2).await;
        assert_eq!(start.elapsed().as_millis() / 100, 80, "and the rest at once");
    }
}
