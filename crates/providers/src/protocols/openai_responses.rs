//! OpenAI's Responses.
//!
//! Source of the shapes: OpenAI's API reference and client libraries; `tests/fixtures/openai_responses` has the
//! streams. Events carry a `type` and a `sequence_number`; only `response.completed`, `.incomplete` and `.failed` end
//! an answer, there is no `[DONE]`. Errors come in two shapes.

mod background;
mod order;
mod request;

use super::frame::{Damage, arguments_of, count, json_of, soft, text, unfinished};
use super::{KeyHeader, Protocol};
use crate::classify::VendorError;
use crate::frames::Framing;
use crate::sse::SseEvent;
use crate::{Decoder, Delta, Point, models};
use order::{Next, Order};
use rivulet_protocol::{Control, Failure, FailureCode, FinishReason, Usage, WireProtocol};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Responses.
pub static PROTOCOL: Protocol = Protocol {
    name: WireProtocol::OpenaiResponses,
    auth: KeyHeader::Bearer,
    headers: &[],
    path: |_| "responses".into(),
    body: request::body,
    framing: Framing::Sse,
    decoder: || Box::new(OpenAiResponses::default()),
    whole,
    models_path: "models",
    models: models::listed,
    about: None,
    controls: &[
        Control::Temperature,
        Control::TopP,
        Control::MaxTokens,
        Control::Effort,
        Control::Stream,
        Control::ResponseFormat,
        Control::Background,
    ],
    background: Some(background::BACKGROUND),
};

/// Reads a stream of events.
#[derive(Debug, Default)]
pub struct OpenAiResponses {
    done: bool,
    any: bool,
    order: Order,
    damage: Damage,
    refused: bool,
    /// Something was said before the end.
    said: bool,
    /// Calls as they grow, by their place in the output.
    calls: BTreeMap<u64, Call>,
    /// The place of the last text.
    text: Option<u64>,
    /// The place and part of the last reasoning.
    reasoning: Option<(u64, u64)>,
    /// The vendor's name of the answer, if it may be taken up by that.
    response: Option<Arc<str>>,
    /// The beginning was read by another: what is whole in the event at the end is taken from there.
    resumed: bool,
}

#[derive(Debug, Default)]
struct Call {
    id: String,
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type", borrow, default, deserialize_with = "text")]
    kind: Cow<'a, str>,
    #[serde(default, deserialize_with = "count")]
    sequence_number: Option<u64>,
    #[serde(default, deserialize_with = "soft")]
    output_index: u64,
    #[serde(default, deserialize_with = "count")]
    summary_index: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    content_index: Option<u64>,
    #[serde(borrow, default, deserialize_with = "text")]
    delta: Cow<'a, str>,
    #[serde(default)]
    arguments: Option<Value>,
    /// The whole of a text.
    #[serde(default, deserialize_with = "text")]
    text: Option<String>,
    /// Of an error that a web framework words.
    #[serde(default, deserialize_with = "text")]
    detail: Option<String>,
    #[serde(default)]
    item: Option<Value>,
    /// All of the answer so far, which is looked into at its end and for its name alone.
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Numbered {
    #[serde(default, deserialize_with = "count")]
    sequence_number: Option<u64>,
}

impl Decoder for OpenAiResponses {
    fn push(&mut self, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        // Some gateways add the end marker of the other protocol.
        let data = json_of(event);
        if self.done || data == "[DONE]" {
            return Ok(());
        }
        let frame = serde_json::from_str::<Frame<'_>>(data);
        let number = match &frame {
            Ok(frame) => frame.sequence_number,
            // It may still say its number.
            Err(_) if event.event == "error" && !data.is_empty() => {
                return Err(VendorError::read(&data.into()).mid_stream());
            }
            Err(_) => match self.damage.read(event)? {
                Some(Numbered { sequence_number }) => sequence_number,
                None => return Ok(()),
            },
        };
        match (self.order.take(number, event), frame) {
            (Next::Now, Ok(frame)) => self.frame(frame, event, out)?,
            (Next::Now, Err(_)) => self.damage.passed_over(data.len())?,
            (Next::Seen, _) => return Ok(()),
            (Next::Held, _) => {}
            (Next::TooMany, _) => return Err(Failure::new(FailureCode::Cut).detail("events are missing")),
        }
        // What waited and stands behind the end is no part of the answer.
        while !self.done
            && let Some(event) = self.order.ready()
        {
            if let Some(frame) = self.damage.read::<Frame<'_>>(&event)? {
                self.frame(frame, &event, out)?;
            }
        }
        Ok(())
    }

