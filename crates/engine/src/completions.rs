//! An answer for a program: asked of the provider as the program asks it, handed on as it comes, and written to the
//! record of uses. No conversation is made, and nothing is asked twice: programs have retries of their own.

use crate::Engine;
use crate::brake::Brake;
use crate::cost::{self, Tally};
use crate::keys::FIRST_KEY;
use rivulet_protocol::*;
use rivulet_providers::{ChatRequest, Delta, Endpoint};
use rivulet_store::{ApiUse, ApiUseEnd, Asked, Spending, StoreError};
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// After so many tokens more it is noted how many came: a kill of the app loses at most these from the count.
const NOTED_EACH: u64 = 32;

/// An answer on its way to a program. Dropping it ends the request to the provider.
#[derive(Debug)]
pub struct Completion {
    /// Who answers.
    pub provider: ProviderId,
    /// Which of its models.
    pub model: String,
    pieces: mpsc::Receiver<Result<Piece, ApiError>>,
}

/// A piece of an answer.
#[derive(Debug)]
pub enum Piece {
    /// What the model added.
    More(Vec<Delta>),
    /// The protocol's own end came: the answer is complete.
    Done,
}

impl Completion {
    /// The next piece. After an error or [`Piece::Done`] comes nothing.
    pub async fn next(&mut self) -> Result<Piece, ApiError> {
        self.pieces.recv().await.unwrap_or_else(|| Err(cut_off()))
    }
}

impl Engine {
    /// Asks the model that `request` names for the program with this token. Ready when the provider begins to answer.
    pub async fn complete(&self, token: ApiTokenId, mut request: ChatRequest) -> Result<Completion, ApiError> {
        let (provider, model) = self.api_model(&request.model).await?;
        request.model.clone_from(&model);
        // Before the budget is looked at, where a revoked token is noticed: whichever comes first, it ends here.
        let revoked = self.core.api_calls.revoked(token);
        let begun = ApiUse { token, provider: provider.clone(), model: model.clone(), at: now_ms() };
        let begun = self.core.store.begin_api_use(begun).await.map_err(|error| match error {
            StoreError::NotFound(_) => gone(),
            error => error.into(),
        });
        let Some(number) = begun? else {
            return Err(ApiError::new(ErrorCode::BudgetSpent, "The budget of this token is spent."));
        };
        let (sender, mut pieces) = mpsc::channel(1);
        let call = Call {
            number,
            engine: self.clone(),
            provider: provider.clone(),
            model: model.clone(),
            call: MessageId::new(),
            revoked,
            sender,
        };
        // A task of its own: the record is written whoever goes away first.
        self.core.tasks.spawn(call.run(request));
        match pieces.recv().await {
            Some(Ok(_)) => Ok(Completion { provider, model, pieces }),
            Some(Err(error)) => Err(error),
            None => Err(cut_off()),
        }
    }
}

fn cut_off() -> ApiError {
    ApiError::new(ErrorCode::Gone, "The answer was cut off.")
}

fn gone() -> ApiError {
    ApiError::new(ErrorCode::Forbidden, "This token was revoked.")
}

struct Call {
    /// Of its record.
    number: i64,
    engine: Engine,
    provider: ProviderId,
    model: String,
    /// By which the brake knows it among other answers.
    call: MessageId,
    revoked: CancellationToken,
    sender: mpsc::Sender<Result<Piece, ApiError>>,
}

/// What an answer takes, and the brake on it.
pub(crate) struct Bill {
    pub tally: Tally,
    pub brake: Option<Brake>,
    /// The provider began to answer: another key would be paid beside this one.
    pub answered: bool,
}

impl Bill {
    /// What came counts, whether or not the vendor counts it.
    pub fn count(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(text) | Delta::Reasoning(text) => self.tally.written.add(text),
            Delta::ToolCall { arguments, .. } => self.tally.written.add(arguments),
            Delta::Usage(usage) => self.tally.usage = Some(*usage),
            Delta::Replay(_) | Delta::Finish(_) => {}
        }
    }

    /// Whether the day's limit allows what the answer costs by now.
    pub fn may_grow(&self) -> Result<(), Failure> {
        let so_far = self.tally.cost(false).micros;
        let allowed = self.brake.as_ref().is_none_or(|brake| brake.allows(so_far));
        if allowed { Ok(()) } else { Err(Failure::new(FailureCode::SpendingLimit)) }
    }
}

enum Ending {
    Finished,
    Left,
    Failed(ApiError),
}

impl Call {
    async fn run(self, request: ChatRequest) {
        let _begun = self.engine.core.beside.begin(None);
        let since = Instant::now();
        let price = self.engine.price(&self.provider, &self.model).await;
        let tally = Tally { price, asked: cost::tokens_of(&request.messages, 0), ..Tally::default() };
        let mut bill = Bill { tally, brake: None, answered: false };
        let ending = tokio::select! {
            biased;
            () = self.engine.core.quitting.cancelled() => Ending::Failed(cut_off()),
            () = self.revoked.cancelled() => Ending::Failed(gone()),
            () = self.sender.closed() => Ending::Left,
            ending = self.relay(&request, &mut bill) => ending,
        };
        // The request to the provider has ended by now.
        let (outcome, failure) = match &ending {
            Ending::Finished => (ApiOutcome::Finished, None),
            Ending::Left => (ApiOutcome::Left, None),
            Ending::Failed(error) => (ApiOutcome::Failed, Some(class_of(error))),
        };
        let took_ms = since.elapsed().as_millis() as u64;
        let (provider, failed) = (&self.provider, failure.as_deref());
        let cost = took(&bill.tally, outcome);
        tracing::info!(%provider, ?outcome, failed, took_ms, cost = ?cost, "an answer for a program");
        let end = ApiUseEnd { outcome, failure, took_ms, cost: cost.unwrap_or_default() };
        self.note(end, cost, bill.brake).await;
        self.engine.notify(LibraryEvent::Api);
        // Last, so that whoever sees the end finds it in the record, and a budget knows of it.
        let last = match ending {
            Ending::Finished => Ok(Piece::Done),
            Ending::Failed(error) => Err(error),
            Ending::Left => return,
        };
        // A program that takes nothing holds nobody up: it sees the pieces end without a `Done`.
        tokio::select! {
            biased;
            _ = self.sender.send(last) => {}
            () = self.engine.core.quitting.cancelled() => {}
        }
    }

