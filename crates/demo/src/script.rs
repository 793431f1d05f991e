//! What each of the demo's models says.

use crate::chat::Message;
use crate::tokens;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The models of `GET /models`. A hidden one stands beside them: `flood:<n>` sends exactly `n` tokens of text that
/// looks like Markdown and is the same each time, for benches.
pub(crate) const MODELS: [&str; 3] = ["tour", "echo", "clock"];

/// The clock stops by itself after a day.
const CLOCK_LINES: u32 = 24 * 60 * 60;

/// Reasoning comes before the answer's text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Reasoning,
    Text,
}

/// A stretch of one kind.
pub(crate) struct Passage {
    pub kind: Kind,
    pub text: String,
}

impl Passage {
    fn text(text: impl Into<String>) -> Self {
        Self { kind: Kind::Text, text: text.into() }
    }
}

/// An answer that has not been said yet.
pub(crate) enum Script {
    /// Said as fast as the rate allows.
    Passages(Box<dyn Iterator<Item = Passage> + Send>),
    /// Said when it is time.
    Clock(Clock),
}

impl Script {
    /// What `model` says to these messages; `None` if there is no such model.
    pub fn new(model: &str, messages: &[Message]) -> Option<Self> {
        let asked = Asked::by(messages);
        match model {
            "clock" => Some(Self::Clock(Clock { last: None, left: CLOCK_LINES })),
            "echo" => Some(Self::passages([Passage::text(asked.rest_of(&asked.question))])),
            "tour" => Some(tour(&asked)),
            _ => {
                let count: usize = model.strip_prefix("flood:")?.parse().ok()?;
                Some(Self::Passages(Box::new(flood(count))))
            }
        }
    }

    fn passages(passages: impl IntoIterator<Item = Passage, IntoIter: Send + 'static>) -> Self {
        Self::Passages(Box::new(passages.into_iter()))
    }
}

/// The question, and how much of the answer is there already when the request is to go on with it.
struct Asked {
    question: String,
    said: String,
}

impl Asked {
    /// A request to go on ends with the partial answer, or with that and a user message beginning with `Continue`.
    fn by(messages: &[Message]) -> Self {
        let earlier = match messages {
            [earlier @ .., partial] if partial.role == "assistant" => Some((earlier, partial)),
            [earlier @ .., partial, last]
                if partial.role == "assistant" && last.role == "user" && last.text().starts_with("Continue") =>
            {
                Some((earlier, partial))
            }
            _ => None,
        };
        match earlier {
            Some((earlier, partial)) => Self { question: last_user(earlier), said: partial.text() },
            None => Self { question: last_user(messages), said: String::new() },
        }
    }

    /// What of `answer` has not been said; all of it when what was said is not its beginning.
    fn rest_of(&self, answer: &str) -> String {
        answer.strip_prefix(self.said.as_str()).unwrap_or(answer).to_owned()
    }
}

fn last_user(messages: &[Message]) -> String {
    messages.iter().rev().find(|message| message.role == "user").map(Message::text).unwrap_or_default()
}

fn tour(asked: &Asked) -> Script {
    let (reasoning, answer) = if asked.question.chars().any(is_han) {
        (
            "用户想看看这个应用能做什么。最好的办法是直接展示：标题、列表、表格、代码、公式，各来一点。\n\n\
             先从文字讲起，再到结构，最后用一个长段落收尾，让人看到连续阅读的效果。不必太长。",
            include_str!("tour/chinese.md"),
        )
    } else {
        (
            "The user wants to see what this app can do. Showing is better than telling: headings, lists, a table, \
             code, maths, a little of each.\n\nStart with words, go on to structure, and close with a long paragraph, \
             so that reading at length can be judged too. Keep it short.",
            include_str!("tour/english.md"),
        )
    };
    let rest = Passage::text(asked.rest_of(answer));
    if asked.said.is_empty() {
        Script::passages([Passage { kind: Kind::Reasoning, text: reasoning.to_owned() }, rest])
    } else {
        Script::passages([rest])
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Sections of prose, a list and code until `left` tokens are spent.
fn flood(mut left: usize) -> impl Iterator<Item = Passage> + Send {
    (1u64..).map_while(move |section| {
        if left == 0 {
            return None;
        }
        let mut text = flood_section(section);
        // Whole tokens only, so that the count is exact across sections.
        let padding = text.chars().count().next_multiple_of(4) - text.chars().count();
        text.push_str(&"\n".repeat(padding));
        let count = tokens::count(&text) as usize;
        if count > left {
            text = text.chars().take(left * 4).collect();
        }
        left = left.saturating_sub(count);
        Some(Passage::text(text))
    })
}

fn flood_section(n: u64) -> String {
    format!(
        "## Section {n}\n\nThe {n}th stretch of water runs **steadily** between its banks, with `{}` stones counted and \
         none of them in the way. It is long enough to wrap on most screens, and plain enough to be read past.\n\n\
         - first of {n}\n- second, *slanted*\n- third, with 中文 in it\n\n```rust\nlet section = {n};\n\
         assert_eq!(section * 2, {});\n```\n\n",
        n * 7 % 1000,
        n * 2,
    )
}

/// Says the time whenever it has changed.
pub(crate) struct Clock {
    /// The last second that was said, in Unix time.
    last: Option<u64>,
    left: u32,
}

impl Clock {
    /// Waits for the next second and says it; the first one at once. `None` after a day.
    pub async fn next_line(&mut self) -> Option<String> {
        self.left = self.left.checked_sub(1)?;
        // By the wall clock: a second that passed in sleep or before a slow reader is left out, none is told twice.
        let second = loop {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            if self.last != Some(now.as_secs()) {
                break now.as_secs();
            }
            tokio::time::sleep(Duration::from_secs(1) - Duration::from_nanos(now.subsec_nanos().into())).await;
        };
        self.last = Some(second);
        Some(line(second))
    }

    /// The time right now, for an answer that cannot go on.
    pub fn one_line() -> String {
        line(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
    }
}

/// `12:34:56 UTC` as a Markdown paragraph: single line ends would run together when drawn.
fn line(unix: u64) -> String {
    let second = unix % 86_400;
    format!("{:02}:{:02}:{:02} UTC\n\n", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_right() {
        assert_eq!(line(0), "00:00:00 UTC\n\n");
        // 2026-01-02 03:04:05 UTC
        assert_eq!(line(1_767_323_045), "03:04:05 UTC\n\n");
        assert_eq!(line(86_399), "23:59:59 UTC\n\n");
    }

    #[test]
    fn a_flood_has_exactly_its_tokens_and_is_the_same_each_time() {
        for n in [0, 1, 7, 1000, 12_345] {
            let text = |_| flood(n).map(|passage| passage.text).collect::<String>();
            let (first, second): (String, String) = (text(0), text(1));
            assert_eq!(tokens::count(&first), n as u64);
            assert_eq!(first, second);
        }
    }
}
