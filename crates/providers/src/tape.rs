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
const BYTES: usize = 8 << 20;
/// So much of a key's beginning at the end of a stream that was cut is taken out too.
const KEY_PART: usize = 6;

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
    raw: Raw,
}

/// A response's body as it came, before anything read it. Times are microseconds after the request.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    /// When the head came.
    pub status_us: u64,
    /// The body; a key in it is written over.
    pub bytes: Vec<u8>,
    /// Where each piece ends in `bytes`, and when it came.
    pub pieces: Vec<(u64, usize)>,
    /// How and when it ended; `None` while it comes, or when we hung up.
    pub end: Option<(u64, RawEnd)>,
}

/// How a body ended, unless we hung up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawEnd {
    /// As HTTP says that it is whole.
    Complete,
    /// The connection broke, or never stood.
    Cut,
    /// More came than is kept.
    Full,
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
        inner.event_bytes + inner.exchange.body.len() + inner.raw.bytes.len()
    }

    /// The response's body as it came.
    pub fn raw(&self) -> Raw {
        self.lock().raw.clone()
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
        let now_us = self.now_us();
        let mut inner = self.lock();
        inner.exchange.status = Some(response.status().as_u16());
        inner.exchange.status_ms = Some(now_us / 1_000);
        inner.exchange.response_headers = lines(endpoint, response.headers());
        inner.raw.status_us = now_us;
    }

    /// A piece of the body came.
    pub(crate) fn piece(&self, endpoint: &Endpoint, bytes: &[u8]) {
        let now = self.now_us();
        let raw = &mut self.lock().raw;
        if raw.end.is_some() {
            return;
        }
        if raw.bytes.len() + bytes.len() > BYTES {
            raw.end = Some((now, RawEnd::Full));
            return;
        }
        let before = raw.bytes.len();
        raw.bytes.extend_from_slice(bytes);
        raw.pieces.push((now, before + bytes.len()));
        endpoint.write_over_key(&mut raw.bytes, before);
    }

    /// The body ended, by the rules of HTTP or against them.
    pub(crate) fn ended(&self, how: RawEnd) {
        let now = self.now_us();
        self.lock().raw.end.get_or_insert((now, how));
    }

    /// Nothing more will come: a key whose end did not is not left there either.
    pub(crate) fn closed(&self, endpoint: &Endpoint) {
        endpoint.write_over_cut_key(&mut self.lock().raw.bytes);
    }

    fn now_us(&self) -> u64 {
        self.began.elapsed().as_micros() as u64
    }

    pub(crate) fn event(&self, endpoint: &Endpoint, event: &SseEvent) {
        let after_us = self.now_us();
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

impl Endpoint {
    /// Writes over the key in what came from `from` on, and where it began in the piece before.
    fn write_over_key(&self, bytes: &mut [u8], from: usize) {
        let Some(key) = self.key.as_ref().map(|key| key.expose().as_bytes()).filter(|key| !key.is_empty()) else {
            return;
        };
        let start = from.saturating_sub(key.len() - 1);
        let found: Vec<usize> = memchr::memmem::find_iter(&bytes[start..], key).map(|at| start + at).collect();
        for at in found {
            bytes[at..at + key.len()].fill(b'*');
        }
    }

    /// Writes over the first part of the key where the bytes end with it.
    fn write_over_cut_key(&self, bytes: &mut [u8]) {
        let key = self.key.as_ref().map(|key| key.expose().as_bytes()).unwrap_or_default();
        let cut = (KEY_PART..key.len()).rev().find(|part| bytes.ends_with(&key[..*part]));
        let end = bytes.len();
        bytes[end - cut.unwrap_or(0)..].fill(b'*');
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
