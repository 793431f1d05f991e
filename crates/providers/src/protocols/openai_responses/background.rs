//! Answers that the vendor goes on with when the connection breaks, by `background`.
//!
//! Facts: <https://developers.openai.com/docs/guides/background> and its reference of `GET /responses/{id}`
//! (`starting_after`) and `POST /responses/{id}/cancel`. The vendor keeps the answer for about ten minutes, which asks
//! for `store`; a stream can be taken up only if it was begun as one.

use super::OpenAiResponses;
use super::order::Order;
use crate::protocols::Background;
use crate::protocols::frame::text;
use crate::{Decoder, Point};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) const BACKGROUND: Background = Background {
    rest: |response, after| format!("responses/{response}?stream=true&starting_after={after}"),
    whole: |response| format!("responses/{response}"),
    runs: |told| matches!(told.get("status").and_then(Value::as_str), Some("queued" | "in_progress")),
    cancel: |response| format!("responses/{response}/cancel"),
    decoder: |point| Box::new(OpenAiResponses::behind(point)),
};

/// What the text and the reasoning before a point leave to know. Calls and sealed reasoning are not among it: the event
/// at the end has them whole.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    text: Option<u64>,
    reasoning: Option<(u64, u64)>,
    refused: bool,
}

/// What of an answer so far is looked at with its first events.
#[derive(Deserialize)]
struct Named {
    #[serde(default, deserialize_with = "text")]
    id: String,
    #[serde(default)]
    background: Value,
}

impl OpenAiResponses {
    fn behind(point: &Point) -> Self {
        let State { text, reasoning, refused } = serde_json::from_str(&point.state).unwrap_or_default();
        let order = Order::behind(point.sequence);
        let response = Some(point.response.clone());
        Self { order, text, reasoning, refused, response, resumed: true, ..Self::default() }
    }

    /// Takes the vendor's name of the answer from an event that has the answer in it.
    pub(super) fn name(&mut self, response: &str) {
        if self.response.is_some() {
            return;
        }
        if let Ok(Named { id, background }) = serde_json::from_str(response)
            && background != Value::Bool(false)
        {
            self.response = Some(&*id).filter(|id| is_name(id)).map(Into::into);
        }
    }

    /// Up to the last event before the end: that one comes again, and says again what the answer took.
    pub(super) fn reached(&self) -> Option<Point> {
        let last = self.order.last()?;
        let state = State { text: self.text, reasoning: self.reasoning, refused: self.refused };
        Some(Point {
            response: self.response.clone()?,
            sequence: if self.complete() { last.checked_sub(1)? } else { last },
            state: serde_json::to_string(&state).ok()?.into(),
        })
    }
}

