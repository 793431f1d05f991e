//! Recordings of answers: a text file, one JSON object a line. `docs/recordings.md` describes it for people.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

/// The version of the format that is written, and the newest that is read.
const VERSION: u32 = 1;
/// The longest file that is read.
pub const MOST_BYTES: usize = 32 << 20;
/// The most requests in one file: an answer takes a few, when it was asked for again.
const MOST_EXCHANGES: usize = 1_000;
/// A recording longer than this is none: no vendor keeps a connection so long.
const LONGEST_US: u64 = 24 * 60 * 60 * 1_000_000;
/// The headers of a response that change how an answer is read. No other is kept: some name an account.
const HEADERS: [&str; 6] =
    ["content-type", "content-encoding", "location", "retry-after", "retry-after-ms", "x-should-retry"];

/// An answer as it came over the wire, with the requests it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The wire protocol: `openai_chat` and its like.
    pub protocol: String,
    /// The model that was asked.
    pub model: String,
    /// When it was asked, in milliseconds since the epoch.
    pub recorded_at: u64,
    /// The requests, first one first. At least one.
    pub exchanges: Vec<Exchange>,
}

/// A request and what came back. Times are microseconds after the request.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// `POST`.
    pub method: String,
    /// The request's body, unless it was left out.
    pub request: Option<String>,
    /// The head of the response; `None` if none came.
    pub head: Option<Head>,
    /// The body as it came, piece by piece.
    pub pieces: Vec<Piece>,
    /// How it ended.
    pub end: End,
    /// When.
    pub end_us: u64,
}

/// The head of a response.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// When it came.
    pub after_us: u64,
    /// The status.
    pub status: u16,
    /// Its headers, as far as they change how an answer is read.
    pub headers: Vec<Header>,
}

/// A header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Its name, in small letters.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Header {
    /// Whether a header of this name belongs in a recording.
    pub fn is_kept(name: &str) -> bool {
        HEADERS.contains(&name)
    }
}

/// Bytes that came at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// When they came.
    pub after_us: u64,
    /// They.
    pub bytes: Bytes,
}

/// How a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// As HTTP says that it is whole.
    Complete,
    /// The connection broke, or never stood.
    Cut,
    /// The app had enough and hung up: the answer was complete, was stopped, or was waited for too long.
    Left,
    /// More came than a recording holds.
    Full,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    RivuletRecording {
        version: u32,
        protocol: String,
        model: String,
        recorded_at: u64,
    },
    Request {
        method: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    },
    Response {
        after_us: u64,
        status: u16,
        headers: Vec<Header>,
    },
    Bytes {
        after_us: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base64: Option<String>,
    },
    End {
        after_us: u64,
        how: End,
    },
}

/// Why a file is not replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// Something else, or no answer in it.
    #[error("this file is no recording of an answer")]
    NotARecording,
    /// Over the limit.
    #[error("this file is longer than 32 MiB, which is the most a recording may have")]
    TooLarge,
    /// Of a later version of the app.
    #[error("this recording was made by a newer version of Rivulet")]
    Newer,
    /// A line that does not belong there.
    #[error("this recording is damaged at line {line}")]
    Damaged {
        /// Its number, from 1.
        line: usize,
    },
}

impl Recording {
    /// The file.
    pub fn write(&self) -> String {
        let mut out = String::new();
        let (protocol, model) = (self.protocol.clone(), self.model.clone());
        let first = Line::RivuletRecording { version: VERSION, protocol, model, recorded_at: self.recorded_at };
        first.write(&mut out);
        for exchange in &self.exchanges {
            Line::Request { method: exchange.method.clone(), body: exchange.request.clone() }.write(&mut out);
            if let Some(Head { after_us, status, headers }) = exchange.head.clone() {
                Line::Response { after_us, status, headers }.write(&mut out);
            }
            for Piece { after_us, bytes } in &exchange.pieces {
                Line::bytes(*after_us, bytes).write(&mut out);
            }
            Line::End { after_us: exchange.end_us, how: exchange.end }.write(&mut out);
        }
        out
    }

