//! Talking to models: the catalog, wire protocols, the HTTP client.
//!
//! The only crate that knows reqwest and eventsource-stream. Bytes pass the wire guard ([`sse`]), then the pure
//! decoder of a protocol ([`openai_chat`]), and leave as [`Delta`]s; [`Client`] is the only part that does I/O.

pub mod catalog;
mod classify;
mod client;
mod local;
pub mod openai_chat;
pub mod retry;
pub mod sse;
mod stream;
pub mod vectors;

pub use client::{Client, Endpoint, Limits, origin};
pub use stream::AnswerStream;

use rivulet_protocol::{Author, Failure, FinishReason, Usage};
use sse::SseEvent;

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
    /// Token counts so far; a later one takes the place of an earlier one.
    Usage(Usage),
    /// Why the model ended.
    Finish(FinishReason),
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
    /// The bytes ended. `stray` are lines that were not SSE; `done` is an end marker without its blank line. An
    /// answer that is not complete by the protocol's rules is a failure.
    fn end(&mut self, stray: &str, done: bool, out: &mut Vec<Delta>) -> Result<(), Failure>;
}

/// One message of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who said it.
    pub author: Author,
    /// What.
    pub text: String,
}

/// What a model is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatRequest {
    /// The model.
    pub model: String,
    /// The conversation, oldest first.
    pub messages: Vec<ChatMessage>,
}
