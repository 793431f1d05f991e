//! Answers that their vendor goes on with by itself: taken up again where they were, looked at, ended.
//!
//! OpenAI's Responses with `background`: <https://developers.openai.com/docs/guides/background>. The stream is taken up
//! by `GET /responses/{id}?stream=true&starting_after=N`; one that is older than five minutes is refused with 400 ("can
//! no longer be streamed", openai/openai-python#2828) and then told whole by `GET /responses/{id}` when it has ended.
//! `POST /responses/{id}/cancel` may be sent twice. None of these is paid.

use super::{Client, Endpoint};
use crate::frames::Framing;
use crate::protocols::Background;
use crate::stream::AnswerStream;
use crate::{Delta, Point, RawEnd, Tape, classify};
use reqwest::header::ACCEPT;
use reqwest::{Method, RequestBuilder, Response};
use rivulet_protocol::{Failure, FailureCode};
use serde_json::Value;

/// What there is of an answer that is taken up again.
pub enum Rest {
    /// Its events behind the point, as they come.
    Stream(Box<AnswerStream>),
    /// All of it, from its beginning: it has ended.
    Whole(Vec<Delta>),
    /// It has ended badly.
    Over(Failure),
    /// It still runs, and is to be looked at again.
    Runs,
}

impl Client {
    /// Takes up an answer behind this point.
    pub async fn rest(&self, endpoint: &Endpoint, point: &Point, tape: Option<&Tape>) -> Result<Rest, Failure> {
        if point.sequence == Point::WHOLE {
            return self.told(endpoint, &point.response, tape).await;
        }
        let background = background(endpoint)?;
        let path = (background.rest)(&point.response, point.sequence);
        let http = self.http(endpoint)?.get(endpoint.url(&path)).header(ACCEPT, Framing::Sse.accept());
        let response = self.send(endpoint, http, tape).await?;
        let typed = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if response.status().is_success() && typed.contains("json") {
            // It does not stream what it keeps.
            return self.read_told(endpoint, background, response, tape).await;
        }
        match self.followed(endpoint, response, tape).await {
            Ok(stream) => Ok(Rest::Stream(Box::new(stream.read_by((background.decoder)(point))))),
            // Too old to be streamed, most likely: it says more when it is asked for as a whole.
            Err(failure) if failure.code == FailureCode::BadRequest => self.told(endpoint, &point.response, tape).await,
            Err(failure) => Err(expired(failure)),
        }
    }

    async fn followed(
        &self,
        endpoint: &Endpoint,
        response: Response,
        tape: Option<&Tape>,
    ) -> Result<AnswerStream, Failure> {
        if response.status().is_success() {
            let endpoint = endpoint.clone();
            return Ok(AnswerStream::new(response, Framing::Sse, endpoint, self.limits, tape.cloned()));
        }
        Err(self.refused(endpoint, response, tape).await)
    }

    /// An answer as it is told without a stream.
    pub async fn told(&self, endpoint: &Endpoint, response: &str, tape: Option<&Tape>) -> Result<Rest, Failure> {
        let background = background(endpoint)?;
        let http = self.short(endpoint, Method::GET, &(background.whole)(response))?;
        let response = self.send(endpoint, http, tape).await?;
        if !response.status().is_success() {
            return Err(expired(self.refused(endpoint, response, tape).await));
        }
        self.read_told(endpoint, background, response, tape).await
    }

    async fn read_told(
        &self,
        endpoint: &Endpoint,
        background: &Background,
        response: Response,
        tape: Option<&Tape>,
    ) -> Result<Rest, Failure> {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.whole(response).await.map_err(|failure| endpoint.name(failure))?;
        if let Some(tape) = tape {
            tape.piece(endpoint, body.as_bytes());
            tape.ended(RawEnd::Complete);
            tape.closed(endpoint);
        }
        let Ok(told) = serde_json::from_str::<Value>(&body) else {
            return Err(endpoint.name(classify::response(status, &headers, &body)));
        };
        if (background.runs)(&told) {
            return Ok(Rest::Runs);
        }
        let mut deltas = Vec::new();
        Ok(match (endpoint.protocol.whole)(&told, &mut deltas) {
            Ok(()) => Rest::Whole(deltas),
            Err(failure) => Rest::Over(endpoint.name(failure)),
        })
    }

    /// Asks that an answer ends. One that has ended already stays as it is.
    pub async fn cancel(&self, endpoint: &Endpoint, response: &str) -> Result<(), Failure> {
        let path = (background(endpoint)?.cancel)(response);
        let http = self.short(endpoint, Method::POST, &path)?;
        let response = self.send(endpoint, http, None).await?;
        if response.status().is_success() { Ok(()) } else { Err(self.refused(endpoint, response, None).await) }
    }

    /// A request that is answered at once.
    fn short(&self, endpoint: &Endpoint, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let http = self.http(endpoint)?.request(method, endpoint.url(path));
        Ok(http.header(ACCEPT, Framing::Whole.accept()).timeout(self.limits.whole))
    }
}

fn background(endpoint: &Endpoint) -> Result<&'static Background, Failure> {
    // The provider speaks something else by now: what it was asked before is out of reach.
    let gone = || endpoint.name(Failure::new(FailureCode::Expired));
    endpoint.protocol.background.as_ref().ok_or_else(gone)
}

/// It is kept for a while only: that it is not found says that the while is over.
fn expired(failure: Failure) -> Failure {
    let gone = matches!(failure.status, Some(404 | 410));
    if gone { Failure { code: FailureCode::Expired, ..failure } } else { failure }
}
