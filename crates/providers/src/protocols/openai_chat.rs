//! OpenAI's Chat Completions, and the many servers that speak it with an accent.
//!
//! Source of the shapes: the vendors' API references and client libraries; `tests/fixtures/openai_chat` has a stream
//! in each. Unknown fields are ignored; `[DONE]`, or a finish reason followed by the end of the bytes, completes an
//! answer.

pub(super) mod request;
mod think;
mod tools;

use super::frame::{Damage, count, soft, text, unfinished};
use super::{KeyHeader, Protocol};
use crate::classify::{self, VendorError};
use crate::frames::Framing;
use crate::sse::SseEvent;
use crate::{Decoder, Delta, models};
use rivulet_protocol::{Control, Failure, FailureCode, FinishReason, Usage, WireProtocol};
use serde::Deserialize;
use serde_json::Value;
use think::ThinkTags;
use tools::{ToolCalls, ToolDelta};

/// Chat Completions.
pub static PROTOCOL: Protocol = Protocol {
    name: WireProtocol::OpenaiChat,
    auth: KeyHeader::Bearer,
    headers: &[],
    path: |_| "chat/completions".into(),
    body: request::body,
    framing: Framing::Sse,
    decoder: || Box::new(OpenAiChat::default()),
    whole,
    models_path: "models",
    models: models::listed,
    about: None,
    controls: &[
        Control::Temperature,
        Control::TopP,
        Control::MaxTokens,
        Control::Stop,
        Control::Seed,
        Control::FrequencyPenalty,
        Control::PresencePenalty,
        Control::Effort,
        Control::Stream,
        Control::ResponseFormat,
    ],
    background: None,
};

/// An answer that was not streamed has the same fields, its delta called `message`.
fn whole(body: &Value, out: &mut Vec<Delta>) -> Result<(), Failure> {
    let mut chunk = body.clone();
    for choice in chunk.get_mut("choices").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(message) = choice.as_object_mut().and_then(|choice| choice.remove("message")) {
            choice["delta"] = message;
        }
    }
    let chunk: Chunk = serde_json::from_value(chunk).map_err(|_| Failure::new(FailureCode::NotAStream))?;
    if chunk.choices.as_ref().is_none_or(Vec::is_empty) {
        return Err(Failure::new(FailureCode::EmptyAnswer));
    }
    let mut reader = OpenAiChat::default();
    reader.chunk(chunk, &SseEvent { data: body.to_string(), ..SseEvent::default() }, out)?;
    reader.finish(out);
    Ok(())
}

/// Reads a stream of chunks.
#[derive(Debug, Default)]
pub struct OpenAiChat {
    done: bool,
    finish: Option<FinishReason>,
    any: bool,
    damage: Damage,
    think: ThinkTags,
    tools: ToolCalls,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default, deserialize_with = "soft")]
    usage: Option<WireUsage>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default, deserialize_with = "soft")]
    x_groq: Option<Groq>,
    #[serde(default, deserialize_with = "text")]
    object: Option<String>,
}

