//! Requests that are not asked of a model: those of a person's storage. They take the same ways, and no redirect.

use super::{Client, Endpoint};
use crate::classify;
use crate::network::Route;
use bytes::{Bytes, BytesMut};
use rivulet_protocol::{Failure, FailureCode};
use url::Url;

/// No part of a backup, and no list of a folder, is larger.
const MOST: usize = 16 << 20;

impl Client {
    /// Sends a request as it is and reads the answer, whatever its status, to its end.
    pub async fn carry(&self, route: &Route, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, Failure> {
        let url = Url::parse(&request.uri().to_string());
        let url = url.map_err(|_| Failure::new(FailureCode::NotFound).detail("This is not a web address."))?;
        let endpoint = Endpoint { route: route.clone(), ..Endpoint::new(url) };
        let request = reqwest::Request::try_from(request).map_err(|error| endpoint.name(classify::request(&error)))?;
        let carried = async {
            let sent = self.http(&endpoint)?.execute(request);
            let response = tokio::time::timeout(self.limits.header, sent).await;
            let response = response.map_err(|_| Failure::new(FailureCode::NoResponse))?;
            let mut response = response.map_err(|error| classify::request(&error))?;
            if response.status().is_redirection() {
                return Err(Failure::new(FailureCode::Redirected));
            }
            let mut body = BytesMut::new();
            loop {
                let chunk = tokio::time::timeout(self.limits.byte_idle, response.chunk()).await;
                let chunk = chunk.map_err(|_| Failure::new(FailureCode::Silent))?;
                match chunk.map_err(|_| Failure::new(FailureCode::Cut))? {
                    Some(chunk) if body.len() + chunk.len() <= MOST => body.extend_from_slice(&chunk),
                    Some(_) => return Err(Failure::new(FailureCode::TooLarge)),
                    None => break,
                }
            }
            let mut whole = http::Response::new(body.freeze());
            *whole.status_mut() = response.status();
            *whole.headers_mut() = std::mem::take(response.headers_mut());
            Ok(whole)
        };
        carried.await.map_err(|failure: Failure| endpoint.name(failure))
    }
}
