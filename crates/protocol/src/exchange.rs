//! Conversations that come in from files and go out to them.

use crate::{ConversationId, Language};
use serde::{Deserialize, Serialize};

/// Whose export a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ImportFormat {
    /// ChatGPT's data export.
    ChatGpt,
    /// Claude's data export.
    Claude,
    /// Open WebUI's export of chats.
    OpenWebUi,
    /// LibreChat's export of a conversation.
    LibreChat,
    /// Chatbox's exported data.
    Chatbox,
    /// NextChat's backup.
    NextChat,
    /// Jan's folder of threads.
    Jan,
    /// The page of llama.cpp's server.
    LlamaCpp,
    /// Our own archive, or one conversation of it.
    Rivulet,
}

/// Why something in a file did not become a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Its program does not show it either.
    Hidden,
    /// There is nothing in it.
    Empty,
    /// A tool's output without the call it answers.
    StrayToolOutput,
    /// Written by somebody this app has no place for.
    UnknownAuthor,
    /// Links that ran in a circle; they were cut.
    Circle,
    /// The same id twice in one conversation; the first was taken.
    Doubled,
    /// A conversation or message that is not built as its format says.
    Broken,
    /// A conversation that only makes pictures.
    Pictures,
    /// A file of another kind beside those that were read.
    OtherFile,
    /// A conversation with the ids of messages that stand in another one here.
    Conflict,
}

/// How many things were left out for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Skipped {
    /// Why.
    pub reason: SkipReason,
    /// How many.
    pub count: u64,
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ImportReport {
    /// What the file was.
    pub format: Option<ImportFormat>,
    /// Conversations in the file.
    pub conversations: u64,
    /// Messages in the file.
    pub messages: u64,
    /// Answers and edits beside the first, in the file.
    pub branches: u64,
    /// Attachments that are named in the file and not in it.
    pub attachments_missing: u64,
    /// Conversations that were not here before.
    pub new_conversations: u64,
    /// Conversations that were here and have more messages now.
    pub grown_conversations: u64,
    /// Messages that were not here before.
    pub new_messages: u64,
    /// Conversations that lie in the bin here, and stay there.
    pub in_bin: u64,
    /// Assistants in the file.
    #[serde(default)]
    pub assistants: u64,
    /// Assistants that were not here before.
    #[serde(default)]
    pub new_assistants: u64,
    /// What was left out.
    pub skipped: Vec<Skipped>,
    /// Where keys and passwords stood in the file. They were not taken.
    pub secrets: Vec<String>,
    /// A person stopped it; what came in before is here.
    pub stopped: bool,
    /// Why it did not come to its end. Nothing was changed if nothing is new.
    pub problem: Option<ImportProblem>,
}

impl ImportReport {
    /// Counts something that was left out.
    pub fn skip(&mut self, reason: SkipReason, count: u64) {
        match self.skipped.iter_mut().find(|skipped| skipped.reason == reason) {
            _ if count == 0 => {}
            Some(skipped) => skipped.count += count,
            None => self.skipped.push(Skipped { reason, count }),
        }
    }
}

/// Why a file was not imported, or not to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ImportProblem {
    /// It cannot be read.
    Unreadable,
    /// It is no export that is known.
    UnknownFormat,
    /// It ends before it should.
    CutShort,
    /// It is not the JSON it says it is.
    NotJson,
    /// It is nested deeper than any export.
    TooDeep,
    /// A part of it is larger than any conversation.
    TooLarge,
    /// It unpacks to far more than it is.
    Bomb,
    /// The zip is damaged, locked with a password or packed in a way that is not known.
    BadZip,
    /// It was written by a newer version.
    TooNew,
    /// There is no conversation in it.
    Empty,
    /// The disk did not take it.
    NotStored,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ExportForm {
    /// Text with marks, the shown path.
    Markdown,
    /// A page that needs nothing else, the shown path.
    Html,
    /// Everything there is, for programs.
    Json,
    /// A zip of everything, which can be imported again.
    Archive,
}

/// What an export wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ExportReport {
    /// The file; `None` when no file was chosen or a person stopped it, and nothing was written.
    pub file: Option<String>,
    /// Conversations in it.
    pub conversations: u64,
    /// Messages in it.
    pub messages: u64,
    /// Its size.
    pub bytes: u64,
    /// Attachments that should be in it and are lost.
    pub attachments_missing: u64,
}

/// Starts an import; where from is asked by a dialog.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ImportStart {
    /// From a folder rather than from a file.
    pub folder: bool,
}

/// Starts an export; where to is asked by a dialog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
pub struct ExportStart {
    /// These; all that are not in the bin if left out.
    pub conversations: Option<Vec<ConversationId>>,
    /// In which form.
    pub form: ExportForm,
    /// The language of the few words that are ours.
    pub language: Language,
}

/// How far an import or export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct TransferProgress {
    /// What it does.
    pub step: TransferStep,
    /// Of `total`: bytes of the file for an import, conversations for an export.
    pub done: u64,
    /// All there is to do in this step.
    pub total: u64,
}

/// Whether an import or export runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct TransferStatus {
    /// How far it is, if one runs.
    pub running: Option<TransferProgress>,
}

/// What an import or export does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TransferStep {
    /// Reads the whole file to see whether all is well with it.
    Checking,
    /// Brings conversations in.
    Importing,
    /// Writes the file.
    Exporting,
}
