//! JSON from a stream, one value at a time: a file of a gigabyte costs the memory of its largest conversation.
//!
//! serde_json reads a whole value or nothing. Here the outer arrays and objects are walked by hand, and only what
//! stands in them is handed to serde_json, within [`crate::limits`].

use crate::{ReadError, limits};
use memchr::memchr2;
use serde_json::Value;
use std::io::{ErrorKind, Read};

const BUFFER: usize = 64 << 10;

/// A walk through JSON text.
pub struct Json<R> {
    input: R,
    buffer: Box<[u8]>,
    /// What is read and not yet used: `buffer[at..end]`.
    at: usize,
    end: usize,
    /// Bytes before `buffer[0]`.
    before: u64,
    /// The last value.
    value: Vec<u8>,
}

impl<R: Read> Json<R> {
    /// A walk from the beginning of `input`. A byte order mark is passed over.
    pub fn new(input: R) -> Result<Self, ReadError> {
        let buffer = vec![0; BUFFER].into_boxed_slice();
        let mut json = Self { input, buffer, at: 0, end: 0, before: 0, value: Vec::new() };
        for mark in [0xef, 0xbb, 0xbf] {
            if json.byte()? != Some(mark) {
                break;
            }
            json.at += 1;
        }
        Ok(json)
    }

    /// The next byte that is no space; `None` at the end. It is not taken.
    pub fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            match self.byte()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                other => return Ok(other),
            }
        }
    }

    /// Goes into an array (`b'['`) or object (`b'{'`).
    pub fn enter(&mut self, open: u8) -> Result<(), ReadError> {
        match self.peek()? {
            Some(found) if found == open => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.wrong()),
            None => Err(ReadError::CutShort),
        }
    }

    /// Whether there is another item before `close`; its comma, or `close` itself, is taken.
    pub fn more(&mut self, close: u8, first: &mut bool) -> Result<bool, ReadError> {
        match self.peek()? {
            None => Err(ReadError::CutShort),
            Some(found) if found == close => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if std::mem::take(first) => Ok(true),
            Some(b',') => {
                self.at += 1;
                // `[1,]` is no JSON.
                if self.peek()? == Some(close) { Err(self.wrong()) } else { Ok(true) }
            }
            Some(_) => Err(self.wrong()),
        }
    }

    /// A key of the object this is in.
    pub fn key(&mut self) -> Result<String, ReadError> {
        if self.peek()? != Some(b'"') {
            return Err(self.wrong());
        }
        self.raw(true)?;
        let key = serde_json::from_slice(&self.value).map_err(|_| self.wrong())?;
        self.enter(b':')?;
        Ok(key)
    }

    /// Calls `each` before each item of an array; it must take the item.
    pub fn array(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), ReadError>) -> Result<(), ReadError> {
        self.enter(b'[')?;
        let mut first = true;
        while self.more(b']', &mut first)? {
            each(self)?;
        }
        Ok(())
    }

    /// Calls `each` with each key of an object; it must take the value.
    pub fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, String) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        self.enter(b'{')?;
        let mut first = true;
        while self.more(b'}', &mut first)? {
            let key = self.key()?;
            each(self, key)?;
        }
        Ok(())
    }

    /// Calls `each` before each item of an array, or once before a value that is none.
    pub fn one_or_many(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), ReadError>) -> Result<(), ReadError> {
        if self.peek()? == Some(b'[') { self.array(each) } else { each(self) }
    }

    /// The next value.
    pub fn value(&mut self) -> Result<Value, ReadError> {
        let start = self.position();
        self.raw(true)?;
        parse(&mut self.value).ok_or(ReadError::NotJson(start))
    }

    /// The bytes of the next value: balanced, and otherwise unchecked.
    pub fn bytes(&mut self) -> Result<&[u8], ReadError> {
        self.raw(true)?;
        Ok(&self.value)
    }

    /// The bytes of the last value that was taken.
    pub fn last(&self) -> &[u8] {
        &self.value
    }

    /// The last value was no JSON, as serde_json says.
    pub fn not_json(&self) -> ReadError {
        ReadError::NotJson(self.position().saturating_sub(self.value.len() as u64))
    }

    /// Passes over the next value.
    pub fn skip(&mut self) -> Result<(), ReadError> {
        self.raw(false)
    }

    /// There must be nothing more.
    pub fn end(&mut self) -> Result<(), ReadError> {
        if self.peek()?.is_some() { Err(self.wrong()) } else { Ok(()) }
    }

    /// Where this is, in bytes from the beginning.
    fn position(&self) -> u64 {
        self.before + self.at as u64
    }

    fn wrong(&self) -> ReadError {
        ReadError::NotJson(self.position())
    }

    fn byte(&mut self) -> Result<Option<u8>, ReadError> {
        if self.at == self.end && !self.fill()? { Ok(None) } else { Ok(Some(self.buffer[self.at])) }
    }

    /// Reads more; whether there was more. The buffer must be used up.
    fn fill(&mut self) -> Result<bool, ReadError> {
        self.before += self.end as u64;
        (self.at, self.end) = (0, 0);
        loop {
            match self.input.read(&mut self.buffer) {
                Ok(read) => {
                    self.end = read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Takes the next value, keeping its bytes or not.
    fn raw(&mut self, keep: bool) -> Result<(), ReadError> {
        self.value.clear();
        let Some(first) = self.peek()? else { return Err(ReadError::CutShort) };
        let mut scan = Scan::default();
        if !matches!(first, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') {
            return Err(self.wrong());
        }
        loop {
            if self.at == self.end && !self.fill()? {
                // A number may end with the file.
                return if scan.scalar { Ok(()) } else { Err(ReadError::CutShort) };
            }
            let chunk = &self.buffer[self.at..self.end];
            let (used, done) = scan.chunk(chunk)?;
            if keep {
                self.value.extend_from_slice(&chunk[..used]);
            }
            scan.bytes += used;
            if scan.bytes > limits::VALUE_BYTES {
                return Err(ReadError::TooLarge("values"));
            }
            self.at += used;
            if done {
                return Ok(());
            }
        }
    }
}

/// Where a scan for the end of a value stands.
#[derive(Default)]
struct Scan {
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// In a number or word outside of all brackets.
    scalar: bool,
    values: usize,
    bytes: usize,
}

impl Scan {
    /// How much of `chunk` belongs to the value, and whether it ends there.
    fn chunk(&mut self, chunk: &[u8]) -> Result<(usize, bool), ReadError> {
        let mut at = 0;
        while at < chunk.len() {
            if self.in_string {
                if std::mem::take(&mut self.escaped) {
                    at += 1;
                    continue;
                }
                match memchr2(b'"', b'\\', &chunk[at..]) {
                    None => return Ok((chunk.len(), false)),
                    Some(found) => at += found + 1,
                }
                if chunk[at - 1] == b'\\' {
                    self.escaped = true;
                } else {
                    self.in_string = false;
                    if self.depth == 0 {
                        return Ok((at, true));
                    }
                }
                continue;
            }
            match chunk[at] {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    self.values += 1;
                    if self.depth > limits::DEPTH {
                        return Err(ReadError::TooDeep);
                    }
                }
                b'}' | b']' | b',' | b' ' | b'\n' | b'\r' | b'\t' if self.scalar => return Ok((at, true)),
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Ok((at + 1, true));
                    }
                }
                b',' => self.values += 1,
                _ if self.depth == 0 => self.scalar = true,
                _ => {}
            }
            if self.values > limits::VALUES {
                return Err(ReadError::TooLarge("values"));
            }
            at += 1;
        }
        Ok((chunk.len(), false))
    }
}

