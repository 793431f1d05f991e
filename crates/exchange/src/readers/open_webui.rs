//! Open WebUI's export: a list of chats, each with a `history` that is a tree.

use super::Out;
use crate::ReadError;
use crate::json::Json;
use crate::readers::details;
use crate::tree::{Kind, Node, Tree};
use crate::value::{first_text, flat_text, id, is, list, take, text, time, usage};
use rivulet_protocol::{Author, SkipReason, ToolCall};
use serde_json::Value;
use std::collections::HashMap;
use std::io::Read;

pub(super) fn read<R: Read>(mut json: Json<R>, out: &mut Out<'_>) -> Result<(), ReadError> {
    json.one_or_many(|json| chat(json.value()?, out))?;
    json.end()
}

fn chat(mut value: Value, out: &mut Out<'_>) -> Result<(), ReadError> {
    let Some(mut chat) = value.get_mut("chat").map(Value::take).filter(Value::is_object) else {
        out.skip(SkipReason::Broken);
        return Ok(());
    };
    let history = chat.pointer_mut("/history/messages").map(Value::take);
    let messages: Vec<(String, Value)> = match history {
        Some(Value::Object(messages)) => messages.into_iter().collect(),
        // The shown path alone.
        _ => list(&mut chat, "messages").into_iter().map(|item| (id(&item, "id").unwrap_or_default(), item)).collect(),
    };
    let mut ranks: HashMap<String, usize> = HashMap::new();
    for (_, message) in &messages {
        let children = message.get("childrenIds").and_then(Value::as_array).into_iter().flatten();
        ranks.extend(children.filter_map(Value::as_str).enumerate().map(|(rank, id)| (id.to_owned(), rank)));
    }
    let nodes = messages.into_iter().map(|(id, message)| {
        let mut node = node(message);
        node.rank = ranks.get(&id).copied().unwrap_or(0);
        node.id = id;
        node
    });
    let nodes = nodes.collect();
    let created_at = time(&value, "created_at").or_else(|| time(&chat, "timestamp"));
    let title = first_text(&value, &["title"]).unwrap_or_else(|| take(&mut chat, "title"));
    out.tree(Tree {
        id: id(&value, "id").unwrap_or_else(|| format!("{created_at:?}/{title}")),
        title,
        created_at,
        updated_at: time(&value, "updated_at"),
        pinned: is(&value, "pinned"),
        leaf: chat.pointer("/history/currentId").and_then(Value::as_str).map(str::to_owned),
        nodes,
    })
}

fn node(mut message: Value) -> Node {
    let mut node = Node {
        parent: text(&message, "parentId"),
        kind: Node::role(message.get("role").and_then(Value::as_str).unwrap_or_default()),
        at: time(&message, "timestamp"),
        model: text(&message, "model"),
        usage: usage(message.get("usage").or_else(|| message.get("info")?.get("usage"))),
        cut: message.get("error").is_some_and(|error| !error.is_null() && error != &Value::Bool(false)),
        ..Node::default()
    };
    let steps = list(&mut message, "output");
    if steps.is_empty() {
        node.text = match message.get_mut("content").map(Value::take) {
            Some(Value::String(content)) => content,
            Some(content) => flat_text(&content),
            None => String::new(),
        };
        if node.kind == Kind::Says(Author::Assistant) {
            details::part(&mut node);
        }
    }
    for step in steps {
        read_step(&mut node, step);
    }
    for file in list(&mut message, "files") {
        let inner = file.get("file").unwrap_or(&file);
        let name = first_text(&file, &["name"]).or_else(|| first_text(inner, &["filename", "name", "id"]));
        node.attach(name.or_else(|| text(&file, "type")).unwrap_or_default());
    }
    node
}

/// A step of an answer as newer versions keep them.
fn read_step(node: &mut Node, mut step: Value) {
    let id_of = |step: &Value| first_text(step, &["call_id", "id"]).unwrap_or_default();
    match step.get("type").and_then(Value::as_str).unwrap_or_default() {
        "reasoning" => {
            let thought = [step.get("content"), step.get("summary")].into_iter().flatten().map(flat_text);
            node.think(&thought.into_iter().find(|thought| !thought.is_empty()).unwrap_or_default());
        }
        "message" => node.say(&step.get("content").map(flat_text).unwrap_or_default()),
        "function_call" => {
            let (id, name) = (id_of(&step), take(&mut step, "name"));
            node.calls.push(ToolCall { id, name, arguments: take(&mut step, "arguments"), result: None });
        }
        "function_call_output" => {
            let result = step.get("output").map(flat_text).unwrap_or_default();
            Node::answer(&mut node.calls, Some(&id_of(&step)), &result);
        }
        _ => {}
    }
}
