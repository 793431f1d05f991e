//! The guard with eventsource-stream behind it, beside published parsers of the same streams.

use crate::goals::Goals;
use crate::{Failure, best, fixtures, megabytes_a_second};
use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use rivulet_providers::sse::{self, SseLimits};
use rivulet_providers::vectors::{Expected, Parsed, Report, run_sse, run_sse_with};
use sse_core::SseEvent as Core;
use std::convert::Infallible;
use std::hint::black_box;

const CASES: &str = include_str!("../../tests/vectors/sse.json");
/// Bytes a round plays at least.
const SIZE: usize = 8 << 20;
/// What a socket hands over at once: a packet of TCP on Ethernet.
const CHUNK: usize = 1460;
const LONG_EVENT: usize = 40 << 10;
/// Of the rate of the fastest of those that conform best, on recorded streams. Every event is read by two parsers here, the second of
/// them sign by sign; so much that may cost, and more is said as it is. (A model's server sends less than 1 MB/s.)
const AGAINST_FASTEST: f64 = 0.5;

/// Of a published parser: all that is compared.
struct Rival {
    name: &'static str,
    parse: fn(Vec<Vec<u8>>) -> Parsed,
    count: fn(&[Bytes]) -> usize,
}

const RIVALS: &[Rival] = &[
    Rival { name: "sse-core", parse: core, count: |chunks| count(sse_core::SseStream::new(chunked(chunks))) },
    Rival { name: "sse-stream", parse: raw, count: |chunks| count(sse_stream::SseByteStream::new(chunked(chunks))) },
    Rival { name: "sseer", parse: sseer, count: |chunks| count(sseer::EventStream::new(chunked(chunks))) },
];

pub fn run(goals: &mut Goals) -> Result<(), Failure> {
    let ours = run_sse(CASES)?;
    let cases = ours.passed + ours.failed.len();
    println!("parsers of event streams, chunks of {CHUNK} bytes; MB/s on one core, cases of conformance passed");
    let recorded = chunks(&recorded()?);
    let long = chunks(format!("data: {}\n\n", "x".repeat(LONG_EVENT)).repeat(SIZE / LONG_EVENT).as_bytes());
    let comments = chunks(": keep-alive\n\n".repeat(SIZE / 14).as_bytes());
    let rates = |count: fn(&[Bytes]) -> usize| -> Vec<Box<dyn FnMut() + '_>> {
        [&recorded, &long, &comments].map(|chunks| Box::new(move || _ = black_box(count(chunks))) as Box<_>).into()
    };
    let mut plays = rates(|chunks| count(sse::events(chunked(chunks), SseLimits::default()).0));
    let mut rows = vec![("guard + eventsource-stream", ours.clone())];
    for rival in RIVALS {
        plays.extend(rates(rival.count));
        rows.push((rival.name, run_sse_with(CASES, &rival.parse)?));
    }
    // Of the others none has to be without a fault: those with the fewest are compared.
    let most = rows.iter().skip(1).map(|(_, report)| report.passed).max().unwrap_or_default();
    let times = best(plays);
    println!("{:28} {:>10} {:>10} {:>10} {:>12}", "parser", "recorded", "40 KB", "comments", "conforms");
    let mut rates = Vec::new();
    for ((name, Report { passed, failed }), times) in rows.into_iter().zip(times.chunks(3)) {
        let sizes = [&recorded, &long, &comments].map(|chunks| chunks.iter().map(Bytes::len).sum());
        let [first, second, third] = [0, 1, 2].map(|at| megabytes_a_second(sizes[at], times[at]));
        let first = if passed >= most { Some(first) } else { None };
        // One that breaks off at what the recorded streams hold is soon done with them.
        let shown = first.map_or("-".to_owned(), |first| format!("{first:.0}"));
        println!("{name:28} {shown:>10} {second:>10.0} {third:>10.0} {passed:>6} / {cases}");
        if first.is_some() && !failed.is_empty() {
            println!("{:28} not: {}", "", failed.join(", "));
        }
        rates.extend(first.map(|rate| (name, rate)));
    }
    goals.check("the guard passes every case of conformance", ours.failed.is_empty());
    let ours = rates.first().map_or(0.0, |(_, rate)| *rate);
    let fastest = rates.iter().skip(1).max_by(|(_, a), (_, b)| a.total_cmp(b));
    let (name, rate) = fastest.ok_or("there is no other parser")?;
    let ratio = ours / rate;
    let goal = format!("recorded streams at {AGAINST_FASTEST} times {name} at least ({ratio:.2}; {ours:.0} MB/s)");
    goals.check(&goal, ratio >= AGAINST_FASTEST);
    Ok(())
}

