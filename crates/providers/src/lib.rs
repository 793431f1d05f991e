//! Talking to models: the catalog, wire protocols, the HTTP client.
//!
//! The only crate that knows reqwest and eventsource-stream. Bytes are cut into events ([`sse`], [`frames`]), pass the
//! pure decoder of a protocol ([`protocols`]), and leave as [`Delta`]s; [`Client`] is the only part that does I/O.

pub mod catalog;
mod classify;
mod client;
pub mod frames;
mod local;
pub mod models;
mod network;
mod picture;
pub mod protocols;
pub mod retry;
pub mod sse;
mod stream;
mod tape;
pub mod vectors;

pub use client::{Client, Endpoint, Limits, Rest, TestPlan, Tested, origin};
pub use network::{Proxy, ProxyServer, Roots, Route};
pub use picture::{Found, Internet, PICTURE_BYTES, PictureError, Pictures, Reach};
pub use stream::AnswerStream;
pub use tape::{Raw, RawEnd, Tape};

use rivulet_protocol::{Author, Controls, Failure, FinishReason, Replay, ToolCall, Usage};
use serde_json::{Map, Value};
use sse::SseEvent;
use std::sync::Arc;

/// What a model adds to its answer. One closed set for all protocols.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// Text.
    Text(String),
    /// Reasoning, apart from the text.
    Reasoning(String),
    /// A tool call, whole: the end of the answer came and its pieces were joined.
    ToolCall {
        /// The vendor's id of the call.
        id: String,
        /// The tool.
        name: String,
        /// JSON text, as the model wrote it.
        arguments: String,
    },
    /// Something only the vendor can read and wants back with the next request, in the order it came.
    Replay(Value),
    /// Token counts so far; a later one takes the place of an earlier one.
    Usage(Usage),
    /// Why the model ended.
    Finish(FinishReason),
}

/// How far an answer is that its vendor goes on with by itself: everything up to here was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The vendor's id of it.
    pub response: Arc<str>,
    /// The number of the last event.
    pub sequence: u64,
    /// What its decoder needs to go on from there.
    pub state: Arc<str>,
}

impl Point {
    /// In the place of a number, one that a database can keep: it was told whole and has ended, so there is nothing to
    /// follow.
    const WHOLE: u64 = i64::MAX as u64;

    /// The point behind which there is nothing but the end.
    pub fn told_whole(&self) -> Self {
        Self { sequence: Self::WHOLE, ..self.clone() }
    }
}

/// A wire protocol: events in, deltas out. Pure, so that recorded streams test it.
pub trait Decoder: Send {
    /// Takes in one event.
    fn push(&mut self, event: &SseEvent, out: &mut Vec<Delta>) -> Result<(), Failure>;
    /// The protocol's own end marker came: the answer is complete whatever follows.
    fn complete(&self) -> bool;
    /// The model said why it ends, but the protocol's end marker has not come yet.
    fn finishing(&self) -> bool;
    /// Bytes of content that were taken in and wait for the end (pieces of tool calls): they count as a sign of life.
    fn held_back(&self) -> usize;
    /// How far the answer is, if its vendor goes on with it when the connection breaks.
    fn point(&self) -> Option<Point> {
        None
    }
    /// The bytes ended. `stray` are lines that were not SSE; `done` is an end marker without its blank line. An
    /// answer that is not complete by the protocol's rules is a failure.
    fn end(&mut self, stray: &str, done: bool, out: &mut Vec<Delta>) -> Result<(), Failure>;
}

/// One message of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatMessage {
    /// Who said it.
    pub author: Author,
    /// What, in order.
    pub parts: Vec<Part>,
    /// The reasoning before it, for vendors that want it back.
    pub reasoning: String,
    /// The tools it asked for, with their results.
    pub tool_calls: Vec<ToolCall>,
    /// What its vendor wants back unchanged.
    pub replay: Vec<Replay>,
}

impl ChatMessage {
    /// A message that is only text.
    pub fn text(author: Author, text: impl Into<String>) -> Self {
        let parts = vec![Part::Text(text.into())];
        Self { author, parts, reasoning: String::new(), tool_calls: Vec::new(), replay: Vec::new() }
    }

    /// Its text parts, joined.
    pub fn said(&self) -> String {
        let text = |part: &Part| if let Part::Text(text) = part { Some(text.clone()) } else { None };
        self.parts.iter().filter_map(text).collect::<Vec<_>>().join("\n\n")
    }
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Text(String),
    /// A picture.
    Image {
        /// `image/png` and its like.
        media_type: String,
        /// The file.
        data: Arc<[u8]>,
    },
    /// A document the model shall read as it is.
    Document {
        /// The file's name.
        name: String,
        /// `application/pdf` and its like.
        media_type: String,
        /// The file.
        data: Arc<[u8]>,
    },
}

/// A tool a model may ask for: a function with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// What the model calls it by.
    pub name: String,
    /// What it does, for the model.
    pub description: Option<String>,
    /// A JSON Schema of its arguments; none if it takes none.
    pub parameters: Option<Value>,
    /// Whether the arguments must keep to the schema by the letter, where the vendor can see to that.
    pub strict: Option<bool>,
}

impl Tool {
    /// The schema of its arguments, which most vendors want even for a tool that takes none.
    pub fn schema(&self) -> Value {
        self.parameters.clone().unwrap_or_else(|| serde_json::json!({ "type": "object", "properties": {} }))
    }
}

/// Which tools a model is to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it likes.
    Auto,
    /// None.
    None,
    /// One at least.
    Required,
    /// This one.
    Named(String),
}

/// What a model is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatRequest {
    /// The model.
    pub model: String,
    /// The conversation, oldest first.
    pub messages: Vec<ChatMessage>,
    /// How it shall answer.
    pub controls: Controls,
    /// The tools it may ask for.
    pub tools: Vec<Tool>,
    /// Which of them; the vendor's own choice if left out.
    pub tool_choice: Option<ToolChoice>,
    /// Whether it may ask for several at once; the vendor's own choice if left out.
    pub parallel_tools: Option<bool>,
    /// Fields of OpenAI's Chat Completions that we have no word for: only a provider that speaks that has a use for them.
    pub extra: Map<String, Value>,
}

impl ChatRequest {
    /// Whether the answer shall come as it grows.
    pub fn streams(&self) -> bool {
        self.controls.stream != Some(false)
    }
}
