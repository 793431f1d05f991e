//! `<think>` at the very start of an answer: how many local servers send reasoning.

use crate::Delta;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Splits `<think>…</think>` at the start of the text into reasoning, wherever the chunks cut it.
#[derive(Debug, Default)]
pub(super) struct ThinkTags {
    state: State,
    /// Text that may turn out to be a tag.
    held: String,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    #[default]
    Start,
    /// After the tag: the line breaks that follow belong to it.
    Opened,
    Thinking,
    /// After the end of the reasoning: the line breaks that follow belong to the tag.
    Between,
    Text,
}

impl ThinkTags {
    pub fn push(&mut self, text: String, out: &mut Vec<Delta>) {
        if self.state == State::Text {
            if !text.is_empty() {
                out.push(Delta::Text(text));
            }
            return;
        }
        self.held.push_str(&text);
        loop {
            match self.state {
                State::Start => {
                    let start = self.held.trim_start();
                    if let Some(rest) = start.strip_prefix(OPEN) {
                        self.held = rest.to_owned();
                        self.state = State::Opened;
                    } else if OPEN.starts_with(start) {
                        return;
                    } else {
                        self.state = State::Text;
                    }
                }
                State::Opened => {
                    self.held = self.held.trim_start_matches('\n').to_owned();
                    if self.held.is_empty() {
                        return;
                    }
                    self.state = State::Thinking;
                }
                State::Thinking => match self.held.find(CLOSE) {
                    Some(at) => {
                        let rest = self.held.split_off(at);
                        self.emit(out, Delta::Reasoning);
                        self.held = rest[CLOSE.len()..].to_owned();
                        self.state = State::Between;
                    }
                    None => {
                        let keep = tail_that_may_be(CLOSE, &self.held);
                        let rest = self.held.split_off(self.held.len() - keep);
                        self.emit(out, Delta::Reasoning);
                        self.held = rest;
                        return;
                    }
                },
                State::Between => {
                    self.held = self.held.trim_start_matches('\n').to_owned();
                    if self.held.is_empty() {
                        return;
                    }
                    self.state = State::Text;
                }
                State::Text => return self.emit(out, Delta::Text),
            }
        }
    }

    /// Nothing more comes: what was held is what it is.
    pub fn flush(&mut self, out: &mut Vec<Delta>) {
        let kind = if self.state == State::Thinking { Delta::Reasoning } else { Delta::Text };
        self.emit(out, kind);
        self.state = State::Text;
    }

    fn emit(&mut self, out: &mut Vec<Delta>, kind: fn(String) -> Delta) {
        if !self.held.is_empty() {
            out.push(kind(std::mem::take(&mut self.held)));
        }
    }
}

/// The length of the longest end of `text` that `tag` begins with.
fn tail_that_may_be(tag: &str, text: &str) -> usize {
    (1..tag.len()).rev().find(|length| text.ends_with(&tag[..*length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(chunks: &[&str]) -> (String, String) {
        let (mut tags, mut out) = (ThinkTags::default(), Vec::new());
        for chunk in chunks {
            tags.push((*chunk).to_owned(), &mut out);
        }
        tags.flush(&mut out);
        let (mut reasoning, mut text) = (String::new(), String::new());
        for delta in out {
            match delta {
                Delta::Reasoning(more) => reasoning.push_str(&more),
                Delta::Text(more) => text.push_str(&more),
                other => panic!("{other:?}"),
            }
        }
        (reasoning, text)
    }

    #[test]
    fn tags_at_the_start_are_reasoning_however_they_are_cut() {
        let whole = "<think>\nhm < 5</think>\n\nIt is 4. <think>x</think>";
        let expected = ("hm < 5".to_owned(), "It is 4. <think>x</think>".to_owned());
        assert_eq!(split(&[whole]), expected);
        for at in 0..=whole.len() {
            assert_eq!(split(&[&whole[..at], &whole[at..]]), expected, "cut at {at}");
        }
        let single: Vec<&str> = whole.split_inclusive(|_| true).collect();
        assert_eq!(split(&single), expected);
    }

    #[test]
    fn text_that_only_begins_like_a_tag_is_text() {
        assert_eq!(split(&["<thi", "s> is"]), (String::new(), "<this> is".into()));
        assert_eq!(split(&["  <th"]), (String::new(), "  <th".into()));
        assert_eq!(split(&["<think>never ends"]), ("never ends".into(), String::new()));
    }
}
