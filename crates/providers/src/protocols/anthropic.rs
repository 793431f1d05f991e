//! Anthropic's Messages.
//!
//! Source of the shapes: Anthropic's API reference and client libraries; `tests/fixtures/anthropic` has the streams.
//! Order: `message_start`, for each block `content_block_start`, deltas, `content_block_stop`; then `message_delta`
//! with the stop reason, and `message_stop`, which alone completes an answer whose connection stays open. Unknown
//! events and blocks are ignored, as the reference asks.

mod request;

use super::frame::{Damage, arguments_of, count, json_of, object, soft, text, unfinished};
use super::{KeyHeader, Protocol};
use crate::classify::VendorError;
use crate::frames::Framing;
use crate::sse::SseEvent;
use crate::{Decoder, Delta, models};
use rivulet_protocol::{Control, Failure, FailureCode, FinishReason, Usage, WireProtocol};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Messages.
pub static PROTOCOL: Protocol = Protocol {
    name: WireProtocol::Anthropic,
    auth: KeyHeader::Named("x-api-key"),
    // Pinned: a version is kept for ever, and a newer one may change what comes.
    headers: &[("anthropic-version", "2023-06-01")],
    path: |_| "messages".into(),
    body: request::body,
    framing: Framing::Sse,
    decoder: || Box::new(Anthropic::default()),
    whole,
    models_path: "models?limit=1000",
    models: models::listed,
    about: None,
    controls: &[
        Control::Temperature,
        Control::TopP,
        Control::MaxTokens,
        Control::Stop,
        Control::Effort,
        Control::ReasoningTokens,
        Control::Stream,
    ],
    background: None,
};

/// Reads a stream of events.
#[derive(Debug, Default)]
pub struct Anthropic {
    done: bool,
    any: bool,
    finish: Option<FinishReason>,
    damage: Damage,
    /// Blocks that have not ended, by their index.
    blocks: BTreeMap<u64, Block>,
    /// Tool calls that are whole as far as their block goes; handed over at the end.
    calls: Vec<(String, String, String)>,
    usage: Usage,
}

/// A block as it grows. Text is handed on at once and needs none.
#[derive(Debug)]
enum Block {
    Thinking { thinking: String, signature: String },
    Tool { id: String, name: String, input: Value, json: String },
}

/// An event. Flat, so that it is read in one pass: an enum is gathered first and read from that.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type", borrow, default, deserialize_with = "text")]
    kind: Cow<'a, str>,
    #[serde(default, deserialize_with = "soft")]
    index: u64,
    #[serde(borrow, default, deserialize_with = "object")]
    delta: Added<'a>,
    #[serde(default, deserialize_with = "soft")]
    content_block: Option<Content>,
    #[serde(default, deserialize_with = "object")]
    message: Start,
    #[serde(default, deserialize_with = "soft")]
    usage: Option<WireUsage>,
    #[serde(default)]
    error: Value,
}

/// What is added to a block, or to the message.
#[derive(Default, Deserialize)]
struct Added<'a> {
    #[serde(rename = "type", borrow, default, deserialize_with = "text")]
    kind: Cow<'a, str>,
    #[serde(default, deserialize_with = "text")]
    text: String,
    #[serde(default, deserialize_with = "text")]
    thinking: String,
    #[serde(borrow, default, deserialize_with = "text")]
    signature: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "text")]
    partial_json: Cow<'a, str>,
    #[serde(default, deserialize_with = "text")]
    stop_reason: Option<String>,
}

impl Added<'_> {
    /// Its type; where a gateway leaves that out, what it adds tells.
    fn kind(&self) -> &str {
        match &*self.kind {
            "" if !self.text.is_empty() => "text_delta",
            "" if !self.thinking.is_empty() => "thinking_delta",
            "" if !self.partial_json.is_empty() => "input_json_delta",
            kind => kind,
        }
    }
}

