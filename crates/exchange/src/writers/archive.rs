//! Our own archive: a zip with a file for each conversation. What it is stands in docs/archive-format.md.

use super::Files;
use crate::Chat;
use rivulet_protocol::{
    Assistant, AssistantId, Controls, Conversation, ConversationId, FileHash, Message, MessageId, OwnPrompt, Place,
    Project, ProjectId, ProviderId,
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::io::{self, Seek, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The version this program writes, and the newest it reads.
pub const VERSION: u64 = 1;
/// The archive's own file.
pub const MANIFEST: &str = "rivulet.json";
/// What an archive says it is.
pub const ALL: &str = "rivulet-archive";
/// What the file of one conversation says it is.
pub const ONE: &str = "rivulet-conversation";
/// What the file of an assistant says it is.
pub const ASSISTANT: &str = "rivulet-assistant";
/// Where attachments lie in an archive, each under its hash.
pub const ATTACHMENTS: &str = "attachments/";
/// Where the files of assistants lie in an archive.
pub const ASSISTANTS: &str = "assistants/";

/// What an archive says of itself.
#[derive(Serialize)]
struct Manifest<'a> {
    format: &'a str,
    version: u64,
    app: &'a str,
    created_at: u64,
    conversations: u64,
    messages: u64,
    assistants: u64,
}

/// A conversation in an archive: what it is to a person, without what it is to a running program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArchivedConversation {
    id: ConversationId,
    title: String,
    #[serde(default)]
    pinned: bool,
    created_at: u64,
    updated_at: u64,
    provider: Option<ProviderId>,
    model: Option<String>,
    #[serde(default)]
    controls: Controls,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assistant: Option<AssistantId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    leaf: Option<MessageId>,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    tags: Vec<String>,
}

impl ArchivedConversation {
    /// Whether no part of it is larger than it may be here.
    pub fn is_sound(&self) -> bool {
        self.prompt.as_ref().is_none_or(|prompt| prompt.len() <= rivulet_protocol::ASSISTANT_PROMPT)
    }
}

impl From<&Conversation> for ArchivedConversation {
    fn from(conversation: &Conversation) -> Self {
        // Every field by name, so that a new one is not forgotten here.
        let Conversation {
            id,
            title,
            pinned,
            created_at,
            updated_at,
            provider,
            model,
            controls,
            assistant,
            own_prompt: OwnPrompt(prompt),
            leaf,
            head: _,
            running: _,
            temporary: _,
            // The project stands beside it, with its name.
            place: Place { archived, project: _, tags },
        } = conversation.clone();
        Self {
            id,
            title,
            pinned,
            created_at,
            updated_at,
            provider,
            model,
            controls,
            assistant,
            prompt,
            leaf,
            archived,
            tags,
        }
    }
}

impl From<ArchivedConversation> for Conversation {
    fn from(archived: ArchivedConversation) -> Self {
        let ArchivedConversation {
            id,
            title,
            pinned,
            created_at,
            updated_at,
            provider,
            model,
            controls,
            assistant,
            prompt,
            leaf,
            archived,
            tags,
        } = archived;
        let (head, running, temporary) = (0, false, false);
        Self {
            id,
            title,
            pinned,
            created_at,
            updated_at,
            provider,
            model,
            controls,
            assistant,
            own_prompt: OwnPrompt(prompt),
            leaf,
            head,
            running,
            temporary,
            place: Place { archived, project: None, tags },
        }
    }
}

/// The project of a conversation, in the file of each conversation that is in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArchivedProject {
    id: ProjectId,
    name: String,
    #[serde(default)]
    instructions: String,
    created_at: u64,
}

impl From<&Project> for ArchivedProject {
    fn from(project: &Project) -> Self {
        let Project { id, name, instructions, created_at, conversations: _ } = project.clone();
        Self { id, name, instructions, created_at }
    }
}

impl From<ArchivedProject> for Project {
    fn from(archived: ArchivedProject) -> Self {
        let ArchivedProject { id, name, instructions, created_at } = archived;
        Self { id, name, instructions, created_at, conversations: 0 }
    }
}

