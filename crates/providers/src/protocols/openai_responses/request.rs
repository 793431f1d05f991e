//! What Responses are asked.

use crate::{ChatMessage, ChatRequest, Endpoint, Part, Tool, ToolChoice};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rivulet_protocol::{Author, Controls, ResponseFormat, WireProtocol};
use serde_json::{Value, json};

/// The body of a request. The whole conversation is told each time, and nothing is stored at the vendor's but an answer
/// that it shall go on with by itself, which asks for that.
pub(super) fn body(endpoint: &Endpoint, request: &ChatRequest) -> Value {
    let background = endpoint.goes_on(request);
    let mut input = Vec::new();
    for message in &request.messages {
        match message.author {
            Author::System => input.push(json!({ "role": "system", "content": message.said() })),
            Author::User => input.push(json!({ "role": "user", "content": parts(message) })),
            Author::Assistant => answer(message, &mut input),
        }
    }
    let mut body = json!({
        "model": request.model,
        "input": input,
        // Only what was begun as a stream can be taken up as one.
        "stream": request.streams() || background,
        "store": background,
    });
    if background {
        body["background"] = true.into();
    }
    controls(&mut body, &request.model, &request.controls);
    tools(&mut body, request);
    body
}

fn tools(body: &mut Value, request: &ChatRequest) {
    if request.tools.is_empty() {
        return;
    }
    let tool = |tool: &Tool| {
        // Unlike the vendor's other protocol, this one is strict unless it is told not to be.
        let strict = tool.strict.unwrap_or(false);
        let mut told = json!({ "type": "function", "name": tool.name, "parameters": tool.schema(), "strict": strict });
        if let Some(description) = &tool.description {
            told["description"] = description.clone().into();
        }
        told
    };
    body["tools"] = request.tools.iter().map(tool).collect();
    match &request.tool_choice {
        None => {}
        Some(ToolChoice::Auto) => body["tool_choice"] = "auto".into(),
        Some(ToolChoice::None) => body["tool_choice"] = "none".into(),
        Some(ToolChoice::Required) => body["tool_choice"] = "required".into(),
        Some(ToolChoice::Named(name)) => body["tool_choice"] = json!({ "type": "function", "name": name }),
    }
    if let Some(parallel) = request.parallel_tools {
        body["parallel_tool_calls"] = parallel.into();
    }
}

fn answer(message: &ChatMessage, input: &mut Vec<Value>) {
    let answered = || message.tool_calls.iter().filter(|call| call.result.is_some());
    // Sealed reasoning counts within a tool's loop; after an answer the vendor drops it, so it is not sent for nothing.
    if answered().next().is_some() {
        let own = message.replay.iter().filter(|replay| replay.protocol == WireProtocol::OpenaiResponses);
        input.extend(own.map(|replay| replay.item.clone()));
    }
    let said = message.said();
    if !said.is_empty() {
        input.push(json!({ "role": "assistant", "content": [{ "type": "output_text", "text": said }] }));
    }
    for call in answered() {
        let (id, name, arguments) = (&call.id, &call.name, &call.arguments);
        input.push(json!({ "type": "function_call", "call_id": id, "name": name, "arguments": arguments }));
        input.push(json!({ "type": "function_call_output", "call_id": id, "output": call.result }));
    }
}

fn parts(message: &ChatMessage) -> Vec<Value> {
    let data_url = |media_type: &str, data: &[u8]| format!("data:{media_type};base64,{}", BASE64.encode(data));
    let part = |part: &Part| match part {
        Part::Text(text) => json!({ "type": "input_text", "text": text }),
        Part::Image { media_type, data } => json!({ "type": "input_image", "image_url": data_url(media_type, data) }),
        Part::Document { name, media_type, data } => {
            json!({ "type": "input_file", "filename": name, "file_data": data_url(media_type, data) })
        }
    };
    message.parts.iter().map(part).collect()
}

/// Models that reason, by OpenAI's names; the others refuse to be told how.
fn reasons(model: &str) -> bool {
    let numbered = model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    numbered || model.starts_with("gpt-5") || model.contains("codex")
}

fn controls(body: &mut Value, model: &str, controls: &Controls) {
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    set("temperature", controls.temperature.map(Value::from));
    set("top_p", controls.top_p.map(Value::from));
    set("max_output_tokens", controls.max_tokens.map(Value::from));
    let format = controls.response_format.as_ref().map(|format| match format {
        ResponseFormat::Text => json!({ "type": "text" }),
        ResponseFormat::Json => json!({ "type": "json_object" }),
        ResponseFormat::JsonSchema { schema } => json!({ "type": "json_schema", "name": "answer", "schema": schema }),
    });
    set("text", format.map(|format| json!({ "format": format })));
    if controls.effort.is_some() || reasons(model) {
        let mut reasoning = json!({ "summary": "auto" });
        if let Some(effort) = controls.effort {
            reasoning["effort"] = effort.as_str().into();
        }
        set("reasoning", Some(reasoning));
        // Sealed, since the vendor is not asked to remember it.
        set("include", Some(json!(["reasoning.encrypted_content"])));
    }
}
