//! Runs recorded SSE cases through the guard and eventsource-stream.

use crate::sse::{self, SseLimits};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{FutureExt, StreamExt, stream};
use serde::Deserialize;
use std::convert::Infallible;

/// What came of a file of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many cases passed.
    pub passed: usize,
    /// The names of those that did not, with how their bytes were cut.
    pub failed: Vec<String>,
}

/// One case: bytes as they came, and what the specification makes of them.
#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    chunks_base64: Vec<String>,
    expect: Vec<Expected>,
    /// Read so that one beyond all numbers is no reason to read none of the cases.
    #[serde(default)]
    retry: Option<serde_json::Number>,
}

/// An event; `id` is the last event id at its dispatch.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Expected {
    /// Its name.
    pub event: String,
    /// What it carries.
    pub data: String,
    /// Of this event or the last one that had an id.
    pub id: String,
}

/// What a parser makes of a stream: its events, and the last valid `retry`.
pub type Parsed = Result<(Vec<Expected>, Option<u64>), String>;

/// Runs every case of a file `[{name, chunks_base64, expect: [{event, data, id}], retry}]`: as recorded, whole, cut at
/// every byte, and cut at pseudo-random places. A case passes if all of them give what is expected.
pub fn run_sse(json: &str) -> Result<Report, String> {
    run_sse_with(json, &guarded)
}

/// The same with any parser of streams, which is given the chunks.
pub fn run_sse_with(json: &str, parse: &dyn Fn(Vec<Vec<u8>>) -> Parsed) -> Result<Report, String> {
    let cases: Vec<Case> = serde_json::from_str(json).map_err(|error| format!("the cases cannot be read: {error}"))?;
    let mut report = Report::default();
    for case in cases {
        match run(&case, parse) {
            Ok(()) => report.passed += 1,
            Err(how) => report.failed.push(format!("{} ({how})", case.name)),
        }
    }
    Ok(report)
}

fn run(case: &Case, parse: &dyn Fn(Vec<Vec<u8>>) -> Parsed) -> Result<(), String> {
    let chunks = case.chunks_base64.iter().map(|chunk| STANDARD.decode(chunk));
    let chunks: Vec<Vec<u8>> = chunks.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let whole = chunks.concat();
    let expected = case.retry.as_ref().map(|retry| retry.as_u64().unwrap_or(u64::MAX));
    let check = |chunks, how: &str| match parse(chunks) {
        Ok((events, retry)) if events == case.expect && retry == expected => Ok(()),
        Ok(_) => Err(how.to_owned()),
        Err(error) => Err(format!("{how}: {error}")),
    };
    check(chunks, "as recorded")?;
    check(vec![whole.clone()], "in one piece")?;
    // Cutting a long case at each byte adds time and nothing else.
    if whole.len() <= 1 << 16 {
        check(whole.iter().map(|byte| vec![*byte]).collect(), "byte by byte")?;
    }
    for seed in 1..=8 {
        check(cut(&whole, seed), "cut at random")?;
    }
    Ok(())
}

/// Cuts at places that look random and are the same each time.
fn cut(bytes: &[u8], seed: u64) -> Vec<Vec<u8>> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let (mut rest, mut chunks) = (bytes, Vec::new());
    while !rest.is_empty() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let length = 1 + (state >> 33) as usize % 64.min(rest.len());
        let (chunk, more) = rest.split_at(length.min(rest.len()));
        chunks.push(chunk.to_vec());
        rest = more;
    }
    chunks
}

/// The guard and eventsource-stream.
fn guarded(chunks: Vec<Vec<u8>>) -> Parsed {
    let bytes = stream::iter(chunks.into_iter().map(Ok::<_, Infallible>));
    let (events, wire) = sse::events(bytes, SseLimits::default());
    let events: Vec<_> = events.collect().now_or_never().ok_or("never ended")?;
    let events: Result<Vec<_>, _> = events.into_iter().collect();
    let events = events.map_err(|error| format!("{error:?}"))?;
    let events = events.into_iter().map(|event| Expected { event: event.event, data: event.data, id: event.id });
    Ok((events.collect(), wire.end().and_then(|end| end.retry)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_case_passes_however_it_is_cut() {
        let report = run_sse(include_str!("../tests/vectors/sse.json")).unwrap();
        assert_eq!(report.failed, Vec::<String>::new());
        assert!(report.passed > 100, "{}", report.passed);
    }
}
