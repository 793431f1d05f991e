//! Summaries of older messages, for when a conversation no longer fits what its model reads. Nothing is left out
//! without one: a summary that cannot be made is a failure, and the question is not sent.

use crate::asides::Aside;
use crate::cost::Length;
use crate::tongue::tongue;
use crate::{Engine, wording};
use rivulet_protocol::*;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// From this share of the window on, in percent, it is full: the answer needs room too.
const FULL: u64 = 80;
/// Messages that stay as they are take at most this share of it.
const RECENT: u64 = 40;
/// Of what the summarising model reads, a part is for what shall be summarised.
const READ: u64 = 70;
/// Tokens a summary may take: of a small window a fifth.
const TOKENS: u64 = 2_000;
const FEWEST_TOKENS: u64 = 100;
const TIME: Duration = Duration::from_secs(180);

/// What shall be summarised, and below which answer the summary stands.
pub(crate) struct Tight {
    conversation: ConversationId,
    model: ModelName,
    /// What the summarising model reads, where that is known.
    window: Option<u64>,
    below: MessageId,
    /// The summary that stands for what is above these messages.
    before: Option<Summary>,
    messages: Vec<Message>,
}

impl Engine {
    /// Whether the answer's request would fill the model's window and older messages shall be summarised first; what.
    pub(crate) async fn tight(
        &self,
        conversation: ConversationId,
        answer: &Message,
        model: &ModelName,
    ) -> Result<Option<Tight>, ApiError> {
        // One that goes on was made room for when it began.
        let (Some(question), true) = (answer.parent, answer.text.is_empty()) else { return Ok(None) };
        let settings = self.core.store.settings().await?;
        let store = self.core.store_of(conversation);
        let own = store.conversation(conversation).await?.and_then(|conversation| conversation.controls.when_full);
        if own.unwrap_or(settings.when_full) != WhenFull::Automatic {
            return Ok(None);
        }
        let Some(window) = self.window_of(model).await? else { return Ok(None) };
        let path = store.path_for_request(conversation, question).await?;
        if tokens_needed(&path) <= window * FULL / 100 {
            return Ok(None);
        }
        self.plan(conversation, model, path, window * RECENT / 100).await
    }

    /// Summarises because a person wants it.
    pub(crate) async fn summarise_asked(&self, caller: &Caller, id: ConversationId) -> Result<(), ApiError> {
        let conversation = self.seen_conversation(caller, id).await?;
        let nothing = || ApiError::invalid("There are no older messages to summarise yet.");
        let (provider, model) = self.model_choice(&conversation, None, None).await?;
        let model = ModelName { provider, model };
        let path = self.core.store_of(id).path_for_request(id, conversation.leaf.ok_or_else(nothing)?).await?;
        if path.last().is_some_and(|leaf| leaf.mark.is_some()) {
            return Err(nothing());
        }
        let window = self.window_of(&model).await?.unwrap_or_else(|| tokens_needed(&path));
        let tight = self.plan(id, &model, path, window * RECENT / 100).await?.ok_or_else(nothing)?;
        let (made, _) = self.summarise(tight, now_ms(), CancellationToken::new()).await;
        made.map_err(ApiError::upstream)
    }

    async fn plan(
        &self,
        conversation: ConversationId,
        model: &ModelName,
        mut path: Vec<Message>,
        recent: u64,
    ) -> Result<Option<Tight>, ApiError> {
        let Some((from, to)) = older(&path, recent) else { return Ok(None) };
        let model = self.core.store.settings().await?.summary_model.unwrap_or_else(|| model.clone());
        let window = self.window_of(&model).await?;
        let before = from.checked_sub(1).and_then(|at| path[at].mark.clone()).and_then(|mark| mark.summary);
        path.truncate(to + 1);
        let below = path[to].id;
        let messages = path.split_off(from);
        Ok(Some(Tight { conversation, model, window, below, before, messages }))
    }

