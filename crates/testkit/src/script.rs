//! What an upstream does with one request, in words of HTTP: how they become bytes is up to HTTP/1.1 or HTTP/2.

use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// What to do with one request, step by step. The connection is closed after the last.
#[derive(Clone, Debug)]
pub struct Script(pub(crate) Vec<Step>);

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A head; a body without a length is a stream that [`Step::End`] ends.
    Head {
        status: u16,
        /// Whole lines.
        headers: String,
        length: Option<usize>,
    },
    Body(Vec<u8>),
    /// The time of its sending, as a delta.
    Stamped,
    /// Bodies on a schedule that does not slip: one every so often. Only HTTP/1.1 has such.
    Paced(Vec<Vec<u8>>, Duration),
    /// Bytes on the connection as they are. Only HTTP/1.1 has such.
    Raw(Vec<u8>),
    End,
    Wait(Duration),
    /// Until this says so. Only HTTP/1.1 has such.
    Until(watch::Receiver<bool>),
    WaitForClose,
    /// The connection is torn down; in HTTP/2, the stream is reset with this reason.
    Reset(u32),
    /// The connection is given up with word that this request was not processed. Only HTTP/2 has that.
    GoAway,
    /// The connection may be used again after this answer. Only HTTP/1.1 needs to be told.
    KeepAlive,
}

impl Script {
    /// A whole answer that is no stream.
    pub fn whole(status: u16, headers: &str, body: &str) -> Self {
        let head = Step::Head { status, headers: headers.into(), length: Some(body.len()) };
        Self(vec![head, Step::Body(body.into()), Step::End])
    }

    /// The head of a stream of events; they follow.
    pub fn stream() -> Self {
        Self::stream_of("text/event-stream")
    }

    /// The head of a stream of this media type.
    pub fn stream_of(media_type: &str) -> Self {
        Self(vec![Step::Head { status: 200, headers: format!("Content-Type: {media_type}\r\n"), length: None }])
    }

    /// The head of a stream of events that pages of any origin may read.
    pub fn open_stream() -> Self {
        Self::stream_of("text/event-stream\r\nAccess-Control-Allow-Origin: *")
    }

    /// Bytes as they are, in a connection that ends with the script: for answers that break the rules.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self(vec![Step::Raw(bytes.into())])
    }

    /// The connection stays open for the next request, for a moment.
    pub fn keep_alive(mut self) -> Self {
        self.0.insert(0, Step::KeepAlive);
        self
    }

    /// These bytes as they are, in a chunk of their own: events cut anywhere.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.push(Step::Body(bytes.into()));
        self
    }

    /// The connection is torn down (RST), as when a server or something on the way dies.
    pub fn reset(self) -> Self {
        self.reset_with(2)
    }

    /// The same, with the reason HTTP/2 gives its stream's reset (`REFUSED_STREAM` is 7, `NO_ERROR` 0).
    pub fn reset_with(mut self, reason: u32) -> Self {
        self.0.push(Step::Reset(reason));
        self
    }

    /// Nothing but a reset of the stream in HTTP/2: a server that refuses to process a request.
    pub fn refuse() -> Self {
        Self(vec![Step::Reset(7)])
    }

    /// Nothing but the end of the HTTP/2 connection, with word that this request was not processed.
    pub fn go_away() -> Self {
        Self(vec![Step::GoAway])
    }

    /// One event with this data.
    pub fn data(self, data: &str) -> Self {
        self.bytes(format!("data: {data}\n\n").as_bytes())
    }

    /// A keep-alive.
    pub fn comment(self) -> Self {
        self.bytes(b": keep-alive\n\n")
    }

    /// The clean end of the response, with no end marker of the protocol.
    pub fn end(mut self) -> Self {
        self.0.push(Step::End);
        self
    }

    /// One delta of text.
    pub fn text(self, text: &str) -> Self {
        self.data(&delta(text).to_string())
    }

    /// One delta whose text is the time of its sending, in microseconds since the epoch, and a space.
    pub fn stamped(mut self) -> Self {
        self.0.push(Step::Stamped);
        self
    }

    /// All these deltas in as few writes as they fit.
    pub fn texts(mut self, texts: impl Iterator<Item = String>) -> Self {
        let mut bytes = String::new();
        for text in texts {
            bytes.push_str(&format!("data: {}\n\n", delta(&text)));
            if bytes.len() > 16_000 {
                self.0.push(Step::Body(std::mem::take(&mut bytes).into_bytes()));
            }
        }
        self.bytes(bytes.as_bytes())
    }

    /// Deltas one by one, so many a second.
    pub fn paced(mut self, texts: impl Iterator<Item = String>, a_second: u32) -> Self {
        let bodies = texts.map(|text| format!("data: {}\n\n", delta(&text)).into_bytes()).collect();
        self.0.push(Step::Paced(bodies, Duration::from_secs(1) / a_second));
        self
    }

    /// Nothing for this long.
    pub fn wait(mut self, time: Duration) -> Self {
        self.0.push(Step::Wait(time));
        self
    }

    /// Nothing, until this is true: over HTTP/1.1 only.
    pub fn until(mut self, open: watch::Receiver<bool>) -> Self {
        self.0.push(Step::Until(open));
        self
    }

    /// Nothing, until the client closes the connection.
    pub fn silence(mut self) -> Self {
        self.0.push(Step::WaitForClose);
        self
    }

    /// The protocol's own end.
    pub fn done(self) -> Self {
        self.finish("stop").bytes(b"data: [DONE]\n\n").end()
    }

    /// The model says why it ends.
    pub fn finish(self, reason: &str) -> Self {
        self.data(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }).to_string())
    }
}

/// The bytes of a [`Step::Stamped`].
pub(crate) fn stamp() -> Vec<u8> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    format!("data: {}\n\n", delta(&format!("{} ", now.as_micros()))).into_bytes()
}

fn delta(text: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": { "content": text } }] })
}
