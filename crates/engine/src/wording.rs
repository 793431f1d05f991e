//! Words the engine itself writes: titles, and what a model is told when it shall go on.

/// What a model is told when its answer was cut. The partial answer stands before it in the request.
pub(crate) const CONTINUE: &str = "Continue exactly where your answer stopped. \
    Do not repeat anything and do not comment on the interruption; the text will be joined.";

/// The longest title, in characters.
const TITLE_LEN: usize = 60;

/// A title made from the first message, without asking a model: its first line, cut at a word.
pub(crate) fn title(text: &str) -> String {
    let line = text.lines().map(|line| line.trim_start_matches(['#', '>', '-', '*', ' ']).trim());
    let line = line.into_iter().find(|line| !line.is_empty()).unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= TITLE_LEN {
        return line;
    }
    let cut: String = line.chars().take(TITLE_LEN).collect();
    // Chinese has no spaces to cut at, and a cut that throws away half is worse than one in mid-word.
    let at = cut.rfind(' ').filter(|at| *at > cut.len() / 2).unwrap_or(cut.len());
    format!("{}…", cut[..at].trim_end_matches([',', '.', ';', ':', ' ']))
}

/// The title of a copy: `Rivers (2)`, and of a copy of that `Rivers (3)`.
pub(crate) fn fork_title(title: &str) -> String {
    let numbered = title.strip_suffix(')').and_then(|title| title.rsplit_once(" ("));
    match numbered.and_then(|(base, number)| Some((base, number.parse::<u32>().ok()?))) {
        Some((base, number)) => format!("{base} ({})", number.saturating_add(1)),
        None if title.is_empty() => String::new(),
        None => format!("{title} (2)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_short_line() {
        assert_eq!(title("  \n# Hello   there\nmore"), "Hello there");
        assert_eq!(title(&"word ".repeat(40)), format!("{}…", "word ".repeat(12).trim_end()));
        assert_eq!(title(&"水".repeat(80)).chars().count(), TITLE_LEN + 1);
    }

    #[test]
    fn copies_are_counted() {
        let title = |title: &str| fork_title(title);
        assert_eq!((title("Rivers"), title("Rivers (2)")), ("Rivers (2)".into(), "Rivers (3)".into()));
        assert_eq!((title("f(x)"), title("f (x)"), title("")), ("f(x) (2)".into(), "f (x) (2)".into(), String::new()));
    }
}
