//! OpenDAL's requests, carried by the app's own HTTP client: its proxies, certificate authorities and limits hold here
//! as well, and a redirect takes no password along.

use crate::error::Refused;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use opendal::{Buffer, Error, ErrorKind, HttpBody, HttpTransport};
use rivulet_protocol::Failure;
use std::future::ready;
use std::sync::Arc;

/// The app's HTTP client. A part is small, so both bodies are whole.
pub trait Http: Send + Sync + 'static {
    /// Sends a request and reads the answer to its end.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, Failure>>;
}

pub(crate) struct Carrier(pub Arc<dyn Http>);

impl HttpTransport for Carrier {
    async fn fetch(&self, request: Request<Buffer>) -> opendal::Result<Response<HttpBody>> {
        let (uri, head) = (request.uri().clone(), request.method() == Method::HEAD);
        let answered = self.0.send(request.map(|body| body.to_bytes())).await;
        let answer = answered.map_err(|failure| refused(Refused::Unreachable(Box::new(failure))))?;
        match answer.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(refused(Refused::Denied)),
            StatusCode::INSUFFICIENT_STORAGE => return Err(refused(Refused::Full)),
            _ => {}
        }
        let (mut parts, body) = answer.into_parts();
        parts.extensions.insert(uri);
        let size = (!head).then_some(body.len() as u64);
        let body = HttpBody::new(futures_util::stream::once(ready(Ok(Buffer::from(body)))), size);
        Ok(Response::from_parts(parts, body))
    }
}

/// With a cause that [`crate::StorageError::of`] finds again.
fn refused(refused: Refused) -> Error {
    Error::new(ErrorKind::Unexpected, "the request was not answered well").set_source(refused)
}
