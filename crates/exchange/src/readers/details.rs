//! Reasoning and tool calls that Open WebUI writes into the text as `<details type="…">`.

use crate::tree::Node;
use rivulet_protocol::ToolCall;

/// Takes them out of the text and puts them where they belong.
pub(super) fn part(node: &mut Node) {
    let whole = std::mem::take(&mut node.text);
    let mut text = String::new();
    let mut rest = whole.as_str();
    while let Some(start) = rest.find("<details") {
        let Some((head, body, after)) = element(&rest[start..]) else { break };
        text.push_str(&rest[..start]);
        match attribute(head, "type").as_deref() {
            Some("reasoning") => node.think(&quoted(body)),
            Some("tool_calls") => node.calls.push(call(head, node.calls.len())),
            _ => text.push_str(&rest[start..rest.len() - after.len()]),
        }
        rest = after;
    }
    text.push_str(rest);
    node.text = text.trim().to_owned();
}

/// The tag's inside, what stands between the tags, and what comes after.
fn element(text: &str) -> Option<(&str, &str, &str)> {
    let (head, rest) = text.strip_prefix("<details")?.split_once('>')?;
    let (body, after) = rest.split_once("</details>")?;
    let body = body.split_once("</summary>").map_or(body, |(_, body)| body);
    Some((head, body, after))
}

/// Each line stands behind a `>`, which may be written as an entity.
fn quoted(body: &str) -> String {
    let lines = body.trim().lines().map(|line| {
        let line = unescape(line);
        let line = line.strip_prefix('>').unwrap_or(&line);
        line.strip_prefix(' ').unwrap_or(line).to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn call(head: &str, number: usize) -> ToolCall {
    let field = |name| attribute(head, name);
    // JSON text that was made JSON text once more.
    let inner = |text: String| serde_json::from_str::<String>(&text).unwrap_or(text);
    ToolCall {
        id: field("id").unwrap_or_else(|| format!("call-{}", number + 1)),
        name: field("name").unwrap_or_default(),
        arguments: field("arguments").map(inner).unwrap_or_default(),
        result: field("result").map(inner),
    }
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let start = head.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &head[start..];
    Some(unescape(&value[..value.find('"')?]))
}

fn unescape(text: &str) -> String {
    let text = text.replace("&quot;", "\"").replace("&#x27;", "'").replace("&#39;", "'");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(text: &str) -> Node {
        let mut node = Node { text: text.into(), ..Node::default() };
        part(&mut node);
        node
    }

    #[test]
    fn reasoning_and_calls_come_out_and_other_details_stay() {
        let node = parted(
            "<details type=\"reasoning\" done=\"true\" duration=\"3\">\n<summary>Thought</summary>\n&gt; a &lt; b\n> c\n\
             </details>\nBefore <details><summary>S</summary>kept</details> <details type=\"tool_calls\" id=\"c1\" \
             name=\"weather\" arguments=\"&quot;{\\&quot;city\\&quot;: \\&quot;Paris\\&quot;}&quot;\" \
             result=\"&quot;rain&quot;\"><summary>x</summary></details>after",
        );
        assert_eq!(node.reasoning, "a < b\nc");
        assert_eq!(node.text, "Before <details><summary>S</summary>kept</details> after");
        assert_eq!((node.calls[0].name.as_str(), node.calls[0].result.as_deref()), ("weather", Some("rain")));
        assert_eq!(node.calls[0].arguments, "{\"city\": \"Paris\"}");
    }

    #[test]
    fn what_is_not_closed_stays_text() {
        for text in ["<details", "<details>", "<details type=\"reasoning\">x", "a <details type=\"reasoning\"></detail"]
        {
            assert_eq!(parted(text).text, text);
        }
    }
}
