//! One answer being written: a task that reads the provider, appends to the log, and ends in exactly one way.

use crate::brake::Brake;
use crate::cost::Tally;
use crate::keys::FIRST_KEY;
use crate::{Core, Engine, RunningTurn, cost};
use rivulet_protocol::{
    ApiError, ConversationId, Cost, EventBody, Failure, FailureCode, FinishReason, Message, MessageState, ModelName,
    Notice, ProviderId, Purpose, Replay, ToolCall, WireProtocol, now_ms, utf16_len,
};
use rivulet_providers::{AnswerStream, ChatRequest, Delta, Endpoint, Tape, retry};
use rivulet_store::{Append, Asked, Spending, Store};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How often viewers are told again that nothing comes.
const STALL_AGAIN: Duration = Duration::from_secs(5);
/// An answer longer than this is cut: no model writes so much, but a broken server might.
const ANSWER_BYTES: usize = 64 << 20;

/// What a turn needs to run.
pub(crate) struct Turn {
    pub engine: Engine,
    pub conversation: ConversationId,
    /// The answer as it is when the turn begins; when it is continued, with its text so far.
    pub message: Message,
    pub provider: ProviderId,
    pub request: ChatRequest,
    /// What counts what it costs while it comes.
    pub tally: Tally,
    pub running: RunningTurn,
}

/// How a turn ended.
enum Outcome {
    Finished(FinishReason),
    Stopped,
    Interrupted,
    Failed(Failure),
}

/// The answer as it grows.
struct Answer {
    core: Arc<Core>,
    store: Store,
    conversation: ConversationId,
    message: Message,
    running: RunningTurn,
    /// Lengths in UTF-16 code units: counted as text comes, never again from the start.
    text_len: u64,
    reasoning_len: u64,
    asked_at: Instant,
    reasoning_since: Option<Instant>,
    reason: Option<FinishReason>,
    /// What the provider speaks.
    protocol: WireProtocol,
    tally: Tally,
    /// Of the key it is asked with.
    brake: Option<Brake>,
    /// The vendor took the request: from here on it works, and is paid.
    accepted: bool,
    /// Something came in this turn: from here on nothing is sent again by itself, since it would be paid twice.
    has_output: bool,
    /// What a summary took that was made first.
    beside: Option<Cost>,
}

impl Turn {
    /// Runs to the end and puts the ending on disk; what this turn took, without what a continued answer took before.
    pub async fn run(self) -> Option<Cost> {
        let Turn { engine, conversation, message, provider, request, tally, running } = self;
        let core = Arc::clone(&engine.core);
        let mut answer = Answer::new(Arc::clone(&core), conversation, message, running.clone(), tally);
        // A keyring's question may stay open for long; a stop ends that too.
        let receive = answer.make_room_and_receive(&engine, &provider, request);
        let outcome = tokio::select! {
            biased;
            () = running.stop.cancelled() => Outcome::Stopped,
            () = core.quitting.cancelled() => Outcome::Interrupted,
            outcome = receive => outcome,
        };
        // The stream is dropped by now, and with it the connection: stop means stop, before anything is written.
        let beside = answer.beside;
        let cost = answer.end(outcome).await;
        beside.map_or(cost, |beside| Some(cost.map_or(beside, |cost| cost.plus(beside))))
    }
}

impl Answer {
    fn new(
        core: Arc<Core>,
        conversation: ConversationId,
        message: Message,
        running: RunningTurn,
        tally: Tally,
    ) -> Self {
        let (text_len, reasoning_len) = (utf16_len(&message.text), utf16_len(&message.reasoning));
        Self {
            store: core.store_of(conversation),
            core,
            conversation,
            message,
            running,
            text_len,
            reasoning_len,
            asked_at: Instant::now(),
            reasoning_since: None,
            reason: None,
            protocol: WireProtocol::default(),
            tally,
            brake: None,
            accepted: false,
            has_output: false,
            beside: None,
        }
    }

