//! The HTTP server.

use crate::Rate;
use crate::answer::{Answer, MODELS, Request};
use crate::tokens::tokens;
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt, unfold};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

type Body = BoxBody<Bytes, Infallible>;

/// The largest request.
const REQUEST_BYTES: usize = 64 << 20;
/// Tokens of one write when there is no rate to keep.
const AT_ONCE: usize = 256;
/// The clock stops by itself after a day.
const CLOCK_TICKS: u64 = 24 * 60 * 60;

struct Site {
    path: String,
    host: String,
    rate: Arc<Rate>,
}

/// Listens until `end`; answers with the address.
pub(crate) async fn start(secret: &str, rate: Arc<Rate>, end: CancellationToken) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let site = Arc::new(Site { path: format!("/{secret}/v1"), host: address.to_string(), rate });
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = end.cancelled() => return,
            };
            let Ok((socket, _)) = accepted else { continue };
            // Small events must not wait for each other.
            let _ = socket.set_nodelay(true);
            let (site, end) = (Arc::clone(&site), end.clone());
            tokio::spawn(async move {
                let service = service_fn(move |request| serve(Arc::clone(&site), request));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service);
                tokio::select! {
                    // A client that goes away is the usual end of an answer.
                    _ = connection => {}
                    () = end.cancelled() => {}
                }
            });
        }
    });
    Ok(address)
}

async fn serve(site: Arc<Site>, request: http::Request<Incoming>) -> Result<Response<Body>, Infallible> {
    Ok(respond(&site, request).await)
}

async fn respond(site: &Site, request: http::Request<Incoming>) -> Response<Body> {
    if !allowed(site, request.headers()) {
        return error(StatusCode::FORBIDDEN, "Web pages are not answered here.");
    }
    let Some(path) = request.uri().path().strip_prefix(&site.path) else {
        return error(StatusCode::NOT_FOUND, "There is nothing here.");
    };
    match (request.method().clone(), path) {
        (Method::GET, "/models") => models(),
        (Method::POST, "/chat/completions") => match Limited::new(request.into_body(), REQUEST_BYTES).collect().await {
            Ok(body) => complete(site, &body.to_bytes()),
            Err(_) => error(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large."),
        },
        _ => error(StatusCode::NOT_FOUND, "There is nothing here."),
    }
}

fn allowed(site: &Site, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    host == Some(site.host.as_str()) && !headers.contains_key(ORIGIN)
}

fn models() -> Response<Body> {
    let list = MODELS.map(|id| json!({ "id": id, "object": "model", "owned_by": "rivulet" }));
    reply(StatusCode::OK, &json!({ "object": "list", "data": list }))
}

fn complete(site: &Site, body: &[u8]) -> Response<Body> {
    let Ok(request) = serde_json::from_slice::<Request>(body) else {
        return error(StatusCode::BAD_REQUEST, "The request cannot be read.");
    };
    let Some(answer) = request.answer() else {
        return error(StatusCode::NOT_FOUND, &format!("The model {} does not exist.", request.model));
    };
    let writer = Writer::new(&request);
    match answer {
        Answer::Clock => stream(clock(writer)),
        Answer::Text { reasoning, text } if request.stream => stream(told(writer, reasoning, text, site.rate.get())),
        Answer::Text { reasoning, text } => reply(StatusCode::OK, &writer.whole(&reasoning, &text)),
    }
}

/// Writes chunks of one answer.
struct Writer {
    id: String,
    created: u64,
    model: String,
    include_usage: bool,
    prompt_tokens: usize,
    completion_tokens: usize,
}

impl Writer {
    fn new(request: &Request) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            id: format!("chatcmpl-{:x}", now.as_nanos()),
            created: now.as_secs(),
            model: request.model.clone(),
            include_usage: request.stream_options.include_usage,
            prompt_tokens: request.tokens(),
            completion_tokens: 0,
        }
    }

    fn chunk(&self, choices: &Value, out: &mut String) {
        let Self { id, created, model, .. } = self;
        let object = "chat.completion.chunk";
        let chunk = json!({ "id": id, "object": object, "created": created, "model": model, "choices": choices });
        out.push_str(&format!("data: {chunk}\n\n"));
    }

    fn token(&mut self, field: &str, token: &str, out: &mut String) {
        self.completion_tokens += 1;
        let delta = json!({ field: token });
        self.chunk(&json!([{ "index": 0, "delta": delta, "finish_reason": null }]), out);
    }

    fn end(&self, out: &mut String) {
        self.chunk(&json!([{ "index": 0, "delta": {}, "finish_reason": "stop" }]), out);
        if self.include_usage {
            let Self { id, created, model, .. } = self;
            let usage = self.usage();
            let chunk = json!({
                "id": id, "object": "chat.completion.chunk", "created": created, "model": model,
                "choices": [], "usage": usage,
            });
            out.push_str(&format!("data: {chunk}\n\n"));
        }
        out.push_str("data: [DONE]\n\n");
    }

    fn usage(&self) -> Value {
        let (prompt, completion) = (self.prompt_tokens, self.completion_tokens);
        json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion })
    }

    fn whole(mut self, reasoning: &str, text: &str) -> Value {
        self.completion_tokens = tokens(reasoning).chain(tokens(text)).count();
        let message = json!({ "role": "assistant", "content": text, "reasoning_content": reasoning });
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model,
            "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }], "usage": self.usage(),
        })
    }
}