    fn complete(&self) -> bool {
        self.done
    }

    fn finishing(&self) -> bool {
        false
    }

    fn held_back(&self) -> usize {
        self.order.bytes() + self.calls.values().map(|call| call.arguments.len()).sum::<usize>()
    }

    fn point(&self) -> Option<Point> {
        self.reached()
    }

    fn end(&mut self, stray: &str, _: bool, _: &mut Vec<Delta>) -> Result<(), Failure> {
        if self.done {
            return Ok(());
        }
        if let Some(error) = VendorError::in_stray_lines(stray) {
            return Err(error.mid_stream());
        }
        if self.order.bytes() > 0 {
            return Err(Failure::new(FailureCode::Cut).detail("events are missing"));
        }
        Err(unfinished(self.any, stray))
    }
}

impl OpenAiResponses {
    fn frame(&mut self, frame: Frame<'_>, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        let named = frame.error.as_ref().is_some_and(|error| !error.is_null()) || frame.detail.is_some();
        if frame.kind == "error" || event.event == "error" || (frame.kind.is_empty() && named) {
            let value: Value = serde_json::from_str(json_of(event)).unwrap_or_default();
            return Err(VendorError::read(&value).mid_stream());
        }
        // The type stands in the data and in the event's name; gateways exist that leave out the one or the other.
        let kind = if frame.kind.is_empty() { &*event.event } else { &*frame.kind };
        self.any = true;
        if let Some(response) = frame.response {
            self.name(response.get());
        }
        let (place, text) = (frame.output_index, &*frame.delta);
        match kind {
            "response.output_text.delta" => self.text(place, text, out),
            // Servers exist that send no deltas and only whole texts.
            "response.output_text.done" if self.text != Some(place) => {
                self.text(place, frame.text.as_deref().unwrap_or_default(), out);
            }
            "response.refusal.delta" => {
                self.refused = true;
                self.text(place, text, out);
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                let part = frame.summary_index.or(frame.content_index).unwrap_or(0);
                self.reasoning((place, part), text, out);
            }
            "response.function_call_arguments.delta" => {
                self.calls.entry(place).or_default().arguments.push_str(text);
            }
            "response.function_call_arguments.done" => {
                let arguments = frame.arguments.as_ref().map(arguments_of).filter(|arguments| !arguments.is_empty());
                if let Some(arguments) = arguments {
                    self.calls.entry(place).or_default().arguments = arguments;
                }
            }
            "response.output_item.added" | "response.output_item.done" => {
                let done = kind.ends_with("done");
                self.item(place, frame.item.unwrap_or_default(), done, out);
            }
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                let response = frame.response.and_then(|response| serde_json::from_str(response.get()).ok());
                let mut response = response.filter(Value::is_object).unwrap_or_else(|| json!({}));
                if response.get("status").is_none_or(Value::is_null) {
                    response["status"] = kind.trim_start_matches("response.").into();
                }
                return self.ended(&response, out);
            }
            _ => {}
        }
        Ok(())
    }

    /// Text of another message of the same answer is a paragraph of its own.
    fn text(&mut self, place: u64, text: &str, out: &mut Vec<Delta>) {
        if text.is_empty() {
            return;
        }
        self.said = true;
        if self.text.replace(place).is_some_and(|last| last != place) {
            out.push(Delta::Text("\n\n".into()));
        }
        out.push(Delta::Text(text.to_owned()));
    }

    fn reasoning(&mut self, part: (u64, u64), text: &str, out: &mut Vec<Delta>) {
        if text.is_empty() {
            return;
        }
        self.said = true;
        if self.reasoning.is_some_and(|last| last != part) {
            out.push(Delta::Reasoning("\n\n".into()));
        }
        self.reasoning = Some(part);
        out.push(Delta::Reasoning(text.to_owned()));
    }

    fn item(&mut self, place: u64, item: Value, done: bool, out: &mut Vec<Delta>) {
        self.said |= done;
        let field = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match item.get("type").and_then(Value::as_str) {
            Some("function_call") => {
                let call = self.calls.entry(place).or_default();
                (call.id, call.name) = (field("call_id"), field("name"));
                if call.id.is_empty() {
                    call.id = field("id");
                }
                let arguments = item.get("arguments").map(arguments_of).unwrap_or_default();
                if !arguments.is_empty() {
                    call.arguments = arguments;
                }
            }
            Some("reasoning") if done && !self.resumed => {
                if let Some(sealed) = item.get("encrypted_content").filter(|sealed| sealed.is_string()) {
                    let summary = item.get("summary").cloned().unwrap_or_else(|| json!([]));
                    let back = json!({ "type": "reasoning", "summary": summary, "encrypted_content": sealed });
                    out.push(Delta::Replay(back));
                }
            }
            // Or only the whole message.
            Some("message") if done && self.text != Some(place) => {
                for part in item.get("content").and_then(Value::as_array).into_iter().flatten() {
                    let refusal = part.get("refusal").and_then(Value::as_str);
                    self.refused |= refusal.is_some();
                    let text = part.get("text").and_then(Value::as_str).or(refusal).unwrap_or_default();
                    self.text(place, text, out);
                }
            }
            _ => {}
        }
    }

    /// Items that are whole.
    fn items(&mut self, items: &[Value], out: &mut Vec<Delta>) {
        for (place, item) in items.iter().enumerate() {
            let place = place as u64;
            for (part, summary) in item.get("summary").and_then(Value::as_array).into_iter().flatten().enumerate() {
                let text = summary.get("text").and_then(Value::as_str).unwrap_or_default();
                self.reasoning((place, part as u64), text, out);
            }
            self.item(place, item.clone(), true, out);
        }
    }

    fn ended(&mut self, response: &Value, out: &mut Vec<Delta>) -> Result<(), Failure> {
        if let Some(usage) = response.get("usage").filter(|usage| !usage.is_null()) {
            out.push(Delta::Usage(read_usage(usage)));
        }
        let status = response.get("status").and_then(Value::as_str).unwrap_or("completed");
        if matches!(status, "failed" | "cancelled") {
            // There is nothing to take up.
            self.response = None;
            let failed = response.get("error").filter(|error| !error.is_null());
            let words = json!({ "error": failed.cloned().unwrap_or_else(|| status.into()) });
            return Err(VendorError::read(&words).mid_stream());
        }
        let items = response.get("output").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if std::mem::take(&mut self.resumed) {
            for (place, item) in items.iter().enumerate() {
                if item.get("type").and_then(Value::as_str) != Some("message") {
                    self.item(place as u64, item.clone(), true, out);
                }
            }
        } else if !self.said {
            // Servers exist that say all of it only here.
            self.items(items, out);
        }
        let cut = response.get("incomplete_details").and_then(|details| details.get("reason")).and_then(Value::as_str);
        self.done = true;
        let mut called = false;
        for call in std::mem::take(&mut self.calls).into_values() {
            let arguments = if call.arguments.is_empty() { "{}".to_owned() } else { call.arguments };
            // A call that was cut must not be run.
            if status == "incomplete" && serde_json::from_str::<IgnoredAny>(&arguments).is_err() {
                continue;
            }
            called = true;
            out.push(Delta::ToolCall { id: call.id, name: call.name, arguments });
        }
        out.push(Delta::Finish(match (status, cut) {
            ("incomplete", Some("content_filter")) => FinishReason::ContentFilter,
            ("incomplete", Some("max_output_tokens")) => FinishReason::Length,
            ("incomplete", _) => FinishReason::Other,
            _ if called => FinishReason::ToolCalls,
            _ if self.refused => FinishReason::Refusal,
            _ => FinishReason::Stop,
        }));
        Ok(())
    }
}

/// An answer that was not streamed: its items, whole.
fn whole(body: &Value, out: &mut Vec<Delta>) -> Result<(), Failure> {
    let Some(items) = body.get("output").and_then(Value::as_array) else {
        return Err(Failure::new(FailureCode::NotAStream));
    };
    let mut reader = OpenAiResponses::default();
    reader.items(items, out);
    reader.ended(body, out)
}

fn read_usage(usage: &Value) -> Usage {
    let count = |pointer: &str| usage.pointer(pointer).and_then(|value| count(value).ok().flatten());
    Usage {
        input_tokens: count("/input_tokens"),
        output_tokens: count("/output_tokens"),
        reasoning_tokens: count("/output_tokens_details/reasoning_tokens"),
        cached_tokens: count("/input_tokens_details/cached_tokens"),
        // xAI, which speaks this protocol too: ten thousand in a millionth of a dollar.
        micros: count("/cost_in_usd_ticks").map(|ticks| ticks / 10_000),
        ..Usage::default()
    }
}
