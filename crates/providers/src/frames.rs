//! Cutting a body into events: SSE through the wire guard, JSON lines, or one whole JSON body.
//!
//! All three leave as [`SseEvent`]s with the clocks' view of the bytes ([`Wire`]), so that decoders and timers need
//! not know which it was.

use crate::sse::{self, SseError, SseEvent, SseLimits, Wire, WireError};
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use std::collections::VecDeque;
use std::sync::Arc;

/// How an answer is cut into events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-Sent Events.
    Sse,
    /// One JSON value a line (NDJSON).
    Lines,
    /// One JSON value in all.
    Whole,
}

/// The events of a body, and what is known of its bytes.
pub type Events<E> = BoxStream<'static, Result<SseEvent, WireError<E>>>;

impl Framing {
    /// How a response of this media type is cut when this was asked for; `None` if it cannot be an answer. Not all
    /// servers do as they are asked: some cannot stream and answer at once, some always stream (as `streamed`), and
    /// some call a stream a page: the body of any other type is read as one value, unless it begins as a stream
    /// ([`told_by_body`]).
    pub(crate) fn of_response(self, media_type: Option<&str>, streamed: Self) -> Option<Self> {
        // Servers that name no type, or plain text, and stream all the same exist.
        let Some(typed) = media_type.map(str::to_ascii_lowercase) else { return Some(self) };
        if typed.starts_with("text/plain") || typed.starts_with("application/octet-stream") {
            return Some(self);
        }
        let (events, json) = (typed.starts_with("text/event-stream"), typed.contains("json"));
        let lines = ["ndjson", "jsonl", "json-lines", "stream+json"].iter().any(|name| typed.contains(name));
        match self {
            Self::Lines => json.then_some(Self::Lines),
            Self::Sse if events => Some(Self::Sse),
            Self::Sse if lines => Some(Self::Lines),
            Self::Whole if events => (streamed == Self::Sse).then_some(Self::Sse),
            Self::Sse | Self::Whole => Some(Self::Whole),
        }
    }

    /// What to ask for.
    pub(crate) fn accept(self) -> &'static str {
        match self {
            Self::Sse => "text/event-stream",
            Self::Lines => "application/x-ndjson",
            Self::Whole => "application/json",
        }
    }

    /// Cuts these bytes.
    pub fn events<S, B, E>(self, bytes: S, limits: SseLimits) -> (Events<E>, Arc<Wire>)
    where
        S: Stream<Item = Result<B, E>> + Send + Unpin + 'static,
        B: AsRef<[u8]> + Send + 'static,
        E: Send + 'static,
    {
        let wire = Arc::new(Wire::default());
        (self.events_on(bytes, limits, Arc::clone(&wire)), wire)
    }

    fn events_on<S, B, E>(self, bytes: S, limits: SseLimits, wire: Arc<Wire>) -> Events<E>
    where
        S: Stream<Item = Result<B, E>> + Send + Unpin + 'static,
        B: AsRef<[u8]> + Send + 'static,
        E: Send + 'static,
    {
        if self == Self::Sse {
            return sse::events_on(bytes, limits, wire).boxed();
        }
        let cut = Cut {
            bytes,
            limit: limits.event,
            by_line: self == Self::Lines,
            rest: Vec::new(),
            scanned: 0,
            ready: VecDeque::new(),
            too_long: false,
            ended: false,
            wire,
        };
        stream::unfold(cut, |mut cut| async move { cut.next().await.map(|event| (event, cut)) }).boxed()
    }
}

/// The events of a body that is a stream or one JSON value. Where its beginning tells which, that counts and not its
/// head: servers exist that call the one by the name of the other.
pub(crate) fn told_by_body<S, B, E>(mut bytes: S, head: Framing, limits: SseLimits) -> (Events<E>, Arc<Wire>)
where
    S: Stream<Item = Result<B, E>> + Send + Unpin + 'static,
    B: AsRef<[u8]> + Send + 'static,
    E: Send + 'static,
{
    let wire = Arc::new(Wire::default());
    let noted = Arc::clone(&wire);
    let events = async move {
        let first = first_piece(&mut bytes, &noted).await;
        let begins = first.as_ref().and_then(|piece| piece.as_ref().ok()).and_then(|piece| begins(piece.as_ref()));
        let framing = begins.unwrap_or(head);
        noted.tell_whole(framing == Framing::Whole);
        framing.events_on(stream::iter(first).chain(bytes), limits, noted)
    };
    (stream::once(events).flatten().boxed(), wire)
}

/// The first piece that is not blank.
async fn first_piece<S, B, E>(bytes: &mut S, wire: &Wire) -> Option<Result<B, E>>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
{
    loop {
        let piece = bytes.next().await?;
        match &piece {
            Ok(blank) if blank.as_ref().iter().all(u8::is_ascii_whitespace) => wire.count(blank.as_ref().len()),
            Ok(_) | Err(_) => return Some(piece),
        }
    }
}

/// What a body that begins so must be, if that can be told: a value (or a page), or a stream.
fn begins(piece: &[u8]) -> Option<Framing> {
    let piece = piece.strip_prefix(b"\xef\xbb\xbf").unwrap_or(piece).trim_ascii_start();
    let streams: [&[u8]; 5] = [b"data:", b"event:", b"id:", b"retry:", b":"];
    match piece.first()? {
        b'{' | b'[' | b'<' => Some(Framing::Whole),
        _ if streams.iter().any(|field| piece.starts_with(field)) => Some(Framing::Sse),
        _ => None,
    }
}

