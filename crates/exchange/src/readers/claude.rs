//! Claude's `conversations.json`: a list of conversations, each a list of messages; some tools add a tree.

use super::Out;
use crate::ReadError;
use crate::json::Json;
use crate::tree::{Attachment, Kind, Node, Tree};
use crate::value::{flat_text, id, is, json_text, list, take, text, time};
use rivulet_protocol::{SkipReason, ToolCall};
use serde_json::Value;
use std::io::Read;

pub(super) fn read<R: Read>(mut json: Json<R>, out: &mut Out<'_>) -> Result<(), ReadError> {
    json.one_or_many(|json| conversation(json.value()?, out))?;
    json.end()
}

fn conversation(mut value: Value, out: &mut Out<'_>) -> Result<(), ReadError> {
    if !value.get("chat_messages").is_some_and(Value::is_array) {
        out.skip(SkipReason::Broken);
        return Ok(());
    }
    let mut nodes: Vec<Node> = Vec::new();
    for message in list(&mut value, "chat_messages") {
        let mut node = node(message);
        // The official export has no parents: each follows the one before it.
        if node.parent.is_none() {
            node.parent = nodes.last().map(|before| before.id.clone());
        }
        if node.id.is_empty() {
            node.id = format!("#{}", nodes.len());
        }
        nodes.push(node);
    }
    let created_at = time(&value, "created_at");
    let title = take(&mut value, "name");
    let model = text(&value, "model");
    for node in nodes.iter_mut().filter(|node| node.kind == Node::role("assistant")) {
        node.model = node.model.take().or_else(|| model.clone());
    }
    out.tree(Tree {
        id: id(&value, "uuid").unwrap_or_else(|| format!("{created_at:?}/{title}")),
        title,
        created_at,
        updated_at: time(&value, "updated_at"),
        pinned: is(&value, "is_starred"),
        leaf: text(&value, "current_leaf_message_uuid"),
        nodes,
    })
}

fn node(mut message: Value) -> Node {
    let mut node = Node {
        id: id(&message, "uuid").unwrap_or_default(),
        parent: text(&message, "parent_message_uuid"),
        kind: Node::role(message.get("sender").and_then(Value::as_str).unwrap_or_default()),
        at: time(&message, "created_at"),
        ended_at: time(&message, "updated_at"),
        model: text(&message, "model"),
        cut: message.get("stop_reason").is_some_and(|reason| reason == "user_canceled"),
        ..Node::default()
    };
    if node.kind == Kind::Skipped(SkipReason::Broken) && !message.is_object() {
        return node;
    }
    for part in list(&mut message, "content") {
        read_part(&mut node, part);
    }
    // A copy of the content without its structure; older exports have nothing else.
    if node.text.is_empty() && node.calls.is_empty() && node.reasoning.is_empty() {
        node.text = take(&mut message, "text");
    }
    for mut attachment in list(&mut message, "attachments") {
        let name = take(&mut attachment, "file_name");
        node.attachments.push(Attachment { name, text: text(&attachment, "extracted_content") });
    }
    for mut file in list(&mut message, "files").into_iter().chain(list(&mut message, "files_v2")) {
        let name = take(&mut file, "file_name");
        // The same file stands in both lists of newer exports.
        if !node.attachments.iter().any(|known| known.name == name) {
            node.attach(name);
        }
    }
    node
}

fn read_part(node: &mut Node, mut part: Value) {
    match part.get("type").and_then(Value::as_str).unwrap_or_default() {
        "text" => node.say(&take(&mut part, "text")),
        "thinking" => node.think(&take(&mut part, "thinking")),
        "tool_use" => {
            let id = id(&part, "id").unwrap_or_else(|| format!("call-{}", node.calls.len() + 1));
            let arguments = json_text(part.get("input"));
            node.calls.push(ToolCall { id, name: take(&mut part, "name"), arguments, result: None });
        }
        "tool_result" => {
            let result = part.get("content").map(flat_text).filter(|text| !text.is_empty());
            let result = result.unwrap_or_else(|| json_text(part.get("content")));
            Node::answer(&mut node.calls, text(&part, "tool_use_id").as_deref(), &result);
        }
        // Budgets, flags and what else comes: nothing for people.
        _ => {}
    }
}
