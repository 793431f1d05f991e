//! Small questions to a model beside a conversation: for a title, for a summary. Their limits are hard, the day's brake
//! holds for them too, and what they cost is noted under what they were for.

use crate::Engine;
use crate::brake::Brake;
use crate::completions::Bill;
use crate::cost::{self, Tally};
use rivulet_protocol::*;
use rivulet_providers::{ChatMessage, ChatRequest, Delta, Endpoint};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What is asked, and how much it may take.
pub(crate) struct Aside {
    pub purpose: Purpose,
    pub conversation: ConversationId,
    pub model: ModelName,
    /// The whole of what is asked.
    pub text: String,
    /// Tokens that may be written.
    pub max_tokens: u32,
    pub time: Duration,
}

/// What came of it.
pub(crate) struct Reply {
    pub text: Result<String, Failure>,
    /// What it took, whatever came.
    pub cost: Option<Cost>,
}

#[derive(Default)]
struct Written {
    text: String,
    reason: Option<FinishReason>,
}

impl Engine {
    /// Asks, in a task of its own: what it cost is noted whoever goes away meanwhile. `stop` ends it.
    pub(crate) async fn ask_aside(&self, aside: Aside, stop: CancellationToken) -> Reply {
        let engine = self.clone();
        let asked = self.core.tasks.spawn(async move { engine.asked_aside(aside, stop).await });
        let lost = |_| Reply { text: Err(Failure::new(FailureCode::Internal)), cost: None };
        asked.await.unwrap_or_else(lost)
    }

    async fn asked_aside(&self, aside: Aside, stop: CancellationToken) -> Reply {
        let ModelName { provider, model } = &aside.model;
        let message = ChatMessage::text(Author::User, aside.text.clone());
        let price = self.price(provider, model).await;
        let tally = Tally { price, asked: cost::tokens_of(std::slice::from_ref(&message), 0), ..Tally::default() };
        let mut bill = Bill { tally, brake: None, answered: false };
        let mut written = Written::default();
        let cut = |code| Err(Failure::new(code));
        let ended = tokio::select! {
            biased;
            () = self.core.quitting.cancelled() => cut(FailureCode::Cut),
            () = stop.cancelled() => cut(FailureCode::Cut),
            () = tokio::time::sleep(aside.time) => cut(FailureCode::NoContent),
            ended = self.with_keys(&aside, message, &mut bill, &mut written) => ended,
        };
        let worked = ended.is_ok() || bill.tally.usage.is_some() || bill.tally.written.tokens() > 0;
        let cost = worked.then(|| bill.tally.cost(ended.is_ok()));
        self.note_aside(&aside, cost, bill).await;
        let text = ended.and_then(|()| match written.reason {
            Some(FinishReason::Length) if aside.purpose == Purpose::Summary => {
                let words = format!("The summary did not end within {} tokens.", aside.max_tokens);
                Err(Failure::new(FailureCode::TooLong).detail(words))
            }
            _ if written.text.trim().is_empty() => Err(Failure::new(FailureCode::EmptyAnswer)),
            _ => Ok(written.text.trim().to_owned()),
        });
        Reply { text, cost }
    }

    async fn note_aside(&self, aside: &Aside, cost: Option<Cost>, bill: Bill) {
        let conversation = Some(aside.conversation).filter(|id| !self.core.temporary.has(*id));
        let paid = cost.zip(bill.brake.as_ref().map(Brake::key));
        if let Err(error) = self.core.paid(aside.purpose, conversation, aside.model.clone(), paid).await {
            tracing::error!(%error, "what a title or a summary cost could not be stored");
        }
        if let Some(brake) = bill.brake {
            brake.ended(cost.and_then(|cost| cost.micros));
        }
    }

    /// Asks with the provider's keys in turn, as for an answer.
    async fn with_keys(
        &self,
        aside: &Aside,
        message: ChatMessage,
        bill: &mut Bill,
        written: &mut Written,
    ) -> Result<(), Failure> {
        let provider = &aside.model.provider;
        let mut last = Failure::new(FailureCode::NoKey);
        for key in self.keys_in_turn(provider).await? {
            let endpoint = self.endpoint_with(provider, key).await?;
            let brake = self.brake(provider, key, MessageId::new()).await?;
            if let Some(before) = bill.brake.replace(brake) {
                before.ended(None);
            }
            let asked = self.quietly(&endpoint, aside, message.clone(), bill, written).await;
            last = match asked.map_err(|failure| endpoint.named(failure)) {
                Ok(()) => return Ok(()),
                Err(failure) if bill.answered || !failure.code.is_of_this_key() => return Err(failure),
                Err(failure) => failure,
            };
        }
        Err(last)
    }

    /// Without reasoning, where there is a word for that; a server that does not take the word is asked without it.
    async fn quietly(
        &self,
        endpoint: &Endpoint,
        aside: &Aside,
        message: ChatMessage,
        bill: &mut Bill,
        written: &mut Written,
    ) -> Result<(), Failure> {
        bill.may_grow()?;
        let mut request =
            ChatRequest { model: aside.model.model.clone(), messages: vec![message], ..ChatRequest::default() };
        request.controls.max_tokens = Some(aside.max_tokens);
        request.controls.effort = self.reasons(aside, endpoint).await.then_some(Effort::None);
        match self.read_aside(endpoint, &request, bill, written).await {
            Err(failure)
                if failure.code == FailureCode::BadRequest && !bill.answered && request.controls.effort.is_some() =>
            {
                request.controls.effort = None;
                self.read_aside(endpoint, &request, bill, written).await
            }
            read => read,
        }
    }

    /// Whether the model may reason and its protocol has a word against that.
    async fn reasons(&self, aside: &Aside, endpoint: &Endpoint) -> bool {
        let known = match self.resolved(&aside.model.provider).await {
            Ok(resolved) => self.known_models(&resolved).await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        let known = known.into_iter().find(|model| model.id == aside.model.model);
        let reasons = known.and_then(|model| model.abilities.reasoning);
        // Of OpenAI's models those that do not reason refuse the word.
        let plain = matches!(endpoint.protocol.name, WireProtocol::OpenaiChat | WireProtocol::OpenaiResponses);
        endpoint.protocol.controls.contains(&Control::Effort) && reasons.unwrap_or(!plain)
    }

    async fn read_aside(
        &self,
        endpoint: &Endpoint,
        request: &ChatRequest,
        bill: &mut Bill,
        written: &mut Written,
    ) -> Result<(), Failure> {
        let most = u64::from(request.controls.max_tokens.unwrap_or(u32::MAX));
        let mut stream = self.core.client.stream(endpoint, request).await?;
        bill.answered = true;
        let mut deltas = Vec::new();
        loop {
            let more = stream.next(&mut deltas).await;
            for delta in deltas.drain(..) {
                bill.count(&delta);
                match delta {
                    Delta::Text(text) => written.text.push_str(&text),
                    Delta::Finish(reason) => written.reason = Some(reason),
                    Delta::Reasoning(_) | Delta::ToolCall { .. } | Delta::Replay(_) | Delta::Usage(_) => {}
                }
            }
            if !more? {
                return Ok(());
            }
            bill.may_grow()?;
            // A server that does not know the limit: twice as much, for the count is an estimate.
            if bill.tally.written.tokens() > most.saturating_mul(2) {
                return Err(Failure::new(FailureCode::TooLarge));
            }
        }
    }
}