    /// Writes the summary and puts it in its place; what it took, whatever came. `at`: from when on it counts.
    pub(crate) async fn summarise(
        &self,
        tight: Tight,
        at: u64,
        stop: CancellationToken,
    ) -> (Result<(), Failure>, Option<Cost>) {
        let _begun = self.core.beside.begin(Some(tight.conversation));
        let mut cost: Option<Cost> = None;
        let Tight { conversation, ref model, window, below, ref before, ref messages } = tight;
        let counted = messages.iter().filter(|message| message.author != Author::System).count() as u32;
        let stands_for = counted + before.as_ref().map_or(0, |summary| summary.messages);
        let mut text = before.as_ref().map(|summary| summary.text.clone());
        let most = window.map_or(TOKENS, |window| (window / 5).clamp(FEWEST_TOKENS, TOKENS));
        for part in parts(messages, window.map(|window| window * READ / 100)) {
            let part = match part {
                Ok(part) => part,
                Err(failure) => return (Err(failure), cost),
            };
            let aside = Aside {
                purpose: Purpose::Summary,
                conversation,
                model: model.clone(),
                text: asked(text.as_deref(), &part),
                max_tokens: most as u32,
                time: TIME,
            };
            let reply = self.ask_aside(aside, stop.clone()).await;
            cost = cost.map_or(reply.cost, |sum| Some(reply.cost.map_or(sum, |more| sum.plus(more))));
            match reply.text {
                Ok(written) => text = Some(written),
                Err(failure) => return (Err(failure), cost),
            }
        }
        let (provider, model) = (Some(model.provider.clone()), Some(model.model.clone()));
        let text = text.unwrap_or_default();
        let summary = Summary { text, messages: stands_for, provider, model, edited: false };
        let mark = Mark { at, summary: Some(summary) };
        let kept = self.core.store_of(conversation).mark(below, Some(mark)).await;
        (kept.map_err(|error| Failure::new(FailureCode::Internal).detail(error.to_string())), cost)
    }

    /// How much a model reads, where that is known or a person said it.
    async fn window_of(&self, model: &ModelName) -> Result<Option<u64>, ApiError> {
        let resolved = self.resolved(&model.provider).await?;
        let known = self.known_models(&resolved).await?;
        Ok(known.into_iter().find(|known| known.id == model.model).and_then(|known| known.context))
    }
}

/// About how many tokens a model reads that is asked the last message of this path: what was counted for the last answer
/// that knew of the last mark, and an estimate of what came since.
fn tokens_needed(path: &[Message]) -> u64 {
    let from = below_mark(path);
    let mark = from.checked_sub(1).and_then(|at| path[at].mark.as_ref());
    let mut tokens = 0;
    for message in path[from..].iter().rev() {
        let usage = message.usage.filter(|_| mark.is_none_or(|mark| message.created_at >= mark.at));
        if let Some(input) = usage.and_then(|usage| usage.input_tokens) {
            return tokens + input + usage.and_then(|usage| usage.output_tokens).unwrap_or(0);
        }
        tokens += tokens_in(message);
    }
    tokens + mark.and_then(|mark| mark.summary.as_ref()).map_or(0, |summary| length(&summary.text))
}

/// Where what is below the last mark begins. The message that is asked has no say.
fn below_mark(path: &[Message]) -> usize {
    let above = path.len().saturating_sub(1);
    path[..above].iter().rposition(|message| message.mark.is_some()).map_or(0, |at| at + 1)
}

/// The messages to summarise, first and last, so that what stays takes at most `recent` tokens: always up to an answer
/// that has ended, and at least one.
fn older(path: &[Message], recent: u64) -> Option<(usize, usize)> {
    let from = below_mark(path);
    let ends = |at: &usize| {
        let message = &path[*at];
        message.author == Author::Assistant && message.state != MessageState::Running && message.mark.is_none()
    };
    let mut last = None;
    let mut below = 0;
    for at in (from..path.len()).rev() {
        if ends(&at) && (below <= recent || last.is_none()) {
            last = Some(at);
        }
        below += tokens_in(&path[at]);
        if below > recent && last.is_some() {
            break;
        }
    }
    last.map(|to| (from, to))
}

fn tokens_in(message: &Message) -> u64 {
    length(&message.text) + message.attachments.iter().map(|attachment| attachment.tokens).sum::<u64>()
}

