//! The page: the app's own interface, carried inside the program (debug builds read it from the disk).
//!
//! It holds no data, so it needs no token: the token is in the address's fragment, which a browser never sends.

use crate::frames::{self, Frame};
use crate::reply::Refusal;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, Uri, header};
use rivulet_protocol::ErrorCode;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../ui/dist/"]
struct Bundle;

/// `GET /`.
pub(crate) async fn index() -> Response {
    match file("index.html") {
        Some(response) => response,
        None => Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::Internal,
            "The page was not built into this program.",
        )
        .into_response(),
    }
}

/// A file of the bundle, or an empty 404. Only names the bundle itself lists are looked up.
pub(crate) async fn asset(uri: Uri) -> Response {
    let wanted = uri.path().trim_start_matches('/');
    if let Some(frame) = wanted.strip_prefix("frames/").and_then(frames::frame) {
        return framed(frame);
    }
    match file(wanted) {
        Some(response) => response,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A frame's page, for the mirror's own pages alone.
fn framed(frame: Frame) -> Response {
    let Ok(policy) = HeaderValue::from_str(&format!("{}; frame-ancestors 'self'", frame.policy)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(Body::from(frame.html));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

/// A file the bundle itself lists.
pub(crate) fn bundled(name: &str) -> Option<Vec<u8>> {
    let listed = Bundle::iter().any(|known| known == name);
    listed.then(|| Bundle::get(name)).flatten().map(|found| found.data.into_owned())
}

fn file(name: &str) -> Option<Response> {
    let listed = Bundle::iter().any(|known| known == name);
    let found = listed.then(|| Bundle::get(name)).flatten()?;
    let mut response = Response::new(Body::from(found.data));
    let kind = found.metadata.mimetype();
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&kind).ok()?);
    // The bundler puts a hash of the contents into these names.
    if name.starts_with("assets/") {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    }
    Some(response)
}
