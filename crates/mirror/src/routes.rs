//! The routes and their handlers.

use crate::limits::{BODY_BYTES, Limits, PROMPT_BODY_BYTES};
use crate::links::{Authorized, Links, Place, Target};
use crate::listen::Connection;
use crate::reply::{Refusal, json};
use crate::stream::{EventStream, PACE, Source};
use crate::{agent, feed, guard, openapi, page};
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::LengthLimitError;
use rivulet_engine::Engine;
use rivulet_protocol::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json as value;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// What the handlers work with.
#[derive(Clone)]
pub(crate) struct Site {
    pub engine: Engine,
    pub links: Arc<Links>,
    pub limits: Limits,
}

pub(crate) type Reply = Result<Response, Refusal>;

/// All routes, behind the guard.
pub(crate) fn router(site: Site, port: u16) -> Router {
    let routes = Router::new()
        .route("/", get(page::index))
        .route("/api/rpc/{command}", post(rpc))
        .route("/api/start-sse", post(start_sse))
        .route("/api/stop", post(stop))
        .route("/api/ticket", post(ticket))
        .route("/api/exchange", post(exchange))
        .route("/api/sse", get(sse))
        .route("/api/feed", get(feed::feed))
        .route("/api/openapi.json", get(describe))
        .fallback(get(page::asset))
        .with_state(site);
    guarded(routes, port)
}

pub(crate) fn guarded(routes: Router, port: u16) -> Router {
    let entrance = guard::Entrance { port, page: true, refuse: IntoResponse::into_response };
    routes.layer(axum::middleware::from_fn_with_state(entrance, guard::guard))
}

/// `POST /api/rpc/{command}`: the command table, by role.
async fn rpc(State(site): State<Site>, Path(command): Path<String>, request: Request) -> Reply {
    let from = authorize(&site, request.headers())?;
    let most = if command == "message_send" { PROMPT_BODY_BYTES } else { BODY_BYTES };
    let body = read_json(&site, request, most).await?;
    let answer = dispatch(&site.engine, &from.caller, &command, body).await?;
    Ok(json(StatusCode::OK, &answer))
}

#[derive(Deserialize)]
struct StartSse {
    uid: String,
    prompt: String,
    provider: Option<ProviderId>,
    model: Option<String>,
}

/// `POST /api/start-sse`: sends a prompt in the conversation the page named, and answers before the model does.
async fn start_sse(State(site): State<Site>, request: Request) -> Response {
    match try_start_sse(&site, request).await {
        Ok(response) => response,
        Err(Refusal { status, error }) => json(status, &value!({ "success": false, "error": error })),
    }
}

async fn try_start_sse(site: &Site, request: Request) -> Reply {
    let from = participant(site, request.headers())?;
    let start: StartSse = parse(read_json(site, request, PROMPT_BODY_BYTES).await?)?;
    let uid = parse_uid(&start.uid)?;
    let send = MessageSend {
        conversation: None,
        parent: None,
        at_root: None,
        text: start.prompt,
        attachments: None,
        provider: start.provider,
        model: start.model,
    };
    let turn = site.engine.send_named(&from.caller, &uid, send).await?;
    let answer = value!({
        "success": true,
        "uid": uid.as_str(),
        "conversation": turn.conversation,
        "message": turn.answer,
    });
    Ok(json(StatusCode::OK, &answer))
}

#[derive(Deserialize)]
struct Stop {
    uid: String,
}

/// `POST /api/stop`: stops what runs in the conversation the page named.
async fn stop(State(site): State<Site>, request: Request) -> Reply {
    let from = participant(&site, request.headers())?;
    let stop: Stop = parse(read_json(&site, request, BODY_BYTES).await?)?;
    let conversation = site.engine.named(&from.caller, &parse_uid(&stop.uid)?).await?.ok_or_else(unknown)?;
    site.engine.stop_conversation(&from.caller, conversation).await?;
    Ok(json(StatusCode::OK, &value!({ "success": true })))
}

#[derive(Default, Deserialize)]
struct Named {
    uid: Option<String>,
    conversation: Option<String>,
}

