//! OpenAI's Chat Completions, and the many servers that speak it with an accent.
//!
//! Source of the shapes: the vendors' API references and client libraries; `tests/fixtures/openai_chat` has a stream
//! in each. Unknown fields are ignored; `[DONE]`, or a finish reason followed by the end of the bytes, completes an
//! answer.

mod chunk;
pub(super) mod request;
mod think;
mod tools;

use super::frame::{Damage, json_of, unfinished};
use super::{KeyHeader, Protocol};
use crate::classify::{self, VendorError};
use crate::frames::Framing;
use crate::sse::SseEvent;
use crate::{Decoder, Delta, models};
use chunk::{Chunk, Content, WireDelta, bare_error, says_error};
use rivulet_protocol::{Control, Failure, FailureCode, FinishReason, Usage, WireProtocol};
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

/// An answer that was not streamed is one chunk, whose choices have a `message`.
fn whole(body: &Value, out: &mut Vec<Delta>) -> Result<(), Failure> {
    let chunk = serde_json::from_value(body.clone()).ok().or_else(|| Chunk::mended(body.clone()));
    let chunk: Chunk = chunk.ok_or_else(|| Failure::new(FailureCode::NotAStream))?;
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
    /// A delta said something, so what a `message` says was said before.
    said: bool,
    damage: Damage,
    think: ThinkTags,
    tools: ToolCalls,
}

impl Decoder for OpenAiChat {
    fn push(&mut self, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        let data = json_of(event);
        if data.is_empty() || self.done {
            return Ok(());
        }
        if data.trim_matches('"') == "[DONE]" {
            if !self.any {
                return Err(unfinished(false, ""));
            }
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
        if is_error || chunk.error.as_ref().is_some_and(says_error) || groq_error.is_some() {
            return Err(self.vendor_error(json_of(event), groq_error, out));
        }
        if chunk.choices.is_none()
            && let Some(error) = bare_error(json_of(event))
        {
            return Err(self.vendor_error("", Some(error), out));
        }
        self.any = true;
        let choices = chunk.choices.unwrap_or_default();
        let mut usage = chunk.usage.or(chunk.x_groq.and_then(|groq| groq.usage));
        // Only one answer is asked for; servers that number choices by token exist, so the index is not looked at.
        for choice in choices {
            usage = usage.or(choice.usage);
            match (choice.delta, choice.message) {
                (Some(delta), _) => self.said |= self.delta(delta, out),
                (None, Some(message)) if !self.said => _ = self.delta(message, out),
                (None, _) => {}
            }
            match choice.finish_reason.as_deref() {
                None | Some("") => {}
                // Words of OpenRouter, Mistral, Zhipu: the answer broke off at the vendor's.
                Some("error" | "network_error") => return Err(self.vendor_error(json_of(event), None, out)),
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
        // Counts that say nothing take no place of others.
        if let Some(usage) = usage.map(Usage::from).filter(|usage| *usage != Usage::default()) {
            out.push(Delta::Usage(usage));
        }
        Ok(())
    }

    /// Takes what a delta says; whether it says anything.
    fn delta(&mut self, mut delta: WireDelta, out: &mut Vec<Delta>) -> bool {
        let reasoning = delta.take_reasoning();
        let mut says = reasoning.is_some();
        out.extend(reasoning.map(Delta::Reasoning));
        match delta.content {
            None => {}
            Some(Content::Text(text)) => {
                says |= !text.is_empty();
                self.think.push(text, out);
            }
            Some(Content::Parts(parts)) => {
                says |= !parts.is_empty();
                self.parts(&parts, out);
            }
        }
        if let Some(refusal) = delta.refusal.filter(|text| !text.is_empty()) {
            says = true;
            out.push(Delta::Text(refusal));
            self.finish = Some(FinishReason::Refusal);
        }
        let called = delta.function_call.map(ToolDelta::alone);
        for call in delta.tool_calls.into_iter().chain(called) {
            says = true;
            self.tools.push(call);
        }
        says
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
        let is_error = parsed.as_ref().is_some_and(|value| value.get("error").is_some_and(says_error));
        if event.event == "error" || is_error {
            return Err(self.vendor_error(data, None, out));
        }
        if let Some(chunk) = parsed.and_then(Chunk::mended) {
            return self.chunk(chunk, event, out);
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
        // Also where nothing says why it ended: only what is whole was meant to be run.
        let cut = matches!(self.finish, None | Some(FinishReason::Length | FinishReason::ContentFilter));
        let called = self.tools.finish(cut, out);
        let reason = match self.finish.unwrap_or(FinishReason::Stop) {
            // Gemini's way to end in tool calls.
            FinishReason::Stop if called => FinishReason::ToolCalls,
            reason => reason,
        };
        out.push(Delta::Finish(reason));
    }
}

/// OpenAI's words, and those of models and servers behind them that are passed on as they are.
fn finish_reason(reason: &str) -> FinishReason {
    match reason.to_ascii_lowercase().as_str() {
        "stop" | "end_turn" | "eos" | "eos_token" | "stop_sequence" | "complete" | "completed" => FinishReason::Stop,
        "length" | "max_tokens" | "max_output_tokens" | "model_length" => FinishReason::Length,
        "content_filter" | "sensitive" | "safety" | "recitation" | "prohibited_content" | "blocklist" => {
            FinishReason::ContentFilter
        }
        "refusal" => FinishReason::Refusal,
        "tool_calls" | "function_call" | "tool_use" | "tool_call" => FinishReason::ToolCalls,
        _ => FinishReason::Other,
    }
}
