//! What the tests share: the fixtures, and what came of one as text.

use rivulet_exchange::{Chat, Progress, ReadError, read};
use rivulet_protocol::{ImportReport, Message, MessageId};
use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub fn chats(path: &Path) -> Result<(Vec<Chat>, ImportReport), ReadError> {
    let mut chats = Vec::new();
    let report = read(path, &Progress::default(), &mut |chat| {
        chats.push(chat);
        Ok(())
    })?;
    Ok((chats, report))
}

pub fn outline(path: &Path) -> Result<String, ReadError> {
    let (chats, report) = chats(path)?;
    let mut out = String::new();
    for chat in &chats {
        let conversation = &chat.conversation;
        let pinned = if conversation.pinned { ", pinned" } else { "" };
        let (id, title) = (conversation.id, &conversation.title);
        let (created, updated) = (conversation.created_at, conversation.updated_at);
        writeln!(out, "{title:?} {id} {created}..{updated}{pinned}").unwrap();
        let mut depths: HashMap<MessageId, usize> = HashMap::new();
        for message in &chat.messages {
            let depth = message.parent.map_or(1, |parent| depths[&parent] + 1);
            depths.insert(message.id, depth);
            write_message(&mut out, message, depth, conversation.leaf == Some(message.id));
        }
        out.push('\n');
    }
    writeln!(out, "{report:#?}").unwrap();
    Ok(out)
}

fn write_message(out: &mut String, message: &Message, depth: usize, shown: bool) {
    let pad = "  ".repeat(depth);
    let shown = if shown { " <- shown" } else { "" };
    let (author, state, at) = (message.author, message.state, message.created_at);
    let model = message.model.as_deref().unwrap_or("-");
    writeln!(out, "{pad}{author:?} {state:?} {model} {at}{shown}").unwrap();
    for (name, text) in [("reasoning", &message.reasoning), ("text", &message.text)] {
        if !text.is_empty() {
            writeln!(out, "{pad}  {name}: {text:?}").unwrap();
        }
    }
    for call in &message.tool_calls {
        writeln!(out, "{pad}  call {} {}({}) = {:?}", call.id, call.name, call.arguments, call.result).unwrap();
    }
    if let Some(usage) = message.usage {
        writeln!(out, "{pad}  {usage:?}").unwrap();
    }
}
