//! What a Chat Completions server is asked.

use crate::catalog::Quirk;
use crate::{ChatMessage, ChatRequest, Endpoint, Part, Tool, ToolChoice};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rivulet_protocol::{Author, Controls, ResponseFormat};
use serde_json::{Value, json};

/// The body of a request.
pub(super) fn body(endpoint: &Endpoint, request: &ChatRequest) -> Value {
    let has = |quirk| endpoint.catalog.is_some_and(|entry| entry.has(quirk));
    let mut messages = Vec::new();
    for message in &request.messages {
        messages.push(one(message, has(Quirk::ReasoningBack)));
        for call in &message.tool_calls {
            if let Some(result) = &call.result {
                messages.push(json!({ "role": "tool", "tool_call_id": call.id, "content": result }));
            }
        }
    }
    let mut body = json!({ "model": request.model, "messages": messages, "stream": request.streams() });
    if request.streams() && !has(Quirk::NoStreamOptions) {
        body["stream_options"] = json!({ "include_usage": true });
    }
    let max_tokens = if has(Quirk::MaxCompletionTokens) { "max_completion_tokens" } else { "max_tokens" };
    controls(&mut body, &request.controls, max_tokens);
    tools(&mut body, request);
    for (name, value) in &request.extra {
        body[name] = value.clone();
    }
    body
}

fn tools(body: &mut Value, request: &ChatRequest) {
    if request.tools.is_empty() {
        return;
    }
    body["tools"] = request.tools.iter().map(tool).collect();
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Auto) => body["tool_choice"] = "auto".into(),
        Some(ToolChoice::None) => body["tool_choice"] = "none".into(),
        Some(ToolChoice::Required) => body["tool_choice"] = "required".into(),
        Some(ToolChoice::Named(name)) => {
            body["tool_choice"] = json!({ "type": "function", "function": { "name": name } });
        }
    }
    if let Some(parallel) = request.parallel_tools {
        body["parallel_tool_calls"] = parallel.into();
    }
}

/// A tool as this protocol, and Ollama's, tell it.
pub(in crate::protocols) fn tool(tool: &Tool) -> Value {
    let mut function = json!({ "name": tool.name, "parameters": tool.schema() });
    if let Some(description) = &tool.description {
        function["description"] = description.clone().into();
    }
    if let Some(strict) = tool.strict {
        function["strict"] = strict.into();
    }
    json!({ "type": "function", "function": function })
}

fn one(message: &ChatMessage, reasoning_back: bool) -> Value {
    let role = match message.author {
        Author::System => "system",
        Author::User => "user",
        Author::Assistant => "assistant",
    };
    let mut said = json!({ "role": role, "content": content(message) });
    // A call without a result is refused by every vendor; it is not told.
    let calls = message.tool_calls.iter().filter(|call| call.result.is_some());
    let calls: Vec<Value> = calls
        .map(|call| {
            let function = json!({ "name": call.name, "arguments": call.arguments });
            json!({ "id": call.id, "type": "function", "function": function })
        })
        .collect();
    if !calls.is_empty() {
        said["tool_calls"] = calls.into();
        if reasoning_back && !message.reasoning.is_empty() {
            said["reasoning_content"] = message.reasoning.clone().into();
        }
    }
    said
}

/// Text alone goes as text, which every server takes; with pictures or documents it goes in parts.
fn content(message: &ChatMessage) -> Value {
    if message.parts.iter().all(|part| matches!(part, Part::Text(_))) {
        return message.said().into();
    }
    let data_url = |media_type: &str, data: &[u8]| format!("data:{media_type};base64,{}", BASE64.encode(data));
    let part = |part: &Part| match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Image { media_type, data } => {
            json!({ "type": "image_url", "image_url": { "url": data_url(media_type, data) } })
        }
        Part::Document { name, media_type, data } => {
            json!({ "type": "file", "file": { "filename": name, "file_data": data_url(media_type, data) } })
        }
    };
    message.parts.iter().map(part).collect()
}

fn controls(body: &mut Value, controls: &Controls, max_tokens: &str) {
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    set("temperature", controls.temperature.map(Value::from));
    set("top_p", controls.top_p.map(Value::from));
    set(max_tokens, controls.max_tokens.map(Value::from));
    set("stop", controls.stop.clone().filter(|stop| !stop.is_empty()).map(Value::from));
    set("seed", controls.seed.map(Value::from));
    set("frequency_penalty", controls.frequency_penalty.map(Value::from));
    set("presence_penalty", controls.presence_penalty.map(Value::from));
    set("reasoning_effort", controls.effort.map(|effort| effort.as_str().into()));
    let format = controls.response_format.as_ref().map(|format| match format {
        ResponseFormat::Text => json!({ "type": "text" }),
        ResponseFormat::Json => json!({ "type": "json_object" }),
        ResponseFormat::JsonSchema { schema } => {
            json!({ "type": "json_schema", "json_schema": { "name": "answer", "schema": schema } })
        }
    });
    set("response_format", format);
}
