//! What is kept of an answer.

use crate::ending::Ending;
use crate::queue::{Append, Item};
use crate::{Asked, Point};
use rivulet_protocol::{Author, ConversationId, EventBody, Message, MessageId, MessageState, ToolCall, utf16_len};
use serde::{Deserialize, Serialize};

/// Between what the database has and what came later, where something in between is in neither.
const GAP: &str = "\n\n[…]\n\n";

/// What the database did not take of an answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub conversation: ConversationId,
    pub message: MessageId,
    /// All of it, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<Piece>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reasoning: Option<Piece>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    events: Vec<EventBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Reached>,
}

/// Text, and how much was before it (in UTF-16 code units).
#[derive(Debug, Serialize, Deserialize)]
struct Piece {
    after: u64,
    text: String,
}

/// A [`Point`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reached {
    response: String,
    sequence: u64,
    state: String,
}

impl Part {
    /// What would be lost of each answer that waits in `items`.
    pub fn all(items: &[Item]) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        for item in items {
            let (conversation, message) = match item {
                Item::Append(pending) => (pending.conversation, pending.message),
                Item::Job(job) => match job.ending() {
                    Some(ending) => (ending.conversation, ending.message.id),
                    None => continue,
                },
                Item::Alone(_) => continue,
            };
            let at = parts.iter().position(|part| part.message == message).unwrap_or(parts.len());
            if at == parts.len() {
                parts.push(Self::new(conversation, message));
            }
            match item {
                Item::Append(pending) => parts[at].add(&pending.append),
                Item::Job(job) => parts[at].ended = job.ending().cloned(),
                Item::Alone(_) => {}
            }
        }
        parts.retain(Self::has_content);
        parts
    }

    fn new(conversation: ConversationId, message: MessageId) -> Self {
        let (ended, text, reasoning, events, asked, point) = (None, None, None, Vec::new(), None, None);
        Self { conversation, message, ended, text, reasoning, events, asked, point }
    }

    fn add(&mut self, append: &Append) {
        match append {
            Append::Text { text, offset } => Piece::grow(&mut self.text, text, *offset),
            Append::Reasoning { text, offset } => Piece::grow(&mut self.reasoning, text, *offset),
            // Of use while one waits, and not later.
            Append::Event(EventBody::Notice { .. }) => {}
            Append::Event(event) => self.events.push(event.clone()),
            Append::Asked(asked) => self.asked = Some((**asked).clone()),
            Append::Point(Point { response, sequence, state }) => {
                let (response, state) = (response.to_string(), state.to_string());
                self.point = Some(Reached { response, sequence: *sequence, state });
            }
        }
    }

    fn has_content(&self) -> bool {
        self.ended.is_some() || self.text.is_some() || self.reasoning.is_some() || !self.events.is_empty()
    }

    /// The answer with this, if that is more than `stored` is.
    pub fn added_to(&self, stored: &Message) -> Option<Message> {
        if let Some(Ending { message, .. }) = &self.ended {
            let more = message.text.len() > stored.text.len() || message.reasoning.len() > stored.reasoning.len();
            return (stored.state == MessageState::Running || more).then(|| message.clone());
        }
        let mut whole = stored.clone();
        let text = self.text.as_ref().is_some_and(|piece| piece.put(&mut whole.text));
        let reasoning = self.reasoning.as_ref().is_some_and(|piece| piece.put(&mut whole.reasoning));
        self.events.iter().for_each(|event| put(&mut whole, event));
        let calls = whole.tool_calls.len() > stored.tool_calls.len();
        (text || reasoning || calls).then_some(whole)
    }

    /// What there is of an answer that the database knows nothing of.
    pub fn alone(&self) -> Message {
        let mut message = match &self.ended {
            Some(ending) => ending.message.clone(),
            None => {
                let mut message = Message::new(None, Author::Assistant, MessageState::Running);
                message.id = self.message;
                message.text = self.text.as_ref().map(|piece| piece.text.clone()).unwrap_or_default();
                message.reasoning = self.reasoning.as_ref().map(|piece| piece.text.clone()).unwrap_or_default();
                self.events.iter().for_each(|event| put(&mut message, event));
                message
            }
        };
        if message.state == MessageState::Running {
            (message.state, message.ended_at) = (MessageState::Interrupted, Some(message.created_at));
        }
        message
    }
}

impl Piece {
    fn grow(piece: &mut Option<Self>, more: &str, after: u64) {
        piece.get_or_insert_with(|| Self { after, text: String::new() }).text.push_str(more);
    }

    /// Adds it behind what is there; whether something of it was not there yet.
    fn put(&self, there: &mut String) -> bool {
        let length = utf16_len(there);
        if length > self.after {
            return false;
        }
        if length < self.after {
            there.push_str(GAP);
        }
        there.push_str(&self.text);
        true
    }
}

impl Reached {
    pub fn point(&self) -> Point {
        Point { response: self.response.as_str().into(), sequence: self.sequence, state: self.state.as_str().into() }
    }
}

fn put(message: &mut Message, event: &EventBody) {
    match event.clone() {
        EventBody::Usage { usage } => message.usage = Some(usage),
        EventBody::Cost { cost } => message.cost = Some(cost),
        EventBody::ToolCall { id, name, arguments } if message.tool_calls.iter().all(|call| call.id != id) => {
            message.tool_calls.push(ToolCall { id, name, arguments, result: None });
        }
        EventBody::ToolResult { id, text } => {
            if let Some(call) = message.tool_calls.iter_mut().find(|call| call.id == id) {
                call.result = Some(text);
            }
        }
        _ => {}
    }
}
