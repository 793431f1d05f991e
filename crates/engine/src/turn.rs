//! One answer being written: a task that reads the provider, appends to the log, and ends in exactly one way.
//!
//! `asking` gets an answer's stream, `taking` puts what comes of it into the log, `background` takes up again what a
//! vendor goes on with by itself, `ending` puts the end on disk.

mod asking;
mod background;
mod ending;
mod taking;

use crate::brake::Brake;
use crate::cost::Tally;
use crate::{Core, Engine, RunningTurn};
use rivulet_protocol::{
    ConversationId, Cost, EventBody, Failure, FinishReason, Message, Notice, ProviderId, WireProtocol, utf16_len,
};
use rivulet_providers::{ChatRequest, Endpoint, Point};
use rivulet_store::{Append, Asked, Store};
use std::sync::Arc;
use std::time::Instant;

/// What a turn needs to run.
pub(crate) struct Turn {
    pub engine: Engine,
    pub conversation: ConversationId,
    /// The answer as it is when the turn begins; when it is continued, with its text so far.
    pub message: Message,
    pub provider: ProviderId,
    pub task: Task,
    /// What counts what it costs while it comes.
    pub tally: Tally,
    pub running: RunningTurn,
}

/// What a turn does for its answer.
pub(crate) enum Task {
    /// Asks for it.
    Ask(Box<ChatRequest>),
    /// Takes up one that was asked for before, and its vendor went on with.
    TakeUp(Box<Asked>, Point),
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
    /// Where what this turn asked for begins in them.
    text_from: u64,
    reasoning_from: u64,
    /// And where among what the vendor wants back.
    replay_from: usize,
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
    /// Up to where it came, if its vendor goes on with it when the connection breaks; and who that is.
    point: Option<Point>,
    endpoint: Option<Endpoint>,
    /// What a summary took that was made first.
    beside: Option<Cost>,
}

impl Turn {
    /// Runs to the end and puts the ending on disk; what this turn took, without what a continued answer took before.
    pub async fn run(self) -> Option<Cost> {
        let Turn { engine, conversation, message, provider, task, tally, running } = self;
        let core = Arc::clone(&engine.core);
        let mut answer = Answer::new(Arc::clone(&core), conversation, message, running.clone(), tally);
        // A keyring's question may stay open for long; a stop ends that too.
        let receive = answer.work(&engine, &provider, task);
        let outcome = tokio::select! {
            biased;
            () = running.stop.cancelled() => Outcome::Stopped,
            () = core.quitting.cancelled() => Outcome::Interrupted,
            outcome = receive => outcome,
        };
        // The stream is dropped by now, and with it the connection: stop means stop, before anything is written.
        let beside = answer.beside;
        let cost = if answer.is_left_running(&outcome) { None } else { answer.end(outcome).await };
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
        let replay_from = message.replay.len();
        Self {
            store: core.store_of(conversation),
            core,
            conversation,
            message,
            running,
            text_len,
            reasoning_len,
            text_from: text_len,
            reasoning_from: reasoning_len,
            replay_from,
            asked_at: Instant::now(),
            reasoning_since: None,
            reason: None,
            protocol: WireProtocol::default(),
            tally,
            brake: None,
            accepted: false,
            has_output: false,
            point: None,
            endpoint: None,
            beside: None,
        }
    }

    async fn work(&mut self, engine: &Engine, provider: &ProviderId, task: Task) -> Outcome {
        match task {
            Task::Ask(request) => self.make_room_and_receive(engine, provider, *request).await,
            Task::TakeUp(asked, point) => self.take_up_left(engine, *asked, point).await,
        }
    }

    /// The conversation, unless it is on no disk.
    fn kept_conversation(&self) -> Option<ConversationId> {
        Some(self.conversation).filter(|id| !self.core.temporary.has(*id))
    }

    fn notice(&self, notice: Notice) {
        *self.running.waits_for() = Some(notice.clone());
        self.event(EventBody::Notice { notice });
    }

    fn event(&self, body: EventBody) {
        self.store.append(self.conversation, self.message.id, Append::Event(body));
    }
}
