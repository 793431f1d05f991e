//! What Anthropic's Messages are asked.

use crate::{ChatMessage, ChatRequest, Endpoint, Part, Tool, ToolChoice};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rivulet_protocol::{Author, Controls, Effort, WireProtocol};
use serde_json::{Value, json};

/// The least the vendor takes as a budget for reasoning, in tokens.
const LEAST_BUDGET: u32 = 1024;

/// The body of a request. The system's words stand apart; a result of a tool is a user's block.
pub(super) fn body(_: &Endpoint, request: &ChatRequest) -> Value {
    let system: Vec<String> =
        request.messages.iter().filter(|m| m.author == Author::System).map(ChatMessage::said).collect();
    let mut messages = Vec::new();
    for message in request.messages.iter().filter(|message| message.author != Author::System) {
        let user = message.author == Author::User;
        let content = if user { parts(message) } else { answer(message) };
        if !content.is_empty() {
            messages.push(json!({ "role": if user { "user" } else { "assistant" }, "content": content }));
        }
        let results: Vec<Value> = message
            .tool_calls
            .iter()
            .filter_map(|call| {
                let result = call.result.as_ref()?;
                Some(json!({ "type": "tool_result", "tool_use_id": call.id, "content": result }))
            })
            .collect();
        if !results.is_empty() {
            messages.push(json!({ "role": "user", "content": results }));
        }
    }
    let mut body = json!({ "model": request.model, "messages": messages, "stream": request.streams() });
    if !system.is_empty() {
        body["system"] = system.join("\n\n").into();
    }
    controls(&mut body, &request.controls, longest_answer(&request.model));
    tools(&mut body, request);
    body
}

fn tools(body: &mut Value, request: &ChatRequest) {
    if request.tools.is_empty() {
        return;
    }
    let tool = |tool: &Tool| {
        let mut told = json!({ "name": tool.name, "input_schema": tool.schema() });
        if let Some(description) = &tool.description {
            told["description"] = description.clone().into();
        }
        told
    };
    body["tools"] = request.tools.iter().map(tool).collect();
    // One at a time is said with the choice.
    let one_by_one = request.parallel_tools == Some(false);
    let mut choice = match &request.tool_choice {
        None if !one_by_one => return,
        None | Some(ToolChoice::Auto) => json!({ "type": "auto" }),
        Some(ToolChoice::None) => json!({ "type": "none" }),
        Some(ToolChoice::Required) => json!({ "type": "any" }),
        Some(ToolChoice::Named(name)) => json!({ "type": "tool", "name": name }),
    };
    if one_by_one && request.tool_choice != Some(ToolChoice::None) {
        choice["disable_parallel_tool_use"] = true.into();
    }
    body["tool_choice"] = choice;
}

/// An answer as it is told again: thoughts first and unchanged, as the vendor wants them before a tool call.
fn answer(message: &ChatMessage) -> Vec<Value> {
    let thoughts = message.replay.iter().filter(|replay| replay.protocol == WireProtocol::Anthropic);
    let mut content: Vec<Value> = thoughts.map(|replay| replay.item.clone()).collect();
    content.extend(parts(message));
    for call in message.tool_calls.iter().filter(|call| call.result.is_some()) {
        let input: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
        content.push(json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": input }));
    }
    content
}

fn parts(message: &ChatMessage) -> Vec<Value> {
    let part = |part: &Part| match part {
        // An empty block is refused.
        Part::Text(text) if text.trim().is_empty() => None,
        Part::Text(text) => Some(json!({ "type": "text", "text": text })),
        Part::Image { media_type, data } => Some(json!({ "type": "image", "source": base64(media_type, data) })),
        Part::Document { name, media_type, data } if media_type.starts_with("text/") => {
            let source = json!({ "type": "text", "media_type": "text/plain", "data": String::from_utf8_lossy(data) });
            Some(json!({ "type": "document", "title": name, "source": source }))
        }
        Part::Document { name, media_type, data } => {
            Some(json!({ "type": "document", "title": name, "source": base64(media_type, data) }))
        }
    };
    message.parts.iter().filter_map(part).collect()
}

fn base64(media_type: &str, data: &[u8]) -> Value {
    json!({ "type": "base64", "media_type": media_type, "data": BASE64.encode(data) })
}

/// A limit is required, and one over the model's own is refused. By the names of the models that can write less than
/// later ones (Anthropic's table of models).
fn longest_answer(model: &str) -> u32 {
    let is = |part| model.contains(part);
    if is("claude-3-5") {
        8_192
    } else if is("claude-3-7") {
        64_000
    } else if is("claude-3") || is("claude-2") || is("claude-instant") {
        4_096
    } else {
        32_000
    }
}

fn controls(body: &mut Value, controls: &Controls, longest: u32) {
    let budget = controls.reasoning_tokens.or(match controls.effort {
        None | Some(Effort::None | Effort::Minimal) => None,
        Some(Effort::Low) => Some(2_048),
        Some(Effort::Medium) => Some(8_192),
        Some(Effort::High) => Some(24_576),
    });
    let most = controls.max_tokens.unwrap_or(longest);
    // Reasoning counts against the limit, and the answer must have room behind it: a limit that a person set wins.
    let budget = budget
        .filter(|budget| *budget > 0)
        .map(|budget| budget.max(LEAST_BUDGET).min(most.saturating_sub(LEAST_BUDGET)));
    if let Some(budget) = budget.filter(|budget| *budget >= LEAST_BUDGET) {
        body["thinking"] = json!({ "type": "enabled", "budget_tokens": budget });
    } else {
        // With reasoning the vendor takes none of these but its own.
        if let Some(temperature) = controls.temperature {
            body["temperature"] = temperature.into();
        }
        if let Some(top_p) = controls.top_p {
            body["top_p"] = top_p.into();
        }
    }
    body["max_tokens"] = most.into();
    if let Some(stop) = controls.stop.as_ref().filter(|stop| !stop.is_empty()) {
        body["stop_sequences"] = stop.clone().into();
    }
}
