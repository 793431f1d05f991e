//! The page of llama.cpp's server: `{conv, messages}` or a list of them; newer versions one line for the conversation
//! and one for each message.

use super::Out;
use crate::ReadError;
use crate::json::Json;
use crate::tree::{Attachment, Kind, Node, Tree};
use crate::value::{id, is, list, take, text, time};
use rivulet_protocol::{Author, SkipReason, ToolCall, Usage};
use serde_json::Value;
use std::io::Read;

pub(super) fn read<R: Read>(mut json: Json<R>, out: &mut Out<'_>) -> Result<(), ReadError> {
    if json.peek()? == Some(b'[') {
        json.array(|json| conversation(json.value()?, out))?;
        return json.end();
    }
    let mut head: Option<Value> = None;
    let mut messages = Vec::new();
    while json.peek()?.is_some() {
        let line = json.value()?;
        if line.get("conv").is_some() && line.get("messages").is_some() {
            conversation(line, out)?;
        } else if line.get("role").is_some() {
            messages.push(line);
        } else if let Some(conv) = head.replace(line) {
            // The next conversation begins.
            tree(conv, std::mem::take(&mut messages), out)?;
        }
    }
    match head {
        Some(conv) => tree(conv, messages, out),
        None => Ok(()),
    }
}

fn conversation(mut value: Value, out: &mut Out<'_>) -> Result<(), ReadError> {
    let messages = list(&mut value, "messages");
    match value.get_mut("conv").map(Value::take) {
        Some(conv) if conv.is_object() => tree(conv, messages, out),
        _ => {
            out.skip(SkipReason::Broken);
            Ok(())
        }
    }
}

fn tree(mut conv: Value, messages: Vec<Value>, out: &mut Out<'_>) -> Result<(), ReadError> {
    if let Some(inner) = conv.get_mut("conv").map(Value::take).filter(Value::is_object) {
        conv = inner;
    }
    let mut nodes: Vec<Node> = Vec::new();
    for message in messages {
        let linked = message.get("parent").is_some();
        let mut node = node(message);
        if node.id.is_empty() {
            node.id = format!("#{}", nodes.len());
        }
        if !linked {
            node.parent = nodes.last().map(|before| before.id.clone());
        }
        nodes.push(node);
    }
    let title = take(&mut conv, "name");
    out.tree(Tree {
        id: id(&conv, "id").unwrap_or_else(|| title.clone()),
        title,
        created_at: nodes.iter().filter_map(|node| node.at).min(),
        updated_at: time(&conv, "lastModified"),
        pinned: is(&conv, "pinned"),
        leaf: id(&conv, "currNode"),
        nodes,
    })
}

fn node(mut message: Value) -> Node {
    let mut node = Node {
        id: id(&message, "id").unwrap_or_default(),
        parent: id(&message, "parent"),
        kind: Node::role(message.get("role").and_then(Value::as_str).unwrap_or_default()),
        at: time(&message, "timestamp"),
        text: take(&mut message, "content"),
        ..Node::default()
    };
    if text(&message, "type").is_some_and(|kind| kind == "root") {
        node.kind = Kind::Root;
        return node;
    }
    if node.kind == Kind::ToolOutput(None) {
        node.kind = Kind::ToolOutput(text(&message, "toolCallId"));
    }
    if node.kind == Kind::Says(Author::Assistant) {
        node.model = text(&message, "model");
    }
    for thought in ["reasoningContent", "thinking"] {
        if node.reasoning.is_empty() {
            node.reasoning = take(&mut message, thought);
        }
    }
    let calls = serde_json::from_str(&take(&mut message, "toolCalls")).unwrap_or(Value::Null);
    for mut call in calls.as_array().cloned().unwrap_or_default() {
        let mut function = call.get_mut("function").map(Value::take).unwrap_or_default();
        node.calls.push(ToolCall {
            id: id(&call, "id").unwrap_or_else(|| format!("call-{}", node.calls.len() + 1)),
            name: take(&mut function, "name"),
            arguments: take(&mut function, "arguments"),
            result: None,
        });
    }
    if let Some(timings) = message.get("timings") {
        let count = |key: &str| timings.get(key).and_then(Value::as_u64);
        let usage = Usage { input_tokens: count("prompt_n"), output_tokens: count("predicted_n"), ..Usage::default() };
        node.usage = (usage != Usage::default()).then_some(usage);
    }
    for mut extra in list(&mut message, "extra") {
        let text = text(&extra, "content");
        node.attachments.push(Attachment { name: take(&mut extra, "name"), text });
    }
    node
}
