//! How often a viewer is handed something.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// At most once a period, measured from when the last one was due: after a pause the next goes at once.
pub struct Pace {
    due: Instant,
}

impl Pace {
    /// A little under a frame at 60 a second: with the timer's own step of 1 ms, nothing waits longer than the frame it
    /// could have been in. The page draws at most once a frame whatever comes.
    pub const FRAME: Duration = Duration::from_millis(15);

    /// For a window: each time is a script for its page, so not more often than the page could show; and not a frame late
    /// by a slow machine's timers either.
    pub const WINDOW: Duration = Duration::from_millis(12);

    /// Nothing was handed out yet.
    pub fn new() -> Self {
        Self { due: Instant::now() }
    }

    /// Waits until the next may go, `period` after this one.
    pub async fn wait(&mut self, period: Duration) {
        self.due = (self.due + period).max(Instant::now());
        sleep_until(self.due).await;
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_after_a_pause_goes_at_once_and_a_run_keeps_its_frames() {
        let mut pace = Pace::new();
        tokio::time::advance(Duration::from_secs(1)).await;
        let start = Instant::now();
        pace.wait(Pace::FRAME).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..6 {
            pace.wait(Pace::FRAME).await;
        }
        let frames = start.elapsed().as_micros() as f64 / Pace::FRAME.as_micros() as f64;
        assert!((5.0..7.0).contains(&frames), "{frames}");
    }
}
