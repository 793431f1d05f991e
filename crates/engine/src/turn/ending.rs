//! Putting the end of an answer on disk, and what it cost.

use super::{Answer, Outcome};
use crate::brake::Brake;
use crate::keys::FIRST_KEY;
use rivulet_protocol::{Cost, EventBody, Failure, MessageState, Purpose, now_ms};
use rivulet_store::Spending;

impl Answer {
    /// Puts the ending on disk. A disk that refuses is the store's to retry and to report.
    pub(super) async fn end(mut self, outcome: Outcome) -> Option<Cost> {
        self.end_at_vendor(&outcome);
        let at = now_ms();
        let mut goes_on = false;
        let (state, event) = match outcome {
            Outcome::Finished(reason) => {
                self.message.finish_reason = Some(reason);
                (MessageState::Complete, EventBody::Finished { reason, at })
            }
            Outcome::Stopped => (MessageState::Stopped, EventBody::Stopped { at }),
            Outcome::Interrupted => (MessageState::Interrupted, EventBody::Interrupted { at }),
            Outcome::Failed(failure) => {
                goes_on = self.goes_on(&failure);
                let failure = Failure { goes_on, ..failure };
                tracing::warn!(code = ?failure.code, host = ?failure.host, status = ?failure.status, goes_on, "an answer failed");
                self.message.failure = Some(failure.clone());
                (MessageState::Failed, EventBody::Failed { failure, at })
            }
        };
        if let Some(since) = self.reasoning_since {
            self.message.reasoning_ms = Some(since.elapsed().as_millis() as u64);
        }
        self.message.state = state;
        self.message.ended_at = Some(at);
        // What its vendor goes on with is counted when that has ended too, and until then held by the brake.
        let cost = if goes_on { None } else { self.count(state, at).await };
        if let Err(error) = self.store.end(self.conversation, self.message, event).await {
            tracing::error!(%error, "the end of an answer could not be stored");
        }
        cost
    }

    /// Notes what it took, before whoever sees the end looks for it in the sums.
    async fn count(&mut self, state: MessageState, at: u64) -> Option<Cost> {
        let spending = self.account(state, at);
        let cost = spending.as_ref().map(|spending| spending.cost);
        if let Err(error) = self.core.answered(self.message.id, spending).await {
            tracing::error!(%error, "what an answer cost could not be stored");
        }
        if let Some(brake) = &self.brake {
            brake.ended(cost.and_then(|cost| cost.micros));
        }
        cost
    }

    /// Counts what it took, if a model worked for it: a request that was refused, or failed before any output, is not
    /// paid. A continued answer takes what it took before as well.
    fn account(&mut self, state: MessageState, at: u64) -> Option<Spending> {
        let failed = state == MessageState::Failed;
        if self.tally.usage.is_none() && !self.has_output && (failed || !self.accepted) {
            return None;
        }
        let cost = self.tally.cost(state == MessageState::Complete);
        if let Some(usage) = self.tally.usage {
            let usage = self.message.usage.unwrap_or_default().plus(usage);
            self.message.usage = Some(usage);
            self.event(EventBody::Usage { usage });
        }
        let whole = self.message.cost.map_or(cost, |before| before.plus(cost));
        self.message.cost = Some(whole);
        self.event(EventBody::Cost { cost: whole });
        Some(Spending {
            at,
            conversation: self.kept_conversation(),
            provider: self.message.provider.clone()?,
            key: self.brake.as_ref().map_or(FIRST_KEY, Brake::key),
            model: self.message.model.clone()?,
            purpose: Purpose::Answer,
            cost,
        })
    }
}