#[derive(Default, Deserialize)]
struct Start {
    #[serde(default, deserialize_with = "soft")]
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content {
    Text {
        #[serde(default, deserialize_with = "text")]
        text: String,
    },
    Thinking {
        #[serde(default, deserialize_with = "text")]
        thinking: String,
        #[serde(default, deserialize_with = "text")]
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
    ToolUse {
        #[serde(default, deserialize_with = "text")]
        id: String,
        name: String,
        #[serde(default)]
        input: Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Clone, Copy, Deserialize)]
struct WireUsage {
    #[serde(default, deserialize_with = "count")]
    input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    cache_read_input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    cache_creation_input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    output_tokens: Option<u64>,
}

impl WireUsage {
    /// Counts are cumulative: what is said later takes the place of what was said before. `input_tokens` leaves out
    /// what went through the cache; ours are all that was read.
    fn into_usage(self, usage: &mut Usage) {
        // A gateway that counts nothing at the end says 0 there.
        let counted = |input: &u64| *input > 0 || usage.input_tokens.is_none();
        if let Some(input) = self.input_tokens.filter(counted) {
            let (read, written) = (self.cache_read_input_tokens, self.cache_creation_input_tokens);
            usage.input_tokens = Some(input.saturating_add(read.unwrap_or(0)).saturating_add(written.unwrap_or(0)));
            usage.cached_tokens = self.cache_read_input_tokens;
            usage.cache_write_tokens = self.cache_creation_input_tokens;
        }
        usage.output_tokens = self.output_tokens.or(usage.output_tokens);
    }
}

impl Decoder for Anthropic {
    fn push(&mut self, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        if self.done {
            return Ok(());
        }
        match self.damage.read::<Frame<'_>>(event)? {
            Some(frame) => self.frame(frame, event, out),
            // Some gateways send their own error as plain text.
            None if event.event == "error" && !event.data.trim().is_empty() => {
                Err(VendorError::read(&event.data.trim().into()).mid_stream())
            }
            None => Ok(()),
        }
    }

    fn complete(&self) -> bool {
        self.done
    }

    fn finishing(&self) -> bool {
        self.finish.is_some()
    }

    fn held_back(&self) -> usize {
        let open = self.blocks.values().map(|block| match block {
            Block::Tool { json, .. } => json.len(),
            Block::Thinking { signature, .. } => signature.len(),
        });
        open.sum::<usize>() + self.calls.iter().map(|(_, _, json)| json.len()).sum::<usize>()
    }

    fn end(&mut self, stray: &str, _: bool, out: &mut Vec<Delta>) -> Result<(), Failure> {
        if self.done {
            return Ok(());
        }
        if let Some(error) = VendorError::in_stray_lines(stray) {
            return Err(error.mid_stream());
        }
        if self.finish.is_none() {
            return Err(unfinished(self.any, stray));
        }
        self.finish(out);
        Ok(())
    }
}

impl Anthropic {
    fn frame(&mut self, frame: Frame<'_>, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        // The type stands in the data and in the event's name; gateways exist that leave out the one or the other.
        let kind = if frame.kind.is_empty() { &*event.event } else { &*frame.kind };
        let failed = kind == "error" || (frame.kind.is_empty() && !frame.error.is_null());
        match kind {
            _ if failed && frame.error.is_null() => return Err(VendorError::read(&data_of(event)).mid_stream()),
            _ if failed => return Err(VendorError::read(&json!({ "error": frame.error })).mid_stream()),
            "message_start" => self.count(frame.message.usage, out),
            "content_block_start" => {
                if let Some(content) = frame.content_block {
                    self.begin(frame.index, content, out);
                }
            }
            "content_block_delta" => self.delta(frame.index, frame.delta, out),
            "content_block_stop" => self.close(frame.index, out),
            "message_delta" => {
                if let Some(reason) = frame.delta.stop_reason {
                    self.finish = Some(finish_reason(&reason));
                }
                self.count(frame.usage, out);
            }
            "message_stop" => self.finish(out),
            _ => {}
        }
        self.any = true;
        Ok(())
    }

    fn count(&mut self, usage: Option<WireUsage>, out: &mut Vec<Delta>) {
        if let Some(usage) = usage {
            usage.into_usage(&mut self.usage);
            out.push(Delta::Usage(self.usage));
        }
    }

