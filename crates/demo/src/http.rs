//! The routes, and who is let in.

use crate::answer::{Answer, Stream};
use crate::chat::{Request as ChatRequest, Usage};
use crate::pace::{Pace, Rate};
use crate::replay::{Cut, Replay, Speed};
use crate::script::{MODELS, Script};
use bytes::Bytes;
use futures_util::stream;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use serde::Serialize;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Longest request. A very long conversation fits many times.
const LONGEST_REQUEST: usize = 32 * 1024 * 1024;

pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

/// What every request needs to know.
pub(crate) struct Server {
    /// `127.0.0.1:PORT`
    pub host: String,
    /// `/<random>/v1`
    pub root: String,
    pub rate: watch::Receiver<Rate>,
    pub answers: AtomicU64,
    pub replay: Mutex<Option<Arc<Replay>>>,
    pub speed: watch::Receiver<Speed>,
}

impl Server {
    /// Fails where a recorded connection was cut.
    pub async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
        if !self.is_ours(request.headers()) {
            return Ok(refuse(StatusCode::FORBIDDEN, "forbidden", "This server answers the app alone."));
        }
        let Some(path) = request.uri().path().strip_prefix(self.root.as_str()) else { return Ok(not_found()) };
        if let Some(replay) = self.replay().filter(|_| asks_a_model(path))
            && let Some(played) = replay.answer(request.method().as_str(), self.speed.clone()).await
        {
            return played;
        }
        let path = path.to_owned();
        Ok(self.say(&path, request).await)
    }

    /// The recording that is played, if one is.
    pub fn replay(&self) -> Option<Arc<Replay>> {
        // Replaced as a whole: nothing can have been left half done.
        self.replay.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Plays this from the next request on, or nothing.
    pub fn play(&self, replay: Option<Replay>) {
        *self.replay.lock().unwrap_or_else(PoisonError::into_inner) = replay.map(Arc::new);
    }

    /// What the demo itself has to say.
    async fn say(&self, path: &str, request: Request<Incoming>) -> Response<Body> {
        match (path, request.method()) {
            ("/models", &Method::GET) => models(),
            ("/chat/completions", &Method::POST) => self.chat(request.into_body()).await,
            ("/models", _) => wrong_method("GET"),
            ("/chat/completions", _) => wrong_method("POST"),
            _ => not_found(),
        }
    }

    /// A web page's request names its `Origin`, and a name that was bent to this address shows in `Host`.
    fn is_ours(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next().is_some_and(|host| host.as_bytes() == self.host.as_bytes());
        host && hosts.next().is_none() && !headers.contains_key(ORIGIN)
    }

    async fn chat(&self, body: Incoming) -> Response<Body> {
        let body = match Limited::new(body, LONGEST_REQUEST).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request is too long.");
            }
            Err(_) => return refuse(StatusCode::BAD_REQUEST, "cut_off", "The request was cut off."),
        };
        let Ok(request) = serde_json::from_slice::<ChatRequest>(&body) else {
            return refuse(StatusCode::BAD_REQUEST, "invalid_json", "This is not a chat request.");
        };
        let Some(script) = Script::new(&request.model, &request.messages) else {
            return refuse(StatusCode::NOT_FOUND, "model_not_found", "The demo has no such model.");
        };
        let answer = Answer {
            id: format!("chatcmpl-demo-{}", self.answers.fetch_add(1, Ordering::Relaxed)),
            created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            script,
            left: request.max_completion_tokens.or(request.max_tokens).unwrap_or(u64::MAX),
            usage: Usage::of_prompt(&request.messages),
            include_usage: request.stream_options.is_some_and(|options| options.include_usage),
            model: request.model,
        };
        if request.stream {
            events(Stream::new(answer, Pace::new(self.rate.clone())))
        } else {
            json_response(StatusCode::OK, &answer.whole())
        }
    }
}

/// Whether a request is for an answer, in any protocol, and not about models or the end of an answer.
fn asks_a_model(path: &str) -> bool {
    !["/models", "/api/tags", "/api/show", "/cancel"].iter().any(|other| path.ends_with(other))
}

fn events(stream: Stream) -> Response<Body> {
    let frames = stream::unfold(stream, |mut stream| async move {
        let events = stream.next().await?;
        Some((Ok(Frame::data(events)), stream))
    });
    let mut response = Response::new(BodyExt::boxed_unsync(StreamBody::new(frames)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn models() -> Response<Body> {
    let data = MODELS.map(|id| json!({ "id": id, "object": "model", "created": 0, "owned_by": "rivulet" }));
    json_response(StatusCode::OK, &json!({ "object": "list", "data": data }))
}

fn not_found() -> Response<Body> {
    refuse(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
}

fn wrong_method(allowed: &'static str) -> Response<Body> {
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Not with this method.");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let error = json!({ "message": message, "type": "invalid_request_error", "param": null, "code": code });
    json_response(status, &json!({ "error": error }))
}

fn json_response(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    // Strings, numbers and lists: writing them cannot fail.
    let body = serde_json::to_vec(value).unwrap_or_default();
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {});
    let mut response = Response::new(BodyExt::boxed_unsync(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
