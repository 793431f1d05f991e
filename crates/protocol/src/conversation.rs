//! Conversations and the tree of messages in them.

use crate::{
    AssistantId, Caller, CallerRole, Controls, ConversationId, Cost, Failure, Mark, MessageId, Notice, OwnPrompt,
    Place, ProviderId, WireProtocol,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A conversation as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Empty until the first message or a rename.
    pub title: String,
    /// Kept at the top of the list.
    pub pinned: bool,
    /// Milliseconds since the epoch.
    pub created_at: u64,
    /// When its latest message began.
    pub updated_at: u64,
    /// The provider the next message goes to.
    pub provider: Option<ProviderId>,
    /// The model the next message goes to.
    pub model: Option<String>,
    /// How the next message is answered.
    #[serde(default)]
    pub controls: Controls,
    /// The assistant it is led by.
    #[serde(default)]
    pub assistant: Option<AssistantId>,
    /// Whether it has instructions of its own, which win over its assistant's.
    #[serde(default)]
    #[cfg_attr(feature = "codegen", ts(type = "boolean"))]
    pub own_prompt: OwnPrompt,
    /// The end of the path that is shown; `None` while it is empty.
    pub leaf: Option<MessageId>,
    /// Number of the last event in its log; 0 when there is none.
    pub head: u64,
    /// An answer is running in it.
    pub running: bool,
    /// It is in memory only, and gone when the app ends.
    #[serde(default)]
    pub temporary: bool,
    /// Where a person put it.
    #[serde(default)]
    pub place: Place,
}

impl Conversation {
    /// One in which nothing was said yet; `at` in milliseconds since the epoch.
    pub fn new(id: ConversationId, at: u64) -> Self {
        Self {
            id,
            title: String::new(),
            pinned: false,
            created_at: at,
            updated_at: at,
            provider: None,
            model: None,
            controls: Controls::default(),
            assistant: None,
            own_prompt: OwnPrompt::default(),
            leaf: None,
            head: 0,
            running: false,
            temporary: false,
            place: Place::default(),
        }
    }

    /// Leaves out what this caller is not told: where the person put it is the window's alone.
    pub fn show_to(&mut self, caller: &Caller) {
        if caller.role != CallerRole::Window {
            self.place = Place::default();
        }
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// Instructions to the model.
    System,
    /// A person.
    User,
    /// A model.
    Assistant,
}

/// Where a message stands. Only `Complete` says that the model ended it itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// An answer is being written.
    Running,
    /// The protocol's own end marker came.
    Complete,
    /// A person stopped it; what came is kept.
    Stopped,
    /// The app ended while it ran; what came is kept.
    Interrupted,
    /// It ended with a [`Failure`]; what came is kept.
    Failed,
}

/// Why the model ended an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// It was done.
    Stop,
    /// The token limit cut it.
    Length,
    /// The vendor's filter ended it.
    ContentFilter,
    /// The model declined.
    Refusal,
    /// It asks for tools to be run.
    ToolCalls,
    /// A reason we have no word for.
    Other,
}

/// Token counts as the vendor reported them. A `None` was not reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Usage {
    /// Tokens read.
    pub input_tokens: Option<u64>,
    /// Tokens written, reasoning included.
    pub output_tokens: Option<u64>,
    /// The part of the output that was reasoning.
    pub reasoning_tokens: Option<u64>,
    /// The part of the input that came from the vendor's cache.
    pub cached_tokens: Option<u64>,
    /// The part of the input that was put into the vendor's cache.
    #[serde(default)]
    pub cache_write_tokens: Option<u64>,
    /// What the vendor itself says it costs, in millionths of a US dollar.
    #[serde(default)]
    pub micros: Option<u64>,
}

impl Usage {
    /// Both together; what only one reports is taken from it.
    pub fn plus(self, more: Self) -> Self {
        let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        Self {
            input_tokens: sum(self.input_tokens, more.input_tokens),
            output_tokens: sum(self.output_tokens, more.output_tokens),
            reasoning_tokens: sum(self.reasoning_tokens, more.reasoning_tokens),
            cached_tokens: sum(self.cached_tokens, more.cached_tokens),
            cache_write_tokens: sum(self.cache_write_tokens, more.cache_write_tokens),
            micros: sum(self.micros, more.micros),
        }
    }
}

/// A tool a model asked for. Running it is a person's decision; what was asked is kept as it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ToolCall {
    /// The vendor's id of the call.
    pub id: String,
    /// The tool.
    pub name: String,
    /// JSON text, as the model wrote it.
    pub arguments: String,
    /// What the tool said, once it has.
    pub result: Option<String>,
}

/// A part of an answer that only its vendor can read and wants back unchanged with the next request: a signed or
/// encrypted piece of reasoning, the id of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Replay {
    /// The protocol it came by: another one has no use for it.
    pub protocol: WireProtocol,
    /// As that protocol's encoder wants it back.
    pub item: Value,
}

/// Names a kept file: the SHA-256 of its bytes, as 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "codegen", ts(type = "string"))]
pub struct FileHash(String);

