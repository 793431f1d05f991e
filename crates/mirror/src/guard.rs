//! What every request passes before anything else looks at it. The order is the point: a request from a web page, or
//! for another host, learns nothing about tokens or routes.

use crate::reply::{Refusal, secure};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use rivulet_protocol::ErrorCode;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

/// What a server is, as far as the guard minds.
#[derive(Clone, Copy)]
pub(crate) struct Entrance {
    pub port: u16,
    /// It has a page, which may ask it things.
    pub page: bool,
    /// A refusal in the server's own form.
    pub refuse: fn(Refusal) -> Response,
}

/// The layer around all routes, found or not.
pub(crate) async fn guard(State(entrance): State<Entrance>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let template = request.extensions().get::<MatchedPath>().cloned();
    let checked = check(entrance, &method, request.uri(), request.headers());
    let last = checked.is_err() || request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = match checked {
        Err(refusal) => (entrance.refuse)(refusal),
        // A defect in one handler ends that one request.
        Ok(()) => AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
            let message = "Rivulet made a mistake.";
            (entrance.refuse)(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, message))
        }),
    };
    if last {
        // What else comes on this connection is not heard: it may be what this request hid in its body.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    secure(response.headers_mut());
    // Never the query, a header, a body or a method of the client's own making: they hold tokens and conversations.
    let method = known(&method);
    let path = template.as_ref().map_or("(none)", MatchedPath::as_str);
    let (status, took_ms) = (response.status().as_u16(), begun.elapsed().as_millis() as u64);
    tracing::info!(method, path, status, took_ms);
    response
}

/// A method's name, if it is one of HTTP's.
fn known(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::POST,
        Method::HEAD,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
        Method::PATCH,
    ];
    if known.contains(method) { method.as_str() } else { "OTHER" }
}

fn check(entrance: Entrance, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let host = own_host(entrance.port, uri, headers).ok_or_else(|| {
        Refusal::new(StatusCode::MISDIRECTED_REQUEST, ErrorCode::Forbidden, "This is not a name of this server.")
    })?;
    let own_page = match single(headers, &header::ORIGIN) {
        Single::None => true,
        Single::One(origin) => entrance.page && origin.strip_prefix("http://") == Some(host),
        Single::Bad => false,
    };
    let own_site = match single(headers, &HeaderName::from_static("sec-fetch-site")) {
        Single::None => true,
        Single::One(site) => entrance.page && matches!(site, "same-origin" | "none"),
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
    // A body in chunks, as .NET and Node send it, is read; hyper takes no notice of a length beside them (RFC 9112, 6.3),
    // so such a request is the last of its connection.
    let has_one_end = match single(headers, &header::TRANSFER_ENCODING) {
        Single::None => true,
        Single::One(coding) => coding.trim().eq_ignore_ascii_case("chunked"),
        Single::Bad => false,
    };
    if !has_one_end {
        let message = "A body has a Content-Length or comes in chunks.";
        return Err(Refusal::new(StatusCode::LENGTH_REQUIRED, ErrorCode::Invalid, message));
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

#[cfg(test)]
mod tests {
    use crate::{Limits, listen, routes};
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    async fn defect() -> &'static str {
        panic!("a defect, on purpose")
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_is_a_500_and_the_server_lives() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app =
            routes::guarded(Router::new().route("/defect", get(defect)).route("/", get(|| async { "well" })), port);
        let closing = CancellationToken::new();
        let tasks = TaskTracker::new();
        let serving = tokio::spawn(listen::serve(listener, app, Limits::default(), closing.clone(), tasks.clone()));
        // One connection: not even that is lost.
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        for (path, last, status) in [("/defect", "keep-alive", "500"), ("/", "close", "200")] {
            let head = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: {last}\r\n\r\n");
            socket.write_all(head.as_bytes()).await.unwrap();
            let mut begin = [0; 12];
            socket.read_exact(&mut begin).await.unwrap();
            assert_eq!(String::from_utf8_lossy(&begin), format!("HTTP/1.1 {status}"));
            let mut rest = Vec::new();
            while !rest.ends_with(b"}") && socket.read_buf(&mut rest).await.unwrap() > 0 {}
            assert!(!String::from_utf8_lossy(&rest).contains("on purpose"), "the defect's words stay inside");
        }
        closing.cancel();
        serving.await.unwrap();
    }
}