/// The file of one conversation.
#[derive(Serialize)]
struct One<'a> {
    format: &'a str,
    version: u64,
    conversation: ArchivedConversation,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<ArchivedProject>,
    messages: &'a [Message],
}

/// Writes one conversation with everything in it as JSON, over many lines.
pub fn write_one(chat: &Chat, to: impl Write) -> io::Result<()> {
    Ok(serde_json::to_writer_pretty(to, &one(chat))?)
}

fn one(chat: &Chat) -> One<'_> {
    One {
        format: ONE,
        version: VERSION,
        conversation: (&chat.conversation).into(),
        project: chat.project.as_ref().map(Into::into),
        messages: &chat.messages,
    }
}

/// The file of one assistant.
#[derive(Serialize)]
struct AssistantFile<'a> {
    format: &'a str,
    version: u64,
    assistant: &'a Assistant,
}

/// Writes one assistant as JSON, over many lines.
pub fn write_assistant(assistant: &Assistant, to: impl Write) -> io::Result<()> {
    Ok(serde_json::to_writer_pretty(to, &AssistantFile { format: ASSISTANT, version: VERSION, assistant })?)
}

/// A zip that is being written.
pub struct Archive<W: Write + Seek> {
    zip: ZipWriter<W>,
    conversations: u64,
    messages: u64,
    assistants: u64,
    /// What is in it already: several messages may have the same file.
    attachments: HashSet<FileHash>,
}

impl<W: Write + Seek> Archive<W> {
    /// Begins an archive.
    pub fn new(to: W) -> Self {
        let (zip, attachments) = (ZipWriter::new(to), HashSet::new());
        Self { zip, conversations: 0, messages: 0, assistants: 0, attachments }
    }

    /// Adds a conversation.
    pub fn add(&mut self, chat: &Chat) -> io::Result<()> {
        self.zip.start_file(format!("conversations/{}.json", chat.conversation.id), options())?;
        let mut file = io::BufWriter::new(&mut self.zip);
        serde_json::to_writer(&mut file, &one(chat))?;
        file.flush()?;
        drop(file);
        self.conversations += 1;
        self.messages += chat.messages.len() as u64;
        Ok(())
    }

    /// Adds the files of a conversation's messages; how many are lost.
    pub fn add_attachments(&mut self, chat: &Chat, files: Files<'_>) -> io::Result<u64> {
        let mut lost = 0;
        for attachment in chat.messages.iter().flat_map(|message| &message.attachments) {
            for hash in [Some(&attachment.hash), attachment.text.as_ref()].into_iter().flatten() {
                if self.attachments.contains(hash) {
                    continue;
                }
                let Some(bytes) = files(hash) else {
                    lost += u64::from(*hash == attachment.hash);
                    continue;
                };
                self.zip.start_file(format!("{ATTACHMENTS}{}", hash.as_str()), options())?;
                self.zip.write_all(&bytes)?;
                self.attachments.insert(hash.clone());
            }
        }
        Ok(lost)
    }

    /// Adds an assistant.
    pub fn add_assistant(&mut self, assistant: &Assistant) -> io::Result<()> {
        self.zip.start_file(format!("{ASSISTANTS}{}.json", assistant.card.id), options())?;
        write_assistant(assistant, &mut self.zip)?;
        self.assistants += 1;
        Ok(())
    }

    /// Ends it. `app` is this program's version, `now` the time.
    pub fn finish(mut self, app: &str, now: u64) -> io::Result<W> {
        let (conversations, messages, assistants) = (self.conversations, self.messages, self.assistants);
        let counts =
            Manifest { format: ALL, version: VERSION, app, created_at: now, conversations, messages, assistants };
        self.zip.start_file(MANIFEST, options())?;
        serde_json::to_writer_pretty(&mut self.zip, &counts)?;
        Ok(self.zip.finish()?)
    }
}

/// Without a date: the same conversations give the same bytes.
pub(crate) fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated)
}
