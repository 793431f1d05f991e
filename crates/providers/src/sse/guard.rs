//! The guard: bytes in, whole events as text that eventsource-stream reads without fault out.

use bytes::Bytes;
use memchr::memchr2;
use std::collections::VecDeque;

/// Lines that are not SSE are kept up to this many bytes: some vendors put their errors there.
const STRAY_BYTES: usize = 4096;

/// The longest line and event that are taken, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SseLimits {
    /// One line.
    pub line: usize,
    /// One event: all its lines.
    pub event: usize,
}

impl Default for SseLimits {
    fn default() -> Self {
        Self { line: 8 << 20, event: 16 << 20 }
    }
}

/// What the guard cannot let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// A line is over its limit.
    #[error("a line is longer than {0} bytes")]
    LineTooLong(usize),
    /// An event is over its limit.
    #[error("an event is longer than {0} bytes")]
    EventTooLong(usize),
    /// The parser behind the guard refused.
    #[error("an event could not be read")]
    Unreadable,
}

/// Cuts bytes into whole events.
#[derive(Debug)]
pub struct Guard {
    limits: SseLimits,
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The lines of the event that has not ended yet, mended, each with LF.
    event: Vec<u8>,
    /// The last line ended in CR: an LF right behind it belongs to that end.
    after_cr: bool,
    /// Nothing came yet: a byte order mark would stand here.
    at_start: bool,
    retry: Option<u64>,
    stray: String,
    ready: VecDeque<Bytes>,
}

impl Guard {
    /// At the start of a stream.
    pub fn new(limits: SseLimits) -> Self {
        Self {
            limits,
            line: Vec::new(),
            event: Vec::new(),
            after_cr: false,
            at_start: true,
            retry: None,
            stray: String::new(),
            ready: VecDeque::new(),
        }
    }

    /// Takes in the next bytes.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), SseError> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr2(b'\r', b'\n', bytes) else {
                return self.extend_line(bytes);
            };
            self.after_cr = bytes[end] == b'\r';
            if self.line.is_empty() {
                // The usual case: the whole line is in these bytes and need not be copied first.
                self.check_line(end)?;
                self.end_line(&bytes[..end])?;
            } else {
                self.extend_line(&bytes[..end])?;
                let line = std::mem::take(&mut self.line);
                self.end_line(&line)?;
                self.line = line;
                self.line.clear();
            }
            bytes = &bytes[end + 1..];
        }
        Ok(())
    }

    /// The next whole event, as text that eventsource-stream reads without fault.
    pub fn pop(&mut self) -> Option<Bytes> {
        self.ready.pop_front()
    }

    /// The bytes ended. The unfinished event is dropped, as the specification says. `true` if what was dropped is
    /// `data: [DONE]`, whose blank line some servers leave out.
    pub fn finish(&mut self) -> bool {
        let line = std::mem::take(&mut self.line);
        let known = self.line_kind(&line);
        if known == Kind::Stray {
            self.keep_stray(&line);
        }
        let last = if line.is_empty() { self.event.strip_suffix(b"\n").unwrap_or(&self.event) } else { &line };
        matches!(last, b"data: [DONE]" | b"data:[DONE]")
    }

    /// Lines that were not SSE, at most 4 KiB.
    pub fn stray(&self) -> &str {
        &self.stray
    }

    /// The last valid `retry`, in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    fn extend_line(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        self.check_line(self.line.len() + bytes.len())?;
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn check_line(&self, length: usize) -> Result<(), SseError> {
        if length > self.limits.line { Err(SseError::LineTooLong(self.limits.line)) } else { Ok(()) }
    }

    fn end_line(&mut self, line: &[u8]) -> Result<(), SseError> {
        let line = match std::mem::take(&mut self.at_start) {
            true => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
            false => line,
        };
        if line.is_empty() {
            self.end_event();
            return Ok(());
        }
        match self.line_kind(line) {
            Kind::Comment => return Ok(()),
            Kind::Retry => {
                self.retry = std::str::from_utf8(&line[6..]).ok().and_then(digits).or(self.retry);
                return Ok(());
            }
            Kind::Stray => {
                self.keep_stray(line);
                return Ok(());
            }
            Kind::Field => {}
        }
        if self.event.len() + line.len() > self.limits.event {
            return Err(SseError::EventTooLong(self.limits.event));
        }
        // A line ends no character, so mending line by line is the same as mending the stream.
        self.event.extend_from_slice(String::from_utf8_lossy(line).as_bytes());
        self.event.push(b'\n');
        Ok(())
    }

    fn end_event(&mut self) {
        if !self.event.is_empty() {
            self.event.push(b'\n');
            self.ready.push_back(Bytes::from(std::mem::take(&mut self.event)));
        }
    }

    fn line_kind(&self, line: &[u8]) -> Kind {
        let name = &line[..memchr::memchr(b':', line).unwrap_or(line.len())];
        match name {
            b"" => Kind::Comment,
            b"data" | b"event" | b"id" => Kind::Field,
            b"retry" if line.len() > name.len() => Kind::Retry,
            b"retry" => Kind::Comment,
            _ => Kind::Stray,
        }
    }

    fn keep_stray(&mut self, line: &[u8]) {
        let room = STRAY_BYTES.saturating_sub(self.stray.len());
        let text = String::from_utf8_lossy(&line[..line.len().min(room)]);
        self.stray.push_str(&text);
        if room > 0 {
            self.stray.push('\n');
        }
    }
}

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Comment,
    Field,
    Retry,
    Stray,
}

/// A `retry` value: ASCII digits only.
fn digits(value: &str) -> Option<u64> {
    let value = value.strip_prefix(' ').unwrap_or(value);
    let valid = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // Beyond what fits it is as long as can be.
    valid.then(|| value.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_line_ends_in_an_error_with_bounded_memory() {
        let mut guard = Guard::new(SseLimits { line: 1 << 20, event: 2 << 20 });
        guard.push(b"data: ").unwrap();
        let chunk = [b'x'; 8192];
        let mut taken = 0;
        let error = loop {
            match guard.push(&chunk) {
                Ok(()) => taken += chunk.len(),
                Err(error) => break error,
            }
        };
        assert_eq!(error, SseError::LineTooLong(1 << 20));
        assert!(taken <= 1 << 20 && guard.line.capacity() <= 4 << 20);
    }

    #[test]
    fn an_endless_event_ends_in_an_error() {
        let mut guard = Guard::new(SseLimits { line: 1024, event: 4096 });
        let error = (0..10_000).find_map(|_| guard.push(b"data: another line\n").err());
        assert_eq!(error, Some(SseError::EventTooLong(4096)));
    }

    #[test]
    fn lines_that_are_not_sse_are_kept_aside() {
        let mut guard = Guard::new(SseLimits::default());
        guard.push(b"error: {\"message\":\"no\"}\ndata: x\n\n{\"error\":1}").unwrap();
        assert_eq!(guard.pop().as_deref(), Some(&b"data: x\n\n"[..]));
        assert!(!guard.finish());
        assert_eq!(guard.stray(), "error: {\"message\":\"no\"}\n{\"error\":1}\n");
    }

    #[test]
    fn a_done_without_its_blank_line_is_noticed() {
        for end in ["data: [DONE]\n", "data: [DONE]", "data:[DONE]\r\n"] {
            let mut guard = Guard::new(SseLimits::default());
            guard.push(end.as_bytes()).unwrap();
            assert!(guard.finish(), "{end:?}");
        }
    }
}
