//! The wire guard, and the guard with the parser behind it.

use crate::cut::{Dice, pieces};
use crate::reference;
use futures_util::{FutureExt, StreamExt, stream};
use rivulet_providers::sse::{self, Guard, SseError, SseEvent, SseLimits, WireError};
use std::convert::Infallible;

/// So small that what is made up goes beyond them.
const SMALL: SseLimits = SseLimits { line: 48, event: 96 };

/// Blocks, error, end marker without its blank line, stray lines, `retry`.
type Guarded = (Vec<Vec<u8>>, Option<SseError>, bool, String, Option<u64>);

/// Cut in any way, the blocks are the same, sound and within their limits.
pub fn guard(bytes: &[u8]) {
    let mut dice = Dice::of(bytes);
    for limits in [SseLimits::default(), SMALL] {
        let whole = guarded(limits, &[bytes]);
        assert_eq!(guarded(limits, &pieces(bytes, &mut dice)), whole, "cut otherwise");
        for block in &whole.0 {
            let text = std::str::from_utf8(block);
            assert!(text.is_ok_and(|text| text.ends_with("\n\n") && !text.contains('\r')), "an unsound block");
            // A bad byte becomes a sign of three.
            assert!(block.len() <= limits.event.saturating_add(3 * limits.line) + 2, "beyond the limit");
        }
        assert!(whole.3.len() <= 3 * 4096 + bytes.len(), "stray lines without a bound");
    }
}

fn guarded(limits: SseLimits, pieces: &[&[u8]]) -> Guarded {
    let (mut guard, mut blocks) = (Guard::new(limits), Vec::new());
    let mut error = None;
    for piece in pieces {
        error = guard.push(piece).err();
        blocks.extend(std::iter::from_fn(|| guard.pop()).map(|block| block.to_vec()));
        if error.is_some() {
            return (blocks, error, false, guard.stray().to_owned(), guard.retry());
        }
    }
    let done = guard.finish();
    (blocks, error, done, guard.stray().to_owned(), guard.retry())
}

/// The events are those of the specification, and with a limit the same in any cut.
pub fn sse(bytes: &[u8]) {
    let mut dice = Dice::of(bytes);
    let (events, retry) = reference::events(bytes);
    let read = read(SseLimits::default(), &pieces(bytes, &mut dice));
    assert_eq!(read, (events.clone(), None, retry), "not as the specification has it");
    let whole = self::read(SMALL, &[bytes]);
    assert_eq!(self::read(SMALL, &pieces(bytes, &mut dice)), whole, "cut otherwise");
    assert!(events.starts_with(&whole.0), "an event that no limit makes");
}

/// Events, what broke them off, `retry`. Nothing comes after the end.
fn read(limits: SseLimits, pieces: &[&[u8]]) -> (Vec<SseEvent>, Option<SseError>, Option<u64>) {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, Infallible>(piece.to_vec())).collect();
    let (mut stream, wire) = sse::events(stream::iter(pieces), limits);
    let (mut events, mut error) = (Vec::new(), None);
    while let Some(next) = stream.next().now_or_never().flatten() {
        assert!(error.is_none(), "something came after the end");
        match next {
            Ok(event) => events.push(event),
            Err(WireError::Sse(broken)) => error = Some(broken),
            Err(WireError::Transport(never)) => match never {},
        }
    }
    (events, error, wire.end().and_then(|end| end.retry))
}
