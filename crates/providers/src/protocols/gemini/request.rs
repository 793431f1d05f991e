//! What Gemini is asked.

use crate::{ChatMessage, ChatRequest, Endpoint, Part, Tool, ToolChoice};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rivulet_protocol::{Author, Controls, Effort, ResponseFormat, WireProtocol};
use serde_json::{Map, Value, json};

/// `models/<model>:streamGenerateContent`, the model's name made safe for a path.
pub(super) fn path(request: &ChatRequest) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    let model = request.model.trim_start_matches("models/");
    let model: String = model.chars().filter(|c| safe(*c)).collect();
    // A tuned model's name says itself what it is.
    let model = if model.contains('/') { model } else { format!("models/{model}") };
    if request.streams() {
        format!("{model}:streamGenerateContent?alt=sse")
    } else {
        format!("{model}:generateContent")
    }
}

/// The body of a request. The system's words stand apart.
pub(super) fn body(_: &Endpoint, request: &ChatRequest) -> Value {
    let system = request.messages.iter().filter(|message| message.author == Author::System);
    let system: Vec<Value> = system.map(|message| json!({ "text": message.said() })).collect();
    let mut contents = Vec::new();
    for message in request.messages.iter().filter(|message| message.author != Author::System) {
        let user = message.author == Author::User;
        let parts = if user { parts(message) } else { answer(message) };
        if !parts.is_empty() {
            contents.push(json!({ "role": if user { "user" } else { "model" }, "parts": parts }));
        }
        let results: Vec<Value> = message
            .tool_calls
            .iter()
            .filter_map(|call| {
                let response = json!({ "result": call.result.as_ref()? });
                Some(json!({ "functionResponse": { "id": call.id, "name": call.name, "response": response } }))
            })
            .collect();
        if !results.is_empty() {
            contents.push(json!({ "role": "user", "parts": results }));
        }
    }
    let mut body = json!({ "contents": contents });
    if !system.is_empty() {
        body["systemInstruction"] = json!({ "parts": system });
    }
    let config = config(&request.model, &request.controls);
    if !config.is_empty() {
        body["generationConfig"] = config.into();
    }
    tools(&mut body, request);
    body
}

fn tools(body: &mut Value, request: &ChatRequest) {
    if request.tools.is_empty() {
        return;
    }
    let tool = |tool: &Tool| {
        let mut told = json!({ "name": tool.name, "description": tool.description.as_deref().unwrap_or_default() });
        if let Some(parameters) = &tool.parameters {
            told["parametersJsonSchema"] = parameters.clone();
        }
        told
    };
    let all: Vec<Value> = request.tools.iter().map(tool).collect();
    body["tools"] = json!([{ "functionDeclarations": all }]);
    let config = match &request.tool_choice {
        None => return,
        Some(ToolChoice::Auto) => json!({ "mode": "AUTO" }),
        Some(ToolChoice::None) => json!({ "mode": "NONE" }),
        Some(ToolChoice::Required) => json!({ "mode": "ANY" }),
        Some(ToolChoice::Named(name)) => json!({ "mode": "ANY", "allowedFunctionNames": [name] }),
    };
    body["toolConfig"] = json!({ "functionCallingConfig": config });
}

/// An answer as it is told again, each signature at the part it came with.
fn answer(message: &ChatMessage) -> Vec<Value> {
    let signature = |of: &str| {
        let mut replay = message.replay.iter().filter(|replay| replay.protocol == WireProtocol::Gemini);
        replay.find(|replay| replay.item["of"] == of).map(|replay| replay.item["thoughtSignature"].clone())
    };
    let mut told = parts(message);
    if let (Some(last), Some(signature)) = (told.last_mut(), signature("text")) {
        last["thoughtSignature"] = signature;
    }
    for call in message.tool_calls.iter().filter(|call| call.result.is_some()) {
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
        let mut part = json!({ "functionCall": { "name": call.name, "args": arguments } });
        if let Some(signature) = signature(&call.id) {
            part["thoughtSignature"] = signature;
        }
        told.push(part);
    }
    told
}

fn parts(message: &ChatMessage) -> Vec<Value> {
    let part = |part: &Part| match part {
        Part::Text(text) => json!({ "text": text }),
        Part::Image { media_type, data } | Part::Document { media_type, data, .. } => {
            json!({ "inlineData": { "mimeType": media_type, "data": BASE64.encode(data) } })
        }
    };
    message.parts.iter().map(part).collect()
}

fn config(model: &str, controls: &Controls) -> Map<String, Value> {
    let mut config = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            config.insert(name.to_owned(), value);
        }
    };
    set("temperature", controls.temperature.map(Value::from));
    set("topP", controls.top_p.map(Value::from));
    set("maxOutputTokens", controls.max_tokens.map(Value::from));
    set("stopSequences", controls.stop.clone().filter(|stop| !stop.is_empty()).map(Value::from));
    set("seed", controls.seed.map(Value::from));
    set("frequencyPenalty", controls.frequency_penalty.map(Value::from));
    set("presencePenalty", controls.presence_penalty.map(Value::from));
    match &controls.response_format {
        None | Some(ResponseFormat::Text) => {}
        Some(ResponseFormat::Json) => set("responseMimeType", Some("application/json".into())),
        Some(ResponseFormat::JsonSchema { schema }) => {
            set("responseMimeType", Some("application/json".into()));
            set("responseJsonSchema", Some(schema.clone()));
        }
    }
    set("thinkingConfig", thinking(model, controls));
    config
}

/// Models that do not reason refuse to be told how; those that do show their thoughts only when asked.
fn thinking(model: &str, controls: &Controls) -> Option<Value> {
    let levels = model.contains("gemini-3");
    let reasons = levels || model.contains("gemini-2.5");
    let mut thinking = json!({ "includeThoughts": true });
    match (controls.reasoning_tokens, controls.effort) {
        (Some(tokens), _) => thinking["thinkingBudget"] = tokens.into(),
        (None, Some(effort)) if levels => {
            // The later models have levels, and none to switch it off.
            let level = if matches!(effort, Effort::None | Effort::Minimal) { "low" } else { effort.as_str() };
            thinking["thinkingLevel"] = level.into();
        }
        (None, Some(effort)) => {
            let budget = match effort {
                Effort::None => 0,
                Effort::Minimal => 512,
                Effort::Low => 1_024,
                Effort::Medium => 8_192,
                Effort::High => 24_576,
            };
            thinking["thinkingBudget"] = budget.into();
        }
        (None, None) if !reasons => return None,
        (None, None) => {}
    }
    Some(thinking)
}
