//! A Chat Completions request, and what becomes of its fields.
//!
//! What we have a word for goes to every provider that has such a thing, in its own protocol. The rest goes as it is to
//! providers that speak Chat Completions themselves, as if the program had asked them directly; others have no use for
//! it.

use super::messages::{self, Message};
use rivulet_engine::{ChatRequest, Tool, ToolChoice};
use rivulet_protocol::{ApiError, Controls, Effort, ResponseFormat};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// What a program asks.
#[derive(Debug)]
pub(super) struct Asked {
    pub request: ChatRequest,
    pub stream: bool,
    /// A streamed answer ends with its token counts.
    pub include_usage: bool,
}

#[derive(Deserialize)]
struct Wire {
    model: String,
    messages: Vec<Message>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default)]
    top_p: Option<f64>,
    #[serde(default, deserialize_with = "tokens")]
    max_tokens: Option<u32>,
    #[serde(default, deserialize_with = "tokens")]
    max_completion_tokens: Option<u32>,
    #[serde(default)]
    stop: Option<Stop>,
    #[serde(default)]
    seed: Option<i64>,
    #[serde(default)]
    frequency_penalty: Option<f64>,
    #[serde(default)]
    presence_penalty: Option<f64>,
    #[serde(default)]
    tools: Option<Vec<WireTool>>,
    #[serde(default)]
    tool_choice: Option<WireChoice>,
    #[serde(default)]
    parallel_tool_calls: Option<bool>,
    #[serde(default)]
    n: Option<u32>,
    #[serde(default)]
    functions: Option<Value>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// How many tokens at most. For LM Studio's and llama.cpp's clients -1 is no limit, and some languages write `64.0`.
fn tokens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let Some(most) = Option::<f64>::deserialize(deserializer)? else { return Ok(None) };
    match most {
        -1.0 => Ok(None),
        _ if most.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&most) => Ok(Some(most as u32)),
        _ => Err(D::Error::custom("a number of tokens is whole, and not below zero")),
    }
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct WireTool {
    #[serde(default)]
    function: Option<WireFunction>,
}

#[derive(Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    parameters: Option<Value>,
    #[serde(default)]
    strict: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WireChoice {
    Word(String),
    Named { function: Name },
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

/// Reads a request's body.
pub(super) fn read(body: Value) -> Result<Asked, ApiError> {
    if !body.is_object() {
        return Err(ApiError::invalid("The request is not a JSON object."));
    }
    // The words are about the program's own request, and go to it alone.
    let mut wire: Wire = serde_json::from_value(body).map_err(|error| ApiError::invalid(error.to_string()))?;
    if wire.messages.is_empty() {
        return Err(ApiError::invalid("There is no message."));
    }
    if wire.n.is_some_and(|n| n > 1) {
        return Err(ApiError::invalid("One answer at a time: `n` is 1."));
    }
    if wire.functions.is_some() {
        return Err(ApiError::invalid("`functions` are told as `tools` today."));
    }
    let stream = wire.stream.unwrap_or(false);
    let controls = controls(&mut wire, stream);
    let tools = wire.tools.take().unwrap_or_default().into_iter().map(tool).collect::<Result<_, _>>()?;
    let tool_choice = wire.tool_choice.take().map(choice).transpose()?;
    wire.rest.retain(|_, value| !value.is_null());
    let request = ChatRequest {
        model: wire.model,
        messages: messages::read(wire.messages)?,
        controls,
        tools,
        tool_choice,
        parallel_tools: wire.parallel_tool_calls,
        extra: wire.rest,
    };
    let include_usage = wire.stream_options.and_then(|options| options.include_usage).unwrap_or(false);
    Ok(Asked { request, stream, include_usage })
}

fn controls(wire: &mut Wire, stream: bool) -> Controls {
    let stop = wire.stop.take().map(|stop| match stop {
        Stop::One(text) => vec![text],
        Stop::Many(texts) => texts,
    });
    // A word of the vendor's own goes to it as it is.
    let effort = wire.rest.get("reasoning_effort").and_then(effort);
    if effort.is_some() {
        wire.rest.remove("reasoning_effort");
    }
    Controls {
        temperature: wire.temperature,
        top_p: wire.top_p,
        max_tokens: wire.max_completion_tokens.or(wire.max_tokens),
        stop,
        seed: wire.seed,
        frequency_penalty: wire.frequency_penalty,
        presence_penalty: wire.presence_penalty,
        effort,
        reasoning_tokens: None,
        stream: Some(stream),
        // It stays in the rest too: a schema's name and strictness are for those who know them.
        response_format: wire.rest.get("response_format").and_then(response_format),
        background: None,
        when_full: None,
    }
}

fn effort(word: &Value) -> Option<Effort> {
    serde_json::from_value(word.clone()).ok()
}

fn response_format(format: &Value) -> Option<ResponseFormat> {
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Some(ResponseFormat::Text),
        Some("json_object") => Some(ResponseFormat::Json),
        Some("json_schema") => {
            let schema = format.pointer("/json_schema/schema").cloned();
            schema.map_or(Some(ResponseFormat::Json), |schema| Some(ResponseFormat::JsonSchema { schema }))
        }
        _ => None,
    }
}

fn tool(tool: WireTool) -> Result<Tool, ApiError> {
    let function = tool.function.ok_or_else(|| ApiError::invalid("Only tools that are functions are passed on."))?;
    let WireFunction { name, description, parameters, strict } = function;
    Ok(Tool { name, description, parameters, strict })
}

fn choice(choice: WireChoice) -> Result<ToolChoice, ApiError> {
    match choice {
        WireChoice::Named { function } => Ok(ToolChoice::Named(function.name)),
        WireChoice::Word(word) => match word.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            // The second is Mistral's word.
            "required" | "any" => Ok(ToolChoice::Required),
            _ => Err(ApiError::invalid("`tool_choice` is auto, none, required or a function.")),
        },
    }
}