    /// Reads a file. Whoever wrote it: nothing in it is trusted.
    pub fn read(text: &str) -> Result<Self, RecordingError> {
        if text.len() > MOST_BYTES {
            return Err(RecordingError::TooLarge);
        }
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let (_, first) = lines.next().ok_or(RecordingError::NotARecording)?;
        let mut recording = Self::begun(first)?;
        let mut read = 1;
        for (at, line) in lines {
            read = at + 1;
            let line = serde_json::from_str(line).ok();
            line.and_then(|line| recording.take(line)).ok_or(RecordingError::Damaged { line: read })?;
        }
        match recording.exchanges.last() {
            None => Err(RecordingError::NotARecording),
            Some(last) if last.end_us == OPEN => Err(RecordingError::Damaged { line: read + 1 }),
            Some(_) => Ok(recording),
        }
    }

    fn begun(first: &str) -> Result<Self, RecordingError> {
        /// What every version of the format has.
        #[derive(Deserialize)]
        struct Any {
            #[serde(rename = "type")]
            kind: String,
            version: u32,
        }
        match serde_json::from_str(first) {
            Ok(Any { kind, version }) if kind == "rivulet_recording" && version > VERSION => {
                return Err(RecordingError::Newer);
            }
            _ => {}
        }
        match serde_json::from_str(first) {
            Ok(Line::RivuletRecording { protocol, model, recorded_at, .. }) => {
                Ok(Self { protocol, model, recorded_at, exchanges: Vec::new() })
            }
            _ => Err(RecordingError::NotARecording),
        }
    }

    /// Adds a line; `None` if it does not belong where it stands.
    fn take(&mut self, line: Line) -> Option<()> {
        let room = self.exchanges.len() < MOST_EXCHANGES;
        let open = self.exchanges.last_mut().filter(|exchange| exchange.end_us == OPEN);
        match (line, open) {
            (Line::Request { method, body }, None) if room => {
                let (head, pieces) = (None, Vec::new());
                let exchange = Exchange { method, request: body, head, pieces, end: End::Left, end_us: OPEN };
                self.exchanges.push(exchange);
            }
            (Line::Response { after_us, status, headers }, Some(exchange)) if exchange.head.is_none() => {
                // Below 200 more would follow, and a redirect is nothing that is followed.
                let status = StatusCode::from_u16(status).ok().filter(|status| status.as_u16() >= 200)?.as_u16();
                let headers = headers.into_iter().filter(|header| Header::is_kept(&header.name)).collect();
                let head = Head { after_us: after(0, after_us)?, status, headers };
                sendable(&head.headers)?;
                exchange.head = Some(head);
            }
            (Line::Bytes { after_us, text, base64 }, Some(exchange)) => {
                let after_us = after(exchange.last_us()?, after_us)?;
                let bytes = match (text, base64) {
                    (Some(text), None) => text.into_bytes(),
                    (None, Some(base64)) => BASE64.decode(base64).ok()?,
                    _ => return None,
                };
                exchange.pieces.push(Piece { after_us, bytes: bytes.into() });
            }
            (Line::End { after_us, how }, Some(exchange)) => {
                let last = exchange.last_us().unwrap_or(0);
                (exchange.end, exchange.end_us) = (how, after(last, after_us)?);
            }
            _ => return None,
        }
        Some(())
    }
}

/// The time of an end that has not been read yet.
const OPEN: u64 = u64::MAX;

/// `after_us`, if it is not before `last`, and no time that nobody waits for.
fn after(last: u64, after_us: u64) -> Option<u64> {
    Some(after_us).filter(|at| (last..=LONGEST_US).contains(at))
}

fn sendable(headers: &[Header]) -> Option<()> {
    for Header { name, value } in headers {
        HeaderName::from_bytes(name.as_bytes()).ok()?;
        HeaderValue::from_str(value).ok()?;
    }
    Some(())
}

impl Exchange {
    /// When the last of it came; `None` before the head.
    fn last_us(&self) -> Option<u64> {
        let head = self.head.as_ref()?.after_us;
        Some(self.pieces.last().map_or(head, |piece| piece.after_us))
    }
}

