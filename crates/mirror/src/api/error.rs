//! Errors in OpenAI's form: `{"error": {"message", "type", "param", "code"}}`, with the status that makes its client
//! libraries do the right thing.

use crate::reply::{Refusal, json};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use rivulet_protocol::{ApiError, ErrorCode, Failure, FailureCode};
use serde_json::{Value, json};

/// An error with its status.
#[derive(Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    /// The word programs branch on.
    code: String,
    message: String,
    retry: Retry,
}

/// What the official libraries, which ask again by themselves, are told about that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    /// Their own rules hold.
    AsUsual,
    /// After so many milliseconds.
    After(u64),
    /// It would end the same.
    Never,
}

impl Refused {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), retry: Retry::AsUsual }
    }

    /// No token, or not a good one.
    pub fn stranger() -> Self {
        let message = "This token is not valid, or not any more. Make a new one in the app's settings.";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message)
    }

    /// Too many wrong tokens.
    pub fn strangers() -> Self {
        let message = "Too many wrong tokens. Wait a minute.";
        Self {
            retry: Retry::After(10_000),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_wrong_tokens", message)
        }
    }

    /// There is no such path, or not with this method.
    pub fn unknown_path() -> Self {
        let message = "There is nothing here. There are /v1/models and /v1/chat/completions.";
        Self::new(StatusCode::NOT_FOUND, "unknown_url", message)
    }

    /// The error alone, as an event of a stream has it.
    pub fn body(&self) -> Value {
        json!({ "error": { "message": self.message, "type": self.kind(), "param": null, "code": self.code } })
    }

    fn kind(&self) -> &'static str {
        match self.status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::TOO_MANY_REQUESTS if self.code == "insufficient_quota" => "insufficient_quota",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            StatusCode::INTERNAL_SERVER_ERROR => "api_error",
            status if status.is_server_error() => "provider_error",
            _ => "invalid_request_error",
        }
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        if let Some(failure) = error.failure {
            return of_provider(*failure, error.message);
        }
        let never = |status, code| Self { retry: Retry::Never, ..Self::new(status, code, error.message.clone()) };
        match error.code {
            ErrorCode::BudgetSpent => never(StatusCode::TOO_MANY_REQUESTS, "insufficient_quota"),
            ErrorCode::NotFound => never(StatusCode::NOT_FOUND, "model_not_found"),
            ErrorCode::Forbidden => never(StatusCode::UNAUTHORIZED, "invalid_api_key"),
            _ => Refusal::from(error).into(),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(Refusal { status, error }: Refusal) -> Self {
        let code = serde_json::to_value(error.code).ok();
        let code = code.as_ref().and_then(Value::as_str).unwrap_or_default();
        Self::new(status, code, error.message)
    }
}

/// What a provider said, in its own words where it had some. What it minds about our key is not the program's 401.
fn of_provider(failure: Failure, message: String) -> Refused {
    use FailureCode as Code;
    let (status, code) = match failure.code {
        Code::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded"),
        Code::Quota | Code::SpendingLimit => (StatusCode::TOO_MANY_REQUESTS, "insufficient_quota"),
        Code::ModelNotFound => (StatusCode::NOT_FOUND, "model_not_found"),
        Code::TooLong => (StatusCode::BAD_REQUEST, "context_length_exceeded"),
        Code::BadRequest => (StatusCode::BAD_REQUEST, "bad_request"),
        Code::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
        Code::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
        Code::NoResponse | Code::Silent | Code::NoContent | Code::ConnectTimeout => {
            (StatusCode::GATEWAY_TIMEOUT, "timeout")
        }
        Code::NoKey | Code::NoProvider => (StatusCode::BAD_GATEWAY, "no_key"),
        Code::KeyUnavailable => (StatusCode::BAD_GATEWAY, "key_unavailable"),
        Code::Unauthorized => (StatusCode::BAD_GATEWAY, "key_refused"),
        Code::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        Code::NotFound
        | Code::ServerError
        | Code::ConnectionRefused
        | Code::NameNotFound
        | Code::Tls
        | Code::CertificateExpired
        | Code::CertificateNotYetValid
        | Code::CertificateUntrusted
        | Code::CertificateName
        | Code::CaFile
        | Code::Proxy
        | Code::Redirected
        | Code::WebPage
        | Code::NotAStream
        | Code::EmptyAnswer
        | Code::Cut
        | Code::Unfinished
        | Code::Expired
        | Code::TooLarge
        | Code::Encoding
        | Code::Protocol
        | Code::Vendor
        | Code::Network => (StatusCode::BAD_GATEWAY, "provider_failed"),
    };
    let message = match failure.code {
        Code::NoKey => "No key is kept for this provider. Enter one in the app's settings.".to_owned(),
        _ => failure.detail.unwrap_or(message),
    };
    let retry = match failure.code {
        Code::Quota
        | Code::SpendingLimit
        | Code::Unauthorized
        | Code::NoKey
        | Code::NoProvider
        | Code::KeyUnavailable => Retry::Never,
        _ => failure.retry_after_ms.map_or(Retry::AsUsual, Retry::After),
    };
    Refused { retry, ..Refused::new(status, code, message) }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = json(self.status, &self.body());
        let headers = response.headers_mut();
        match self.retry {
            Retry::AsUsual => {}
            Retry::After(ms) => drop(headers.insert(header::RETRY_AFTER, ms.div_ceil(1000).into())),
            Retry::Never => {
                drop(headers.insert(HeaderName::from_static("x-should-retry"), HeaderValue::from_static("false")))
            }
        }
        response
    }
}