/// The answer token by token, at `rate` a second or as fast as the client takes it.
fn told(writer: Writer, reasoning: String, text: String, rate: Option<u32>) -> impl Stream<Item = String> + Send {
    let parts = [("reasoning_content", reasoning), ("content", text)];
    let all = parts.iter().flat_map(|(field, text)| tokens(text).map(|token| (*field, token.to_owned())));
    let all: Vec<(&str, String)> = all.collect();
    let (begun, pace) = (Instant::now(), rate.map(|rate| Duration::from_secs(1) / rate));
    unfold((writer, all.into_iter(), 0_u32, false), move |(mut writer, mut rest, mut told, ended)| async move {
        if ended {
            return None;
        }
        if let Some(pace) = pace {
            // By absolute times, so that what a write takes is not added up.
            sleep_until(begun + pace * told).await;
        }
        let mut out = String::new();
        let count = if pace.is_some() { 1 } else { AT_ONCE };
        for (field, token) in rest.by_ref().take(count) {
            writer.token(field, &token, &mut out);
            told += 1;
        }
        let ended = rest.len() == 0;
        if ended {
            writer.end(&mut out);
        }
        Some((out, (writer, rest, told, ended)))
    })
}

/// The time, at once and then at each full second.
fn clock(writer: Writer) -> impl Stream<Item = String> + Send {
    let begun = Instant::now();
    unfold((writer, 0_u64), move |(mut writer, tick)| async move {
        if tick > CLOCK_TICKS {
            return None;
        }
        sleep_until(begun + Duration::from_secs(tick)).await;
        let mut out = String::new();
        if tick == CLOCK_TICKS {
            writer.end(&mut out);
        } else {
            writer.token("content", &format!("{} UTC  \n", time_of_day()), &mut out);
        }
        Some((out, (writer, tick + 1)))
    })
}

fn time_of_day() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // Rounded to the nearest second: a tick may be a hair early by the wall clock.
    let seconds = (now.as_millis() as u64 + 500) / 1000 % (24 * 60 * 60);
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn stream(events: impl Stream<Item = String> + Send + Sync + 'static) -> Response<Body> {
    let frames = events.map(|text| Ok::<_, Infallible>(Frame::data(Bytes::from(text))));
    respond_with(StatusCode::OK, "text/event-stream; charset=utf-8", BodyExt::boxed(StreamBody::new(frames)))
}

fn reply(status: StatusCode, body: &Value) -> Response<Body> {
    respond_with(status, "application/json", Full::new(Bytes::from(body.to_string())).boxed())
}

fn error(status: StatusCode, message: &str) -> Response<Body> {
    reply(status, &json!({ "error": { "message": message, "type": "invalid_request_error", "code": null } }))
}

fn respond_with(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    response
}
