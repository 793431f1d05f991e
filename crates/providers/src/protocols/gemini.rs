//! Google's `streamGenerateContent`.
//!
//! Source of the shapes: Google's API reference and client libraries; `tests/fixtures/gemini` has the streams. There is
//! no end marker: a chunk with a `finishReason`, then the end of the bytes. Every chunk may say `STOP`, so a reason
//! alone does not end the answer. Errors may stand between the events as bare JSON.

mod partial;
mod request;

use super::frame::{Damage, count, soft, text, unfinished};
use super::{KeyHeader, Protocol};
use crate::classify::VendorError;
use crate::frames::Framing;
use crate::sse::SseEvent;
use crate::{Decoder, Delta};
use partial::{PartialArg, PartialCall};
use rivulet_protocol::{Abilities, Control, Failure, FailureCode, FinishReason, Model, Usage, WireProtocol};
use serde::Deserialize;
use serde_json::{Value, json};

/// `generateContent`.
pub static PROTOCOL: Protocol = Protocol {
    name: WireProtocol::Gemini,
    auth: KeyHeader::Named("x-goog-api-key"),
    headers: &[],
    path: request::path,
    body: request::body,
    framing: Framing::Sse,
    decoder: || Box::new(Gemini::default()),
    whole,
    models_path: "models?pageSize=1000",
    models,
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
        Control::ReasoningTokens,
        Control::Stream,
        Control::ResponseFormat,
    ],
    background: None,
};

/// Reads a stream of chunks.
#[derive(Debug, Default)]
pub struct Gemini {
    any: bool,
    finish: Option<FinishReason>,
    damage: Damage,
    calls: u32,
    /// A call whose arguments come in pieces.
    open: Option<PartialCall>,
    called: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    #[serde(default)]
    candidates: Option<Vec<Candidate>>,
    #[serde(default, deserialize_with = "soft")]
    prompt_feedback: Option<PromptFeedback>,
    #[serde(default, deserialize_with = "soft", alias = "usage_metadata")]
    usage_metadata: Option<WireUsage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback {
    #[serde(default, deserialize_with = "text")]
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default)]
    content: Option<Content>,
    // Gateways in Python may write names as that language does.
    #[serde(default, deserialize_with = "text", alias = "finish_reason")]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Option<Vec<WirePart>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePart {
    #[serde(default, deserialize_with = "text")]
    text: Option<String>,
    #[serde(default, deserialize_with = "soft")]
    thought: Option<bool>,
    #[serde(default, deserialize_with = "text")]
    thought_signature: Option<String>,
    #[serde(default, deserialize_with = "soft")]
    function_call: Option<FunctionCall>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionCall {
    #[serde(default, deserialize_with = "text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "text")]
    name: Option<String>,
    #[serde(default)]
    args: Option<Value>,
    #[serde(default, deserialize_with = "soft")]
    partial_args: Option<Vec<PartialArg>>,
    #[serde(default, deserialize_with = "soft")]
    will_continue: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUsage {
    #[serde(default, deserialize_with = "count", alias = "prompt_token_count")]
    prompt_token_count: Option<u64>,
    #[serde(default, deserialize_with = "count", alias = "candidates_token_count")]
    candidates_token_count: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    thoughts_token_count: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    cached_content_token_count: Option<u64>,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        let written =
            wire.candidates_token_count.map(|tokens| tokens.saturating_add(wire.thoughts_token_count.unwrap_or(0)));
        Self {
            input_tokens: wire.prompt_token_count,
            output_tokens: written.or(wire.thoughts_token_count),
            reasoning_tokens: wire.thoughts_token_count,
            cached_tokens: wire.cached_content_token_count,
            ..Self::default()
        }
    }
}

