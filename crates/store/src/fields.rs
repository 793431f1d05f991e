//! What a message's row keeps as JSON: what it is besides its columns, and of that only what is there.

use rivulet_protocol::{
    Attachment, Author, Cost, Failure, FinishReason, Mark, Message, MessageId, MessageState, ProviderId, Replay,
    ToolCall, Usage,
};
use serde::{Deserialize, Serialize};

/// Rows of older versions say all of it, and the columns once more; those are passed over.
#[derive(Serialize, Deserialize)]
pub(crate) struct Fields {
    author: Author,
    created_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_output_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reasoning_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    replay: Vec<Replay>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    edited: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<Mark>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<ProviderId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finish_reason: Option<FinishReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

/// What stands in columns of its own.
pub(crate) struct Columns {
    pub id: MessageId,
    pub parent: Option<MessageId>,
    pub state: MessageState,
    pub text: String,
    pub reasoning: String,
}

impl Fields {
    pub fn of(message: &Message) -> Self {
        Self {
            author: message.author,
            created_at: message.created_at,
            ended_at: message.ended_at,
            first_output_ms: message.first_output_ms,
            reasoning_ms: message.reasoning_ms,
            attachments: message.attachments.clone(),
            tool_calls: message.tool_calls.clone(),
            replay: message.replay.clone(),
            edited: message.edited,
            mark: message.mark.clone(),
            provider: message.provider.clone(),
            model: message.model.clone(),
            finish_reason: message.finish_reason,
            usage: message.usage,
            cost: message.cost,
            failure: message.failure.clone(),
        }
    }

    /// Says every field: what a message gets later has to be kept somewhere.
    pub fn with(self, columns: Columns) -> Message {
        let Columns { id, parent, state, text, reasoning } = columns;
        let Self { author, created_at, ended_at, first_output_ms, reasoning_ms, attachments, tool_calls, .. } = self;
        let Self { replay, edited, mark, provider, model, finish_reason, usage, cost, failure, .. } = self;
        Message {
            id,
            parent,
            author,
            state,
            text,
            reasoning,
            attachments,
            tool_calls,
            replay,
            edited,
            mark,
            reasoning_ms,
            created_at,
            ended_at,
            first_output_ms,
            provider,
            model,
            finish_reason,
            usage,
            cost,
            failure,
        }
    }
}
