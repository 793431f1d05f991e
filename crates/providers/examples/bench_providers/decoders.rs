//! The decoders, beside serde_json alone on the same JSON.

use crate::goals::Goals;
use crate::{Failure, best, fixtures, megabytes_a_second};
use futures_util::{FutureExt, StreamExt, stream};
use rivulet_providers::protocols::{self, Protocol};
use rivulet_providers::sse::{SseEvent, SseLimits};
use serde_json::Value;
use std::convert::Infallible;
use std::hint::black_box;

/// Bytes of JSON a round plays at least.
const SIZE: usize = 4 << 20;
/// A decoder has to read all of the JSON, as `serde_json::Value` does, and keeps less of it: it should cost no more.
const AGAINST_SERDE: f64 = 1.0;

pub fn run(goals: &mut Goals) -> Result<(), Failure> {
    println!("decoders, recorded streams that end well, over and over; MB/s of JSON on one core");
    println!(
        "{:18} {:>8} {:>8} {:>12} {:>12} {:>8}",
        "protocol", "streams", "events", "decoder", "serde_json", "ratio"
    );
    let mut ratios = Vec::new();
    for protocol in protocols::TABLE {
        ratios.push(measure(protocol)?);
    }
    let least = ratios.into_iter().fold(f64::MAX, f64::min);
    goals.check(
        &format!("every decoder reads as fast as serde_json makes values ({least:.2} times)"),
        least >= AGAINST_SERDE,
    );
    println!();
    Ok(())
}

fn measure(protocol: &'static Protocol) -> Result<f64, Failure> {
    let name = serde_json::to_value(protocol.name)?;
    let name = name.as_str().ok_or("a protocol without a name")?;
    let streams = streams(protocol, name)?;
    let events: usize = streams.iter().map(Vec::len).sum();
    let bytes: usize = streams.iter().flatten().map(|event| event.data.len()).sum();
    let times = SIZE.div_ceil(bytes.max(1));
    let decode = || {
        for _ in 0..times {
            streams.iter().for_each(|stream| drop(black_box(decode(protocol, stream))));
        }
    };
    let parse = || {
        for _ in 0..times {
            for event in streams.iter().flatten().filter(|event| event.data != "[DONE]") {
                drop(black_box(serde_json::from_str::<Value>(&event.data)));
            }
        }
    };
    let [decoder, serde] = best(vec![Box::new(decode), Box::new(parse)])[..] else { return Err("no times".into()) };
    let rate = |time| megabytes_a_second(bytes * times, time);
    let ratio = rate(decoder) / rate(serde);
    let count = streams.len();
    println!("{name:18} {count:>8} {events:>8} {:>12.0} {:>12.0} {ratio:>8.2}", rate(decoder), rate(serde));
    Ok(ratio)
}

/// The events of each recorded stream that is a complete answer.
fn streams(protocol: &Protocol, name: &str) -> Result<Vec<Vec<SseEvent>>, Failure> {
    let mut paths: Vec<_> =
        fixtures(name).read_dir()?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "sse" || ending == "ndjson"));
    paths.sort();
    let mut streams = Vec::new();
    for path in paths {
        let bytes = stream::iter([Ok::<_, Infallible>(std::fs::read(path)?)]);
        let (events, _) = protocol.framing.events(bytes, SseLimits::default());
        let events: Vec<_> =
            events.filter_map(async |event| event.ok()).collect().now_or_never().ok_or("a stream without end")?;
        if decode(protocol, &events).is_ok() {
            streams.push(events);
        }
    }
    Ok(streams)
}

fn decode(protocol: &Protocol, events: &[SseEvent]) -> Result<usize, rivulet_protocol::Failure> {
    let (mut decoder, mut deltas) = ((protocol.decoder)(), Vec::new());
    for event in events {
        decoder.push(event, &mut deltas)?;
        if decoder.complete() {
            return Ok(deltas.len());
        }
    }
    decoder.end("", false, &mut deltas)?;
    Ok(deltas.len())
}
