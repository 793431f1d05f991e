//! Answers in OpenAI's shapes, whole or as a stream of chunks.
//! Shapes: the "Chat" and "Streaming" pages of OpenAI's API reference; `reasoning_content` is what most compatible
//! servers call it.

use super::error::Refused;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use rivulet_engine::{Completion, Delta, Piece};
use rivulet_protocol::{ApiError, ApiTokenId, FinishReason, Usage, now_ms};
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::time::Duration;

/// What every part of an answer says of it.
struct Head {
    id: String,
    created: u64,
    model: String,
}

impl Head {
    fn of(completion: &Completion) -> Self {
        Self {
            // Random and in order, like any id of ours.
            id: format!("chatcmpl-{}", ApiTokenId::new().0.simple()),
            created: now_ms() / 1000,
            model: format!("{}/{}", completion.provider, completion.model),
        }
    }

    fn object(&self, kind: &str, choices: Value) -> Value {
        json!({ "id": self.id, "object": kind, "created": self.created, "model": self.model, "choices": choices })
    }
}

/// An answer so far.
#[derive(Default)]
struct Answer {
    text: String,
    reasoning: String,
    calls: Vec<Value>,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
}

impl Answer {
    /// Takes a delta, and says what a stream's chunk has of it.
    fn take(&mut self, delta: Delta) -> Option<Value> {
        match delta {
            Delta::Text(text) => {
                self.text.push_str(&text);
                Some(json!({ "content": text }))
            }
            Delta::Reasoning(text) => {
                self.reasoning.push_str(&text);
                Some(json!({ "reasoning_content": text }))
            }
            Delta::ToolCall { id, name, arguments } => {
                // Not every vendor has ids, and a program needs one to answer.
                let id = if id.is_empty() { format!("call_{}", ApiTokenId::new().0.simple()) } else { id };
                let function = json!({ "name": name, "arguments": arguments });
                let mut call = json!({ "id": id, "type": "function", "function": function });
                self.calls.push(call.clone());
                call["index"] = (self.calls.len() - 1).into();
                Some(json!({ "tool_calls": [call] }))
            }
            Delta::Usage(usage) => {
                self.usage = Some(usage);
                None
            }
            Delta::Finish(reason) => {
                self.finish = Some(reason);
                None
            }
            Delta::Replay(_) => None,
        }
    }

    fn finish_reason(&self) -> &'static str {
        match self.finish {
            Some(FinishReason::Length) => "length",
            Some(FinishReason::ContentFilter | FinishReason::Refusal) => "content_filter",
            Some(FinishReason::ToolCalls) => "tool_calls",
            Some(FinishReason::Stop | FinishReason::Other) | None => "stop",
        }
    }

    fn message(&self) -> Value {
        let mut message = Map::new();
        let said = !self.text.is_empty() || self.calls.is_empty();
        message.insert("role".into(), "assistant".into());
        message.insert("content".into(), if said { self.text.clone().into() } else { Value::Null });
        message.insert("refusal".into(), Value::Null);
        if !self.reasoning.is_empty() {
            message.insert("reasoning_content".into(), self.reasoning.clone().into());
        }
        if !self.calls.is_empty() {
            message.insert("tool_calls".into(), self.calls.clone().into());
        }
        message.into()
    }

    /// The counts, if the vendor told any.
    fn usage(&self) -> Value {
        let Some(usage) = self.usage else { return Value::Null };
        let (input, output) = (usage.input_tokens.unwrap_or(0), usage.output_tokens.unwrap_or(0));
        json!({
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": input + output,
            "prompt_tokens_details": { "cached_tokens": usage.cached_tokens.unwrap_or(0) },
            "completion_tokens_details": { "reasoning_tokens": usage.reasoning_tokens.unwrap_or(0) },
        })
    }
}

/// The whole answer as one object.
pub(super) async fn whole(mut completion: Completion) -> Result<Value, ApiError> {
    let head = Head::of(&completion);
    let mut answer = Answer::default();
    while let Piece::More(deltas) = completion.next().await? {
        deltas.into_iter().for_each(|delta| drop(answer.take(delta)));
    }
    let reason = answer.finish_reason();
    let choice = json!({ "index": 0, "message": answer.message(), "logprobs": null, "finish_reason": reason });
    let mut object = head.object("chat.completion", json!([choice]));
    object["usage"] = answer.usage();
    Ok(object)
}

/// The answer as Server-Sent Events. `[DONE]` says that it is complete, and nothing else does: one that broke off ends
/// with an error event.
pub(super) fn streamed(completion: Completion, include_usage: bool, heartbeat: Duration) -> Body {
    let (head, answer) = (Head::of(&completion), Answer::default());
    let chunks = Chunks { completion, head, answer, include_usage, heartbeat, stage: Stage::Begin };
    Body::from_stream(stream::unfold(chunks, |mut chunks| async move {
        let bytes = chunks.next().await?;
        Some((Ok::<_, Infallible>(bytes), chunks))
    }))
}

enum Stage {
    Begin,
    Goes,
    Over,
}

struct Chunks {
    completion: Completion,
    head: Head,
    answer: Answer,
    include_usage: bool,
    heartbeat: Duration,
    stage: Stage,
}

impl Chunks {
    async fn next(&mut self) -> Option<Bytes> {
        let mut out = String::new();
        match self.stage {
            Stage::Over => return None,
            Stage::Begin => {
                self.stage = Stage::Goes;
                self.chunk(&mut out, json!({ "role": "assistant", "content": "" }), None);
            }
            Stage::Goes => self.goes_on(&mut out).await,
        }
        Some(out.into())
    }

    async fn goes_on(&mut self, out: &mut String) {
        let Ok(piece) = tokio::time::timeout(self.heartbeat, self.completion.next()).await else {
            // A comment: no client takes it for an event, and none gives up on a model that thinks.
            out.push_str(": waiting\n\n");
            return;
        };
        match piece {
            Ok(Piece::More(deltas)) => {
                for delta in deltas {
                    if let Some(delta) = self.answer.take(delta) {
                        self.chunk(out, delta, None);
                    }
                }
                // Only whole chunks are kept of it, and none of them is asked for again.
                self.answer.text.clear();
                self.answer.reasoning.clear();
            }
            Ok(Piece::Done) => {
                self.stage = Stage::Over;
                self.chunk(out, json!({}), Some(self.answer.finish_reason()));
                if self.include_usage && self.answer.usage.is_some() {
                    let mut last = self.head.object("chat.completion.chunk", json!([]));
                    last["usage"] = self.answer.usage();
                    event(out, &last);
                }
                out.push_str("data: [DONE]\n\n");
            }
            Err(error) => {
                self.stage = Stage::Over;
                event(out, &Refused::from(error).body());
            }
        }
    }

    fn chunk(&self, out: &mut String, delta: Value, finish: Option<&str>) {
        let choice = json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
        let mut chunk = self.head.object("chat.completion.chunk", json!([choice]));
        if self.include_usage {
            chunk["usage"] = Value::Null;
        }
        event(out, &chunk);
    }
}

/// JSON escapes every line break, so that an event is one line whatever a model wrote.
fn event(out: &mut String, data: &Value) {
    use std::fmt::Write;
    let _ = write!(out, "data: {data}\n\n");
}
