//! Jan's folder: `threads/<id>/thread.json` and, beside it, `messages.jsonl` with one message a line.

use super::Out;
use crate::ReadError;
use crate::json::Json;
use crate::source::Source;
use crate::tree::{Kind, Node, Tree};
use crate::value::{flat_text, id, json_text, list, text, time, usage};
use rivulet_protocol::{Author, SkipReason, ToolCall};
use serde_json::Value;

/// The numbers of a thread's two files in the source.
pub(super) struct Thread {
    about: usize,
    messages: usize,
}

/// The threads among these files.
pub(super) fn threads(names: &[String]) -> Vec<Thread> {
    let about = names.iter().enumerate().filter_map(|(about, name)| {
        let folder = name.strip_suffix("thread.json")?;
        let whole = folder.is_empty() || folder.ends_with('/');
        let beside = format!("{folder}messages.jsonl");
        let messages = names.iter().position(|name| *name == beside)?;
        whole.then_some(Thread { about, messages })
    });
    about.collect()
}

pub(super) fn read(source: &mut Source, threads: Vec<Thread>, out: &mut Out<'_>) -> Result<(), ReadError> {
    let mut damaged = None;
    for thread in threads {
        match one(source, &thread, out) {
            // One thread that was cut by a crash does not cost the others.
            Err(error @ (ReadError::NotJson(_) | ReadError::CutShort)) => {
                out.skip(SkipReason::Broken);
                damaged = Some(error);
            }
            other => other?,
        }
    }
    match damaged {
        Some(error) if out.report.conversations == 0 => Err(error),
        _ => Ok(()),
    }
}

fn one(source: &mut Source, thread: &Thread, out: &mut Out<'_>) -> Result<(), ReadError> {
    let mut json = Json::new(source.file(thread.about)?)?;
    let about = json.value()?;
    json.end()?;
    drop(json);
    let title = text(&about, "title").unwrap_or_default();
    let assistant = about.pointer("/assistants/0/model/id").and_then(Value::as_str);
    let model = assistant.or_else(|| about.pointer("/model/id")?.as_str());
    let mut nodes: Vec<Node> = Vec::new();
    let mut json = Json::new(source.file(thread.messages)?)?;
    while json.peek()?.is_some() {
        let mut node = node(json.value()?, model);
        if node.id.is_empty() {
            node.id = format!("#{}", nodes.len());
        }
        node.parent = nodes.last().map(|before| before.id.clone());
        nodes.push(node);
    }
    out.tree(Tree {
        id: id(&about, "id").unwrap_or_else(|| title.clone()),
        title,
        created_at: time(&about, "created").or_else(|| time(&about, "created_at")),
        updated_at: time(&about, "updated"),
        pinned: about.pointer("/metadata/is_favorite").is_some_and(|pinned| pinned == true),
        leaf: None,
        nodes,
    })
}

fn node(mut message: Value, model: Option<&str>) -> Node {
    let state = text(&message, "status").unwrap_or_default();
    let mut node = Node {
        id: id(&message, "id").unwrap_or_default(),
        kind: Node::role(message.get("role").and_then(Value::as_str).unwrap_or_default()),
        at: time(&message, "created_at"),
        ended_at: time(&message, "completed_at").filter(|at| *at > 0),
        usage: usage(message.pointer("/metadata/usage")),
        cut: matches!(state.as_str(), "pending" | "error" | "stopped"),
        ..Node::default()
    };
    if node.kind == Kind::ToolOutput(None) {
        node.kind = Kind::ToolOutput(text(&message, "tool_call_id"));
    }
    if node.kind == Kind::Says(Author::Assistant) {
        let own = message.pointer("/metadata/model").or_else(|| message.pointer("/metadata/assistant/model"));
        node.model = own.and_then(Value::as_str).or(model).map(str::to_owned);
    }
    let content = match message.get_mut("content").map(Value::take) {
        Some(Value::String(content)) => {
            node.text = content;
            Vec::new()
        }
        Some(Value::Array(parts)) => parts,
        _ => Vec::new(),
    };
    for part in content {
        match part.get("type").and_then(Value::as_str).unwrap_or_default() {
            "text" => node.say(&part.get("text").map(flat_text).unwrap_or_default()),
            "reasoning" => node.think(&part.get("text").map(flat_text).unwrap_or_default()),
            "image_url" => node.attach("image"),
            "tool_call" => node.calls.push(ToolCall {
                id: id(&part, "tool_call_id").unwrap_or_else(|| format!("call-{}", node.calls.len() + 1)),
                name: text(&part, "tool_name").unwrap_or_default(),
                arguments: json_text(part.get("input")),
                result: part.get("output").filter(|output| !output.is_null()).map(|output| json_text(Some(output))),
            }),
            _ => {}
        }
    }
    for attachment in list(&mut message, "attachments") {
        node.attach(text(&attachment, "name").or_else(|| text(&attachment, "file_id")).unwrap_or_default());
    }
    node
}
