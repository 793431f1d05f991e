//! Watching the screen: when the picture that stays was first there.

use rivulet_tests::Desktop;
use std::time::{Duration, Instant};

/// How often the screen is looked at: the precision of every time made here.
pub const LOOK: Duration = Duration::from_millis(6);
/// A picture that has not changed for this long stays.
const SETTLED: Duration = Duration::from_millis(1500);
/// Pixels that may differ from the last picture: a caret that blinks.
const SMALL: usize = 400;

/// When the screen first looked as it does once it has settled; `None` if it never changed from `before` within
/// `limit`. Small changes, such as a blinking caret, are none.
pub fn settled(desktop: &Desktop, before: &[u8], limit: Duration) -> Option<Instant> {
    let start = Instant::now();
    let mut frames: Vec<(Instant, Vec<u8>)> = Vec::new();
    let mut changed = Instant::now();
    loop {
        let now = Instant::now();
        let frame = green(&desktop.pixels());
        let last = frames.last().map_or(before, |(_, last)| last);
        if difference(&frame, last) > 0 {
            if difference(&frame, last) > SMALL {
                changed = now;
            }
            frames.push((now, frame));
        }
        let different = frames.last().is_some_and(|(_, last)| difference(last, before) > SMALL);
        if different && changed.elapsed() > SETTLED {
            break;
        }
        if start.elapsed() > limit {
            return None;
        }
        std::thread::sleep(LOOK);
    }
    let (_, last) = frames.last()?;
    let other = frames.iter().rposition(|(_, frame)| difference(frame, last) > SMALL);
    Some(frames[other.map_or(0, |at| at + 1)].0)
}

/// One byte a pixel is enough to see a change.
pub fn green(pixels: &[u8]) -> Vec<u8> {
    pixels.iter().skip(1).step_by(4).copied().collect()
}

fn difference(one: &[u8], other: &[u8]) -> usize {
    if one == other { 0 } else { one.iter().zip(other).filter(|(one, other)| one != other).count() }
}
