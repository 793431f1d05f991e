//! What was spent: noted when an answer ends, and summed up for people.

use crate::{Core, Engine};
use rivulet_protocol::*;
use rivulet_providers::models;
use rivulet_store::{Spending, StoreError};

/// Days that are shown if nobody says how many, and the most.
const DAYS: u32 = 31;
const MOST_DAYS: u32 = 3_660;

impl Core {
    /// Notes what an answer cost. One of a temporary conversation too, without saying which: the money is spent.
    pub async fn spend(&self, spending: Option<Spending>) -> Result<(), StoreError> {
        match spending {
            Some(spending) => self.store.spend(spending).await,
            None => Ok(()),
        }
    }
}

impl Engine {
    pub(crate) async fn costs(&self, request: CostsGet) -> Result<Costs, ApiError> {
        let days = request.days.unwrap_or(DAYS).clamp(1, MOST_DAYS);
        let (today, days) = self.core.store.spent_by_day(days).await?;
        Ok(Costs { today, days, prices_of: models::date().into() })
    }

    pub(crate) async fn conversation_cost(&self, caller: &Caller, id: ConversationId) -> Result<Spent, ApiError> {
        self.seen_conversation(caller, id).await?;
        Ok(self.core.store.spent_in(id).await?)
    }

    /// What a model costs, where that is known. Nobody asks money for one on this computer.
    pub(crate) async fn price(&self, provider: &ProviderId, model: &str) -> Option<Price> {
        let provider = self.resolved(provider).await.ok()?;
        if matches!(provider.kind, ProviderKind::Demo | ProviderKind::Local) {
            return Some(Price::default());
        }
        let known = self.known_models(&provider).await.ok()?;
        known.into_iter().find(|known| known.id == model)?.price
    }
}
