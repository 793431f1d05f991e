//! What a failure is: classified once, from status, code and words; the words are kept.

use crate::client::Limits;
use crate::network;
use crate::sse::{SseError, WireError};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use rivulet_protocol::{Failure, FailureCode};
use serde_json::Value;
use std::error::Error;

/// Words of an error body that are looked at.
const BODY: usize = 64 << 10;

/// An error as a vendor wrote it. The shapes: `{error: {message, type, code}}`, `{error: "text"}`,
/// `{errors: [{code, message}]}`, `{object: "error", message}`, `{code, message}`, `{detail}`, `{title, status}`
/// (RFC 9457), or just text.
#[derive(Debug, Default)]
pub(crate) struct VendorError {
    message: String,
    /// `code`, `type` and `status`, lower case, joined: only looked at for words.
    kind: String,
    status: Option<u16>,
}

impl VendorError {
    pub fn read(value: &Value) -> Self {
        let is_given = |error: &&Value| match error {
            Value::Array(items) => !items.is_empty(),
            other => other.is_object() || other.is_string(),
        };
        let inner = value.get("error").filter(is_given).or_else(|| errors_of(value)).unwrap_or(value);
        let inner = if inner.is_array() { inner.get(0).unwrap_or(inner) } else { inner };
        if let Value::String(message) = inner {
            // `{error: "Bad Request", message: "what is bad"}`: web frameworks name the status there.
            let more = ["message", "detail"].iter().map(|name| words(value.get(name))).find(|text| !text.is_empty());
            let kind = format!("{} {}", words(value.get("code")), if more.is_some() { message } else { "" });
            let message = more.unwrap_or_else(|| message.clone());
            return Self { message, kind: kind.to_lowercase(), status: None };
        }
        let kinds = ["code", "type", "status"].map(|name| words(inner.get(name)).to_lowercase());
        let status = inner.get("code").or(inner.get("status")).and_then(Value::as_u64);
        let status = status.and_then(|status| u16::try_from(status).ok()).filter(|status| (400..600).contains(status));
        Self { message: words(Some(inner)), kind: kinds.join(" "), status }
    }

    /// Errors that vendors put between the events: JSON, or `error: {…}`.
    pub fn in_stray_lines(stray: &str) -> Option<Self> {
        let whole = stray.trim();
        // All lines together (JSON over several), then each on its own.
        let named = |text: &str| {
            let after_name = text.strip_prefix("error:").map(str::trim);
            let value: Value = serde_json::from_str(after_name.unwrap_or(text)).ok()?;
            let value = if value.is_array() { value.get(0)?.clone() } else { value };
            let is_error = after_name.is_some()
                || errors_of(&value).is_some()
                || ["error", "message", "code"].iter().any(|name| value.get(name).is_some());
            is_error.then(|| Self::read(&value))
        };
        named(whole).or_else(|| whole.lines().find_map(|line| named(line.trim())))
    }

    /// As an error in the middle of a stream that began well.
    pub fn mid_stream(self) -> Failure {
        let mut failure = Failure::new(self.class(self.status).unwrap_or(FailureCode::Vendor));
        failure.status = self.status;
        failure.detail(self.message)
    }

    /// The class by the vendor's words first, since statuses are used loosely, and by the status then.
    fn class(&self, status: Option<u16>) -> Option<FailureCode> {
        let words = format!("{} {}", self.kind, self.message.to_lowercase());
        let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        let by_words = if says(&[
            "insufficient_quota",
            "insufficient balance",
            "billing",
            "credit balance",
            "quota exceeded",
            "exceeded your current quota",
        ]) {
            Some(FailureCode::Quota)
        } else if says(&[
            "context_length",
            "context length",
            "maximum context",
            "too many tokens",
            "prompt is too long",
            "input is too long",
            "exceeds the context",
            "context size",
        ]) {
            Some(FailureCode::TooLong)
        } else if says(&["rate_limit", "rate limit", "too many requests", "resource_exhausted"]) {
            Some(FailureCode::RateLimited)
        } else if says(&["overloaded", "at capacity", "server is busy"]) {
            Some(FailureCode::Overloaded)
        } else if says(&[
            "model_not_found",
            "model not found",
            "not found",
            "no such model",
            "unknown model",
            "does not exist",
        ]) && says(&["model"])
        {
            Some(FailureCode::ModelNotFound)
        } else if says(&[
            "invalid_api_key",
            "invalid api key",
            "api key not valid",
            "incorrect api key",
            "authentication_error",
            "unauthorized",
        ]) {
            Some(FailureCode::Unauthorized)
        } else {
            None
        };
        if by_words.is_some() {
            return by_words;
        }
        match status? {
            401 => Some(FailureCode::Unauthorized),
            402 => Some(FailureCode::Quota),
            403 | 451 => Some(FailureCode::Forbidden),
            404 if words.contains("model") => Some(FailureCode::ModelNotFound),
            404 | 405 => Some(FailureCode::NotFound),
            407 => Some(FailureCode::Proxy),
            413 => Some(FailureCode::TooLong),
            429 => Some(FailureCode::RateLimited),
            503 | 529 => Some(FailureCode::Overloaded),
            500..=599 => Some(FailureCode::ServerError),
            400..=499 => Some(FailureCode::BadRequest),
            _ => None,
        }
    }
}

/// `{errors: […]}`, if there is one among them. By the field, as some frameworks have them, they say less than what stands
/// beside them.
pub(crate) fn errors_of(value: &Value) -> Option<&Value> {
    value.get("errors").filter(|errors| errors.as_array().is_some_and(|items| !items.is_empty()))
}