impl Named {
    fn target(&self) -> Result<Option<Target>, ApiError> {
        match (&self.uid, &self.conversation) {
            (None, None) => Ok(None),
            (Some(uid), None) => Ok(Some(Target::Uid(parse_uid(uid)?))),
            (None, Some(id)) => {
                let id = id.parse().map_err(|_| unknown())?;
                Ok(Some(Target::Conversation(id)))
            }
            (Some(_), Some(_)) => Err(ApiError::invalid("Name the conversation by uid or by id, not both.")),
        }
    }
}

/// `POST /api/ticket`: for an `EventSource`, which cannot send a token in a header.
async fn ticket(State(site): State<Site>, request: Request) -> Reply {
    let from = authorize(&site, request.headers())?;
    let named: Option<Named> = parse(read_json(&site, request, BODY_BYTES).await?)?;
    let target = named.unwrap_or_default().target()?;
    if let Some(Target::Conversation(id)) = target
        && !site.engine.may_see(&from.caller, id)
    {
        return Err(unknown().into());
    }
    let ticket = site.links.make_ticket(from.link, target)?;
    let answer = value!({ "ticket": ticket, "expires_in": site.limits.ticket.as_secs() });
    Ok(json(StatusCode::OK, &answer))
}

#[derive(Deserialize)]
struct Exchange {
    #[serde(default)]
    code: String,
}

/// `POST /api/exchange`: a page that was opened from the window gets its token.
async fn exchange(State(site): State<Site>, request: Request) -> Reply {
    let exchange: Exchange = parse(read_json(&site, request, BODY_BYTES).await?)?;
    let token = site.links.exchange(&exchange.code)?;
    Ok(json(StatusCode::OK, &value!({ "token": token })))
}

/// `GET /api/openapi.json`: what there is.
async fn describe(State(site): State<Site>, request: Request) -> Reply {
    authorize(&site, request.headers())?;
    Ok(json(StatusCode::OK, &openapi::document()?))
}

#[derive(Deserialize)]
struct SseQuery {
    uid: Option<String>,
    conversation: Option<String>,
    after: Option<String>,
    pace: Option<u32>,
    library: Option<u8>,
    ticket: Option<String>,
}

/// `GET /api/sse`: the event stream.
async fn sse(State(site): State<Site>, Extension(connection): Extension<Connection>, request: Request) -> Reply {
    let headers = request.headers();
    let Query(query) = Query::<SseQuery>::try_from_uri(request.uri())
        .map_err(|_| ApiError::invalid("The query has a field twice or in a wrong form."))?;
    let library = query.library.unwrap_or(0) == 1;
    let named = Named { uid: query.uid, conversation: query.conversation }.target();
    let last = headers.get("last-event-id").map(HeaderValue::as_bytes).filter(|id| !id.is_empty());
    let resumes = last.is_some();
    // Who it is comes before what is wrong with the rest; a ticket is for one target, so it needs that one first.
    let target = named.clone().ok().flatten().unwrap_or(Target::Library);
    let from = match (&query.ticket, bearer(headers)) {
        (Some(ticket), None) => site.links.check_ticket(ticket, &target, resumes)?,
        (_, token) => site.links.authorize(token)?,
    };
    if named?.is_none() && !library {
        return Err(ApiError::invalid("Name a conversation by `uid` or `conversation`.").into());
    }
    let after = match last.or(query.after.as_deref().map(str::as_bytes)) {
        Some(number) => parse_number(number)?,
        None => 0,
    };
    // Before the cursor, so that no change falls in between.
    let library = library.then(|| site.engine.library());
    let log = open(&site, &from, &target, after).await?;
    let conversations = match &log {
        Some(Source::Open(cursor)) => vec![cursor.conversation()],
        Some(Source::Awaited(_) | Source::Several(_)) | None => Vec::new(),
    };
    let place = Place {
        link: from.link,
        ticket: query.ticket.as_deref().filter(|_| bearer(headers).is_none()),
        target: &target,
        resumes,
        conversations,
        agent: agent::short_name(headers),
        cut: connection.cut.clone(),
    };
    let seat = site.links.seat(place, site.limits.streams)?;
    connection.allow_slow_reader();
    let period = match query.pace {
        Some(0) => Duration::ZERO,
        pace => Duration::from_secs(1) / pace.unwrap_or(PACE).min(PACE),
    };
    let Site { engine, limits, .. } = site;
    let opening = String::new();
    let stream = EventStream { seat, caller: from.caller, engine, log, opening, library, period, limits };
    Ok(event_stream(stream.into_body()))
}