#[derive(Deserialize)]
struct Groq {
    #[serde(default, deserialize_with = "soft")]
    usage: Option<WireUsage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<WireDelta>,
    #[serde(default, deserialize_with = "text")]
    finish_reason: Option<String>,
    #[serde(default, deserialize_with = "soft")]
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct WireDelta {
    #[serde(default)]
    content: Option<Content>,
    #[serde(default, deserialize_with = "text")]
    reasoning_content: Option<String>,
    #[serde(default, deserialize_with = "text")]
    reasoning: Option<String>,
    #[serde(default, deserialize_with = "text")]
    refusal: Option<String>,
    #[serde(default, deserialize_with = "soft")]
    tool_calls: Option<Vec<ToolDelta>>,
}

/// Text, or (Mistral) parts of several kinds.
enum Content {
    Text(String),
    Parts(Vec<Value>),
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Content;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("text or a list of parts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Content, E> {
                Ok(Content::Text(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Content, E> {
                Ok(Content::Text(text))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut parts: A) -> Result<Content, A::Error> {
                let mut all = Vec::new();
                while let Some(part) = parts.next_element()? {
                    all.push(part);
                }
                Ok(Content::Parts(all))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, part: A) -> Result<Content, A::Error> {
                let part = Value::deserialize(serde::de::value::MapAccessDeserializer::new(part))?;
                Ok(Content::Parts(vec![part]))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[derive(Deserialize)]
struct WireUsage {
    #[serde(default, deserialize_with = "count")]
    prompt_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    completion_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    prompt_cache_hit_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    total_tokens: Option<u64>,
    /// OpenRouter: US dollars.
    #[serde(default, deserialize_with = "soft")]
    cost: Option<f64>,
    /// xAI: ten thousand millionths of a US dollar.
    #[serde(default, deserialize_with = "count")]
    cost_in_usd_ticks: Option<u64>,
    #[serde(default, deserialize_with = "soft")]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(default, deserialize_with = "soft")]
    completion_tokens_details: Option<CompletionDetails>,
}

/// xAI's ticks in a millionth of a dollar.
const TICKS: u64 = 10_000;

#[derive(Deserialize)]
struct PromptDetails {
    #[serde(default, deserialize_with = "count")]
    cached_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    cache_write_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    #[serde(default, deserialize_with = "count")]
    reasoning_tokens: Option<u64>,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let cached = wire.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
        let reasoning = wire.completion_tokens_details.and_then(|details| details.reasoning_tokens);
        // xAI counts reasoning beside the completion; only the sum tells that from those who count it within.
        let beside = reasoning.filter(|reasoning| {
            let (read, wrote) = (wire.prompt_tokens.unwrap_or(0), wire.completion_tokens.unwrap_or(0));
            *reasoning > 0 && wire.total_tokens == read.checked_add(wrote).and_then(|sum| sum.checked_add(*reasoning))
        });
        let dollars = wire.cost.filter(|dollars| *dollars >= 0.0).map(|dollars| (dollars * 1e6).round() as u64);
        Self {
            input_tokens: wire.prompt_tokens,
            output_tokens: wire.completion_tokens.map(|wrote| wrote.saturating_add(beside.unwrap_or(0))),
            reasoning_tokens: reasoning,
            cached_tokens: cached.or(wire.prompt_cache_hit_tokens),
            cache_write_tokens: wire.prompt_tokens_details.and_then(|details| details.cache_write_tokens),
            micros: dollars.or(wire.cost_in_usd_ticks.map(|ticks| ticks / TICKS)),
        }
    }
}

impl Decoder for OpenAiChat {
    fn push(&mut self, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        let data = event.data.trim();
        if data.is_empty() || self.done {
            return Ok(());
        }
        if data == "[DONE]" {
            self.finish(out);
            return Ok(());
        }
        match serde_json::from_str::<Chunk>(data) {
            Ok(chunk) => self.chunk(chunk, event, out),
            Err(_) => self.odd_frame(data, event, out),
        }
    }

    fn complete(&self) -> bool {
        self.done
    }

    fn finishing(&self) -> bool {
        self.finish.is_some()
    }

    fn held_back(&self) -> usize {
        self.tools.bytes()
    }

    fn end(&mut self, stray: &str, done: bool, out: &mut Vec<Delta>) -> Result<(), Failure> {
        if self.done {
            return Ok(());
        }
        if let Some(error) = VendorError::in_stray_lines(stray) {
            self.think.flush(out);
            return Err(error.mid_stream());
        }
        if done || self.finish.is_some() {
            self.finish(out);
            return Ok(());
        }
        self.think.flush(out);
        Err(unfinished(self.any, stray))
    }
}

impl OpenAiChat {
    fn chunk(&mut self, chunk: Chunk, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        let groq_error = chunk.x_groq.as_ref().and_then(|groq| groq.error.clone());
        let is_error = event.event == "error" || chunk.object.as_deref() == Some("error");
        if is_error || chunk.error.as_ref().is_some_and(|error| !error.is_null()) || groq_error.is_some() {
            return Err(self.vendor_error(&event.data, groq_error, out));
        }
        self.any = true;
        let choices = chunk.choices.unwrap_or_default();
        let mut usage = chunk.usage.or(chunk.x_groq.and_then(|groq| groq.usage));
        // Only one answer is asked for; servers that number choices by token exist, so the index is not looked at.
        for choice in choices {
            usage = usage.or(choice.usage);
            if let Some(delta) = choice.delta {
                self.delta(delta, out);
            }
            match choice.finish_reason.as_deref() {
                None | Some("") => {}
                // Words of OpenRouter, Mistral, Zhipu: the answer broke off at the vendor's.
                Some("error" | "network_error") => return Err(self.vendor_error(&event.data, None, out)),
                // DeepSeek's.
                Some(reason @ "insufficient_system_resource") => {
                    self.think.flush(out);
                    return Err(Failure::new(FailureCode::Overloaded).detail(reason));
                }
                // A refusal ends in `stop`; that it is one says more.
                Some(_) if self.finish == Some(FinishReason::Refusal) => {}
                Some(reason) => self.finish = Some(finish_reason(reason)),
            }
        }
        if let Some(usage) = usage {
            out.push(Delta::Usage(usage.into()));
        }
        Ok(())
    }

    fn delta(&mut self, delta: WireDelta, out: &mut Vec<Delta>) {
        let reasoning = delta.reasoning_content.filter(|text| !text.is_empty()).or(delta.reasoning);
        if let Some(text) = reasoning.filter(|text| !text.is_empty()) {
            out.push(Delta::Reasoning(text));
        }
        match delta.content {
            None => {}
            Some(Content::Text(text)) => self.think.push(text, out),
            Some(Content::Parts(parts)) => self.parts(&parts, out),
        }
        if let Some(refusal) = delta.refusal.filter(|text| !text.is_empty()) {
            out.push(Delta::Text(refusal));
            self.finish = Some(FinishReason::Refusal);
        }
        for call in delta.tool_calls.unwrap_or_default() {
            self.tools.push(call);
        }
    }

    fn parts(&mut self, parts: &[Value], out: &mut Vec<Delta>) {
        for part in parts {
            let text = |value: &Value| value.get("text").and_then(Value::as_str).map(str::to_owned);
            match part.get("type").and_then(Value::as_str) {
                Some("thinking") => match part.get("thinking") {
                    Some(Value::String(thinking)) => out.push(Delta::Reasoning(thinking.clone())),
                    Some(Value::Array(thinking)) => out.extend(thinking.iter().filter_map(text).map(Delta::Reasoning)),
                    _ => {}
                },
                _ => {
                    if let Some(text) = text(part) {
                        self.think.push(text, out);
                    }
                }
            }
        }
    }

    /// A frame that is not a chunk: an error in a shape of its own, or damage. A little damage is passed over.
    fn odd_frame(&mut self, data: &str, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        let parsed: Option<Value> = serde_json::from_str(data).ok();
        let says_error = parsed.as_ref().is_some_and(|value| value.get("error").is_some_and(|error| !error.is_null()));
        if event.event == "error" || says_error {
            return Err(self.vendor_error(data, None, out));
        }
        let given_up = self.damage.passed_over(data.len());
        if given_up.is_err() {
            self.think.flush(out);
        }
        given_up
    }

    fn vendor_error(&mut self, data: &str, nested: Option<Value>, out: &mut Vec<Delta>) -> Failure {
        self.think.flush(out);
        let value = nested.or_else(|| serde_json::from_str(data).ok()).unwrap_or(Value::String(data.to_owned()));
        classify::VendorError::read(&value).mid_stream()
    }

    fn finish(&mut self, out: &mut Vec<Delta>) {
        self.done = true;
        self.think.flush(out);
        let cut = matches!(self.finish, Some(FinishReason::Length | FinishReason::ContentFilter));
        let called = self.tools.finish(cut, out);
        let reason = match self.finish.unwrap_or(FinishReason::Stop) {
            // Gemini's way to end in tool calls.
            FinishReason::Stop if called => FinishReason::ToolCalls,
            reason => reason,
        };
        out.push(Delta::Finish(reason));
    }
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "stop" | "end_turn" | "eos" | "stop_sequence" | "STOP" => FinishReason::Stop,
        "length" | "max_tokens" | "model_length" | "MAX_TOKENS" => FinishReason::Length,
        "content_filter" | "sensitive" | "SAFETY" => FinishReason::ContentFilter,
        "refusal" => FinishReason::Refusal,
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        _ => FinishReason::Other,
    }
}
