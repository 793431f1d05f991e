//! ChatGPT's `conversations.json`: a list of conversations, each a `mapping` of nodes.

use super::Out;
use crate::ReadError;
use crate::json::Json;
use crate::tree::{Kind, Node, Tree};
use crate::value::{flat_text, id, is, json_text, list, take, text, time};
use rivulet_protocol::{Author, SkipReason, ToolCall};
use serde_json::Value;
use std::collections::HashMap;
use std::io::Read;

pub(super) fn read<R: Read>(mut json: Json<R>, out: &mut Out<'_>) -> Result<(), ReadError> {
    json.one_or_many(|json| conversation(json.value()?, out))?;
    json.end()
}

fn conversation(mut value: Value, out: &mut Out<'_>) -> Result<(), ReadError> {
    let Some(Value::Object(mapping)) = value.get_mut("mapping").map(Value::take) else {
        out.skip(SkipReason::Broken);
        return Ok(());
    };
    // The order of siblings stands in their parent.
    let mut ranks: HashMap<String, usize> = HashMap::new();
    for node in mapping.values() {
        let children = node.get("children").and_then(Value::as_array).into_iter().flatten();
        ranks.extend(children.filter_map(Value::as_str).enumerate().map(|(rank, id)| (id.to_owned(), rank)));
    }
    let nodes = mapping.into_iter().map(|(id, value)| {
        let mut node = node(value);
        node.rank = ranks.get(&id).copied().unwrap_or(0);
        node.id = id;
        node
    });
    let nodes = nodes.collect();
    let created_at = time(&value, "create_time");
    let title = take(&mut value, "title");
    let known = id(&value, "conversation_id").or_else(|| id(&value, "id"));
    out.tree(Tree {
        id: known.unwrap_or_else(|| format!("{created_at:?}/{title}")),
        title,
        created_at,
        updated_at: time(&value, "update_time"),
        pinned: is(&value, "is_starred"),
        leaf: text(&value, "current_node"),
        nodes,
    })
}

fn node(mut value: Value) -> Node {
    let mut node = Node { parent: text(&value, "parent"), ..Node::default() };
    let Some(mut message) = value.get_mut("message").map(Value::take).filter(Value::is_object) else { return node };
    let role = message.pointer("/author/role").and_then(Value::as_str).unwrap_or_default();
    node.kind = Node::role(role);
    node.at = time(&message, "create_time");
    let metadata = message.get_mut("metadata").map(Value::take).unwrap_or_default();
    node.model = text(&metadata, "model_slug").filter(|_| node.kind != Kind::Says(Author::User));
    node.cut = metadata.pointer("/finish_details/type").is_some_and(|kind| kind == "interrupted");
    let tool = message.get("recipient").and_then(Value::as_str).filter(|to| *to != "all").map(str::to_owned);
    let content = message.get_mut("content").map(Value::take).unwrap_or_default();
    // What the model is told without anybody having said it.
    let context = content
        .get("content_type")
        .and_then(Value::as_str)
        .is_some_and(|kind| matches!(kind, "user_editable_context" | "model_editable_context" | "system_error"));
    let unseen = is(&metadata, "is_visually_hidden_from_conversation") || context;
    read_content(&mut node, content, &metadata);
    if let Some(tool) = tool.filter(|_| node.kind == Kind::Says(Author::Assistant)) {
        let arguments = std::mem::take(&mut node.text);
        let id = text(&message, "id").unwrap_or_else(|| tool.clone());
        node.calls.push(ToolCall { id, name: tool, arguments, result: None });
    } else if unseen && !matches!(node.kind, Kind::ToolOutput(_)) || node.kind == Kind::Says(Author::System) {
        node.kind = Kind::Skipped(SkipReason::Hidden);
    }
    for attachment in metadata.get("attachments").and_then(Value::as_array).into_iter().flatten() {
        let (id, name) = (text(attachment, "id").unwrap_or_default(), text(attachment, "name"));
        // A picture stands in the text as well, by its id.
        node.attachments.retain(|known| known.name != id);
        node.attach(name.unwrap_or(id));
    }
    if matches!(node.kind, Kind::ToolOutput(_)) {
        // A tool's files are part of what it said; they are not in the file either.
        for file in std::mem::take(&mut node.attachments) {
            node.say(&format!("📎 {}", file.name));
        }
    }
    node
}

fn read_content(node: &mut Node, mut content: Value, metadata: &Value) {
    match content.get("content_type").and_then(Value::as_str).unwrap_or_default() {
        "thoughts" => {
            for thought in list(&mut content, "thoughts") {
                let (summary, whole) = (text(&thought, "summary"), text(&thought, "content"));
                node.think(&whole.or(summary).unwrap_or_default());
            }
        }
        // "Thought for 5 seconds": a heading of its page.
        "reasoning_recap" => node.kind = Kind::Skipped(SkipReason::Hidden),
        "code" => {
            let (language, code) = (take(&mut content, "language"), take(&mut content, "text"));
            let to_tool = node.kind == Kind::Says(Author::Assistant) && language != "unknown" && !language.is_empty();
            node.text = if to_tool { fenced(&language, &code) } else { code };
        }
        _ => {
            let parts = list(&mut content, "parts");
            if parts.is_empty() {
                node.text = first(&content);
            }
            for part in parts {
                read_part(node, part);
            }
        }
    }
    without_citation_marks(&mut node.text, metadata);
}

fn first(content: &Value) -> String {
    ["text", "result", "content", "summary"].iter().find_map(|key| text(content, key)).unwrap_or_default()
}

fn read_part(node: &mut Node, part: Value) {
    match part {
        Value::String(text) => node.say(&text),
        Value::Object(_) => match text(&part, "asset_pointer") {
            Some(pointer) => node.attach(pointer.rsplit('/').next().unwrap_or_default()),
            // Speech has its text beside it.
            None => node.say(&flat_text(&part)),
        },
        Value::Null => {}
        other => node.say(&json_text(Some(&other))),
    }
}

fn fenced(language: &str, code: &str) -> String {
    let fence = crate::text::fence(code);
    let language: String = language.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    format!("{fence}{language}\n{code}\n{fence}")
}

/// Citations are marked with signs of no meaning elsewhere (U+E200 to U+E201); the list beside the text says what
/// stands there for people.
fn without_citation_marks(text: &mut String, metadata: &Value) {
    if !text.contains('\u{e200}') && !text.contains('\u{3010}') {
        return;
    }
    for reference in metadata.get("content_references").and_then(Value::as_array).into_iter().flatten() {
        let Some(mark) = reference.get("matched_text").and_then(Value::as_str) else { continue };
        if !mark.trim().is_empty() && (mark.contains('\u{e200}') || mark.starts_with('\u{3010}')) {
            *text = text.replace(mark, reference.get("alt").and_then(Value::as_str).unwrap_or_default());
        }
    }
    while let Some(start) = text.find('\u{e200}') {
        let end = text[start..].find('\u{e201}').map_or(start, |end| start + end);
        let after = text[end..].chars().next().map_or(end, |sign| end + sign.len_utf8());
        text.replace_range(start..after, "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn citation_marks_become_what_people_see() {
        let metadata = json!({"content_references": [
            {"matched_text": "\u{e200}cite\u{e202}turn0search1\u{e201}", "alt": "([Site](https://a.example))"}]});
        let mut text = "One\u{e200}cite\u{e202}turn0search1\u{e201}. Two\u{e200}cite\u{e201} three\u{e200}".to_owned();
        without_citation_marks(&mut text, &metadata);
        assert_eq!(text, "One([Site](https://a.example)). Two three");
    }
}