    /// Where the conversation no longer fits its model, older messages are summarised before it is asked.
    async fn make_room_and_receive(
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
            if last || self.has_output || !failure.code.is_of_this_key() {
                return Outcome::Failed(failure);
            }
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
        let endpoint = &engine.endpoint_with(provider, key).await?;
        let brake = engine.brake(provider, key, self.message.id).await?;
        if let Some(before) = self.brake.replace(brake) {
            before.ended(None);
        }
        self.protocol = endpoint.protocol.name;
        self.may_spend().map_err(|failure| endpoint.named(failure))?;
        let mut attempt = 1;
        loop {
            self.notice(Notice::Connecting);
            self.asked_at = Instant::now();
            let failure = match self.ask(endpoint, request).await {
                Ok(reason) => return Ok(reason),
                Err(failure) => endpoint.named(failure),
            };
            let delay = retry::delay(attempt, &failure).filter(|_| !self.has_output);
            let Some(delay) = delay else { return Err(failure) };
            attempt += 1;
            let at = now_ms() + delay.as_millis() as u64;
            self.notice(Notice::Retrying { attempt, of: retry::ATTEMPTS, at, failure });
            sleep(delay).await;
        }
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
        let mut stream = self.wait_for(client.stream_on(endpoint, request, Some(tape))).await?;
        self.accepted = true;
        self.note_asked();
        self.notice(Notice::Waiting);
        let mut deltas = Vec::new();
        while self.next(&mut stream, &mut deltas).await? {
            self.take(&mut deltas)?;
        }
        self.take(&mut deltas)?;
        Ok(self.reason.unwrap_or(FinishReason::Stop))
    }

    /// Should the process end before the answer does, this says at the next start what is to be counted.
    fn note_asked(&self) {
        let (Some(provider), Some(model)) = (self.message.provider.clone(), self.message.model.clone()) else { return };
        let asked = Asked {
            at: now_ms(),
            conversation: self.kept_conversation(),
            provider,
            key: self.brake.as_ref().map_or(FIRST_KEY, Brake::key),
            model,
            price: self.tally.price,
            input_tokens: self.tally.asked,
            text_from: self.text_len,
            reasoning_from: self.reasoning_len,
        };
        // Of a temporary conversation too: that it cost something is no secret, and stands in no conversation.
        self.core.store.append(self.conversation, self.message.id, Append::Asked(Box::new(asked)));
    }

    /// The conversation, unless it is on no disk.
    fn kept_conversation(&self) -> Option<ConversationId> {
        Some(self.conversation).filter(|id| !self.core.temporary.has(*id))
    }

    /// The next deltas.
    async fn next(&mut self, stream: &mut AnswerStream, deltas: &mut Vec<Delta>) -> Result<bool, Failure> {
        let more = self.wait_for(stream.next(deltas)).await;
        if more.is_err() {
            // What came before the failure is kept, and what was paid is not asked for again.
            self.has_output |= stream.holds_back();
            self.take(deltas)?;
        }
        more
    }

