//! What was spent: noted when an answer ends, and summed up for people.

use crate::cost::Tally;
use crate::models::of_own;
use crate::{Core, Engine};
use rivulet_protocol::*;
use rivulet_providers::models;
use rivulet_store::{Asked, Left, Point, Spending, StoreError};

/// Days that are shown if nobody says how many, and the most.
const DAYS: u32 = 31;
const MOST_DAYS: u32 = 3_660;

impl Core {
    /// Notes what an answer cost. One of a temporary conversation too, without saying which: the money is spent.
    pub async fn answered(&self, message: MessageId, spending: Option<Spending>) -> Result<(), StoreError> {
        self.store.answered(message, spending).await
    }

    /// Notes what was paid for beside any answer, with the number of the key that paid; nothing if nothing was.
    pub async fn paid(
        &self,
        purpose: Purpose,
        conversation: Option<ConversationId>,
        ModelName { provider, model }: ModelName,
        paid: Option<(Cost, u32)>,
    ) -> Result<(), StoreError> {
        let Some((cost, key)) = paid else { return Ok(()) };
        self.store.spend(Spending { at: now_ms(), conversation, provider, key, model, purpose, cost }).await
    }
}

impl Engine {
    /// Sees to what the end of the last run left: what a vendor goes on with by itself is taken up again, of everything
    /// else what was asked and what had come is paid, and counted.
    pub(crate) async fn see_to_left(&self) -> Result<(), StoreError> {
        for left in self.core.store.asked_before().await? {
            match left {
                Left { asked, point: Some(point), stored: Some((conversation, answer)), .. }
                    if answer.state == MessageState::Running =>
                {
                    self.take_up(None, conversation, answer, asked, point);
                }
                Left { asked, point: Some(point), message, stored: None } => {
                    // Of a temporary conversation: nobody waits for it any more.
                    self.cancel_left(&asked, &point);
                    self.count_cut(Left { asked, point: None, message, stored: None }).await?;
                }
                left => self.count_cut(left).await?,
            }
        }
        Ok(())
    }

    async fn count_cut(&self, Left { message, asked, stored, .. }: Left) -> Result<(), StoreError> {
        let mut tally = Tally { price: asked.price, asked: asked.input_tokens, ..Tally::default() };
        let stored = stored.map(|(_, stored)| stored);
        if let Some(stored) = &stored {
            tally.written.add(after(&stored.text, asked.text_from));
            tally.written.add(after(&stored.reasoning, asked.reasoning_from));
            stored.tool_calls.iter().for_each(|call| tally.written.add(&call.arguments));
        }
        tally.usage = asked.usage;
        let cost = tally.cost(false);
        let before = stored.and_then(|stored| stored.cost);
        let Asked { at, conversation, provider, key, model, api_use, .. } = asked;
        let spending = Spending { at, conversation, provider, key, model, purpose: Purpose::Answer, cost };
        self.core.store.cut(message, spending, before.map_or(cost, |before| before.plus(cost)), api_use).await
    }

    fn cancel_left(&self, asked: &Asked, point: &Point) {
        let (engine, provider, key, response) =
            (self.clone(), asked.provider.clone(), asked.key, point.response.clone());
        self.core.tasks.spawn(async move {
            match engine.endpoint_with(&provider, key).await {
                Ok(endpoint) => engine.cancel(&endpoint, &response).await,
                Err(failure) => tracing::warn!(code = ?failure.code, "an answer could not be ended"),
            }
        });
    }
}

/// The text from this place on, in UTF-16 code units.
pub(crate) fn after(text: &str, from: u64) -> &str {
    let mut units = 0;
    let found = text.char_indices().find(|(_, sign)| {
        let here = units >= from;
        units += sign.len_utf16() as u64;
        here
    });
    found.map_or("", |(at, _)| &text[at..])
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

    /// What a model costs: by its user's word, or where it is known. Nobody asks money for one on this computer.
    pub(crate) async fn price(&self, provider: &ProviderId, model: &str) -> Option<Price> {
        let own = self.core.store.settings().await.ok()?.prices;
        if let Some(own) = own.iter().find(|own| own.provider == *provider && own.model == model) {
            return Some(of_own(own));
        }
        let provider = self.resolved(provider).await.ok()?;
        if matches!(provider.kind, ProviderKind::Demo | ProviderKind::Local) {
            return Some(Price::default());
        }
        let known = self.known_models(&provider).await.ok()?;
        known.into_iter().find(|known| known.id == model)?.price
    }
}