/// What an error says to people, wherever it says it; JSON if it says it nowhere.
fn words(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(whole @ Value::Object(fields)) => {
            let names = ["message", "detail", "msg", "error_msg", "error", "title"];
            let found = names.iter().map(|name| words(fields.get(*name))).find(|text| !text.is_empty());
            found.unwrap_or_else(|| whole.to_string())
        }
        // One for each field of the request that is wrong, as FastAPI has them.
        Some(Value::Array(items)) => {
            items.iter().map(|item| words(Some(item))).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
        }
        Some(other) => other.to_string(),
    }
}

/// A response that is not an answer, from its head and the start of its body.
pub(crate) fn response(status: StatusCode, headers: &HeaderMap, body: &str) -> Failure {
    let mut failure = if status.is_redirection() {
        let target = headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        Failure::new(FailureCode::Redirected).detail(target)
    } else if looks_like_page(headers, body) {
        Failure::new(if status.is_success() { FailureCode::WebPage } else { by_status(status) })
            .detail(page_words(body))
    } else {
        vendor(status, body)
    };
    failure.status = Some(status.as_u16());
    failure.retry_after_ms = retry_after(headers);
    failure
}

fn by_status(status: StatusCode) -> FailureCode {
    VendorError::default().class(Some(status.as_u16())).unwrap_or(FailureCode::NotAStream)
}

fn vendor(status: StatusCode, body: &str) -> Failure {
    let parsed: Option<Value> = serde_json::from_str(body).ok();
    let error = match parsed {
        Some(value) => VendorError::read(&value),
        None => VendorError { message: body.trim().to_owned(), ..VendorError::default() },
    };
    // A good status with an error in it: the vendor's own number counts.
    let number = if status.is_success() { error.status } else { Some(status.as_u16()) };
    let code = error.class(number).unwrap_or(FailureCode::NotAStream);
    if error.message.is_empty() { Failure::new(code) } else { Failure::new(code).detail(error.message) }
}

fn looks_like_page(headers: &HeaderMap, body: &str) -> bool {
    let typed = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let start: String = body.trim_start().chars().take(15).collect::<String>().to_lowercase();
    let called = typed.starts_with("text/html") && !start.starts_with(['{', '[']);
    called || start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// A web page's title, or its first words without the tags.
fn page_words(body: &str) -> String {
    let lower = body.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let start = at + body[at..].find('>')? + 1;
        let end = start + lower[start..].find("</title")?;
        Some(body[start..end].trim().to_owned())
    });
    let mut text = String::new();
    let mut in_tag = false;
    for sign in body.chars() {
        match sign {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if !in_tag => text.push(sign),
            _ => {}
        }
        if text.len() > 2_000 {
            break;
        }
    }
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
    title.filter(|title| !title.is_empty()).unwrap_or(words)
}

/// `retry-after-ms`, or `Retry-After` in seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(ms) = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok()) {
        return Some(ms.max(0.0) as u64);
    }
    let value = text("retry-after")?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Some((seconds.max(0.0) * 1000.0) as u64);
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let wait = at.duration_since(std::time::SystemTime::now()).unwrap_or_default();
    Some(wait.as_millis() as u64)
}

/// A request that got no response. What reqwest says of each case was measured; `is_connect` covers TLS and proxies,
/// so the chain of causes is read.
pub(crate) fn request(error: &reqwest::Error) -> Failure {
    let words = chain(error);
    let lower = words.to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let code = if says(&["proxy", "tunnel", "socks"]) {
        FailureCode::Proxy
    } else if let Some(code) = network::tls_cause(error) {
        code
    } else if says(&["dns error", "failed to lookup", "name or service not known", "no such host"]) {
        FailureCode::NameNotFound
    } else if error.is_connect() && error.is_timeout() {
        FailureCode::ConnectTimeout
    } else if says(&["connection refused"]) {
        FailureCode::ConnectionRefused
    } else if error.is_timeout() {
        FailureCode::NoResponse
    } else {
        FailureCode::Network
    };
    let status = (code == FailureCode::Proxy && wants_login(&lower)).then_some(407);
    Failure { status, ..Failure::new(code) }.detail(words)
}

/// Whether a proxy's words mean that it wants a login, or another one.
pub(crate) fn wants_login(words: &str) -> bool {
    let words = words.to_lowercase();
    ["authorization required", "authentication", "credentials"].iter().any(|part| words.contains(part))
}

/// A stream that broke after a good head.
pub(crate) fn broken(error: &WireError<reqwest::Error>, any: bool) -> Failure {
    match error {
        WireError::Sse(SseError::Unreadable) => Failure::new(FailureCode::Protocol),
        WireError::Sse(error) => Failure::new(FailureCode::TooLarge).detail(error.to_string()),
        WireError::Transport(error) => {
            let code = if any { FailureCode::Cut } else { FailureCode::EmptyAnswer };
            Failure::new(code).detail(chain(error))
        }
    }
}

/// What an error and its causes say, without the address (it is shown apart, and may hold more than a host).
fn chain(error: &reqwest::Error) -> String {
    error.source().map_or_else(|| "the request failed".into(), words_of)
}

/// What an error and its causes say.
pub(crate) fn words_of(error: &(dyn Error + 'static)) -> String {
    let mut words = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.contains(&text) {
            words.push(text);
        }
        cause = error.source();
    }
    words.join(": ")
}

/// The start of a body, for a sentence. Bounded in size and time: this server did not do what was asked.
pub(crate) async fn body_start(mut response: reqwest::Response, limits: &Limits) -> String {
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() > BODY {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(limits.error_body, read).await;
    String::from_utf8_lossy(&body[..body.len().min(BODY)]).into_owned()
}
