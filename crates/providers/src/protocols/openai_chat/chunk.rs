//! The shapes on the wire, read softly: a field that holds something of another type is as if it were not there.

use super::super::frame::{count, list, soft, text};
use super::tools::{FunctionDelta, ToolDelta};
use crate::classify::errors_of;
use rivulet_protocol::Usage;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    pub choices: Option<Vec<Choice>>,
    #[serde(default, deserialize_with = "soft")]
    pub usage: Option<WireUsage>,
    #[serde(default)]
    pub error: Option<Value>,
    #[serde(default, deserialize_with = "soft")]
    pub x_groq: Option<Groq>,
    #[serde(default, deserialize_with = "text")]
    pub object: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Groq {
    #[serde(default, deserialize_with = "soft")]
    pub usage: Option<WireUsage>,
    #[serde(default)]
    pub error: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub delta: Option<WireDelta>,
    /// The whole of what was said: of an answer that was not streamed, and beside the deltas at some vendors.
    #[serde(default)]
    pub message: Option<WireDelta>,
    #[serde(default, deserialize_with = "text")]
    pub finish_reason: Option<String>,
    #[serde(default, deserialize_with = "soft")]
    pub usage: Option<WireUsage>,
}

#[derive(Deserialize)]
pub(super) struct WireDelta {
    #[serde(default)]
    pub content: Option<Content>,
    #[serde(default, deserialize_with = "text")]
    pub reasoning_content: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub reasoning: Option<String>,
    /// GitHub Copilot's name for it.
    #[serde(default, deserialize_with = "text")]
    pub reasoning_text: Option<String>,
    /// OpenRouter has it beside `reasoning`, MiniMax alone.
    #[serde(default, deserialize_with = "list")]
    pub reasoning_details: Vec<ReasoningDetail>,
    #[serde(default, deserialize_with = "text")]
    pub refusal: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub tool_calls: Vec<ToolDelta>,
    /// How one tool was called before there could be several.
    #[serde(default, deserialize_with = "soft")]
    pub function_call: Option<FunctionDelta>,
}

#[derive(Deserialize)]
pub(super) struct ReasoningDetail {
    #[serde(default, deserialize_with = "text")]
    text: Option<String>,
    #[serde(default, deserialize_with = "text")]
    summary: Option<String>,
}

impl WireDelta {
    /// What was thought: vendors call it by several names, and some say it under two.
    pub fn take_reasoning(&mut self) -> Option<String> {
        let names = [&mut self.reasoning_content, &mut self.reasoning, &mut self.reasoning_text];
        let named = names.into_iter().find_map(|name| name.take().filter(|text| !text.is_empty()));
        named.or_else(|| {
            let details = self.reasoning_details.drain(..).filter_map(|detail| detail.text.or(detail.summary));
            Some(details.collect()).filter(|text: &String| !text.is_empty())
        })
    }
}

/// Text, or (Mistral) parts of several kinds.
pub(super) enum Content {
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

            // Servers written in PHP may write a token of digits as a number.
            fn visit_u64<E>(self, number: u64) -> Result<Content, E> {
                Ok(Content::Text(number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Content, E> {
                Ok(Content::Text(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Content, E> {
                Ok(Content::Text(Value::from(number).to_string()))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Content, E> {
                Ok(Content::Text(String::new()))
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
pub(super) struct WireUsage {
    #[serde(default, deserialize_with = "count")]
    pub prompt_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    pub completion_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    pub prompt_cache_hit_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    pub total_tokens: Option<u64>,
    /// OpenRouter: US dollars.
    #[serde(default, deserialize_with = "soft")]
    pub cost: Option<f64>,
    /// xAI: ten thousand millionths of a US dollar.
    #[serde(default, deserialize_with = "count")]
    pub cost_in_usd_ticks: Option<u64>,
    #[serde(default, deserialize_with = "soft")]
    pub prompt_tokens_details: Option<PromptDetails>,
    #[serde(default, deserialize_with = "soft")]
    pub completion_tokens_details: Option<CompletionDetails>,
}

/// xAI's ticks in a millionth of a dollar.
const TICKS: u64 = 10_000;

#[derive(Deserialize)]
pub(super) struct PromptDetails {
    #[serde(default, deserialize_with = "count")]
    pub cached_tokens: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    pub cache_write_tokens: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct CompletionDetails {
    #[serde(default, deserialize_with = "count")]
    pub reasoning_tokens: Option<u64>,
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

impl Chunk {
    /// A frame whose shape is beyond what is read softly, if its choices can be told all the same: one that is no
    /// list, `null` among them, a delta that is no object.
    pub fn mended(mut frame: Value) -> Option<Self> {
        let choices = match frame.get_mut("choices")?.take() {
            Value::Array(choices) => choices,
            choice => vec![choice],
        };
        let mut choices: Vec<Value> = choices.into_iter().filter(Value::is_object).collect();
        for choice in &mut choices {
            for name in ["delta", "message"] {
                if choice.get(name).is_some_and(|said| !said.is_object()) {
                    choice[name] = Value::Null;
                }
            }
        }
        frame["choices"] = choices.into();
        serde_json::from_value(frame).ok()
    }
}

/// Whether `error` says that there is one: some servers always send the field, and `false` or nothing in it.
pub(super) fn says_error(error: &Value) -> bool {
    match error {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Number(_) => true,
    }
}

/// An error in a frame that has neither choices nor `error`: `{code, message}` (SiliconFlow, DashScope), `{detail}`,
/// `{errors: […]}` (Cloudflare), `{base_resp: {status_code, status_msg}}` (MiniMax).
pub(super) fn bare_error(data: &str) -> Option<Value> {
    let frame: Value = serde_json::from_str(data).ok()?;
    if let Some(response) = frame.get("base_resp") {
        let code = response.get("status_code").and_then(Value::as_u64).filter(|code| *code != 0)?;
        return Some(json!({ "message": response.get("status_msg"), "type": code.to_string() }));
    }
    let text = |name: &str| frame.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let number = |name: &str| match frame.get(name) {
        Some(Value::Number(number)) => number.as_u64().is_none_or(|number| number != 0 && number != 200),
        Some(Value::String(word)) => !word.is_empty(),
        _ => false,
    };
    let coded = ["code", "error_code", "statusCode"].into_iter().any(number);
    let worded = ["message", "msg", "error_msg"].into_iter().any(text);
    (text("detail") || errors_of(&frame).is_some() || coded && worded).then_some(frame)
}
