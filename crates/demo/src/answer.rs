//! What the models say.

use crate::tokens::tokens;
use crate::tour;
use serde::Deserialize;

/// A request, as far as it is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub model: String,
    #[serde(default)]
    pub messages: Vec<Said>,
    #[serde(default)]
    pub stream: bool,
    #[serde(default)]
    pub stream_options: StreamOptions,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct StreamOptions {
    #[serde(default)]
    pub include_usage: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Said {
    pub role: String,
    #[serde(default)]
    pub content: String,
}

/// An answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    /// The time, once a second.
    Clock,
    /// Reasoning, then text.
    Text { reasoning: String, text: String },
}

/// The models a person can choose.
pub(crate) const MODELS: [&str; 3] = ["tour", "echo", "clock"];
/// The most tokens of `flood:<n>`.
const FLOOD: usize = 5_000_000;

impl Request {
    /// What the model says; `None` if there is no such model.
    pub fn answer(&self) -> Option<Answer> {
        let (question, partial) = self.question();
        let whole = match self.model.as_str() {
            "clock" => return Some(Answer::Clock),
            "echo" => Answer::Text { reasoning: String::new(), text: question.to_owned() },
            "tour" => tour::answer(question),
            other => {
                let count = other.strip_prefix("flood:")?.parse::<usize>().ok()?.min(FLOOD);
                Answer::Text { reasoning: String::new(), text: flood(count) }
            }
        };
        Some(match (whole, partial) {
            // An answer that was cut goes on right behind what is there of it.
            (Answer::Text { text, .. }, Some(partial)) if text.starts_with(partial) => {
                Answer::Text { reasoning: String::new(), text: text[partial.len()..].to_owned() }
            }
            (whole, _) => whole,
        })
    }

    /// The last thing a person asked, and the partial answer to it that shall be continued.
    fn question(&self) -> (&str, Option<&str>) {
        let mut said = self.messages.as_slice();
        if let [before @ .., partial, last] = said
            && last.role == "user"
            && last.content.starts_with("Continue exactly")
            && partial.role == "assistant"
        {
            let question = before.iter().rev().find(|said| said.role == "user");
            return (question.map_or("", |said| said.content.as_str()), Some(&partial.content));
        }
        let mut partial = None;
        if let [before @ .., last] = said
            && last.role == "assistant"
        {
            partial = Some(last.content.as_str());
            said = before;
        }
        let question = said.iter().rev().find(|said| said.role == "user");
        (question.map_or("", |said| said.content.as_str()), partial)
    }

    /// Tokens of the request, by our own count.
    pub fn tokens(&self) -> usize {
        self.messages.iter().map(|said| tokens(&said.content).count()).sum()
    }
}

/// `count` tokens of four characters each that look like Markdown with long code blocks, the same each time.
fn flood(count: usize) -> String {
    let mut text = String::with_capacity(count * 4);
    for n in 0..count {
        match n % 200 {
            0 => text.push_str("\n\n##"),
            20 | 60 => text.push_str(".\n\n*"),
            100 => text.push_str("\n\n``"),
            101 => text.push_str("`js\n"),
            190 => text.push_str("\n```"),
            191 => text.push_str("\n\nSo"),
            at if at > 101 && at % 8 == 0 => text.push_str(";\n  "),
            _ => text
                .push_str(["let ", "a = ", "the ", "x+1 ", "run ", "sea ", "fn() "][n % 7].get(..4).unwrap_or("sea ")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(role: &str, content: &str) -> Said {
        Said { role: role.into(), content: content.into() }
    }

    fn ask(model: &str, messages: Vec<Said>) -> Option<Answer> {
        Request { model: model.into(), messages, stream: true, stream_options: StreamOptions::default() }.answer()
    }

    fn text(text: &str) -> Option<Answer> {
        Some(Answer::Text { reasoning: String::new(), text: text.into() })
    }

    #[test]
    fn echo_says_what_was_said_and_goes_on_where_it_was_cut() {
        assert_eq!(ask("echo", vec![said("user", "水 and\n**this**")]), text("水 and\n**this**"));
        let cut = vec![said("user", "one two"), said("assistant", "one"), said("user", "Continue exactly where …")];
        assert_eq!(ask("echo", cut), text(" two"));
        assert_eq!(ask("echo", vec![said("user", "one two"), said("assistant", "one ")]), text("two"));
    }

    #[test]
    fn unknown_models_are_unknown() {
        assert_eq!(ask("gpt-9", vec![]), None);
        assert!(ask("flood:10", vec![]).is_some());
    }
}
