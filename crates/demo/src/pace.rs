//! How fast tokens may go out.

use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Most tokens in one write. Enough that writing is not what costs, few enough that a reader sees a steady stream.
const BATCH: u64 = 64;

/// Tokens a second; `None` is as fast as the reader takes them.
pub(crate) type Rate = Option<u32>;

/// Paces one answer by absolute deadlines: token `n` is due at `since + n / rate`, so lateness does not add up.
pub(crate) struct Pace {
    rate: watch::Receiver<Rate>,
    since: Instant,
    sent: u64,
}

impl Pace {
    pub fn new(rate: watch::Receiver<Rate>) -> Self {
        Self { rate, since: Instant::now(), sent: 0 }
    }

    /// Waits until at least one token is due, and answers how many are.
    pub async fn due(&mut self) -> u64 {
        loop {
            let rate = *self.rate.borrow_and_update();
            let Some(rate) = rate else { return BATCH };
            let rate = u64::from(rate.max(1));
            let elapsed = self.since.elapsed().as_nanos().saturating_mul(rate.into()) / 1_000_000_000;
            let due = (u64::try_from(elapsed).unwrap_or(u64::MAX)).saturating_add(1).saturating_sub(self.sent);
            if due > 0 {
                let now = due.min(BATCH);
                self.sent += now;
                return now;
            }
            let deadline = self.since + Duration::from_nanos((self.sent * 1_000_000_000).div_ceil(rate));
            tokio::select! {
                () = sleep_until(deadline) => {}
                changed = self.rate.changed() => match changed {
                    Ok(()) => (self.since, self.sent) = (Instant::now(), 0),
                    // The demo is gone, and this answer with it.
                    Err(_) => std::future::pending().await,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ten_seconds_of_tokens_take_ten_seconds() {
        let (_rate, watching) = watch::channel(Some(30));
        let mut pace = Pace::new(watching);
        let start = Instant::now();
        let mut sent = 0;
        while sent < 301 {
            sent += pace.due().await;
        }
        let took = start.elapsed();
        assert!(took >= Duration::from_secs(10) && took < Duration::from_millis(10_100), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_rate_counts_at_once() {
        let (rate, watching) = watch::channel(Some(1));
        let mut pace = Pace::new(watching);
        assert_eq!(pace.due().await, 1);
        rate.send_replace(None);
        assert_eq!(pace.due().await, BATCH);
    }
}
