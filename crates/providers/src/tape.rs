//! Writing down what goes over the wire, while it goes. What must stay true: no key is ever on a tape.

use crate::client::Endpoint;
use crate::sse::SseEvent;
use reqwest::header::{HeaderMap, SET_COOKIE};
use rivulet_protocol::{Exchange, Failure, HeaderLine, WireEvent, now_ms};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

const BODY: usize = 256 << 10;
const EVENT: usize = 16 << 10;
const EVENTS: usize = 2 << 20;

/// One request and its answer, as they go over the wire. A cheap handle.
#[derive(Clone, Debug)]
pub struct Tape {
    began: Instant,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    exchange: Exchange,
    event_bytes: usize,
}

impl Default for Tape {
    fn default() -> Self {
        Self { began: Instant::now(), inner: Arc::default() }
    }
}

impl Tape {
    /// What is on it by now.
    pub fn exchange(&self) -> Exchange {
        self.lock().exchange.clone()
    }

    /// About what it takes in memory.
    pub fn bytes(&self) -> usize {
        let inner = self.lock();
        inner.event_bytes + inner.exchange.body.len()
    }

    /// Notes how it failed.
    pub fn failed(&self, failure: &Failure) {
        self.lock().exchange.failure = Some(failure.clone());
    }

    pub(crate) fn asked(&self, endpoint: &Endpoint, request: &reqwest::Request) {
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        let body = String::from_utf8_lossy(&body[..body.len().min(BODY)]).into_owned();
        let exchange = &mut self.lock().exchange;
        exchange.at = now_ms();
        exchange.method = request.method().to_string();
        exchange.url = endpoint.without_key(request.url().as_str());
        exchange.headers = lines(endpoint, request.headers());
        exchange.body = endpoint.without_key(&body);
    }

    pub(crate) fn answered(&self, endpoint: &Endpoint, response: &reqwest::Response) {
        let exchange = &mut self.lock().exchange;
        exchange.status = Some(response.status().as_u16());
        exchange.status_ms = Some(self.began.elapsed().as_millis() as u64);
        exchange.response_headers = lines(endpoint, response.headers());
    }

    pub(crate) fn event(&self, endpoint: &Endpoint, event: &SseEvent) {
        let after_us = self.began.elapsed().as_micros() as u64;
        let mut inner = self.lock();
        if inner.event_bytes >= EVENTS {
            inner.exchange.left_out += 1;
            return;
        }
        let data = endpoint.without_key(start(&event.data, EVENT));
        inner.event_bytes += data.len() + size_of::<WireEvent>();
        inner.exchange.events.push(WireEvent { after_us, name: event.event.clone(), data });
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lines(endpoint: &Endpoint, headers: &HeaderMap) -> Vec<HeaderLine> {
    let line = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        let secret = value.is_sensitive() || *name == SET_COOKIE;
        let value = if secret { "•••".into() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() };
        HeaderLine { name: name.to_string(), value: endpoint.without_key(&value) }
    };
    headers.iter().map(line).collect()
}

/// The first `most` bytes, cut where a character ends.
fn start(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