    /// Should the process end before the answer does, this says at the next start what is to be counted.
    fn note_asked(&self, bill: &Bill) {
        let written = bill.tally.written.tokens();
        let asked = Asked {
            at: now_ms(),
            conversation: None,
            provider: self.provider.clone(),
            key: bill.brake.as_ref().map_or(FIRST_KEY, Brake::key),
            model: self.model.clone(),
            price: bill.tally.price,
            input_tokens: bill.tally.asked,
            text_from: 0,
            reasoning_from: 0,
            usage: Some(Usage { output_tokens: Some(written), ..bill.tally.usage.unwrap_or_default() }),
            api_use: Some(self.number),
        };
        self.engine.core.store.asked(self.call, asked);
    }

    /// Into the record of uses, and into what is spent.
    async fn note(&self, end: ApiUseEnd, cost: Option<Cost>, brake: Option<Brake>) {
        let core = &self.engine.core;
        let (provider, model) = (self.provider.clone(), self.model.clone());
        let (conversation, purpose) = (None, Purpose::Answer);
        let spent = cost.zip(brake.as_ref().map(Brake::key)).map(|(cost, key)| Spending {
            at: now_ms(),
            conversation,
            provider,
            key,
            model,
            purpose,
            cost,
        });
        let noted = async {
            core.store.end_api_use(self.number, end).await?;
            core.answered(self.call, spent).await
        };
        if let Err(error) = noted.await {
            tracing::error!(%error, "what a program used could not be noted");
        }
        if let Some(brake) = brake {
            brake.ended(cost.and_then(|cost| cost.micros));
        }
    }

    /// Asks with the provider's keys in turn: the next one if one is refused or used up, before anything has come.
    async fn relay(&self, request: &ChatRequest, bill: &mut Bill) -> Ending {
        let keys = match self.engine.keys_in_turn(&self.provider).await {
            Ok(keys) => keys,
            Err(failure) => return Ending::Failed(ApiError::upstream(failure)),
        };
        let mut last = Failure::new(FailureCode::NoKey);
        for key in keys {
            last = match self.answer(key, request, bill).await {
                Ok(whole) => {
                    self.engine.key_fared(&self.provider, key, None).await;
                    return if whole { Ending::Finished } else { Ending::Left };
                }
                Err(failure) => failure,
            };
            if !last.code.is_of_this_key() {
                break;
            }
            self.engine.key_fared(&self.provider, key, Some(last.code)).await;
            if bill.answered {
                break;
            }
        }
        Ending::Failed(ApiError::upstream(last))
    }

    /// Hands on what comes of the answer, to its end; `false` when nobody takes it.
    async fn answer(&self, key: u32, request: &ChatRequest, bill: &mut Bill) -> Result<bool, Failure> {
        let endpoint = self.engine.endpoint_with(&self.provider, key).await?;
        let brake = self.engine.brake(&self.provider, key, self.call).await?;
        if let Some(before) = bill.brake.replace(brake) {
            before.ended(None);
        }
        let answered = self.hand_on_all(&endpoint, request, bill).await;
        answered.map_err(|failure| endpoint.named(failure))
    }

    async fn hand_on_all(&self, endpoint: &Endpoint, request: &ChatRequest, bill: &mut Bill) -> Result<bool, Failure> {
        bill.may_grow()?;
        let mut stream = self.engine.core.client.stream(endpoint, request).await?;
        bill.answered = true;
        self.note_asked(bill);
        let mut noted = 0;
        // The provider answers: from here on the program is told so too.
        if !self.hand_on(Piece::More(Vec::new())).await {
            return Ok(false);
        }
        let mut deltas = Vec::new();
        loop {
            let more = stream.next(&mut deltas).await;
            deltas.iter().for_each(|delta| bill.count(delta));
            if bill.tally.written.tokens() >= noted + NOTED_EACH {
                noted = bill.tally.written.tokens();
                self.note_asked(bill);
            }
            if !deltas.is_empty() && !self.hand_on(Piece::More(std::mem::take(&mut deltas))).await {
                return Ok(false);
            }
            if !more? {
                return Ok(true);
            }
            bill.may_grow()?;
        }
    }

    async fn hand_on(&self, piece: Piece) -> bool {
        self.sender.send(Ok(piece)).await.is_ok()
    }
}

/// What it took, if a model worked for it: a request that was refused, or failed before any output, is not paid. Nor is
/// one that was given up before there was anything of it.
fn took(tally: &Tally, outcome: ApiOutcome) -> Option<Cost> {
    let finished = outcome == ApiOutcome::Finished;
    let worked = finished || tally.usage.is_some() || tally.written.tokens() > 0;
    worked.then(|| tally.cost(finished))
}

/// A failure's class, for the record: never its words.
fn class_of(error: &ApiError) -> String {
    let class = match &error.failure {
        Some(failure) => serde_json::to_value(failure.code),
        None => serde_json::to_value(error.code),
    };
    class.ok().and_then(|class| class.as_str().map(str::to_owned)).unwrap_or_default()
}
