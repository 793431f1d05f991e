//! Marks below answers: from where on a model is told what was said, and what it is told of the rest.

use crate::Engine;
use crate::answers::QUESTION_BYTES;
use rivulet_protocol::*;

/// What stands around a summary, so that nobody takes it for the person's own words.
const SUMMARY_BEGINS: &str = "<summary of the conversation so far>\n";
const SUMMARY_ENDS: &str = "\n</summary of the conversation so far>";

impl Engine {
    pub(crate) async fn set_mark(&self, caller: &Caller, request: MarkSet) -> Result<(), ApiError> {
        let (conversation, answer) = self.seen_message(caller, request.message).await?;
        if answer.author != Author::Assistant {
            return Err(ApiError::invalid("A mark stands below an answer."));
        }
        if answer.state == MessageState::Running {
            return Err(ApiError::new(ErrorCode::Busy, "This answer is still being written."));
        }
        if let Some(summary) = request.mark.as_ref().and_then(|mark| mark.summary.as_ref()) {
            if summary.text.trim().is_empty() {
                return Err(ApiError::invalid("A summary cannot be empty."));
            }
            if summary.text.len() > QUESTION_BYTES {
                return Err(ApiError::invalid("The summary is longer than 4 MiB."));
            }
        }
        Ok(self.core.store_of(conversation.id).mark(answer.id, request.mark).await?)
    }
}

/// A path as whoever is asked its last message is told it: what system messages say, the summary if there is one, and
/// what stands below the last mark. The message that is asked has no say in that itself.
pub(crate) fn as_told(mut path: Vec<Message>) -> Vec<Message> {
    let above = path.len().saturating_sub(1);
    let Some(at) = path[..above].iter().rposition(|message| message.mark.is_some()) else { return path };
    let mut below = path.split_off(at + 1);
    let summary = path.last().and_then(|marked| marked.mark.clone()).and_then(|mark| mark.summary);
    path.retain(|message| message.author == Author::System);
    if let Some(summary) = summary {
        tell(&summary.text, &mut below);
    }
    path.append(&mut below);
    path
}

/// Puts a summary into the first question below it: servers of models want questions and answers in turn, and a second
/// system message is refused by many.
fn tell(summary: &str, below: &mut Vec<Message>) {
    let told = format!("{SUMMARY_BEGINS}{}{SUMMARY_ENDS}", summary.trim());
    match below.first_mut() {
        Some(first) if first.author == Author::User => {
            first.text = [told.as_str(), first.text.as_str()].join("\n\n").trim_end().to_owned();
        }
        Some(_) | None => {
            let mut question = Message::new(None, Author::User, MessageState::Complete);
            question.text = told;
            below.insert(0, question);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(author: Author, text: &str, mark: Option<Option<&str>>) -> Message {
        let summary =
            |text: &str| Summary { text: text.into(), messages: 2, provider: None, model: None, edited: false };
        let mark = mark.map(|text| Mark { at: 0, summary: text.map(summary) });
        Message { text: text.into(), mark, ..Message::new(None, author, MessageState::Complete) }
    }

    fn told(path: Vec<Message>) -> Vec<String> {
        as_told(path).into_iter().map(|message| message.text).collect()
    }

    #[test]
    fn the_last_mark_above_the_question_counts_and_system_messages_stay() {
        let path = |first, last, own| {
            vec![
                message(Author::System, "be kind", None),
                message(Author::User, "one", None),
                message(Author::Assistant, "1", first),
                message(Author::User, "two", None),
                message(Author::Assistant, "2", last),
                message(Author::User, "three", own),
            ]
        };
        assert_eq!(told(path(None, None, None)).len(), 6);
        assert_eq!(told(path(Some(None), None, None)), ["be kind", "two", "2", "three"]);
        assert_eq!(told(path(Some(Some("so far")), Some(None), None)), ["be kind", "three"]);
        let last = told(path(Some(None), Some(Some("so far")), None));
        let told_last = "<summary of the conversation so far>\nso far\n</summary of the conversation so far>\n\nthree";
        assert_eq!(last, ["be kind", told_last]);
        assert_eq!(told(path(None, None, Some(None))).len(), 6, "its own mark stands below it");
    }

    #[test]
    fn a_summary_before_an_answer_is_a_question_of_its_own() {
        let path = vec![
            message(Author::Assistant, "1", Some(Some("so far"))),
            message(Author::Assistant, "2", None),
            message(Author::User, "two", None),
        ];
        let told = as_told(path);
        assert_eq!(told.len(), 3);
        assert_eq!((told[0].author, told[1].text.as_str()), (Author::User, "2"));
        assert!(told[0].text.contains("so far"));
        assert!(as_told(Vec::new()).is_empty());
    }
}