/// It becomes a part of an address.
fn is_name(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'=' | b'.');
    id.len() <= 512 && id.bytes().all(allowed) && !id.starts_with('.') && !id.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Delta;
    use crate::sse::SseEvent;
    use serde_json::json;

    /// Reasoning in two parts, two texts, a refusal and a call, as numbered events.
    fn events() -> Vec<Value> {
        let sealed = json!({ "type": "reasoning", "summary": [], "encrypted_content": "sealed" });
        let call = json!({ "type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\":1}" });
        let message = json!({ "type": "message", "content": [] });
        let output = json!([sealed, message, message, call]);
        let end = json!({ "id": "resp_1", "status": "completed", "output": output, "usage": { "output_tokens": 9 } });
        let delta = |kind: &str, place: u64, part: u64, delta: &str| json!({ "type": kind, "output_index": place, "summary_index": part, "delta": delta });
        let mut events = vec![
            json!({ "type": "response.created", "response": { "id": "resp_1", "background": true } }),
            delta("response.reasoning_summary_text.delta", 0, 0, "Hm"),
            delta("response.reasoning_summary_text.delta", 0, 1, "so"),
            json!({ "type": "response.output_item.done", "output_index": 0, "item": sealed }),
            delta("response.output_text.delta", 1, 0, "One "),
            delta("response.output_text.delta", 1, 0, "🌊"),
            json!({ "type": "response.output_item.done", "output_index": 1, "item": message }),
            delta("response.refusal.delta", 2, 0, "two"),
            delta("response.function_call_arguments.delta", 3, 0, "{\"a\""),
            delta("response.function_call_arguments.delta", 3, 0, ":1}"),
            json!({ "type": "response.output_item.done", "output_index": 3, "item": call }),
            json!({ "type": "response.completed", "response": end }),
        ];
        for (number, event) in events.iter_mut().enumerate() {
            event["sequence_number"] = number.into();
        }
        events
    }

    fn push(decoder: &mut dyn Decoder, events: &[Value], out: &mut Vec<Delta>) {
        for event in events {
            decoder.push(&SseEvent { data: event.to_string(), ..SseEvent::default() }, out).unwrap();
        }
    }

    /// The text, the reasoning, and everything else.
    fn joined(deltas: Vec<Delta>) -> (String, String, Vec<Delta>) {
        let (mut text, mut reasoning, mut rest) = (String::new(), String::new(), Vec::new());
        for delta in deltas {
            match delta {
                Delta::Text(more) => text.push_str(&more),
                Delta::Reasoning(more) => reasoning.push_str(&more),
                other => rest.push(other),
            }
        }
        (text, reasoning, rest)
    }

    fn is_replay(delta: &Delta) -> bool {
        matches!(delta, Delta::Replay(_))
    }

    #[test]
    fn wherever_it_is_taken_up_it_is_the_same_answer() {
        let events = events();
        let mut whole = Vec::new();
        push(&mut OpenAiResponses::default(), &events, &mut whole);
        let (text, reasoning, mut rest) = joined(whole);
        assert_eq!((text.as_str(), reasoning.as_str()), ("One 🌊\n\ntwo", "Hm\n\nso"));
        rest.sort_by_key(|delta| !is_replay(delta));
        for cut in 1..=events.len() {
            let mut first = OpenAiResponses::default();
            let mut seen = Vec::new();
            push(&mut first, &events[..cut], &mut seen);
            let point = first.point().unwrap();
            assert_eq!(point.sequence as usize, cut.min(events.len() - 1) - 1, "cut after {cut}");
            // What only the end tells is handed over again, and in the right order.
            seen.retain(|delta| matches!(delta, Delta::Text(_) | Delta::Reasoning(_)));
            for from in [point.sequence as usize + 1, 0] {
                let mut all = seen.clone();
                let mut second = (BACKGROUND.decoder)(&point);
                push(&mut *second, &events[from..], &mut all);
                assert!(second.complete());
                let (again_text, again_reasoning, mut again_rest) = joined(all);
                again_rest.sort_by_key(|delta| !is_replay(delta));
                assert_eq!((again_text, again_reasoning, again_rest), (text.clone(), reasoning.clone(), rest.clone()));
            }
        }
    }

    #[test]
    fn what_cannot_be_taken_up_has_no_point() {
        let created =
            |response: Value| json!({ "type": "response.created", "sequence_number": 0, "response": response });
        let text = json!({ "type": "response.output_text.delta", "delta": "x" });
        for events in [
            // Not in the background, without a name or with one that is no part of an address.
            vec![created(json!({ "id": "resp_1", "background": false }))],
            vec![created(json!({}))],
            vec![created(json!({ "id": "../models" }))],
            vec![created(json!({ "id": "a/b" }))],
            vec![created(json!({ "id": "a?b" }))],
            // Numbers that say nothing.
            vec![created(json!({ "id": "resp_1" })), created(json!({ "id": "resp_1", "x": 1 }))],
            vec![json!({ "type": "response.created", "response": { "id": "resp_1" } }), text],
        ] {
            let mut decoder = OpenAiResponses::default();
            push(&mut decoder, &events, &mut Vec::new());
            assert_eq!(decoder.point(), None, "{events:?}");
        }
    }

    #[test]
    fn an_answer_that_failed_is_not_taken_up() {
        let failed = json!({ "type": "response.failed", "sequence_number": 1, "response": { "status": "failed" } });
        let mut decoder = OpenAiResponses::default();
        push(&mut decoder, &events()[..1], &mut Vec::new());
        assert!(decoder.point().is_some());
        let event = SseEvent { data: failed.to_string(), ..SseEvent::default() };
        decoder.push(&event, &mut Vec::new()).unwrap_err();
        assert_eq!(decoder.point(), None);
    }
}