/// The recorded streams of all protocols that use events, one behind the other, over and over.
fn recorded() -> Result<Vec<u8>, Failure> {
    let mut once = Vec::new();
    for protocol in ["openai_chat", "openai_responses", "anthropic", "gemini"] {
        let mut paths: Vec<_> =
            fixtures(protocol).read_dir()?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "sse"));
        paths.sort();
        for path in paths {
            once.extend(std::fs::read(path)?);
            once.extend(b"\n\n");
        }
    }
    Ok(once.repeat(SIZE.div_ceil(once.len())))
}

fn chunks(bytes: &[u8]) -> Vec<Bytes> {
    bytes.chunks(CHUNK).map(Bytes::copy_from_slice).collect()
}

fn chunked(chunks: &[Bytes]) -> impl Stream<Item = Result<Bytes, Infallible>> + Unpin {
    stream::iter(chunks.iter().cloned().map(Ok))
}

fn count(stream: impl Stream<Item: Sized>) -> usize {
    let counted = stream.fold(0, |count, event| {
        drop(black_box(event));
        std::future::ready(count + 1)
    });
    counted.now_or_never().unwrap_or(0)
}

fn owned(chunks: Vec<Vec<u8>>) -> impl Stream<Item = Result<Bytes, Infallible>> + Unpin {
    stream::iter(chunks.into_iter().map(|chunk| Ok(Bytes::from(chunk))))
}

fn all<T, E: std::fmt::Debug>(stream: impl Stream<Item = Result<T, E>>) -> Result<Vec<T>, String> {
    let all: Vec<_> = stream.collect().now_or_never().ok_or("never ended")?;
    all.into_iter().collect::<Result<_, _>>().map_err(|error| format!("{error:?}"))
}

fn core(chunks: Vec<Vec<u8>>) -> Parsed {
    let (mut events, mut retry) = (Vec::new(), None);
    for event in all(sse_core::SseStream::new(owned(chunks)))? {
        match event {
            Core::Retry(time) => retry = Some(u64::from(time)),
            Core::Message(message) => {
                let id = message.last_event_id.as_deref().unwrap_or_default().to_owned();
                events.push(Expected { event: message.event.into_owned(), data: message.data, id });
            }
        }
    }
    Ok((events, retry))
}

/// This one hands over blocks; what makes events of them is the caller's.
fn raw(chunks: Vec<Vec<u8>>) -> Parsed {
    let (mut events, mut retry, mut id) = (Vec::new(), None, String::new());
    for block in all(sse_stream::SseByteStream::new(owned(chunks)))? {
        retry = block.retry.or(retry);
        id = block.id.unwrap_or(id);
        if let Some(data) = block.data {
            let event = block.event.filter(|name| !name.is_empty()).unwrap_or_else(|| "message".into());
            events.push(Expected { event, data, id: id.clone() });
        }
    }
    Ok((events, retry))
}

fn sseer(chunks: Vec<Vec<u8>>) -> Parsed {
    let (mut events, mut retry) = (Vec::new(), None);
    for event in all(sseer::EventStream::new(owned(chunks)))? {
        retry = event.retry.map(|time| time.as_millis() as u64).or(retry);
        let (event, data, id) = (event.event.to_string(), event.data.to_string(), event.id.to_string());
        events.push(Expected { event, data, id });
    }
    Ok((events, retry))
}