struct Cut<S> {
    bytes: S,
    limit: usize,
    by_line: bool,
    /// What has not ended yet.
    rest: Vec<u8>,
    /// So much of `rest` has no line end in it.
    scanned: usize,
    ready: VecDeque<SseEvent>,
    /// A line is beyond the limit; said when what came before it is handed over.
    too_long: bool,
    ended: bool,
    wire: Arc<Wire>,
}

impl<S, B, E> Cut<S>
where
    S: Stream<Item = Result<B, E>> + Unpin,
    B: AsRef<[u8]>,
{
    async fn next(&mut self) -> Option<Result<SseEvent, WireError<E>>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            if self.ended {
                return None;
            }
            if self.too_long {
                self.ended = true;
                self.wire.ended();
                return Some(Err(WireError::Sse(SseError::LineTooLong(self.limit))));
            }
            match self.bytes.next().await {
                Some(Ok(bytes)) => {
                    self.wire.count(bytes.as_ref().len());
                    self.rest.extend_from_slice(bytes.as_ref());
                    if self.by_line {
                        self.cut_lines();
                    }
                    self.too_long |= self.rest.len() > self.limit;
                }
                Some(Err(error)) => {
                    self.ended = true;
                    self.wire.ended();
                    return Some(Err(WireError::Transport(error)));
                }
                None => {
                    self.ended = true;
                    let last = std::mem::take(&mut self.rest);
                    self.keep(&last);
                    self.wire.ended();
                }
            }
        }
    }

    fn cut_lines(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        let mut start = 0;
        let mut from = self.scanned;
        while let Some(at) = memchr::memchr(b'\n', &rest[from..]).map(|at| from + at) {
            if at - start > self.limit {
                self.too_long = true;
                return;
            }
            self.keep(&rest[start..at]);
            (start, from) = (at + 1, at + 1);
        }
        self.rest = if start == 0 { rest } else { rest[start..].to_vec() };
        self.scanned = self.rest.len();
    }

    fn keep(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_start_matches('\u{feff}').trim();
        if !text.is_empty() {
            let event = SseEvent { event: "message".into(), data: text.to_owned(), ..SseEvent::default() };
            self.ready.push_back(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::convert::Infallible;

    fn cut(framing: Framing, pieces: &[&[u8]], limit: usize) -> Vec<Result<String, SseError>> {
        let bytes: Vec<_> = pieces.iter().map(|piece| Ok::<_, Infallible>(piece.to_vec())).collect();
        let (events, _) = framing.events(stream::iter(bytes), SseLimits { line: limit, event: limit });
        let read = |event: Result<SseEvent, WireError<Infallible>>| match event {
            Ok(event) => Ok(event.data),
            Err(WireError::Sse(error)) => Err(error),
            Err(WireError::Transport(never)) => match never {},
        };
        events.map(read).collect::<Vec<_>>().now_or_never().unwrap()
    }

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        let body = "\u{feff}{\"a\":1}\r\n\n{\"b\":\"水\"}\n{\"c\":3}".as_bytes();
        let whole = [Ok("{\"a\":1}".to_owned()), Ok("{\"b\":\"水\"}".to_owned()), Ok("{\"c\":3}".to_owned())];
        for at in 0..=body.len() {
            assert_eq!(cut(Framing::Lines, &[&body[..at], &body[at..]], 64), whole, "cut at {at}");
        }
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(cut(Framing::Lines, &bytes, 64), whole);
    }

    #[test]
    fn a_body_tells_by_its_first_sign_what_it_is() {
        let read = |head: Framing, pieces: &[&[u8]]| {
            let bytes: Vec<_> = pieces.iter().map(|piece| Ok::<_, Infallible>(piece.to_vec())).collect();
            let (events, wire) = told_by_body(stream::iter(bytes), head, SseLimits::default());
            let events: Vec<_> = events.map(|event| event.unwrap().data).collect().now_or_never().unwrap();
            (wire.whole().unwrap(), events.join("|"))
        };
        let (value, stream) = (|text: &str| (true, text.to_owned()), |text: &str| (false, text.to_owned()));
        assert_eq!(read(Framing::Sse, &[b"\r\n", b" {\"a\":\n", b"1}"]), value("{\"a\":\n1}"));
        assert_eq!(read(Framing::Sse, &["\u{feff}{}".as_bytes()]), value("{}"));
        assert_eq!(read(Framing::Whole, &[b": wait\n\nda", b"ta: x\n\n"]), stream("x"));
        assert_eq!(read(Framing::Whole, &[b"null"]), value("null"));
        assert_eq!(read(Framing::Sse, &[b"\n", b"\n", b"da", b"ta: {}\n\n"]), stream("{}"));
        assert_eq!(read(Framing::Sse, &[b"\n"]), stream(""));
    }

    #[test]
    fn a_line_without_an_end_is_bounded() {
        assert_eq!(cut(Framing::Lines, &[&[b'x'; 70]], 64), [Err(SseError::LineTooLong(64))]);
        assert_eq!(cut(Framing::Whole, &[b"{\n", b"}"], 64), [Ok("{\n}".to_owned())]);
    }

    #[test]
    fn what_came_before_a_line_without_an_end_is_read_however_it_is_cut() {
        let body = b"{\"a\":1}\n{\"b\":22222}\n{\"c\":3}\n";
        for size in 1..=body.len() {
            let pieces: Vec<&[u8]> = body.chunks(size).collect();
            let read = cut(Framing::Lines, &pieces, 8);
            assert_eq!(read, [Ok("{\"a\":1}".to_owned()), Err(SseError::LineTooLong(8))], "cut at {size}");
        }
    }
}
