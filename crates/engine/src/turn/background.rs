//! Answers that their vendor goes on with by itself: what broke is taken up where it was, and nothing is asked anew, so
//! that nothing is paid twice.

use super::{Answer, Outcome};
use crate::Engine;
use crate::spending::after;
use rivulet_protocol::{Failure, FailureCode, FinishReason, Notice, now_ms};
use rivulet_providers::retry::{self, GoesOn};
use rivulet_providers::{Delta, Endpoint, Point, Rest};
use rivulet_store::Asked;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How often, and for how long, a vendor is asked to end an answer.
const CANCELS: u32 = 3;
const CANCEL_WAIT: Duration = Duration::from_secs(10);

impl Answer {
    /// Takes up an answer from before this turn, with the key it was asked with.
    pub(super) async fn take_up_left(&mut self, engine: &Engine, asked: Asked, point: Point) -> Outcome {
        self.point = Some(point);
        (self.text_from, self.reasoning_from) = (asked.text_from, asked.reasoning_from);
        let (text, reasoning) = (self.asked_text().to_owned(), self.asked_reasoning().to_owned());
        self.accepted = true;
        self.has_output = !text.is_empty() || !reasoning.is_empty();
        self.tally.written.add(&text);
        self.tally.written.add(&reasoning);
        self.notice(Notice::Connecting);
        let taken_up = match self.reach(engine, &asked.provider, asked.key).await {
            Ok(endpoint) => self.take_up(&endpoint, None).await,
            Err(failure) => Err(failure),
        };
        match taken_up {
            Ok(reason) => Outcome::Finished(reason),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// Takes up an answer behind its point, after something broke or at a start, until it has ended.
    pub(super) async fn take_up(
        &mut self,
        endpoint: &Endpoint,
        mut broke: Option<Failure>,
    ) -> Result<FinishReason, Failure> {
        let limits = *self.core.client.limits();
        let (mut tries, mut whole, mut asked_back, mut last) = (0, false, false, Instant::now());
        loop {
            if let Some(failure) = broke.take() {
                // An error in the stream need not be the answer's: its vendor is asked once what has become of it.
                let error = !asked_back && is_vendors(&failure);
                if error {
                    (asked_back, whole) = (true, true);
                } else if retry::goes_on(&failure) != GoesOn::Yes || last.elapsed() > limits.take_up {
                    return Err(failure);
                } else {
                    tries += 1;
                    let wait = retry::before_taking_up(tries, &failure);
                    self.notice(Notice::TakingUp { at: now_ms() + wait.as_millis() as u64, failure });
                    sleep(wait).await;
                }
            }
            let before = self.sequence();
            let read = self.rest(endpoint, whole).await;
            if self.sequence() != before {
                (tries, asked_back, last) = (0, false, Instant::now());
            }
            match read {
                Ok(Some(reason)) => return Ok(reason),
                Ok(None) => {
                    self.notice(Notice::Waiting);
                    (whole, tries, last) = (false, 0, Instant::now());
                    sleep(limits.poll).await;
                }
                // It has ended, and this is why.
                Err(failure) if self.point.is_none() => return Err(failure),
                Err(failure) => {
                    // A stream that ends at once may be that of an answer that has ended: then it is told whole.
                    whole = !whole && self.sequence() == before;
                    broke = Some(endpoint.named(failure));
                }
            }
        }
    }

    fn sequence(&self) -> Option<u64> {
        self.point.as_ref().map(|point| point.sequence)
    }

    /// Reads on, or all at once; nothing if the answer still runs and cannot be followed.
    async fn rest(&mut self, endpoint: &Endpoint, whole: bool) -> Result<Option<FinishReason>, Failure> {
        let Some(point) = self.point.clone() else { return Err(Failure::new(FailureCode::Internal)) };
        let tape = self.core.traces.tape(self.message.id, endpoint.protocol.name);
        let client = self.core.client.clone();
        let found = if whole {
            self.wait_for(client.told(endpoint, &point.response, Some(&tape))).await
        } else {
            self.wait_for(client.rest(endpoint, &point, Some(&tape))).await
        };
        // Whoever reads the end hands over all of these again.
        self.message.replay.truncate(self.replay_from);
        let read = match found {
            Ok(Rest::Runs) => return Ok(None),
            Ok(Rest::Stream(stream)) => self.follow(*stream).await,
            Ok(Rest::Whole(deltas)) => self.take_whole(deltas, &point),
            Ok(Rest::Over(failure)) => {
                self.point = None;
                Err(failure)
            }
            Err(failure) => Err(failure),
        };
        read.inspect_err(|failure| tape.failed(failure)).map(Some)
    }

    /// Takes what is not here yet of an answer that is told from its beginning.
    fn take_whole(&mut self, deltas: Vec<Delta>, point: &Point) -> Result<FinishReason, Failure> {
        let (mut text, mut reasoning, mut rest) = (String::new(), String::new(), Vec::new());
        for delta in deltas {
            match delta {
                Delta::Text(more) => text.push_str(&more),
                Delta::Reasoning(more) => reasoning.push_str(&more),
                other => rest.push(other),
            }
        }
        let Some(new) = text.strip_prefix(self.asked_text()) else {
            return Err(Failure::new(FailureCode::Protocol).detail("It is told otherwise than it was streamed."));
        };
        let mut new = vec![Delta::Text(new.to_owned())];
        // Reasoning is told in other forms than it is streamed: what was streamed stays.
        let reasoned = reasoning.strip_prefix(self.asked_reasoning());
        new.splice(0..0, reasoned.map(|reasoning| Delta::Reasoning(reasoning.to_owned())));
        new.append(&mut rest);
        self.take(&mut new, Some(point.told_whole()))?;
        Ok(self.reason.unwrap_or(FinishReason::Stop))
    }

    /// What came of what was asked for last.
    fn asked_text(&self) -> &str {
        after(&self.message.text, self.text_from)
    }

    fn asked_reasoning(&self) -> &str {
        after(&self.message.reasoning, self.reasoning_from)
    }

    /// Whether the answer stays as it is when the app ends: its vendor goes on with it, and the next start takes it up.
    pub(super) fn is_left_running(&self, outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Interrupted) && self.point.is_some() && self.kept_conversation().is_some()
    }

    /// Whether its vendor may still be at it although it failed here.
    pub(super) fn goes_on(&self, failure: &Failure) -> bool {
        self.point.is_some() && retry::goes_on(failure) != GoesOn::No
    }

    /// Asks its vendor to end what is not wanted any more, without waiting for that.
    pub(super) fn end_at_vendor(&self, outcome: &Outcome) {
        let unwanted = match outcome {
            Outcome::Finished(_) => false,
            Outcome::Stopped | Outcome::Interrupted => true,
            // Ended by us, not by the vendor.
            Outcome::Failed(failure) => {
                matches!(failure.code, FailureCode::SpendingLimit | FailureCode::TooLarge | FailureCode::Protocol)
            }
        };
        if let (true, Some(point), Some(endpoint)) = (unwanted, &self.point, &self.endpoint) {
            let engine = Engine { core: self.core.clone() };
            let (endpoint, response) = (endpoint.clone(), point.response.clone());
            self.core.tasks.spawn(async move { engine.cancel(&endpoint, &response).await });
        }
    }
}

/// Whether this is the vendor's word on the answer, as far as a code can say.
fn is_vendors(failure: &Failure) -> bool {
    use FailureCode::{BadRequest, NotFound, Overloaded, Quota, RateLimited, ServerError, Vendor};
    matches!(failure.code, Vendor | ServerError | Overloaded | RateLimited | Quota | BadRequest | NotFound)
}

impl Engine {
    /// Asks a vendor to end an answer.
    pub(crate) async fn cancel(&self, endpoint: &Endpoint, response: &str) {
        let ask = async {
            for tries in 1..=CANCELS {
                match self.core.client.cancel(endpoint, response).await {
                    Ok(()) => return,
                    Err(failure) => {
                        tracing::warn!(code = ?failure.code, status = ?failure.status, "an answer could not be ended");
                        if retry::goes_on(&failure) != GoesOn::Yes {
                            return;
                        }
                        sleep(retry::before_taking_up(tries, &failure)).await;
                    }
                }
            }
        };
        if tokio::time::timeout(CANCEL_WAIT, ask).await.is_err() {
            tracing::warn!("an answer could not be ended in time");
        }
    }
}
