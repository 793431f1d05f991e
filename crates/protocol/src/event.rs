//! The log's vocabulary. One closed set, the same for windows, browsers and the terminal.

use crate::{Conversation, ConversationId, Cost, DiskProblem, Failure, FinishReason, Message, MessageId, Usage};
use serde::{Deserialize, Serialize};

/// One event of a conversation's log, or several neighbours merged into one (`seq` is then the last of them).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Event {
    /// Its number in the conversation's log, from 1. A viewer that has it resumes after it.
    pub seq: u64,
    /// The message it belongs to.
    pub message: MessageId,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

impl Event {
    /// Takes in the event behind it, if both are text (or both reasoning) of the same message; whether it did. The
    /// joined event keeps the first one's offset and has the last one's number.
    pub fn join(&mut self, next: &Event) -> bool {
        if self.message != next.message {
            return false;
        }
        match (&mut self.body, &next.body) {
            (EventBody::Text { text, .. }, EventBody::Text { text: more, .. })
            | (EventBody::Reasoning { text, .. }, EventBody::Reasoning { text: more, .. }) => text.push_str(more),
            _ => return false,
        }
        self.seq = next.seq;
        true
    }
}

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// A message began (or, for an answer that is continued, runs again). Sets the message to `snapshot`.
    Started {
        /// The message as it was at this number. `siblings` may have grown by it.
        snapshot: Box<Message>,
    },
    /// Text was added at `offset` (UTF-16 code units).
    Text {
        /// What was added.
        text: String,
        /// The length of the text before it.
        offset: u64,
    },
    /// Reasoning was added at `offset` (UTF-16 code units of the reasoning).
    Reasoning {
        /// What was added.
        text: String,
        /// The length of the reasoning before it.
        offset: u64,
    },
    /// The model asks for a tool. Arguments are whole.
    ToolCall {
        /// The vendor's id of the call.
        id: String,
        /// The tool.
        name: String,
        /// JSON text, as the model wrote it.
        arguments: String,
    },
    /// A tool's answer.
    ToolResult {
        /// The id of the call it answers.
        id: String,
        /// What the tool said.
        text: String,
    },
    /// The vendor's token counts so far.
    Usage {
        /// The counts.
        usage: Usage,
    },
    /// What the answer took, with the turns before if it was continued.
    Cost {
        /// The whole of it.
        cost: Cost,
    },
    /// Something a person should know while they wait.
    Notice {
        /// What.
        notice: Notice,
    },
    /// The model ended the answer itself.
    Finished {
        /// Why.
        reason: FinishReason,
        /// When, in milliseconds since the epoch.
        at: u64,
    },
    /// A person stopped it.
    Stopped {
        /// When, in milliseconds since the epoch.
        at: u64,
    },
    /// Found at the next start, or the app is quitting.
    Interrupted {
        /// When, in milliseconds since the epoch.
        at: u64,
    },
    /// It failed.
    Failed {
        /// How.
        failure: Failure,
        /// When, in milliseconds since the epoch.
        at: u64,
    },
    /// The events up to here were folded away: sets the message to `snapshot`.
    Reset {
        /// The message as it was at this number.
        snapshot: Box<Message>,
    },
}

impl EventBody {
    /// The event's name: the `event:` field on the mirror, the `type` in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Text { .. } => "text",
            Self::Reasoning { .. } => "reasoning",
            Self::ToolCall { .. } => "tool_call",
            Self::ToolResult { .. } => "tool_result",
            Self::Usage { .. } => "usage",
            Self::Cost { .. } => "cost",
            Self::Notice { .. } => "notice",
            Self::Finished { .. } => "finished",
            Self::Stopped { .. } => "stopped",
            Self::Interrupted { .. } => "interrupted",
            Self::Failed { .. } => "failed",
            Self::Reset { .. } => "reset",
        }
    }
}

/// Something a person should know while an answer is waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// Older messages are summarised before the question is sent.
    Summarising,
    /// The request is on its way.
    Connecting,
    /// The vendor accepted the request; nothing has come yet.
    Waiting,
    /// The request failed before any output and is sent again.
    Retrying {
        /// Which try comes next, from 2.
        attempt: u32,
        /// How many tries there are in all.
        of: u32,
        /// When it is sent, in milliseconds since the epoch.
        at: u64,
        /// Why.
        failure: Failure,
    },
    /// The connection broke. The vendor goes on with the answer, which is taken up again where it was: nothing is asked
    /// anew.
    TakingUp {
        /// When it is tried, in milliseconds since the epoch.
        at: u64,
        /// What broke.
        failure: Failure,
    },
    /// Nothing has come for a while; the connection is still open.
    Stalled {
        /// For how long, in milliseconds.
        silent_ms: u64,
    },
}

/// Neighbouring events of one conversation, ready for a viewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Batch {
    /// The conversation.
    pub conversation: ConversationId,
    /// The number the viewer had; if it has another one, it lost something and watches again from where it is.
    pub after: u64,
    /// The number the viewer has now.
    pub head: u64,
    /// What came in between, in order, neighbouring text merged.
    pub events: Vec<Event>,
}

/// What changed outside of any conversation's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LibraryEvent {
    /// A conversation is new or changed.
    Conversation {
        /// As it is now.
        conversation: Box<Conversation>,
    },
    /// A conversation was deleted (it can be restored).
    Deleted {
        /// Which.
        conversation: ConversationId,
    },
    /// Projects or tags changed: ask again.
    Projects,
    /// Settings, providers or keys changed: ask again.
    Settings,
    /// Assistants changed: ask again.
    Assistants,
    /// A backup was made or failed: ask again.
    Backups,
    /// The mirror, its links or its viewers changed: ask again.
    Mirror,
    /// The local API, its tokens or their use changed: ask again.
    Api,
    /// The disk takes no writes, or takes them again.
    Disk {
        /// What is wrong, while it does not.
        problem: Option<DiskProblem>,
    },
    /// Some were missed: ask for everything again.
    Missed,
}