impl Line {
    fn bytes(after_us: u64, bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Bytes { after_us, text: Some(text.to_owned()), base64: None },
            // A character, or a compressed body, that was cut.
            Err(_) => Self::Bytes { after_us, text: None, base64: Some(BASE64.encode(bytes)) },
        }
    }

    fn write(&self, out: &mut String) {
        // Strings and numbers: writing them cannot fail.
        out.push_str(&serde_json::to_string(self).unwrap_or_default());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording() -> Recording {
        let piece = |after_us, bytes: &'static [u8]| Piece { after_us, bytes: Bytes::from_static(bytes) };
        let headers = vec![Header { name: "content-type".into(), value: "text/event-stream".into() }];
        let refused = Exchange {
            method: "POST".into(),
            request: Some("{\"model\":\"m\"}".into()),
            head: None,
            pieces: Vec::new(),
            end: End::Cut,
            end_us: 4,
        };
        let answered = Exchange {
            head: Some(Head { after_us: 10, status: 200, headers }),
            // A character in two pieces, and a line end of each kind.
            pieces: vec![piece(11, b"data: \xe6\xb0"), piece(12, b"\xb4\r\n\n\r")],
            end: End::Complete,
            end_us: 13,
            request: None,
            ..refused.clone()
        };
        Recording {
            protocol: "openai_chat".into(),
            model: "m".into(),
            recorded_at: 1,
            exchanges: vec![refused, answered],
        }
    }

    #[test]
    fn what_is_written_is_read_byte_for_byte() {
        let recording = recording();
        let text = recording.write();
        assert_eq!(Recording::read(&text), Ok(recording), "{text}");
        assert!(text.contains("\"base64\"") && text.ends_with("\"how\":\"complete\"}\n"), "{text}");
    }

    #[test]
    fn headers_that_say_nothing_about_the_answer_are_not_taken_from_a_file() {
        let set = recording().write().replace("content-type", "set-cookie");
        assert_eq!(Recording::read(&set).unwrap().exchanges[1].head.as_ref().unwrap().headers, []);
    }

    #[test]
    fn another_file_a_newer_one_and_a_damaged_one_are_told_apart() {
        let good = recording().write();
        let first = good.lines().next().unwrap();
        for other in ["", "\n\n", "{}", "Hello.", "[1]", "{\"type\":\"request\",\"method\":\"POST\"}", first] {
            assert_eq!(Recording::read(other), Err(RecordingError::NotARecording), "{other:?}");
        }
        let newer = good.replacen("\"version\":1", "\"version\":2,\"more\":[]", 1);
        assert_eq!(Recording::read(&newer), Err(RecordingError::Newer));
        let long = " ".repeat(MOST_BYTES + 1);
        assert_eq!(Recording::read(&long), Err(RecordingError::TooLarge));
    }

    #[test]
    fn a_line_that_does_not_belong_there_is_named_by_its_number() {
        let good = recording().write();
        let lines: Vec<&str> = good.lines().collect();
        // 1 head, 2 request, 3 end, 4 request, 5 response, 6 and 7 bytes, 8 end
        let cases: [(usize, &str); 9] = [
            (2, "{\"type\":\"end\",\"after_us\":1,\"how\":\"cut\"}"),
            (3, "{\"type\":\"bytes\",\"after_us\":1,\"text\":\"before any head\"}"),
            (4, "{\"type\":\"nonsense\"}"),
            (5, "{\"type\":\"response\",\"after_us\":1,\"status\":101,\"headers\":[]}"),
            (6, "{\"type\":\"bytes\",\"after_us\":9,\"text\":\"earlier than the head\"}"),
            (6, "{\"type\":\"bytes\",\"after_us\":11,\"text\":\"both\",\"base64\":\"aGk=\"}"),
            (7, "{\"type\":\"bytes\",\"after_us\":12,\"base64\":\"no base64\"}"),
            (8, "{\"type\":\"end\",\"after_us\":99999999999999,\"how\":\"complete\"}"),
            (
                5,
                "{\"type\":\"response\",\"after_us\":1,\"status\":200,\"headers\":[{\"name\":\"retry-after\",\"value\":\"1\\r\\nx: y\"}]}",
            ),
        ];
        for (at, line) in cases {
            let mut changed = lines.clone();
            changed[at - 1] = line;
            assert_eq!(Recording::read(&changed.join("\n")), Err(RecordingError::Damaged { line: at }), "{line}");
        }
    }

    #[test]
    fn a_file_that_was_cut_in_an_answer_is_refused() {
        let good = recording().write();
        for at in 0..good.len() - 1 {
            let Ok(start) = Recording::read(&good[..at]) else { continue };
            assert_eq!(start.exchanges, recording().exchanges[..start.exchanges.len()], "cut at {at}");
        }
        let cut = good.rfind("{\"type\":\"end\"").unwrap();
        assert_eq!(Recording::read(&good[..cut]), Err(RecordingError::Damaged { line: 8 }));
    }
}