/// Parses a value. Half of a surrogate pair, which JavaScript's strings may have and ours may not, becomes U+FFFD.
pub fn parse(bytes: &mut [u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok().or_else(|| {
        mend(bytes);
        serde_json::from_slice(bytes).ok()
    })
}

fn mend(bytes: &mut [u8]) {
    let surrogate = |bytes: &[u8], at: usize| -> Option<u32> {
        let escape = bytes.get(at..at + 6)?;
        if !escape.starts_with(b"\\u") {
            return None;
        }
        let code = u32::from_str_radix(std::str::from_utf8(&escape[2..]).ok()?, 16).ok()?;
        (0xd800..0xe000).contains(&code).then_some(code)
    };
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match surrogate(bytes, at) {
            Some(code) if code < 0xdc00 && surrogate(bytes, at + 6).is_some_and(|low| low >= 0xdc00) => at += 12,
            Some(_) => {
                bytes[at..at + 6].copy_from_slice(b"\\ufffd");
                at += 6;
            }
            None => at += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives few bytes at a time, so that every edge of the buffer is met.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.len().min(3).min(into.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn items(text: &str) -> Result<Vec<Value>, ReadError> {
        let mut json = Json::new(Drip(text.as_bytes()))?;
        let mut items = Vec::new();
        json.array(|json| {
            items.push(json.value()?);
            Ok(())
        })?;
        json.end()?;
        Ok(items)
    }

    #[test]
    fn items_of_an_array_come_one_by_one() {
        let text = "\u{feff} [ {\"a\": [1, \"]\\\"}\"]}, -1.5e3 ,true,\"\\\\\", null, [] ]\n";
        let whole: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        assert_eq!(Value::Array(items(text).unwrap()), whole);
        assert!(items("[]").unwrap().is_empty());
    }

    #[test]
    fn keys_and_nested_walks() {
        let mut json = Json::new(Drip(br#"{"skip": {"x": [1,2]}, "k\u00e9y": 7, "in": {"a": 1}} "#)).unwrap();
        let mut seen = Vec::new();
        json.object(|json, key| {
            match key.as_str() {
                "skip" => json.skip()?,
                "in" => json.object(|json, key| {
                    seen.push(format!("in.{key}={}", json.value()?));
                    Ok(())
                })?,
                _ => seen.push(format!("{key}={}", json.value()?)),
            }
            Ok(())
        })
        .unwrap();
        json.end().unwrap();
        assert_eq!(seen, ["kéy=7", "in.a=1"]);
    }

    #[test]
    fn what_is_no_json_is_told_from_what_is_cut() {
        for cut in ["", "[", "[1", "[1,", "[{\"a\"", "[\"abc", "[\"abc\\"] {
            assert!(matches!(items(cut), Err(ReadError::CutShort)), "{cut:?}: {:?}", items(cut));
        }
        for wrong in ["[1,]", "[1 2]", "{}", "[x]", "[1]x", "[nul]", "[{a:1}]", "[{]]"] {
            assert!(matches!(items(wrong), Err(ReadError::NotJson(_))), "{wrong:?}: {:?}", items(wrong));
        }
        assert!(matches!(items(&"[".repeat(1_000)), Err(ReadError::TooDeep)));
        let many = format!("[[{}1]]", "0,".repeat(limits::VALUES));
        let mut json = Json::new(many.as_bytes()).unwrap();
        assert!(matches!(json.array(|json| json.skip()), Err(ReadError::TooLarge(_))));
    }

    #[test]
    fn half_a_surrogate_pair_costs_one_sign() {
        assert_eq!(items(r#"["a\ud83d b\ud83d\ude00 \\ud83d"]"#).unwrap()[0], "a\u{fffd} b😀 \\ud83d");
    }
}
