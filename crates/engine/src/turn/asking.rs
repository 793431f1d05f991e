//! Getting an answer's stream: room for the question, the keys in turn, what may be sent again.

use super::{Answer, Outcome};
use crate::brake::Brake;
use crate::keys::FIRST_KEY;
use crate::{Engine, cost};
use rivulet_protocol::{ApiError, Failure, FailureCode, FinishReason, ModelName, Notice, ProviderId, now_ms};
use rivulet_providers::{AnswerStream, ChatRequest, Delta, Endpoint, Tape, retry};
use rivulet_store::{Append, Asked};
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How often viewers are told again that nothing comes.
const STALL_AGAIN: Duration = Duration::from_secs(5);

impl Answer {
    /// Where the conversation no longer fits its model, older messages are summarised before it is asked.
    pub(super) async fn make_room_and_receive(
        &mut self,
        engine: &Engine,
        provider: &ProviderId,
        mut request: ChatRequest,
    ) -> Outcome {
        match self.make_room(engine, provider, &mut request).await {
            Ok(()) => self.receive(engine, provider, &request).await,
            Err(failure) => Outcome::Failed(Failure { summarising: true, ..failure }),
        }
    }

    async fn make_room(
        &mut self,
        engine: &Engine,
        provider: &ProviderId,
        request: &mut ChatRequest,
    ) -> Result<(), Failure> {
        let unread = |error: ApiError| Failure::new(FailureCode::Internal).detail(error.message);
        let model = ModelName { provider: provider.clone(), model: request.model.clone() };
        let tight = engine.tight(self.conversation, &self.message, &model).await.map_err(unread)?;
        let (Some(tight), Some(question)) = (tight, self.message.parent) else { return Ok(()) };
        self.notice(Notice::Summarising);
        let stop = self.running.stop.clone();
        let (made, cost) = engine.summarise(tight, self.message.created_at, stop).await;
        self.beside = cost;
        made?;
        let (messages, files) = engine.request_messages(self.conversation, question, provider).await.map_err(unread)?;
        self.tally.asked = cost::tokens_of(&messages, files);
        request.messages = messages;
        Ok(())
    }

    /// Asks with the provider's keys in turn: the next one if one is refused or used up, as long as nothing has come.
    async fn receive(&mut self, engine: &Engine, provider: &ProviderId, request: &ChatRequest) -> Outcome {
        let keys = match engine.keys_in_turn(provider).await {
            Ok(keys) => keys,
            Err(failure) => return Outcome::Failed(failure),
        };
        for (at, key) in keys.iter().enumerate() {
            let failure = match self.receive_with(engine, provider, *key, request).await {
                Ok(reason) => {
                    engine.key_fared(provider, *key, None).await;
                    return Outcome::Finished(reason);
                }
                Err(failure) => failure,
            };
            if failure.code.is_of_this_key() {
                engine.key_fared(provider, *key, Some(failure.code)).await;
            }
            let last = at + 1 == keys.len();
            // What its vendor goes on with is asked of nobody else.
            if last || self.has_output || self.goes_on(&failure) || !failure.code.is_of_this_key() {
                return Outcome::Failed(failure);
            }
            self.point = None;
        }
        Outcome::Failed(Failure::new(FailureCode::NoKey))
    }

    /// Asks with this key, and asks again while that is safe, until the answer has ended.
    async fn receive_with(
        &mut self,
        engine: &Engine,
        provider: &ProviderId,
        key: u32,
        request: &ChatRequest,
    ) -> Result<FinishReason, Failure> {
        let endpoint = self.reach(engine, provider, key).await?;
        self.may_spend().map_err(|failure| endpoint.named(failure))?;
        let mut attempt = 1;
        loop {
            self.notice(Notice::Connecting);
            self.asked_at = Instant::now();
            let mut asked = self.ask(&endpoint, request).await.map_err(|failure| endpoint.named(failure));
            if let (Err(failure), true) = (&asked, self.point.is_some()) {
                asked = self.take_up(&endpoint, Some(failure.clone())).await;
            }
            let failure = match asked {
                Ok(reason) => return Ok(reason),
                Err(failure) => failure,
            };
            let again = !self.has_output && !self.goes_on(&failure);
            let Some(delay) = retry::delay(attempt, &failure).filter(|_| again) else { return Err(failure) };
            self.point = None;
            attempt += 1;
            let at = now_ms() + delay.as_millis() as u64;
            self.notice(Notice::Retrying { attempt, of: retry::ATTEMPTS, at, failure });
            sleep(delay).await;
        }
    }

