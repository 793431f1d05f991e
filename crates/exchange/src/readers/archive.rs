//! Our own archive. What it is stands in docs/archive-format.md.

use super::Out;
use crate::json::Json;
use crate::source::Source;
use crate::tree::branches;
use crate::writers::archive::{ASSISTANTS, ArchivedConversation, ArchivedProject, MANIFEST, VERSION};
use crate::{Chat, ReadError};
use rivulet_protocol::{Assistant, Conversation, FileHash, Message, MessageId, MessageState, Project, SkipReason};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use std::io::Read;

/// What the file of one conversation says it is.
pub(super) const ONE: &str = crate::writers::archive::ONE;
/// What the file of one assistant says it is.
pub(super) const ASSISTANT: &str = crate::writers::archive::ASSISTANT;

/// Whether these are the files of an archive.
pub(super) fn is_one(names: &[String]) -> bool {
    names.iter().any(|name| name == MANIFEST)
}

pub(super) fn read(source: &mut Source, out: &mut Out<'_>) -> Result<(), ReadError> {
    let names = source.names().to_vec();
    let manifest = names.iter().position(|name| name == MANIFEST).unwrap_or_default();
    let mut json = Json::new(source.file(manifest)?)?;
    check_version(&json.value()?)?;
    drop(json);
    let attachments = source.attachments();
    let has = |hash: &FileHash| attachments.contains(hash);
    for (at, name) in names.iter().enumerate() {
        if name.starts_with("conversations/") || name.starts_with(ASSISTANTS) {
            read_one(Json::new(source.file(at)?)?, &has, out)?;
        } else if at != manifest {
            out.skip(SkipReason::OtherFile);
        }
    }
    Ok(())
}

/// The file of one conversation.
#[derive(Deserialize)]
struct One {
    version: u64,
    conversation: ArchivedConversation,
    messages: Vec<Message>,
    #[serde(default)]
    project: Option<ArchivedProject>,
}

/// The file of one assistant.
#[derive(Deserialize)]
struct OneAssistant {
    assistant: Assistant,
}

/// One conversation's file or one assistant's, or a list of such. `has` says which attachments lie beside it.
pub(super) fn read_one<R: Read>(
    mut json: Json<R>,
    has: &dyn Fn(&FileHash) -> bool,
    out: &mut Out<'_>,
) -> Result<(), ReadError> {
    json.one_or_many(|json| {
        let one: Result<One, _> = serde_json::from_slice(json.bytes()?);
        let chat = match one {
            Ok(one) if one.version > VERSION => return Err(ReadError::TooNew(one.version)),
            Ok(one) => chat(one),
            Err(_) => {
                // A newer version may be built in another way.
                let value: Value = serde_json::from_slice(json.last()).map_err(|_| json.not_json())?;
                check_version(&value)?;
                if value.get("format").is_some_and(|format| format == ASSISTANT) {
                    return assistant(value, out);
                }
                None
            }
        };
        match chat {
            Some(chat) => {
                out.report.conversations += 1;
                out.report.messages += chat.messages.len() as u64;
                out.report.branches += branches(&chat.messages);
                out.attachments(&chat.messages, has);
                (out.each)(chat)
            }
            None => {
                out.skip(SkipReason::Broken);
                Ok(())
            }
        }
    })?;
    json.end()
}

fn assistant(value: Value, out: &mut Out<'_>) -> Result<(), ReadError> {
    match serde_json::from_value(value).map(|one: OneAssistant| one.assistant.sound()) {
        Ok(Ok(assistant)) => out.assistant(assistant),
        _ => {
            out.skip(SkipReason::Broken);
            Ok(())
        }
    }
}

fn check_version(value: &Value) -> Result<(), ReadError> {
    match value.get("version").and_then(Value::as_u64) {
        Some(version) if version > VERSION => Err(ReadError::TooNew(version)),
        _ => Ok(()),
    }
}

/// The conversation, if it is one whose messages stand behind their parents.
fn chat(one: One) -> Option<Chat> {
    if !one.conversation.is_sound() {
        return None;
    }
    let mut messages = one.messages;
    let mut known: HashSet<MessageId> = HashSet::with_capacity(messages.len());
    for message in &mut messages {
        if message.parent.is_some_and(|parent| !known.contains(&parent)) || !known.insert(message.id) {
            return None;
        }
        // It ran where it was exported; here it does not.
        if message.state == MessageState::Running {
            message.state = MessageState::Interrupted;
        }
    }
    let mut conversation = Conversation::from(one.conversation);
    let end = messages.last().map(|message| message.id);
    conversation.leaf = conversation.leaf.filter(|leaf| known.contains(leaf)).or(end);
    let project = one.project.map(Project::from);
    conversation.place.project = project.as_ref().map(|project| project.id);
    Some(Chat { conversation, messages, project })
}
