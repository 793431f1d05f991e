//! Testing a connection: the way, then the key and the list of models, then, if it is wanted, the start of an answer.

use super::{Client, Endpoint};
use crate::catalog::Quirk;
use crate::{ChatMessage, ChatRequest, network};
use rivulet_protocol::{Author, ConnectionStep, ConnectionStepName, Controls, Failure, FailureCode, Model};
use std::time::Instant;

/// The shortest answer every vendor lets one ask for.
const FEW_TOKENS: u32 = 16;

/// What a connection test does besides going the way.
#[derive(Clone, Debug, Default)]
pub struct TestPlan {
    /// Models are known of this endpoint, so it may well list none.
    pub knows_models: bool,
    /// The model to ask for the first piece of an answer; nothing is asked if left out, since it costs.
    pub first_token: Option<String>,
}

/// What a connection test found.
#[derive(Clone, Debug)]
pub struct Tested {
    /// The steps that were taken, up to the first that failed.
    pub steps: Vec<ConnectionStep>,
    /// The models, if they were listed.
    pub models: Option<Vec<Model>>,
}

impl Client {
    /// Tests an endpoint, step by step, up to the first that fails.
    pub async fn test(&self, endpoint: &Endpoint, plan: &TestPlan) -> Tested {
        let mut tested = Tested { steps: network::probe(endpoint, &self.limits).await, models: None };
        let works = |tested: &Tested| tested.steps.iter().all(|step| step.failure.is_none());
        if works(&tested) {
            self.test_list(endpoint, plan, &mut tested).await;
        }
        if let Some(model) = plan.first_token.as_ref().filter(|_| works(&tested)) {
            let began = Instant::now();
            let failure = self.first_token(endpoint, model).await.err();
            tested.steps.push(took(ConnectionStepName::FirstToken, began, failure));
        }
        tested
    }

    /// The key and the list of models: one request, whose head says whether the key is taken.
    async fn test_list(&self, endpoint: &Endpoint, plan: &TestPlan, tested: &mut Tested) {
        let began = Instant::now();
        let response = self.list(endpoint).await;
        let (headed, head_ms) = (Instant::now(), began.elapsed().as_millis() as u64);
        let listed = match response {
            Ok(response) => self.read_models(endpoint, response).await,
            Err(failure) => Err(failure),
        };
        let auth = ConnectionStep { took_ms: head_ms, ..ConnectionStep::new(ConnectionStepName::Auth) };
        let mut models = took(ConnectionStepName::Models, headed, None);
        match listed {
            Ok(list) => {
                models.models = Some(list.len() as u32);
                tested.models = Some(list);
                tested.steps.extend([auth, models]);
            }
            Err(failure) if failure.code.is_of_key() || failure.status.is_none() => {
                tested.steps.push(ConnectionStep { failure: Some(failure), ..auth });
            }
            // A server that lists nothing does not look at the key before it says so: only an answer can tell.
            Err(failure) if endpoint.lists_none(plan, &failure) => {
                tested.steps.push(ConnectionStep { took_ms: head_ms, ..models });
            }
            Err(failure) => tested.steps.extend([auth, ConnectionStep { failure: Some(failure), ..models }]),
        }
    }

    /// Asks for a short answer, and closes the connection at its first piece.
    async fn first_token(&self, endpoint: &Endpoint, model: &str) -> Result<(), Failure> {
        let controls = Controls { max_tokens: Some(FEW_TOKENS), ..Controls::default() };
        let messages = vec![ChatMessage::text(Author::User, "Hi")];
        let request = ChatRequest { model: model.to_owned(), messages, controls, ..ChatRequest::default() };
        let mut stream = self.stream(endpoint, &request).await?;
        stream.next(&mut Vec::new()).await.map(drop)
    }
}

impl Endpoint {
    /// Whether this failure only means that there is no list of models here.
    fn lists_none(&self, plan: &TestPlan, failure: &Failure) -> bool {
        let known = self.catalog.is_some_and(|entry| entry.has(Quirk::NoModelList));
        known || (plan.knows_models && failure.code == FailureCode::NotFound)
    }
}

fn took(step: ConnectionStepName, began: Instant, failure: Option<Failure>) -> ConnectionStep {
    ConnectionStep { took_ms: began.elapsed().as_millis() as u64, failure, ..ConnectionStep::new(step) }
}
