//! LibreChat's export of one conversation: messages flat, or each inside the one it answers.

use super::Out;
use crate::json::Json;
use crate::tree::{Kind, Node, Tree};
use crate::value::{flat_text, id, is, json_text, list, take, text, time, usage};
use crate::{ReadError, limits};
use rivulet_protocol::{Author, SkipReason, ToolCall};
use serde_json::{Map, Value};
use std::io::Read;

pub(super) fn read<R: Read>(mut json: Json<R>, out: &mut Out<'_>) -> Result<(), ReadError> {
    json.one_or_many(|json| conversation(json, out))?;
    json.end()
}

fn conversation<R: Read>(json: &mut Json<R>, out: &mut Out<'_>) -> Result<(), ReadError> {
    let mut tree = Tree::default();
    let mut broken = false;
    json.object(|json, key| {
        match key.as_str() {
            "messages" | "messagesTree" if json.peek()? == Some(b'[') => messages(json, &mut tree.nodes)?,
            "messages" | "messagesTree" => {
                broken = true;
                json.skip()?;
            }
            "conversationId" => tree.id = json_text(Some(&json.value()?)),
            "title" => tree.title = json_text(Some(&json.value()?)),
            "options" => out.secrets(&json.value()?, "options"),
            _ => json.skip()?,
        }
        Ok(())
    })?;
    if broken && tree.nodes.is_empty() {
        out.skip(SkipReason::Broken);
        return Ok(());
    }
    out.tree(tree)
}

/// A message whose object is not at its end yet.
#[derive(Default)]
struct Open {
    fields: Map<String, Value>,
    /// Where it stands in the list; its children are behind it.
    place: usize,
    first_field: bool,
    first_child: bool,
    in_children: bool,
}

/// Walks the tree without recursion: a conversation of a thousand messages is two thousand levels deep.
fn messages<R: Read>(json: &mut Json<R>, nodes: &mut Vec<Node>) -> Result<(), ReadError> {
    json.enter(b'[')?;
    let mut first = true;
    let mut open: Vec<Open> = Vec::new();
    loop {
        let Some(message) = open.last_mut() else {
            if !json.more(b']', &mut first)? {
                return Ok(());
            }
            begin(json, nodes, &mut open)?;
            continue;
        };
        if message.in_children {
            if json.more(b']', &mut message.first_child)? {
                begin(json, nodes, &mut open)?;
            } else {
                message.in_children = false;
            }
        } else if json.more(b'}', &mut message.first_field)? {
            let key = json.key()?;
            if key == "children" && json.peek()? == Some(b'[') {
                json.enter(b'[')?;
                (message.in_children, message.first_child) = (true, true);
            } else {
                let value = json.value()?;
                message.fields.insert(key, value);
            }
        } else if let Some(message) = open.pop() {
            let place = message.place;
            nodes[place] = node(Value::Object(message.fields), place);
        }
    }
}

fn begin<R: Read>(json: &mut Json<R>, nodes: &mut Vec<Node>, open: &mut Vec<Open>) -> Result<(), ReadError> {
    if json.peek()? != Some(b'{') {
        nodes.push(Node {
            id: format!("#{}", nodes.len()),
            kind: Kind::Skipped(SkipReason::Broken),
            ..Node::default()
        });
        return json.skip();
    }
    if open.len() > limits::TREE_DEPTH || nodes.len() > limits::VALUES {
        return Err(ReadError::TooDeep);
    }
    json.enter(b'{')?;
    open.push(Open { place: nodes.len(), first_field: true, ..Open::default() });
    nodes.push(Node::default());
    Ok(())
}

fn node(mut message: Value, place: usize) -> Node {
    let by_user = message.get("isCreatedByUser").and_then(Value::as_bool);
    let by_user = by_user.unwrap_or_else(|| text(&message, "sender").is_some_and(|sender| sender == "User"));
    let mut node = Node {
        id: id(&message, "messageId").unwrap_or_else(|| format!("#{place}")),
        parent: text(&message, "parentMessageId"),
        kind: Kind::Says(if by_user { Author::User } else { Author::Assistant }),
        at: time(&message, "createdAt"),
        ended_at: time(&message, "updatedAt"),
        model: if by_user { None } else { text(&message, "model") },
        usage: usage(message.get("usage")),
        cut: is(&message, "unfinished") || is(&message, "error"),
        ..Node::default()
    };
    for part in list(&mut message, "content") {
        read_part(&mut node, part);
    }
    if node.text.is_empty() {
        node.text = take(&mut message, "text");
    }
    for file in list(&mut message, "files").into_iter().chain(list(&mut message, "attachments")) {
        node.attach(text(&file, "filename").or_else(|| text(&file, "file_id")).unwrap_or_default());
    }
    node
}

fn read_part(node: &mut Node, mut part: Value) {
    match part.get("type").and_then(Value::as_str).unwrap_or_default() {
        "text" => node.say(&part.get("text").map(flat_text).unwrap_or_default()),
        "think" => node.think(&part.get("think").map(flat_text).unwrap_or_default()),
        "error" => {
            node.cut = true;
            node.say(&part.get("error").map(flat_text).unwrap_or_default());
        }
        "tool_call" => {
            let mut call = part.get_mut("tool_call").map(Value::take).unwrap_or_default();
            node.calls.push(ToolCall {
                id: id(&call, "id").unwrap_or_else(|| format!("call-{}", node.calls.len() + 1)),
                name: take(&mut call, "name"),
                arguments: json_text(call.get("args")),
                result: text(&call, "output"),
            });
        }
        "image_file" | "image_url" => node.attach("image"),
        _ => {}
    }
}