impl FileHash {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let digits = Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a string does not fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        Self(digits)
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FileHash {
    type Error = &'static str;

    fn try_from(digits: String) -> Result<Self, Self::Error> {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() == 64 && digits.bytes().all(hex) { Ok(Self(digits)) } else { Err("no hash") }
    }
}

impl From<FileHash> for String {
    fn from(hash: FileHash) -> Self {
        hash.0
    }
}

/// What kind of file goes with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AttachmentKind {
    /// A picture.
    Picture,
    /// A PDF.
    Pdf,
    /// Text, source code among it.
    Text,
    /// The text of an office program's document.
    Document,
    /// The text of a spreadsheet.
    Spreadsheet,
    /// The text of a presentation.
    Presentation,
}

/// A file that goes with a message. The file itself lies beside the database, under its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Attachment {
    /// The file as it is kept: a picture made small, a PDF as it came, of an office file the text.
    pub hash: FileHash,
    /// The name it came with.
    pub name: String,
    /// `image/png` and its like.
    pub media_type: String,
    /// What it is.
    pub kind: AttachmentKind,
    /// Of the kept file; of an office file, as it came.
    pub bytes: u64,
    /// The text in a PDF, kept as a file too; `None` if there is none in it.
    pub text: Option<FileHash>,
    /// Of a picture, in pixels.
    pub width: Option<u32>,
    /// Of a picture, in pixels.
    pub height: Option<u32>,
    /// Of a PDF or a document; the sheets of a spreadsheet, the slides of a presentation.
    pub pages: Option<u32>,
    /// About how many tokens a model reads it as: an estimate, vendors differ.
    pub tokens: u64,
}

/// One message. Editing and regenerating add siblings (same `parent`); nothing is overwritten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The message it answers or follows; `None` at the start of a conversation.
    pub parent: Option<MessageId>,
    /// Who wrote it.
    pub author: Author,
    /// Where it stands.
    pub state: MessageState,
    /// The text so far.
    pub text: String,
    /// The reasoning so far, apart from the text.
    pub reasoning: String,
    /// The files that go with it.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// The tools it asked for, in order.
    #[serde(default)]
    pub tool_calls: Vec<ToolCall>,
    /// What its vendor wants back.
    #[serde(default)]
    pub replay: Vec<Replay>,
    /// A person changed what the model wrote; as the model wrote it, it is a sibling.
    #[serde(default)]
    pub edited: bool,
    /// What whoever is asked below is told of what stands up to here; all of it if there is no mark.
    #[serde(default)]
    pub mark: Option<Mark>,
    /// How long the model reasoned before its first text, if it did and has begun to answer.
    pub reasoning_ms: Option<u64>,
    /// Milliseconds since the epoch.
    pub created_at: u64,
    /// When it ended.
    pub ended_at: Option<u64>,
    /// From the request to the first output.
    pub first_output_ms: Option<u64>,
    /// The provider that answers.
    pub provider: Option<ProviderId>,
    /// The model that answers.
    pub model: Option<String>,
    /// Why the model ended it.
    pub finish_reason: Option<FinishReason>,
    /// The vendor's token counts.
    pub usage: Option<Usage>,
    /// What it took, once it has ended.
    #[serde(default)]
    pub cost: Option<Cost>,
    /// Set when `state` is `Failed`.
    pub failure: Option<Failure>,
}

impl Message {
    /// A new message without content.
    pub fn new(parent: Option<MessageId>, author: Author, state: MessageState) -> Self {
        Self {
            id: MessageId::new(),
            parent,
            author,
            state,
            text: String::new(),
            reasoning: String::new(),
            attachments: Vec::new(),
            tool_calls: Vec::new(),
            replay: Vec::new(),
            edited: false,
            mark: None,
            reasoning_ms: None,
            created_at: crate::now_ms(),
            ended_at: None,
            first_output_ms: None,
            provider: None,
            model: None,
            finish_reason: None,
            usage: None,
            cost: None,
            failure: None,
        }
    }
}

/// A message on the shown path, with the siblings one can switch to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct PathMessage {
    /// The message.
    #[serde(flatten)]
    pub message: Message,
    /// All children of its parent, itself included, oldest first.
    pub siblings: Vec<MessageId>,
}

/// A conversation opened: the end of the shown path, exact at log number `head`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Snapshot {
    /// The conversation; `conversation.head` is the log number this snapshot is exact at.
    pub conversation: Conversation,
    /// Messages on the path from the root to the leaf, oldest first, cut to the page asked for.
    pub messages: Vec<PathMessage>,
    /// There are older ones before `messages[0]`.
    pub has_older: bool,
    /// What the running answer waits for, if it waits: its events may lie before this snapshot.
    #[serde(default)]
    pub notice: Option<Notice>,
}

/// A page of the conversation list, latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ConversationPage {
    /// Pinned ones first, then by `updated_at`, latest first.
    pub conversations: Vec<Conversation>,
    /// There are more after these.
    pub has_more: bool,
}
