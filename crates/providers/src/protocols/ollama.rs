//! Ollama's own `/api/chat`: one JSON object a line, the last with `done: true`.
//!
//! Source of the shapes: Ollama's API documentation; `tests/fixtures/ollama` has the streams. Its OpenAI-compatible
//! address swallows errors and never ends then; this one says them.

use super::frame::{Damage, count, list, soft, text, unfinished};
use super::openai_chat::request::tool;
use super::{About, KeyHeader, Protocol};
use crate::classify::VendorError;
use crate::frames::Framing;
use crate::sse::SseEvent;
use crate::{ChatMessage, ChatRequest, Decoder, Delta, Endpoint, Part, ToolChoice};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rivulet_protocol::{
    Abilities, Author, Control, Controls, Effort, Failure, FailureCode, FinishReason, ResponseFormat, Usage,
};
use rivulet_protocol::{Model, WireProtocol};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// `/api/chat`.
pub static PROTOCOL: Protocol = Protocol {
    name: WireProtocol::Ollama,
    auth: KeyHeader::Bearer,
    headers: &[],
    path: |_| "api/chat".into(),
    body,
    framing: Framing::Lines,
    decoder: || Box::new(Ollama::default()),
    whole,
    models_path: "api/tags",
    models,
    about: Some(About { path: "api/show", read: about }),
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

/// Reads a stream of lines.
#[derive(Debug, Default)]
pub struct Ollama {
    done: bool,
    any: bool,
    damage: Damage,
    calls: u32,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    message: Option<WireMessage>,
    #[serde(default, deserialize_with = "soft")]
    done: bool,
    #[serde(default, deserialize_with = "text")]
    done_reason: Option<String>,
    #[serde(default, deserialize_with = "count")]
    prompt_eval_count: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    eval_count: Option<u64>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct WireMessage {
    #[serde(default, deserialize_with = "text")]
    content: Option<String>,
    #[serde(default, deserialize_with = "text")]
    thinking: Option<String>,
    #[serde(default, deserialize_with = "list")]
    tool_calls: Vec<WireCall>,
}

#[derive(Deserialize)]
struct WireCall {
    #[serde(default, deserialize_with = "text")]
    id: Option<String>,
    function: WireFunction,
}

#[derive(Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default)]
    arguments: Value,
}

impl Decoder for Ollama {
    fn push(&mut self, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        if self.done {
            return Ok(());
        }
        match self.damage.read::<Line>(event)? {
            Some(line) => self.line(line, out),
            None => Ok(()),
        }
    }

    fn complete(&self) -> bool {
        self.done
    }

    fn finishing(&self) -> bool {
        false
    }

    fn held_back(&self) -> usize {
        0
    }

    fn end(&mut self, stray: &str, _: bool, _: &mut Vec<Delta>) -> Result<(), Failure> {
        if self.done { Ok(()) } else { Err(unfinished(self.any, stray)) }
    }
}

impl Ollama {
    fn line(&mut self, line: Line, out: &mut Vec<Delta>) -> Result<(), Failure> {
        if let Some(error) = line.error.filter(|error| !error.is_null()) {
            return Err(VendorError::read(&json!({ "error": error })).mid_stream());
        }
        self.any = true;
        if let Some(message) = line.message {
            out.extend(message.thinking.filter(|text| !text.is_empty()).map(Delta::Reasoning));
            out.extend(message.content.filter(|text| !text.is_empty()).map(Delta::Text));
            for call in message.tool_calls {
                self.calls += 1;
                let id = call.id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{}", self.calls));
                // An object here; text at servers that imitate the other protocol.
                let arguments = match call.function.arguments {
                    Value::String(text) => text,
                    Value::Null => "{}".into(),
                    object => object.to_string(),
                };
                out.push(Delta::ToolCall { id, name: call.function.name, arguments });
            }
        }
        if line.done {
            self.done = true;
            if line.prompt_eval_count.is_some() || line.eval_count.is_some() {
                let (input_tokens, output_tokens) = (line.prompt_eval_count, line.eval_count);
                out.push(Delta::Usage(Usage { input_tokens, output_tokens, ..Usage::default() }));
            }
            out.push(Delta::Finish(match line.done_reason.as_deref() {
                Some("length") => FinishReason::Length,
                None | Some("" | "stop") if self.calls > 0 => FinishReason::ToolCalls,
                None | Some("" | "stop") => FinishReason::Stop,
                Some(_) => FinishReason::Other,
            }));
        }
        Ok(())
    }
}

/// An answer that was not streamed is the one line.
fn whole(body: &Value, out: &mut Vec<Delta>) -> Result<(), Failure> {
    let mut reader = Ollama::default();
    let line = Line::deserialize(body).map_err(|_| Failure::new(FailureCode::NotAStream))?;
    reader.line(line, out)?;
    reader.end("", false, out)
}

/// `{capabilities: ["vision", …], model_info: {"<architecture>.context_length": …}, parameters: "num_ctx 8192\n…"}`.
/// What a model was trained with is only what it could read: the server gives it `num_ctx`, where that is set.
fn about(value: &Value, model: &mut Model) {
    let capabilities = value.get("capabilities").and_then(Value::as_array);
    if let Some(words) = capabilities {
        let can = |word: &str| Some(words.iter().any(|found| found == word));
        let abilities =
            Abilities { pictures: can("vision"), documents: None, reasoning: can("thinking"), tools: can("tools") };
        model.abilities = abilities;
    }
    let parameters = value.get("parameters").and_then(Value::as_str).unwrap_or_default();
    let set = parameters.lines().find_map(|line| line.trim().strip_prefix("num_ctx")?.trim().parse().ok());
    model.context = set.or(model.context);
}

/// `{models: [{name, model, …}]}`.
fn models(value: &Value) -> Option<Vec<Model>> {
    value.get("models")?;
    crate::models::listed(value)
}

/// The body of a request.
fn body(_: &Endpoint, request: &ChatRequest) -> Value {
    let mut messages = Vec::new();
    for message in &request.messages {
        messages.push(one(message));
        for call in &message.tool_calls {
            if let Some(result) = &call.result {
                messages.push(json!({ "role": "tool", "tool_name": call.name, "content": result }));
            }
        }
    }
    let mut body = json!({ "model": request.model, "messages": messages, "stream": request.streams() });
    let options = options(&request.controls);
    if !options.is_empty() {
        body["options"] = options.into();
    }
    match &request.controls.response_format {
        None | Some(ResponseFormat::Text) => {}
        Some(ResponseFormat::Json) => body["format"] = "json".into(),
        Some(ResponseFormat::JsonSchema { schema }) => body["format"] = schema.clone(),
    }
    // Not sent unasked: a model that cannot think refuses to be told to.
    match request.controls.effort {
        None => {}
        Some(Effort::None) => body["think"] = false.into(),
        Some(_) => body["think"] = true.into(),
    }
    // It cannot be told which to use, only be told of none.
    if !request.tools.is_empty() && request.tool_choice != Some(ToolChoice::None) {
        body["tools"] = request.tools.iter().map(tool).collect();
    }
    body
}

/// Documents are told as text where they are text; this server reads no others.
fn one(message: &ChatMessage) -> Value {
    let role = match message.author {
        Author::System => "system",
        Author::User => "user",
        Author::Assistant => "assistant",
    };
    let mut text = vec![message.said()];
    let mut images = Vec::new();
    for part in &message.parts {
        match part {
            Part::Image { data, .. } => images.push(BASE64.encode(data)),
            Part::Document { name, media_type, data } if media_type.starts_with("text/") => {
                text.push(format!("{name}:\n{}", String::from_utf8_lossy(data)));
            }
            Part::Text(_) | Part::Document { .. } => {}
        }
    }
    let mut said = json!({ "role": role, "content": text.join("\n\n") });
    if !images.is_empty() {
        said["images"] = images.into();
    }
    let calls = message.tool_calls.iter().filter(|call| call.result.is_some());
    let calls: Vec<Value> = calls
        .map(|call| {
            let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
            json!({ "function": { "name": call.name, "arguments": arguments } })
        })
        .collect();
    if !calls.is_empty() {
        said["tool_calls"] = calls.into();
    }
    said
}

fn options(controls: &Controls) -> Map<String, Value> {
    let mut options = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            options.insert(name.to_owned(), value);
        }
    };
    set("temperature", controls.temperature.map(Value::from));
    set("top_p", controls.top_p.map(Value::from));
    set("num_predict", controls.max_tokens.map(Value::from));
    set("stop", controls.stop.clone().filter(|stop| !stop.is_empty()).map(Value::from));
    set("seed", controls.seed.map(Value::from));
    set("frequency_penalty", controls.frequency_penalty.map(Value::from));
    set("presence_penalty", controls.presence_penalty.map(Value::from));
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_can_what_the_server_says_it_can() {
        let said = json!({ "capabilities": ["completion", "vision"], "parameters": "stop \"x\"\nnum_ctx    8192",
            "model_info": { "llama.context_length": 131_072 } });
        let mut model = Model::default();
        about(&said, &mut model);
        let abilities = Abilities { pictures: Some(true), documents: None, reasoning: Some(false), tools: Some(false) };
        assert_eq!((model.abilities, model.context), (abilities, Some(8_192)));
        let mut silent = Model { context: Some(5), ..Model::default() };
        about(&json!({}), &mut silent);
        assert_eq!((silent.abilities, silent.context), (Abilities::default(), Some(5)), "older servers say nothing");
    }
}
