//! An answer's events, as a program that can only print goes through them.

use super::{Exit, sentences};
use rivulet_protocol::{EventBody, FinishReason, Message, Notice, utf16_len};

/// How much of an answer was said already, in UTF-16 code units.
#[derive(Default)]
pub(super) struct Transcript {
    text: u64,
    reasoning: u64,
}

/// What an event comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    Text(String),
    Reasoning(String),
    /// Something a person should know while they wait.
    Note(String),
    /// The end, with a sentence unless all is well.
    End(Exit, Option<String>),
}

impl Transcript {
    /// What is new with this event.
    pub fn take(&mut self, body: EventBody) -> Vec<Said> {
        match body {
            EventBody::Started { snapshot } | EventBody::Reset { snapshot } => self.whole(&snapshot),
            EventBody::Text { text, offset } => self.text(&text, offset).into_iter().collect(),
            EventBody::Reasoning { text, offset } => self.reasoning(&text, offset).into_iter().collect(),
            EventBody::Notice { notice } => note(&notice).map(Said::Note).into_iter().collect(),
            EventBody::ToolCall { name, .. } => vec![Said::Note(format!("The model asks for the tool {name}."))],
            EventBody::ToolResult { .. } | EventBody::Usage { .. } | EventBody::Cost { .. } => Vec::new(),
            EventBody::Finished { reason, .. } => vec![finished(reason)],
            EventBody::Stopped { .. } => vec![end(Exit::Stopped, "The answer was stopped. What came is kept.")],
            EventBody::Interrupted { .. } => vec![end(Exit::AppEnded, ENDED)],
            EventBody::Failed { failure, .. } => vec![Said::End(Exit::Failed, Some(sentences::failure(&failure)))],
        }
    }

    fn whole(&mut self, message: &Message) -> Vec<Said> {
        let reasoning = self.reasoning(&message.reasoning, 0);
        reasoning.into_iter().chain(self.text(&message.text, 0)).collect()
    }

    fn text(&mut self, text: &str, offset: u64) -> Option<Said> {
        let new = beyond(&mut self.text, text, offset)?;
        Some(Said::Text(new.to_owned()))
    }

    fn reasoning(&mut self, text: &str, offset: u64) -> Option<Said> {
        let new = beyond(&mut self.reasoning, text, offset)?;
        Some(Said::Reasoning(new.to_owned()))
    }
}

/// The app is no longer there.
pub(super) const ENDED: &str = "Rivulet ended before the answer did. What came is kept, and one can go on from there.";

/// What of `text`, which begins at `offset`, lies beyond what was `said`; that is then said too.
fn beyond<'a>(said: &mut u64, text: &'a str, offset: u64) -> Option<&'a str> {
    let mut known = said.saturating_sub(offset);
    let mut rest = text;
    while known > 0 {
        let sign = rest.chars().next()?;
        known = known.saturating_sub(sign.len_utf16() as u64);
        rest = &rest[sign.len_utf8()..];
    }
    *said = (*said).max(offset + utf16_len(text));
    Some(rest).filter(|rest| !rest.is_empty())
}

fn end(exit: Exit, sentence: &str) -> Said {
    Said::End(exit, Some(sentence.to_owned()))
}

fn finished(reason: FinishReason) -> Said {
    match reason {
        FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Other => Said::End(Exit::Done, None),
        FinishReason::Length => end(Exit::Length, "The answer was cut at its limit of tokens."),
        FinishReason::ContentFilter => end(Exit::Refused, "The provider's filter ended the answer."),
        FinishReason::Refusal => end(Exit::Refused, "The model declined to answer."),
    }
}

fn note(notice: &Notice) -> Option<String> {
    match notice {
        Notice::Summarising => Some("Older messages are summarised first.".into()),
        Notice::Connecting | Notice::Waiting => None,
        Notice::Retrying { attempt, of, failure, .. } => {
            let why = sentences::failure(failure);
            let why = why.lines().next().unwrap_or_default();
            Some(format!("{why} Trying again ({attempt} of {of})."))
        }
        Notice::TakingUp { failure, .. } => {
            let why = sentences::failure(failure);
            let why = why.lines().next().unwrap_or_default();
            Some(format!("{why} The provider goes on with the answer, which is taken up again."))
        }
        Notice::Stalled { silent_ms } => Some(format!("Nothing has come for {} s; still waiting.", silent_ms / 1000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rivulet_protocol::{Author, MessageState};

    fn text(text: &str, offset: u64) -> EventBody {
        EventBody::Text { text: text.into(), offset }
    }

    fn started(text: &str, reasoning: &str) -> EventBody {
        let mut message = Message::new(None, Author::Assistant, MessageState::Running);
        (message.text, message.reasoning) = (text.into(), reasoning.into());
        EventBody::Started { snapshot: Box::new(message) }
    }

    #[test]
    fn nothing_is_said_twice_and_nothing_is_left_out() {
        let mut transcript = Transcript::default();
        assert_eq!(transcript.take(started("🌊 so", "hm")), [Said::Reasoning("hm".into()), Said::Text("🌊 so".into())]);
        // 5 code units: the wave takes two.
        assert_eq!(transcript.take(text(" far", 5)), [Said::Text(" far".into())]);
        assert_eq!(transcript.take(text("far, 水", 6)), [Said::Text(", 水".into())]);
        assert_eq!(transcript.take(started("🌊 so far, 水 and on", "hm")), [Said::Text(" and on".into())]);
        assert_eq!(transcript.take(started("🌊 so", "hm")), []);
    }

    #[test]
    fn every_end_has_its_number() {
        let exit = |body| match Transcript::default().take(body).pop() {
            Some(Said::End(exit, sentence)) => (exit.number(), sentence.is_some()),
            other => panic!("{other:?}"),
        };
        let finished = |reason| EventBody::Finished { reason, at: 1 };
        assert_eq!(exit(finished(FinishReason::Stop)), (0, false));
        assert_eq!(exit(finished(FinishReason::Refusal)), (4, true));
        assert_eq!(exit(finished(FinishReason::Length)), (5, true));
        assert_eq!(exit(EventBody::Stopped { at: 1 }), (6, true));
        assert_eq!(exit(EventBody::Interrupted { at: 1 }), (7, true));
        let failure = rivulet_protocol::Failure::new(rivulet_protocol::FailureCode::Cut);
        assert_eq!(exit(EventBody::Failed { failure, at: 1 }), (3, true));
    }
}
