//! Watching the screen: when the picture that stays, or a part of it, was first there.

use rivulet_tests::Desktop;
use rivulet_tests::desktop::SCREEN;
use std::time::{Duration, Instant};

/// How often the screen is looked at: the precision of every time made here.
pub const LOOK: Duration = Duration::from_millis(6);
/// A picture that has not changed for this long stays.
const SETTLED: Duration = Duration::from_millis(1500);
/// Pixels that may differ from the last picture: a caret that blinks.
const SMALL: usize = 400;

/// What the screen showed, and when.
pub struct Film {
    frames: Vec<(Instant, Vec<u8>)>,
}

/// A part of the screen, in pixels.
#[derive(Clone, Copy)]
pub struct Region {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Region {
    /// Whether it looks like this on the screen now, but for a caret.
    pub fn shows(self, desktop: &Desktop, picture: &[u8]) -> bool {
        difference(&self.of(&green(&desktop.pixels())), picture) <= self.caret()
    }

    fn caret(self) -> usize {
        2 * self.height
    }

    fn of(self, picture: &[u8]) -> Vec<u8> {
        let rows = picture.chunks_exact(SCREEN.0).skip(self.top).take(self.height);
        rows.flat_map(|row| &row[self.left..self.left + self.width]).copied().collect()
    }
}

impl Film {
    /// Watches until the screen has settled after it changed from `before`; `None` if it did not change within `limit`.
    pub fn watch(desktop: &Desktop, before: &[u8], limit: Duration) -> Option<Self> {
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
                return Some(Self { frames });
            }
            if start.elapsed() > limit {
                return None;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// When the screen first looked as it does in the end. Small changes, such as a blinking caret, are none.
    pub fn settled(&self) -> Instant {
        self.since(SMALL, difference)
    }

    /// When a part of the screen first looked as it does in the end.
    pub fn settled_in(&self, region: Region) -> Instant {
        self.since(region.caret(), |one, other| difference(&region.of(one), &region.of(other)))
    }

    /// How that part looked in the end.
    pub fn last(&self, region: Region) -> Vec<u8> {
        self.frames.last().map(|(_, last)| region.of(last)).unwrap_or_default()
    }

    fn since(&self, small: usize, difference: impl Fn(&[u8], &[u8]) -> usize) -> Instant {
        let (_, last) = self.frames.last().expect("a film has frames");
        let other = self.frames.iter().rposition(|(_, frame)| difference(frame, last) > small);
        self.frames[other.map_or(0, |at| at + 1)].0
    }
}

/// One byte a pixel is enough to see a change.
pub fn green(pixels: &[u8]) -> Vec<u8> {
    pixels.iter().skip(1).step_by(4).copied().collect()
}

fn difference(one: &[u8], other: &[u8]) -> usize {
    if one == other { 0 } else { one.iter().zip(other).filter(|(one, other)| one != other).count() }
}
