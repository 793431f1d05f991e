//! Text as it is gathered, up to a limit.

use crate::TEXT_BYTES;

/// Stands at the end of a text that is longer than what is kept.
const GOES_ON: &str = "\n[The file goes on; the rest was left out.]";
/// The most empty lines or cells that are written for a gap.
const GAP: u32 = 200;

/// Blanks are written when something follows them, so that none stand at the end, however many a file says there are.
#[derive(Debug, Default)]
pub(super) struct Text {
    text: String,
    lines: u32,
    cells: u32,
    cut: bool,
}

impl Text {
    pub fn push(&mut self, more: &str) {
        if more.is_empty() || self.cut {
            return;
        }
        // No line stands empty at the start.
        let lines = if self.text.is_empty() { 0 } else { self.lines.min(GAP) };
        let blanks = "\n".repeat(lines as usize) + &"\t".repeat(self.cells.min(GAP) as usize);
        (self.lines, self.cells) = (0, 0);
        for part in [&blanks, more] {
            let mut end = part.len().min(TEXT_BYTES.saturating_sub(GOES_ON.len() + self.text.len()));
            while !part.is_char_boundary(end) {
                end -= 1;
            }
            self.cut |= end < part.len();
            self.text.push_str(&part[..end]);
        }
    }

    /// Ends a line.
    pub fn line(&mut self) {
        self.lines_more(1);
    }

    /// Ends so many lines.
    pub fn lines_more(&mut self, count: u32) {
        self.cells = 0;
        self.lines = self.lines.saturating_add(count);
    }

    /// Ends so many cells of a table.
    pub fn cells(&mut self, count: u32) {
        self.cells = self.cells.saturating_add(count);
    }

    /// A title over what follows, with an empty line before it.
    pub fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.lines = 2;
        }
        self.push("## ");
        self.push(title);
        self.line();
    }

    /// Nothing more is kept.
    pub fn is_full(&self) -> bool {
        self.cut
    }

    pub fn finish(mut self) -> String {
        if self.cut {
            self.text.push_str(GOES_ON);
        }
        self.text
    }
}
