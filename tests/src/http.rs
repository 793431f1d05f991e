//! A client of the mirror as any program could be one: HTTP/1.1 and Server-Sent Events, nothing of the app's.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName};
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpStream;

/// Who asks: an address, and a token if there is one.
#[derive(Clone, Debug)]
pub struct Client {
    /// `127.0.0.1:PORT`.
    pub host: String,
    /// Sent as `Authorization: Bearer`.
    pub token: Option<String>,
}

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {} {:?}", self.status, self.body))
    }
}

impl Client {
    /// A client of `http://127.0.0.1:PORT…`.
    pub fn new(url: &str, token: Option<&str>) -> Self {
        let host = url.strip_prefix("http://").expect("an http address").split(['/', '#']).next().unwrap();
        Self { host: host.to_owned(), token: token.map(str::to_owned) }
    }

    /// The client of a mirror link with its token in the fragment.
    pub fn of_link(url: &str) -> Self {
        let (_, token) = url.split_once("#token=").expect("a link has its token in the fragment");
        Self::new(url, Some(token))
    }

    /// Asks and waits for the head of the answer. A connection of its own.
    pub async fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> std::io::Result<Response<Incoming>> {
        let stream = TcpStream::connect(&self.host).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request.headers_mut().unwrap().insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let body = body.map_or_else(Bytes::new, |json| Bytes::from(json.to_string()));
        sender.send_request(request.body(Full::new(body)).unwrap()).await.map_err(std::io::Error::other)
    }

    /// Asks and reads the whole answer.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Reply {
        let response = self.open(method, path, headers, body).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap_or_else(|error| panic!("{path}: {error}")).to_bytes();
        Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// POST.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.ask("POST", path, &[], Some(body)).await
    }

    /// A command of the table; its `ApiError` as JSON if it is refused.
    pub async fn rpc(&self, command: &str, request: Value) -> Result<Value, Value> {
        let reply = self.post(&format!("/api/rpc/{command}"), request).await;
        if reply.status.is_success() { Ok(reply.json()) } else { Err(reply.json()) }
    }

    /// A conversation as it stands.
    pub async fn conversation(&self, conversation: &Value) -> Value {
        let request = serde_json::json!({ "conversation": conversation, "limit": 200 });
        self.rpc("conversation_open", request).await.expect("the conversation opens")
    }

    /// Opens a stream of events.
    pub async fn events(&self, path: &str, headers: &[(&str, &str)]) -> std::io::Result<SseStream> {
        let response = self.open("GET", path, headers, None).await?;
        if response.status() != StatusCode::OK {
            return Err(std::io::Error::other(format!("{path}: {}", response.status())));
        }
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
        Ok(SseStream { body: response.into_body(), raw: Vec::new(), read: 0 })
    }
}

/// One event as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct SseEvent {
    /// The `id:` line.
    pub id: String,
    /// The `event:` line.
    pub event: String,
    /// The `data:` line, which is JSON.
    pub data: Value,
}

/// A stream of events, with every byte that came.
pub struct SseStream {
    body: Incoming,
    raw: Vec<u8>,
    read: usize,
}

impl SseStream {
    /// The next event; `None` when the stream ended or broke. Comments and blocks without data are passed over.
    pub async fn next(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(length) = self.raw[self.read..].windows(2).position(|pair| pair == b"\n\n") {
                let block = &self.raw[self.read..self.read + length];
                let event = parse(std::str::from_utf8(block).expect("the mirror sends UTF-8"));
                self.read += length + 2;
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let frame = self.body.frame().await?.ok()?;
            self.raw.extend_from_slice(&frame.into_data().unwrap_or_default());
        }
    }

    /// The next event, or a panic after `limit`.
    pub async fn next_within(&mut self, limit: Duration) -> Option<SseEvent> {
        tokio::time::timeout(limit, self.next()).await.expect("an event in time")
    }

    /// Every byte that came so far.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }
}

fn parse(block: &str) -> Option<SseEvent> {
    let field = |name: &str| {
        let mut values = block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let value = values.next();
        assert!(values.next().is_none(), "one {name} line an event: {block:?}");
        value
    };
    let data = field("data")?;
    Some(SseEvent {
        id: field("id").unwrap_or_default().to_owned(),
        event: field("event").unwrap_or("message").to_owned(),
        data: serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data:?}")),
    })
}

/// What a viewer has of one answer: the mirror's events put together as any client would.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    /// The answer's id.
    pub message: String,
    /// The text.
    pub text: String,
    /// The number of the last event.
    pub last: u64,
    /// How it ended, when it did: the name of the event.
    pub end: Option<String>,
}

impl Watched {
    /// Takes one event in. Panics on a gap, a repeat, or a number that goes back.
    pub fn apply(&mut self, event: &SseEvent) {
        let number: u64 = event.id.parse().unwrap_or_else(|_| panic!("an event has its number: {event:?}"));
        assert!(number > self.last || event.event == "reset", "numbers grow: {event:?} after {}", self.last);
        self.last = number;
        let snapshot = &event.data["snapshot"];
        match event.event.as_str() {
            "started" | "reset" if snapshot["author"] == "assistant" => {
                self.message = event.data["message"].as_str().expect("a message").to_owned();
                self.text = snapshot["text"].as_str().expect("a text").to_owned();
                let running = snapshot["state"] == "running";
                self.end = (!running).then(|| snapshot["state"].as_str().unwrap_or_default().to_owned());
            }
            "text" => {
                assert_eq!(event.data["message"], *self.message);
                let offset = event.data["offset"].as_u64().expect("an offset");
                assert_eq!(offset, self.text.encode_utf16().count() as u64, "no gap and no repeat: {event:?}");
                self.text.push_str(event.data["text"].as_str().expect("a text"));
            }
            "finished" | "stopped" | "interrupted" | "failed" => self.end = Some(event.event.clone()),
            _ => {}
        }
    }

    /// Reads until the answer has ended.
    pub async fn to_the_end(&mut self, stream: &mut SseStream, limit: Duration) {
        while self.end.is_none() {
            let event = stream.next_within(limit).await.expect("the stream goes on until the answer has ended");
            self.apply(&event);
        }
    }
}