    fn begin(&mut self, index: u64, content: Content, out: &mut Vec<Delta>) {
        match content {
            Content::Text { text } => push_text(text, Delta::Text, out),
            Content::Thinking { thinking, signature } => {
                push_text(thinking.clone(), Delta::Reasoning, out);
                self.blocks.insert(index, Block::Thinking { thinking, signature });
            }
            Content::RedactedThinking { data } => {
                out.push(Delta::Replay(json!({ "type": "redacted_thinking", "data": data })));
            }
            Content::ToolUse { id, name, input } => {
                self.close(index, out);
                self.blocks.insert(index, Block::Tool { id, name, input, json: String::new() });
            }
            Content::Other => {}
        }
    }

    fn delta(&mut self, index: u64, delta: Added<'_>, out: &mut Vec<Delta>) {
        match (delta.kind(), self.blocks.get_mut(&index)) {
            ("text_delta", _) => push_text(delta.text, Delta::Text, out),
            ("thinking_delta", block) => {
                if let Some(Block::Thinking { thinking, .. }) = block {
                    thinking.push_str(&delta.thinking);
                }
                push_text(delta.thinking, Delta::Reasoning, out);
            }
            ("signature_delta", Some(Block::Thinking { signature, .. })) => signature.push_str(&delta.signature),
            ("input_json_delta", Some(Block::Tool { json, .. })) => json.push_str(&delta.partial_json),
            _ => {}
        }
    }

    fn close(&mut self, index: u64, out: &mut Vec<Delta>) {
        match self.blocks.remove(&index) {
            // Without its signature a thought is not taken back.
            Some(Block::Thinking { thinking, signature }) if !signature.is_empty() => {
                let item = json!({ "type": "thinking", "thinking": thinking, "signature": signature });
                out.push(Delta::Replay(item));
            }
            Some(Block::Tool { id, name, input, json }) => {
                let whole = Some(arguments_of(&input)).filter(|whole| !whole.is_empty()).unwrap_or_else(|| "{}".into());
                let id = if id.is_empty() { format!("call_{}", self.calls.len() + 1) } else { id };
                self.calls.push((id, name, if json.is_empty() { whole } else { json }));
            }
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<Delta>) {
        self.done = true;
        // A block that never ended is cut: a thought has no signature, a call must not be run. But where calls are what
        // it ended in, the gateway only left the end of the block out.
        if self.finish == Some(FinishReason::ToolCalls) {
            let open: Vec<u64> = self.blocks.keys().copied().collect();
            open.into_iter().for_each(|index| self.close(index, out));
        }
        self.blocks.clear();
        for (id, name, arguments) in std::mem::take(&mut self.calls) {
            if serde_json::from_str::<IgnoredAny>(&arguments).is_ok() {
                out.push(Delta::ToolCall { id, name, arguments });
            }
        }
        out.push(Delta::Finish(self.finish.unwrap_or(FinishReason::Stop)));
    }
}

/// An answer that was not streamed: its blocks, whole.
fn whole(body: &Value, out: &mut Vec<Delta>) -> Result<(), Failure> {
    let Some(blocks) = body.get("content").and_then(Value::as_array) else {
        return Err(Failure::new(FailureCode::NotAStream));
    };
    let mut reader = Anthropic::default();
    let usage = body.get("usage").and_then(|usage| WireUsage::deserialize(usage).ok());
    reader.count(usage, out);
    for (index, block) in blocks.iter().enumerate() {
        if let Ok(content) = Content::deserialize(block) {
            reader.begin(index as u64, content, out);
            reader.close(index as u64, out);
        }
    }
    reader.finish = body.get("stop_reason").and_then(Value::as_str).map(finish_reason);
    reader.finish(out);
    Ok(())
}

fn push_text(text: String, delta: fn(String) -> Delta, out: &mut Vec<Delta>) {
    if !text.is_empty() {
        out.push(delta(text));
    }
}

/// The whole of an event, for its words.
fn data_of(event: &SseEvent) -> Value {
    serde_json::from_str(json_of(event)).unwrap_or_default()
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::Refusal,
        _ => FinishReason::Other,
    }
}
