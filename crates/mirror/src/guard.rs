//! What every request passes before anything else looks at it. The order is the point: a request from a web page, or
//! for another host, learns nothing about tokens or routes.

use crate::reply::{Refusal, secure};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use rivulet_protocol::ErrorCode;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

/// The layer around all routes, found or not.
pub(crate) async fn guard(State(port): State<u16>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let template = request.extensions().get::<MatchedPath>().cloned();
    let checked = check(port, &method, request.uri(), request.headers());
    let mut response = match checked {
        Err(refusal) => refusal.into_response(),
        // A defect in one handler ends that one request.
        Ok(()) => AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, "Rivulet made a mistake.")
                .into_response()
        }),
    };
    secure(response.headers_mut());
    // Never the query, a header or a body: they hold tokens and conversations.
    let path = template.as_ref().map_or("(none)", MatchedPath::as_str);
    let (status, took_ms) = (response.status().as_u16(), begun.elapsed().as_millis() as u64);
    tracing::info!(%method, path, status, took_ms);
    response
}

fn check(port: u16, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let host = own_host(port, uri, headers).ok_or_else(|| {
        Refusal::new(StatusCode::MISDIRECTED_REQUEST, ErrorCode::Forbidden, "This is not a name of this server.")
    })?;
    let own_page = match single(headers, &header::ORIGIN) {
        Single::None => true,
        Single::One(origin) => origin.strip_prefix("http://") == Some(host),
        Single::Bad => false,
    };
    let own_site = match single(headers, &HeaderName::from_static("sec-fetch-site")) {
        Single::None => true,
        Single::One(site) => matches!(site, "same-origin" | "none"),
        Single::Bad => false,
    };
    if !own_page || !own_site || method == Method::OPTIONS {
        let message = "Pages of other origins are not served.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden, message));
    }
    if headers.contains_key(header::UPGRADE) {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            ErrorCode::Invalid,
            "This server does not change protocols.",
        ));
    }
    // A body says its length, in one way only: there is nothing to disagree about.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Refusal::new(StatusCode::LENGTH_REQUIRED, ErrorCode::Invalid, "A body needs a Content-Length."));
    }
    if method != Method::GET && method != Method::POST {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::Invalid, "Only GET and POST are served."));
    }
    Ok(())
}

/// The `Host` of the request, if it is exactly one of the server's two names.
fn own_host<'a>(port: u16, uri: &Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let Single::One(host) = single(headers, &header::HOST) else { return None };
    // A proxy's form of request: nobody speaks to this server through one.
    if uri.authority().is_some() {
        return None;
    }
    let (name, given) = host.split_once(':')?;
    (matches!(name, "127.0.0.1" | "localhost") && given == port.to_string()).then_some(host)
}

enum Single<'a> {
    None,
    One(&'a str),
    /// Several, or not text.
    Bad,
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Single<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Single::None,
        (Some(value), None) => value.to_str().map_or(Single::Bad, Single::One),
        _ => Single::Bad,
    }
}