/// What a stream reads. A name that no conversation has yet is waited for, and nothing is made for it.
async fn open(site: &Site, from: &Authorized, target: &Target, after: u64) -> Result<Option<Source>, Refusal> {
    let (engine, caller) = (&site.engine, &from.caller);
    let id = match target {
        Target::Library => return Ok(None),
        Target::Conversation(id) => Some(*id),
        Target::Uid(uid) => engine.named(caller, uid).await?,
    };
    match (id, target) {
        (Some(id), _) => Ok(Some(Source::Open(engine.watch(caller, id, after).await?))),
        // What it sees is settled, and it begins nothing: no such name will ever come.
        (None, _) if caller.role < CallerRole::Participant && caller.scope != Scope::All => Err(unknown().into()),
        (None, Target::Uid(uid)) => {
            let (engine, caller, uid) = (engine.clone(), caller.clone(), uid.clone());
            Ok(Some(Source::Awaited(Box::pin(async move { engine.watch_named(&caller, &uid, after).await }))))
        }
        (None, _) => Err(unknown().into()),
    }
}

pub(crate) fn unknown() -> ApiError {
    ApiError::not_found("conversation")
}

pub(crate) fn event_stream(body: Body) -> Response {
    let fields = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
        (header::CONNECTION, "close"),
    ];
    (fields, body).into_response()
}

pub(crate) fn authorize(site: &Site, headers: &HeaderMap) -> Result<Authorized, Refusal> {
    site.links.authorize(bearer(headers))
}

fn participant(site: &Site, headers: &HeaderMap) -> Result<Authorized, Refusal> {
    let from = authorize(site, headers)?;
    if from.caller.role < CallerRole::Participant {
        return Err(read_only());
    }
    Ok(from)
}

fn read_only() -> Refusal {
    ApiError::new(ErrorCode::Forbidden, "This link does not allow that.").into()
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// A request's JSON. An empty body is `null`: a request without fields.
async fn read_json(site: &Site, request: Request, most: usize) -> Result<serde_json::Value, Refusal> {
    read_body(site.limits.body, request, most).await
}

/// The same within this time.
pub(crate) async fn read_body(time: Duration, request: Request, most: usize) -> Result<serde_json::Value, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = "A request has Content-Type application/json.";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::Invalid, message));
    }
    let too_large = || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::Invalid, "The request is too large.");
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > most) {
        return Err(too_large());
    }
    let read = axum::body::to_bytes(request.into_body(), most);
    let body = match tokio::time::timeout(time, read).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) if error.source().is_some_and(|cause| cause.is::<LengthLimitError>()) => return Err(too_large()),
        Ok(Err(_)) => return Err(ApiError::invalid("The request's body is cut or has a wrong chunk.").into()),
        Err(_) => {
            let message = "The request came too slowly.";
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, ErrorCode::Invalid, message));
        }
    };
    if body.is_empty() {
        return Ok(serde_json::Value::Null);
    }
    serde_json::from_slice(&body).map_err(|_| ApiError::invalid("It is not valid JSON.").into())
}

fn parse<T: DeserializeOwned>(body: serde_json::Value) -> Result<T, ApiError> {
    serde_json::from_value(body).map_err(|_| ApiError::invalid("A field is missing or has the wrong type."))
}

fn parse_uid(text: &str) -> Result<Uid, ApiError> {
    Uid::parse(text).ok_or_else(|| ApiError::invalid("A uid is 1 to 64 of A-Z a-z 0-9 _ -."))
}

/// An event's number: digits only. One that is too large for any log is as unknown as any other.
pub(crate) fn parse_number(text: &[u8]) -> Result<u64, ApiError> {
    let digits = std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    match digits.filter(|digits| (1..=20).contains(&digits.len())) {
        Some(digits) => Ok(digits.parse().unwrap_or(u64::MAX)),
        None => Err(ApiError::invalid("An event's number is at most 20 digits.")),
    }
}
