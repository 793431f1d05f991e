//! Answers: errors as JSON with their status, and the headers that every answer has.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use rivulet_protocol::{ApiError, ErrorCode};
use serde::Serialize;

/// A refusal with its HTTP status. Its body is the [`ApiError`].
#[derive(Debug)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    pub error: ApiError,
}

impl Refusal {
    pub fn new(status: StatusCode, code: ErrorCode, message: &str) -> Self {
        Self { status, error: ApiError::new(code, message) }
    }

    /// Too much at once; the client may come again.
    pub fn full(what: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Busy, &format!("Too many {what} are open."))
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { status: status_of(error.code), error }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = json(self.status, &self.error);
        if matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Types of the protocol can always be written as JSON; a defect shows as an empty 500.
    let Ok(text) = serde_json::to_string(body) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The status that says about the same as an error's class.
fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Invalid
        | ErrorCode::ProxyAddress
        | ErrorCode::CaFile
        | ErrorCode::FileWrite
        | ErrorCode::PictureAddress
        | ErrorCode::FileTooLarge
        | ErrorCode::NotABackup
        | ErrorCode::FileUnknown
        | ErrorCode::FileDamaged
        | ErrorCode::FileLocked
        | ErrorCode::StorageAddress
        | ErrorCode::StoragePassphrase => StatusCode::BAD_REQUEST,
        ErrorCode::NotFound | ErrorCode::FileLost => StatusCode::NOT_FOUND,
        ErrorCode::Forbidden | ErrorCode::BudgetSpent => StatusCode::FORBIDDEN,
        ErrorCode::Busy | ErrorCode::PortTaken => StatusCode::CONFLICT,
        // The app has to be seen to first: retrying by itself is of no use.
        ErrorCode::NoKey
        | ErrorCode::KeyringLocked
        | ErrorCode::KeyringDismissed
        | ErrorCode::KeyringMissing
        | ErrorCode::KeyringNoBus
        | ErrorCode::KeyringAmbiguous
        | ErrorCode::KeyringTooLong
        | ErrorCode::KeyringTimeout
        | ErrorCode::KeyringFailed
        | ErrorCode::StorageNoSecret => StatusCode::CONFLICT,
        ErrorCode::Unsupported => StatusCode::NOT_IMPLEMENTED,
        ErrorCode::Upstream
        | ErrorCode::PictureFailed
        | ErrorCode::StorageDenied
        | ErrorCode::StorageFull
        | ErrorCode::StorageDamaged
        | ErrorCode::StorageFailed => StatusCode::BAD_GATEWAY,
        ErrorCode::Gone => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Storage | ErrorCode::DatabaseDamaged | ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The page's policy: nothing but its own scripts, styles, fonts, frames and connections.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
    connect-src 'self'; img-src 'self' data:; worker-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Adds what every answer carries; what a handler has set stays.
pub(crate) fn secure(headers: &mut HeaderMap) {
    let fixed: [(HeaderName, &str); 9] = [
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
