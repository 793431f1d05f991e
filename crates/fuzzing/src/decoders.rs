//! The decoders of the protocols, with the framing before them.

use crate::cut::{Dice, pieces};
use futures_util::{FutureExt, StreamExt, stream};
use rivulet_protocol::{Failure, WireProtocol};
use rivulet_providers::protocols::{self, Protocol};
use rivulet_providers::sse::{SseEvent, SseLimits};
use rivulet_providers::{Decoder, Delta};
use std::convert::Infallible;

pub fn openai_chat(bytes: &[u8]) {
    decoder(WireProtocol::OpenaiChat, bytes);
}

pub fn openai_responses(bytes: &[u8]) {
    decoder(WireProtocol::OpenaiResponses, bytes);
}

pub fn anthropic(bytes: &[u8]) {
    decoder(WireProtocol::Anthropic, bytes);
}

pub fn gemini(bytes: &[u8]) {
    decoder(WireProtocol::Gemini, bytes);
}

pub fn ollama(bytes: &[u8]) {
    decoder(WireProtocol::Ollama, bytes);
}

/// An answer is the same in any cut, ends once, and is not longer than what came.
fn decoder(name: WireProtocol, bytes: &[u8]) {
    let protocol = protocols::of(name);
    let whole = decode(protocol, &[bytes]);
    assert_eq!(decode(protocol, &pieces(bytes, &mut Dice::of(bytes))), whole, "cut otherwise");
    let (deltas, ended) = whole;
    let finishes = deltas.iter().filter(|delta| matches!(delta, Delta::Finish(_))).count();
    assert_eq!(finishes, usize::from(ended.is_ok()), "a complete answer says once why it ended, a broken one never");
    let behind = deltas.iter().skip_while(|delta| !matches!(delta, Delta::Finish(_)));
    assert!(behind.skip(1).all(|delta| matches!(delta, Delta::Usage(_))), "content behind the end: {deltas:?}");
    let size: usize = deltas.iter().map(size).sum();
    // Reasoning can come a second time, as what the vendor wants back; a bad byte becomes a sign of three.
    assert!(size <= 8 * bytes.len() + 1024, "{size} bytes of {}", bytes.len());
}

fn decode(protocol: &Protocol, pieces: &[&[u8]]) -> (Vec<Delta>, Result<(), Failure>) {
    let size: usize = pieces.iter().map(|piece| piece.len()).sum();
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, Infallible>(piece.to_vec())).collect();
    let (mut events, wire) = protocol.framing.events(stream::iter(pieces), SseLimits::default());
    let (mut decoder, mut deltas) = ((protocol.decoder)(), Vec::new());
    while let Some(Ok(event)) = events.next().now_or_never().flatten() {
        if let Err(failure) = decoder.push(&event, &mut deltas) {
            return (deltas, Err(failure));
        }
        assert!(decoder.held_back() <= 8 * size + 1024, "more is held back than came");
        if decoder.complete() {
            nothing_more(&mut *decoder, &event);
            return (deltas, Ok(()));
        }
    }
    let end = wire.end().cloned().unwrap_or_default();
    let ended = decoder.end(&end.stray, end.done_without_blank, &mut deltas);
    (deltas, ended)
}

/// A complete answer stays as it is, whatever follows.
fn nothing_more(decoder: &mut dyn Decoder, event: &SseEvent) {
    let mut more = Vec::new();
    let again = decoder.push(event, &mut more);
    let ended = decoder.end("", false, &mut more);
    assert!(again.is_ok() && ended.is_ok() && decoder.complete() && more.is_empty(), "after the end: {more:?}");
}

fn size(delta: &Delta) -> usize {
    match delta {
        Delta::Text(text) | Delta::Reasoning(text) => text.len(),
        Delta::ToolCall { id, name, arguments } => id.len() + name.len() + arguments.len(),
        Delta::Replay(value) => value.to_string().len(),
        Delta::Usage(_) | Delta::Finish(_) => 0,
    }
}