    /// Waits for a server, and says so when it is long in answering.
    async fn wait_for<T>(&self, answer: impl Future<Output = T>) -> T {
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

    fn take(&mut self, deltas: &mut Vec<Delta>) -> Result<(), Failure> {
        for delta in joined(deltas) {
            match delta {
                Delta::Text(text) => self.text(text),
                Delta::Reasoning(text) => self.reasoning(text),
                Delta::ToolCall { id, name, arguments } => {
                    self.has_output = true;
                    self.tally.written.add(&arguments);
                    let call =
                        ToolCall { id: id.clone(), name: name.clone(), arguments: arguments.clone(), result: None };
                    self.message.tool_calls.push(call);
                    self.event(EventBody::ToolCall { id, name, arguments });
                }
                // Of no use to a viewer, so no event: it is kept with the answer's end.
                Delta::Replay(item) => self.message.replay.push(Replay { protocol: self.protocol, item }),
                Delta::Usage(usage) => self.tally.usage = Some(usage),
                Delta::Finish(reason) => self.reason = Some(reason),
            }
        }
        if self.message.text.len() + self.message.reasoning.len() > ANSWER_BYTES {
            return Err(Failure::new(FailureCode::TooLarge));
        }
        self.may_spend()
    }

    /// Whether the day's limit allows what the answer costs by now. Asked before it is sent for, and with all that comes.
    fn may_spend(&self) -> Result<(), Failure> {
        let so_far = self.tally.cost(false).micros;
        let allowed = self.brake.as_ref().is_none_or(|brake| brake.allows(so_far));
        if allowed { Ok(()) } else { Err(Failure::new(FailureCode::SpendingLimit)) }
    }

    fn text(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        self.first_output();
        if let Some(since) = self.reasoning_since.take() {
            let before = self.message.reasoning_ms.unwrap_or(0);
            self.message.reasoning_ms = Some(before + since.elapsed().as_millis() as u64);
        }
        self.message.text.push_str(&text);
        self.tally.written.add(&text);
        let offset = self.text_len;
        self.text_len += utf16_len(&text);
        self.store.append(self.conversation, self.message.id, Append::Text { text, offset });
    }

    fn reasoning(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        self.first_output();
        self.reasoning_since.get_or_insert_with(Instant::now);
        self.message.reasoning.push_str(&text);
        self.tally.written.add(&text);
        let offset = self.reasoning_len;
        self.reasoning_len += utf16_len(&text);
        self.store.append(self.conversation, self.message.id, Append::Reasoning { text, offset });
    }

    fn first_output(&mut self) {
        self.running.waits_for().take();
        if !self.has_output {
            self.has_output = true;
            self.message.first_output_ms = Some(self.asked_at.elapsed().as_millis() as u64);
        }
    }

    fn notice(&self, notice: Notice) {
        *self.running.waits_for() = Some(notice.clone());
        self.event(EventBody::Notice { notice });
    }

    fn event(&self, body: EventBody) {
        self.store.append(self.conversation, self.message.id, Append::Event(body));
    }

    /// Puts the ending on disk. A disk that refuses is the store's to retry and to report.
    async fn end(mut self, outcome: Outcome) -> Option<Cost> {
        let at = now_ms();
        let (state, event) = match outcome {
            Outcome::Finished(reason) => {
                self.message.finish_reason = Some(reason);
                (MessageState::Complete, EventBody::Finished { reason, at })
            }
            Outcome::Stopped => (MessageState::Stopped, EventBody::Stopped { at }),
            Outcome::Interrupted => (MessageState::Interrupted, EventBody::Interrupted { at }),
            Outcome::Failed(failure) => {
                tracing::warn!(code = ?failure.code, host = ?failure.host, status = ?failure.status, "an answer failed");
                self.message.failure = Some(failure.clone());
                (MessageState::Failed, EventBody::Failed { failure, at })
            }
        };
        if let Some(since) = self.reasoning_since {
            self.message.reasoning_ms = Some(since.elapsed().as_millis() as u64);
        }
        let spending = self.account(state, at);
        let cost = spending.as_ref().map(|spending| spending.cost);
        self.message.state = state;
        self.message.ended_at = Some(at);
        // First, so that whoever sees the end finds it in the sums.
        if let Err(error) = self.core.answered(self.message.id, spending).await {
            tracing::error!(%error, "what an answer cost could not be stored");
        }
        if let Some(brake) = &self.brake {
            brake.ended(cost.and_then(|cost| cost.micros));
        }
        if let Err(error) = self.store.end(self.conversation, self.message, event).await {
            tracing::error!(%error, "the end of an answer could not be stored");
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

/// Takes the deltas, neighbouring text joined: many small ones that came together cost one append.
fn joined(deltas: &mut Vec<Delta>) -> Vec<Delta> {
    let mut joined: Vec<Delta> = Vec::new();
    for delta in deltas.drain(..) {
        match (joined.last_mut(), delta) {
            (Some(Delta::Text(text)), Delta::Text(more)) | (Some(Delta::Reasoning(text)), Delta::Reasoning(more)) => {
                text.push_str(&more)
            }
            (_, delta) => joined.push(delta),
        }
    }
    joined
}