impl Decoder for Gemini {
    fn push(&mut self, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure> {
        match self.damage.read::<Chunk>(event)? {
            Some(chunk) => self.chunk(chunk, out),
            None => Ok(()),
        }
    }

    fn complete(&self) -> bool {
        false
    }

    fn finishing(&self) -> bool {
        self.finish.is_some()
    }

    fn held_back(&self) -> usize {
        self.open.as_ref().map_or(0, PartialCall::bytes)
    }

    fn end(&mut self, stray: &str, _: bool, out: &mut Vec<Delta>) -> Result<(), Failure> {
        if let Some(error) = VendorError::in_stray_lines(stray) {
            return Err(error.mid_stream());
        }
        let Some(reason) = self.finish else { return Err(unfinished(self.any, stray)) };
        out.push(Delta::Finish(match reason {
            FinishReason::Stop if self.called => FinishReason::ToolCalls,
            reason => reason,
        }));
        Ok(())
    }
}

impl Gemini {
    fn chunk(&mut self, chunk: Chunk, out: &mut Vec<Delta>) -> Result<(), Failure> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(VendorError::read(&json!({ "error": error })).mid_stream());
        }
        self.any = true;
        for candidate in chunk.candidates.unwrap_or_default().into_iter().take(1) {
            for part in candidate.content.and_then(|content| content.parts).unwrap_or_default() {
                self.part(part, out);
            }
            if let Some(reason) = candidate.finish_reason.filter(|reason| !reason.is_empty()) {
                self.finish = Some(finish_reason(&reason));
            }
        }
        if chunk.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some()) {
            self.finish = Some(FinishReason::ContentFilter);
        }
        // Counts that say nothing take no place of others.
        if let Some(usage) = chunk.usage_metadata.map(Usage::from).filter(|usage| *usage != Usage::default()) {
            out.push(Delta::Usage(usage));
        }
        Ok(())
    }

    fn part(&mut self, part: WirePart, out: &mut Vec<Delta>) {
        let mut of = "text".to_owned();
        if let Some(call) = part.function_call {
            of = self.call(call, out);
        } else if let Some(text) = part.text.filter(|text| !text.is_empty()) {
            let thought = part.thought == Some(true);
            out.push(if thought { Delta::Reasoning(text) } else { Delta::Text(text) });
        }
        if let Some(signature) = part.thought_signature.filter(|signature| !signature.is_empty()) {
            out.push(Delta::Replay(json!({ "of": of, "thoughtSignature": signature })));
        }
    }

    /// Takes a call, or a piece of one; answers with its id.
    fn call(&mut self, call: FunctionCall, out: &mut Vec<Delta>) -> String {
        let mut open = self.open.take().unwrap_or_else(|| {
            self.calls += 1;
            PartialCall::new(
                call.id.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{}", self.calls)),
            )
        });
        open.push(call.name, call.args, call.partial_args.unwrap_or_default());
        let id = open.id.clone();
        if call.will_continue == Some(true) {
            self.open = Some(open);
        } else {
            self.called = true;
            out.push(open.finish());
        }
        id
    }
}

/// An answer that was not streamed is one chunk; one that was, but not as SSE, is a list of them.
fn whole(body: &Value, out: &mut Vec<Delta>) -> Result<(), Failure> {
    let mut reader = Gemini::default();
    let chunks = body.as_array().map_or(std::slice::from_ref(body), Vec::as_slice);
    for chunk in chunks {
        let chunk = Chunk::deserialize(chunk).map_err(|_| Failure::new(FailureCode::NotAStream))?;
        reader.chunk(chunk, out)?;
    }
    reader.end("", false, out)
}

/// `{models: [{name, displayName, inputTokenLimit, outputTokenLimit, thinking, supportedGenerationMethods}]}`.
fn models(value: &Value) -> Option<Vec<Model>> {
    let list = value.get("models")?.as_array()?;
    let model = |entry: &Value| {
        let methods = entry.get("supportedGenerationMethods").and_then(Value::as_array);
        if methods.is_some_and(|methods| !methods.iter().any(|method| method == "generateContent")) {
            return None;
        }
        let id = entry.get("name")?.as_str()?.trim_start_matches("models/").to_owned();
        let name = entry.get("displayName").and_then(Value::as_str).map(str::to_owned);
        let count = |name: &str| entry.get(name).and_then(Value::as_u64);
        let reasoning = entry.get("thinking").and_then(Value::as_bool);
        Some(Model {
            name,
            context: count("inputTokenLimit"),
            max_output: count("outputTokenLimit"),
            abilities: Abilities { reasoning, ..Abilities::default() },
            id,
            ..Model::default()
        })
    };
    Some(list.iter().filter_map(model).collect())
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason.to_ascii_uppercase().as_str() {
        "STOP" => FinishReason::Stop,
        // The second: the answer goes on when it is asked for again.
        "MAX_TOKENS" | "CONTINUATION" => FinishReason::Length,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY" | "LANGUAGE" => {
            FinishReason::ContentFilter
        }
        _ => FinishReason::Other,
    }
}
