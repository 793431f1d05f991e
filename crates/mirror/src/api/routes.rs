//! The routes of the local API and their handlers.

use super::error::Refused;
use super::{answer, request};
use crate::guard::{self, Entrance};
use crate::limits::{Limits, PROGRAM_BODY_BYTES};
use crate::listen::Connection;
use crate::reply::json;
use crate::routes::{bearer, event_stream, read_body};
use crate::strangers::{Stranger, Strangers};
use axum::Router;
use axum::extract::{Extension, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use rivulet_engine::Engine;
use rivulet_protocol::{ApiError, ApiTokenId, ModelChoice};
use serde_json::{Value, json as value};
use std::sync::Arc;

/// What the handlers work with.
#[derive(Clone)]
struct Site {
    engine: Engine,
    limits: Limits,
    strangers: Arc<Strangers>,
}

type Reply = Result<Response, Refused>;

/// All routes, behind the guard.
pub(super) fn router(engine: Engine, limits: Limits, port: u16) -> Router {
    let entrance = Entrance { port, page: false, refuse: |refusal| Refused::from(refusal).into_response() };
    let unknown = || async { Refused::unknown_path() };
    Router::new()
        .route("/v1/models", get(models))
        .route("/v1/models/{*model}", get(model))
        .route("/v1/chat/completions", post(chat_completions))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .with_state(Site { engine, limits, strangers: Arc::default() })
        .layer(axum::middleware::from_fn_with_state(entrance, guard::guard))
}

/// `GET /v1/models`: what can be asked, named `provider/model`.
async fn models(State(site): State<Site>, request: Request) -> Reply {
    authorize(&site, request.headers()).await?;
    let models: Vec<Value> = site.engine.api_models().await?.iter().map(described).collect();
    Ok(json(StatusCode::OK, &value!({ "object": "list", "data": models })))
}

/// `GET /v1/models/{model}`.
async fn model(State(site): State<Site>, Path(name): Path<String>, request: Request) -> Reply {
    authorize(&site, request.headers()).await?;
    let (provider, model) = site.engine.api_model(&name).await?;
    let models = site.engine.api_models().await?;
    let found = models.iter().find(|choice| choice.provider == provider && choice.model.id == model);
    let found = found.ok_or_else(|| ApiError::not_found("model"))?;
    Ok(json(StatusCode::OK, &described(found)))
}

fn described(choice: &ModelChoice) -> Value {
    let id = format!("{}/{}", choice.provider, choice.model.id);
    // Nobody knows when; the field is required.
    value!({ "id": id, "object": "model", "created": 0, "owned_by": choice.provider })
}

/// `POST /v1/chat/completions`.
async fn chat_completions(
    State(site): State<Site>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Reply {
    let token = authorize(&site, request.headers()).await?;
    let body = read_body(site.limits.body, request, PROGRAM_BODY_BYTES).await?;
    let asked = request::read(body)?;
    let completion = site.engine.complete(token, asked.request).await?;
    if asked.stream {
        connection.allow_slow_reader();
        return Ok(event_stream(answer::streamed(completion, asked.include_usage, site.limits.heartbeat)));
    }
    Ok(json(StatusCode::OK, &answer::whole(completion).await?))
}

/// Whose token it is. Before the body is read: a stranger costs a look-up and no more.
async fn authorize(site: &Site, headers: &HeaderMap) -> Result<ApiTokenId, Refused> {
    if let Some(secret) = bearer(headers)
        && let Some(token) = site.engine.api_caller(secret).await?
    {
        return Ok(token);
    }
    Err(match site.strangers.count(site.limits.failures) {
        Stranger::TooMany => Refused::strangers(),
        Stranger::Last | Stranger::Wrong => Refused::stranger(),
    })
}
