//! Streams as the vendors shape them (`fixtures/<protocol>/*.sse`, `*.ndjson`), and what framing and decoder make of
//! each (`*.snap` beside it): the same however the bytes are cut.

#![allow(missing_docs, clippy::unwrap_used)]

use futures_util::{FutureExt, StreamExt, stream};
use rivulet_providers::Delta;
use rivulet_providers::protocols::{self, Protocol};
use rivulet_providers::sse::SseLimits;
use std::convert::Infallible;
use std::fmt::Write;
use std::path::Path;

/// One line for each delta, and one for how the answer ended.
fn decode<'a>(protocol: &Protocol, pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let pieces: Vec<_> = pieces.into_iter().map(|piece| Ok::<_, Infallible>(piece.to_vec())).collect();
    let (mut events, wire) = protocol.framing.events(stream::iter(pieces), SseLimits::default());
    let (mut decoder, mut deltas) = ((protocol.decoder)(), Vec::new());
    let mut ended = Ok(());
    while let Some(event) = events.next().now_or_never().unwrap() {
        ended = decoder.push(&event.unwrap(), &mut deltas);
        if ended.is_err() || decoder.complete() {
            break;
        }
    }
    if ended.is_ok() && !decoder.complete() {
        let end = wire.end().cloned().unwrap_or_default();
        ended = decoder.end(&end.stray, end.done_without_blank, &mut deltas);
    }
    let mut lines = String::new();
    for delta in &deltas {
        writeln!(lines, "{}", line(delta)).unwrap();
    }
    match ended {
        Ok(()) => lines + "complete",
        Err(failure) => lines + &format!("failed: {:?} {:?} {:?}", failure.code, failure.status, failure.detail),
    }
}

fn line(delta: &Delta) -> String {
    match delta {
        Delta::Text(text) => format!("text: {text:?}"),
        Delta::Reasoning(text) => format!("reasoning: {text:?}"),
        Delta::ToolCall { id, name, arguments } => format!("tool call: {id} {name} {arguments}"),
        Delta::Replay(item) => {
            // Fields in alphabetical order, however serde_json was built.
            let mut item = item.clone();
            item.sort_all_objects();
            format!("replay: {item}")
        }
        Delta::Usage(usage) => format!("usage: {usage:?}"),
        Delta::Finish(reason) => format!("finish: {reason:?}"),
    }
}

#[test]
fn every_stream_is_read_as_reviewed_however_it_is_cut() {
    for protocol in protocols::TABLE {
        let name = serde_json::to_value(protocol.name).unwrap();
        let name = name.as_str().unwrap();
        let seen = read_all(protocol, &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name));
        assert!(seen >= 10, "only {seen} streams of {name} were found");
    }
}

fn read_all(protocol: &Protocol, folder: &Path) -> usize {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut seen = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension == "snap" || extension == "new") {
            continue;
        }
        seen += 1;
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let whole = decode(protocol, [bytes.as_slice()]);
        for at in 0..bytes.len() {
            let (start, rest) = bytes.split_at(at);
            assert_eq!(decode(protocol, [start, rest]), whole, "{name}, cut at {at}");
        }
        assert_eq!(decode(protocol, bytes.chunks(1)), whole, "{name}, byte by byte");
        settings.bind(|| insta::assert_snapshot!(name, whole));
    }
    seen
}
