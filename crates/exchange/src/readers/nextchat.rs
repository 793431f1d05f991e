//! NextChat's backup: its stores in one object, keys in one of them.

use super::Out;
use crate::ReadError;
use crate::json::Json;
use crate::tree::{Kind, Node, Tree};
use crate::value::{flat_text, id, is, list, take, text, time};
use rivulet_protocol::{Author, SkipReason, ToolCall};
use serde_json::Value;
use std::io::Read;

pub(super) fn read<R: Read>(mut json: Json<R>, out: &mut Out<'_>) -> Result<(), ReadError> {
    json.object(|json, store| {
        if store != "chat-next-web-store" || json.peek()? != Some(b'{') {
            let value = json.value()?;
            out.secrets(&value, &store);
            return Ok(());
        }
        json.object(|json, key| match key.as_str() {
            "sessions" if json.peek()? == Some(b'[') => json.array(|json| session(json.value()?, out)),
            _ => json.skip(),
        })
    })?;
    json.end()
}

fn session(mut session: Value, out: &mut Out<'_>) -> Result<(), ReadError> {
    if !session.get("messages").is_some_and(Value::is_array) {
        out.skip(SkipReason::Broken);
        return Ok(());
    }
    let mut mask = session.get_mut("mask").map(Value::take).unwrap_or_default();
    let model = mask.pointer("/modelConfig/model").and_then(Value::as_str).map(str::to_owned);
    out.secrets(&mask, "mask");
    let mut nodes: Vec<Node> = Vec::new();
    // What the assistant was told stands before what was said.
    let context = list(&mut mask, "context").into_iter().map(|mut message| {
        let given = id(&message, "id").unwrap_or_default();
        if let Some(fields) = message.as_object_mut() {
            fields.insert("id".into(), format!("context/{given}").into());
        }
        message
    });
    let messages: Vec<Value> = context.collect();
    for message in messages.into_iter().chain(list(&mut session, "messages")) {
        let mut node = node(message, model.as_deref());
        if node.id.is_empty() || node.id == "context/" {
            node.id = format!("{}#{}", node.id, nodes.len());
        }
        node.parent = nodes.last().map(|before| before.id.clone());
        nodes.push(node);
    }
    let title = take(&mut session, "topic");
    let updated_at = time(&session, "lastUpdate");
    // Dates of messages are written as a person of some country would: nothing to rely on.
    let created_at = updated_at;
    let known = id(&session, "id").unwrap_or_else(|| format!("{updated_at:?}/{title}"));
    out.tree(Tree { id: known, title, created_at, updated_at, nodes, ..Tree::default() })
}

fn node(mut message: Value, model: Option<&str>) -> Node {
    let mut node = Node {
        id: id(&message, "id").unwrap_or_default(),
        kind: Node::role(message.get("role").and_then(Value::as_str).unwrap_or_default()),
        cut: is(&message, "isError") || is(&message, "streaming"),
        ..Node::default()
    };
    if node.kind == Kind::Says(Author::Assistant) {
        node.model = text(&message, "model").or_else(|| model.map(str::to_owned));
    }
    match message.get_mut("content").map(Value::take) {
        Some(Value::String(content)) => node.text = content,
        Some(Value::Array(parts)) => {
            for part in parts {
                match part.get("type").and_then(Value::as_str) {
                    Some("image_url") => node.attach("image"),
                    _ => node.say(&flat_text(&part)),
                }
            }
        }
        _ => {}
    }
    if text(&message, "audio_url").is_some() {
        node.attach("audio");
    }
    for mut tool in list(&mut message, "tools") {
        let mut function = tool.get_mut("function").map(Value::take).unwrap_or_default();
        node.calls.push(ToolCall {
            id: id(&tool, "id").unwrap_or_else(|| format!("call-{}", node.calls.len() + 1)),
            name: take(&mut function, "name"),
            arguments: take(&mut function, "arguments"),
            result: text(&tool, "content").or_else(|| text(&tool, "errorMsg")),
        });
    }
    node
}