fn length(text: &str) -> u64 {
    let mut length = Length::default();
    length.add(text);
    length.tokens()
}

/// The messages as text, in parts of at most so many tokens. A message that is longer by itself is a failure: nothing
/// of it is left out.
fn parts(messages: &[Message], most: Option<u64>) -> Vec<Result<String, Failure>> {
    let mut parts: Vec<Result<String, Failure>> = Vec::new();
    let mut room = 0;
    for message in messages.iter().filter(|message| message.author != Author::System) {
        let told = as_text(message);
        let needs = length(&told);
        if most.is_some_and(|most| needs > most) {
            let words = format!("One message alone has about {needs} tokens, more than the summarising model reads.");
            return vec![Err(Failure::new(FailureCode::TooLong).detail(words))];
        }
        match parts.last_mut() {
            Some(Ok(part)) if needs <= room => part.push_str(&told),
            _ => {
                parts.push(Ok(told));
                room = most.unwrap_or(u64::MAX);
            }
        }
        room = room.saturating_sub(needs);
    }
    parts
}

fn as_text(message: &Message) -> String {
    let who = if message.author == Author::User { "user" } else { "assistant" };
    let mut told = format!("[{who}]\n{}\n", message.text.trim());
    for attachment in &message.attachments {
        told.push_str(&format!("(file: {})\n", attachment.name));
    }
    for call in &message.tool_calls {
        let result = call.result.as_deref().unwrap_or("no result");
        told.push_str(&format!("(tool {}: {} -> {result})\n", call.name, call.arguments));
    }
    told + "\n"
}

fn asked(before: Option<&str>, part: &str) -> String {
    let prompt = wording::summary_prompt(tongue(&part.chars().take(4_000).collect::<String>()));
    let before = before.map(|before| format!("[summary of what was before]\n{before}\n\n")).unwrap_or_default();
    format!("{prompt}\n\n<conversation>\n{before}{}\n</conversation>", part.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(author: Author, tokens: usize) -> Message {
        Message { text: "word".repeat(tokens), ..Message::new(None, author, MessageState::Complete) }
    }

    fn path() -> Vec<Message> {
        let turn = || [said(Author::User, 10), said(Author::Assistant, 90)];
        let mut path: Vec<Message> = turn().into_iter().chain(turn()).chain(turn()).collect();
        path.push(said(Author::User, 5));
        path
    }

    #[test]
    fn as_many_recent_messages_stay_as_there_is_room_for() {
        assert_eq!(tokens_needed(&path()), 305);
        assert_eq!(older(&path(), 250), Some((0, 1)));
        assert_eq!(older(&path(), 150), Some((0, 3)));
        assert_eq!(older(&path(), 1), Some((0, 5)), "the question itself always stays");
        assert_eq!(older(&path()[..1], 1), None, "nothing is older");
        let mut marked = path();
        let summary = Summary { text: "word".repeat(20), messages: 2, provider: None, model: None, edited: false };
        marked[1].mark = Some(Mark { at: u64::MAX, summary: Some(summary) });
        assert_eq!((tokens_needed(&marked), older(&marked, 150)), (225, Some((2, 3))));
    }

    #[test]
    fn what_was_counted_before_a_mark_says_nothing() {
        let mut path = path();
        let usage = Usage { input_tokens: Some(1_000), output_tokens: Some(90), ..Usage::default() };
        path[5].usage = Some(usage);
        assert_eq!(tokens_needed(&path), 1_095);
        path[1].mark = Some(Mark { at: path[5].created_at + 1, summary: None });
        assert_eq!(tokens_needed(&path), 205);
    }

    #[test]
    fn a_long_past_is_told_in_parts_and_no_message_is_shortened() {
        let messages = &path()[..6];
        assert_eq!(parts(messages, None).len(), 1);
        let told: Vec<String> = parts(messages, Some(130)).into_iter().map(Result::unwrap).collect();
        assert_eq!((told.len(), told.concat()), (3, parts(messages, None)[0].clone().unwrap()));
        assert_eq!(parts(messages, Some(50))[0].as_ref().unwrap_err().code, FailureCode::TooLong);
    }
}
