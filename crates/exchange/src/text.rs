//! Small questions about text that readers and writers share.

/// A fence for a code block with `text` in it: longer than any run of backticks there.
pub fn fence(text: &str) -> String {
    let mut longest = 0;
    for line in text.lines() {
        let line = line.trim_start();
        let ticks = line.len() - line.trim_start_matches('`').len();
        longest = longest.max(ticks);
    }
    "`".repeat(longest.max(2) + 1)
}
