//! Putting the end of an answer on disk, and what it cost.

use super::{Answer, Outcome};
use crate::brake::Brake;
use crate::keys::FIRST_KEY;
use rivulet_protocol::{Cost, EventBody, Failure, MessageState, Purpose, now_ms};
use rivulet_store::{Spending, StoreError};

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
        let counted = if goes_on { None } else { Some(self.account(state, at)) };
        let cost = counted.as_ref().and_then(|spent| spent.as_ref()).map(|spent| spent.cost);
        let brake = self.brake.take().filter(|_| counted.is_some());
        self.running.came.cancel();
        if let Err(error) = self.put(event, counted).await {
            tracing::error!(%error, "the end of an answer could not be stored");
        }
        if let Some(brake) = brake {
            brake.ended(cost.and_then(|cost| cost.micros));
        }
        cost
    }

    /// Puts the ending there, and with it what it cost if it is counted now.
    async fn put(self, event: EventBody, counted: Option<Option<Spending>>) -> Result<(), StoreError> {
        let is_kept = self.kept_conversation().is_some();
        let Self { core, store, conversation, message, .. } = self;
        match counted {
            Some(spent) if is_kept => store.end_counted(conversation, message, event, spent).await,
            Some(spent) => {
                // Before whoever sees the end looks for it in the sums.
                let noted = core.answered(message.id, spent).await;
                store.end(conversation, message, event).await.and(noted)
            }
            None => store.end(conversation, message, event).await,
        }
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
