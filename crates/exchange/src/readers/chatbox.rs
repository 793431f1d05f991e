//! Chatbox's exported data: one flat object with settings (and keys), a list of chats, and each chat under a key.

use super::Out;
use crate::ReadError;
use crate::json::Json;
use crate::tree::{Kind, Node, Tree};
use crate::value::{flat_text, id, is, json_text, list, take, text, time, usage};
use rivulet_protocol::{Author, SkipReason, ToolCall};
use serde_json::Value;
use std::io::Read;

pub(super) fn read<R: Read>(mut json: Json<R>, out: &mut Out<'_>) -> Result<(), ReadError> {
    json.object(|json, key| {
        match key.as_str() {
            // Older versions kept all chats in one list.
            "chat-sessions" if json.peek()? == Some(b'[') => json.array(|json| session(json.value()?, out))?,
            key if key.starts_with("session:") => session(json.value()?, out)?,
            // Names of chats, and lists that are not of chats.
            "chat-sessions-list" | "chat-sessions" | "myCopilots" => json.skip()?,
            key => {
                let value = json.value()?;
                out.secrets(&value, key);
            }
        }
        Ok(())
    })?;
    json.end()
}

fn session(mut session: Value, out: &mut Out<'_>) -> Result<(), ReadError> {
    if !session.get("messages").is_some_and(Value::is_array) {
        out.skip(SkipReason::Broken);
        return Ok(());
    }
    if text(&session, "type").is_some_and(|kind| kind == "picture") {
        out.skip(SkipReason::Pictures);
        return Ok(());
    }
    let name = take(&mut session, "name");
    let known = id(&session, "id").unwrap_or_else(|| name.clone());
    let pinned = is(&session, "starred");
    let forks = match session.get_mut("messageForksHash").map(Value::take) {
        Some(Value::Object(forks)) => forks,
        _ => Default::default(),
    };
    // Each was a conversation of its own before a new one was begun in the same place.
    for mut thread in list(&mut session, "threads") {
        let label = take(&mut thread, "name");
        let title = if label.is_empty() || label == name { name.clone() } else { format!("{name}: {label}") };
        let part = id(&thread, "id").unwrap_or(label);
        let mut tree =
            Tree { id: format!("{known}/{part}"), title, created_at: time(&thread, "createdAt"), ..Tree::default() };
        chain(list(&mut thread, "messages"), None, &mut tree.nodes);
        out.tree(tree)?;
    }
    let mut tree = Tree { id: known, title: name, pinned, ..Tree::default() };
    tree.leaf = chain(list(&mut session, "messages"), None, &mut tree.nodes);
    // Other ways on from a message. Of the one that is shown the messages stand above.
    for (from, mut fork) in forks {
        for mut way in list(&mut fork, "lists") {
            chain(list(&mut way, "messages"), Some(from.clone()), &mut tree.nodes);
        }
    }
    out.tree(tree)
}

/// Each message follows the one before it; answers with the last one's id.
fn chain(messages: Vec<Value>, from: Option<String>, nodes: &mut Vec<Node>) -> Option<String> {
    let mut above = from;
    for message in messages {
        let mut node = node(message);
        if node.id.is_empty() {
            node.id = format!("#{}", nodes.len());
        }
        node.parent = above.replace(node.id.clone());
        nodes.push(node);
    }
    above
}

fn node(mut message: Value) -> Node {
    let mut node = Node {
        id: id(&message, "id").unwrap_or_default(),
        kind: Node::role(message.get("role").and_then(Value::as_str).unwrap_or_default()),
        at: time(&message, "timestamp"),
        usage: usage(message.get("usage")),
        cut: text(&message, "error").is_some() || is(&message, "generating"),
        ..Node::default()
    };
    if node.kind == Kind::Says(Author::Assistant) {
        node.model = text(&message, "model");
    }
    if is(&message, "isSummary") {
        node.kind = Kind::Skipped(SkipReason::Hidden);
    }
    node.think(&take(&mut message, "reasoningContent"));
    for part in list(&mut message, "contentParts") {
        read_part(&mut node, part);
    }
    if node.text.is_empty() {
        node.text = take(&mut message, "content");
    }
    for _ in list(&mut message, "pictures") {
        node.attach("image");
    }
    for file in list(&mut message, "files") {
        node.attach(text(&file, "name").unwrap_or_default());
    }
    for link in list(&mut message, "links") {
        node.attach(text(&link, "url").unwrap_or_default());
    }
    node
}

fn read_part(node: &mut Node, mut part: Value) {
    match part.get("type").and_then(Value::as_str).unwrap_or_default() {
        "text" => node.say(&take(&mut part, "text")),
        "reasoning" => node.think(&take(&mut part, "text")),
        "image" => node.attach("image"),
        "tool-call" => {
            let result = part.get("result").filter(|result| !result.is_null());
            let result = result.map(|result| match flat_text(result) {
                text if text.is_empty() => json_text(Some(result)),
                text => text,
            });
            node.calls.push(ToolCall {
                id: text(&part, "toolCallId").unwrap_or_else(|| format!("call-{}", node.calls.len() + 1)),
                name: take(&mut part, "toolName"),
                arguments: json_text(part.get("args")),
                result,
            });
        }
        _ => {}
    }
}
