//! Putting what comes of an answer into its log.

use super::Answer;
use rivulet_protocol::{EventBody, Failure, FailureCode, Replay, ToolCall, utf16_len};
use rivulet_providers::{Delta, Point};
use rivulet_store::Append;
use std::time::Instant;

/// An answer longer than this is cut: no model writes so much, but a broken server might.
const ANSWER_BYTES: usize = 64 << 20;

impl Answer {
    /// Takes what came, up to a point where it can be taken up again, if there is one: the two reach the disk together,
    /// so that what is taken up behind the point is neither missing nor there twice.
    pub(super) fn take(&mut self, deltas: &mut Vec<Delta>, point: Option<Point>) -> Result<(), Failure> {
        let mut appends = Vec::new();
        for delta in joined(deltas) {
            match delta {
                Delta::Text(text) => appends.extend(self.text(text)),
                Delta::Reasoning(text) => appends.extend(self.reasoning(text)),
                Delta::ToolCall { id, name, arguments } => appends.extend(self.tool_call(id, name, arguments)),
                // Of no use to a viewer, so no event: it is kept with the answer's end.
                Delta::Replay(item) => self.message.replay.push(Replay { protocol: self.protocol, item }),
                Delta::Usage(usage) => self.tally.usage = Some(usage),
                Delta::Finish(reason) => self.reason = Some(reason),
            }
        }
        self.append(appends, point);
        if self.message.text.len() + self.message.reasoning.len() > ANSWER_BYTES {
            return Err(Failure::new(FailureCode::TooLarge));
        }
        self.may_spend()
    }

    fn append(&mut self, appends: Vec<Append>, point: Option<Point>) {
        let (conversation, message) = (self.conversation, self.message.id);
        if point.is_none() && self.point.take().is_some() {
            // It has ended, or cannot be taken up any more: what the disk has of that is forgotten too.
            self.note_asked();
        }
        let Some(point) = point.filter(|point| self.point.as_ref() != Some(point)) else {
            appends.into_iter().for_each(|append| self.store.append(conversation, message, append));
            return;
        };
        self.point = Some(point.clone());
        let Point { response, sequence, state } = point;
        let point = rivulet_store::Point { response, sequence, state };
        if self.kept_conversation().is_some() {
            self.store.append_up_to(conversation, message, appends, point);
        } else {
            // Its text is on no disk. What its vendor goes on with can still be ended after a kill.
            appends.into_iter().for_each(|append| self.store.append(conversation, message, append));
            self.core.store.append(conversation, message, Append::Point(point));
        }
    }

    /// Whether the day's limit allows what the answer costs by now. Asked before it is sent for, and with all that comes.
    pub(super) fn may_spend(&self) -> Result<(), Failure> {
        let so_far = self.tally.cost(false).micros;
        let allowed = self.brake.as_ref().is_none_or(|brake| brake.allows(so_far));
        if allowed { Ok(()) } else { Err(Failure::new(FailureCode::SpendingLimit)) }
    }

    fn text(&mut self, text: String) -> Option<Append> {
        if text.is_empty() {
            return None;
        }
        self.first_output();
        if let Some(since) = self.reasoning_since.take() {
            let before = self.message.reasoning_ms.unwrap_or(0);
            self.message.reasoning_ms = Some(before + since.elapsed().as_millis() as u64);
        }
        self.message.text.push_str(&text);
        self.tally.written.add(&text);
        let offset = self.text_len;
        self.text_len += utf16_len(&text);
        Some(Append::Text { text, offset })
    }

    fn reasoning(&mut self, text: String) -> Option<Append> {
        if text.is_empty() {
            return None;
        }
        self.first_output();
        self.reasoning_since.get_or_insert_with(Instant::now);
        self.message.reasoning.push_str(&text);
        self.tally.written.add(&text);
        let offset = self.reasoning_len;
        self.reasoning_len += utf16_len(&text);
        Some(Append::Reasoning { text, offset })
    }

    fn tool_call(&mut self, id: String, name: String, arguments: String) -> Option<Append> {
        self.has_output = true;
        self.tally.written.add(&arguments);
        // The end of an answer that is taken up again may have been here before.
        if self.point.is_some() && self.message.tool_calls.iter().any(|call| call.id == id) {
            return None;
        }
        let call = ToolCall { id: id.clone(), name: name.clone(), arguments: arguments.clone(), result: None };
        self.message.tool_calls.push(call);
        Some(Append::Event(EventBody::ToolCall { id, name, arguments }))
    }

    fn first_output(&mut self) {
        self.running.waits_for().take();
        if !self.has_output {
            self.has_output = true;
            self.message.first_output_ms = Some(self.asked_at.elapsed().as_millis() as u64);
        }
    }
}

/// Takes the deltas, neighbouring text joined: many small ones that came together cost one append.
fn joined(deltas: &mut Vec<Delta>) -> Vec<Delta> {
    let mut joined: Vec<Delta> = Vec::new();
    for delta in deltas.drain(..) {
        match (joined.last_mut(), delta) {
            (Some(Delta::Text(text)), Delta::Text(more)) | (Some(Delta::Reasoning(text)), Delta::Reasoning(more)) => {
                text.push_str(&more)
            }
            (_, delta) => joined.push(delta),
        }
    }
    joined
}