    /// Whom to ask with this key, and the brake on what it costs.
    pub(super) async fn reach(
        &mut self,
        engine: &Engine,
        provider: &ProviderId,
        key: u32,
    ) -> Result<Endpoint, Failure> {
        let endpoint = engine.endpoint_with(provider, key).await?;
        let brake = engine.brake(provider, key, self.message.id).await?;
        if let Some(before) = self.brake.replace(brake) {
            before.ended(None);
        }
        self.protocol = endpoint.protocol.name;
        self.endpoint = Some(endpoint.clone());
        Ok(endpoint)
    }

    async fn ask(&mut self, endpoint: &Endpoint, request: &ChatRequest) -> Result<FinishReason, Failure> {
        let tape = self.core.traces.tape(self.message.id, endpoint.protocol.name);
        let asked = self.read(endpoint, request, &tape).await;
        if let Err(failure) = &asked {
            tape.failed(failure);
        }
        asked
    }

    async fn read(&mut self, endpoint: &Endpoint, request: &ChatRequest, tape: &Tape) -> Result<FinishReason, Failure> {
        let client = self.core.client.clone();
        let stream = self.wait_for(client.stream_on(endpoint, request, Some(tape))).await?;
        self.accepted = true;
        self.note_asked();
        self.notice(Notice::Waiting);
        self.follow(stream).await
    }

    /// Takes all that comes of a stream, to its end.
    pub(super) async fn follow(&mut self, mut stream: AnswerStream) -> Result<FinishReason, Failure> {
        let mut deltas = Vec::new();
        while self.next(&mut stream, &mut deltas).await? {
            self.take(&mut deltas, stream.point())?;
        }
        self.take(&mut deltas, stream.point())?;
        Ok(self.reason.unwrap_or(FinishReason::Stop))
    }

    /// Should the process end before the answer does, this says at the next start what is to be counted.
    pub(super) fn note_asked(&self) {
        let (Some(provider), Some(model)) = (self.message.provider.clone(), self.message.model.clone()) else { return };
        let asked = Asked {
            at: now_ms(),
            conversation: self.kept_conversation(),
            provider,
            key: self.brake.as_ref().map_or(FIRST_KEY, Brake::key),
            model,
            price: self.tally.price,
            input_tokens: self.tally.asked,
            text_from: self.text_from,
            reasoning_from: self.reasoning_from,
            usage: None,
            api_use: None,
        };
        // Of a temporary conversation too: that it cost something is no secret, and stands in no conversation.
        self.core.store.append(self.conversation, self.message.id, Append::Asked(Box::new(asked)));
    }

    /// The next deltas.
    async fn next(&mut self, stream: &mut AnswerStream, deltas: &mut Vec<Delta>) -> Result<bool, Failure> {
        let more = self.wait_for(stream.next(deltas)).await;
        if more.is_err() {
            // What came before the failure is kept, and what was paid is not asked for again.
            self.has_output |= stream.holds_back();
            self.take(deltas, stream.point())?;
        }
        more
    }

    /// Waits for a server, and says so when it is long in answering.
    pub(super) async fn wait_for<T>(&self, answer: impl Future<Output = T>) -> T {
        let since = Instant::now();
        let mut notice_after = self.core.client.limits().stall_notice;
        let mut answer = pin!(answer);
        loop {
            match tokio::time::timeout(notice_after, &mut answer).await {
                Ok(answer) => return answer,
                Err(_) => {
                    let silent_ms = since.elapsed().as_millis() as u64;
                    self.notice(Notice::Stalled { silent_ms });
                    notice_after = STALL_AGAIN;
                }
            }
        }
    }
}
