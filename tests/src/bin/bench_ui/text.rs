//! The text of the benches: Markdown as models write it, with long code blocks, the same in every run.

/// The end of every text, so that a page can be asked whether it is there.
pub const END: &str = "The end of the answer.";

const PROSE: &str = "When one side talks and the other listens, a **question** goes up once and the answer comes \
    down for a minute. *Server-sent events* are plain HTTP for exactly that: see [the specification](https://html.spec.\
    whatwg.org/multipage/server-sent-events.html), and note that `Last-Event-ID` says where it stopped.\n\n";
const LIST: &str = "1. Open the connection and **keep** it.\n2. Read `data:` lines until a blank one.\n   - a comment \
    is a sign of life\n   - an `id` is a place to go on from\n3. Show what came, once a frame.\n\n";
const TABLE: &str = "| | SSE | WebSocket |\n|---|---|---:|\n| Direction | server to page | both |\n| Resume | \
    `Last-Event-ID` | yours to write |\n| Proxies | plain HTTP | sometimes |\n\n";

/// `bytes` of Markdown, about three fifths of it code.
pub fn markdown(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 8192);
    for part in 1.. {
        text.push_str(&format!("## Part {part}: reading what comes\n\n"));
        text.push_str(&PROSE.repeat(2));
        text.push_str(LIST);
        code(&mut text, part, if part % 3 == 0 { 60 } else { 25 });
        text.push_str(if part % 2 == 0 { TABLE } else { PROSE });
        if text.len() >= bytes {
            break;
        }
    }
    text.truncate(bytes.saturating_sub(END.len() + 8));
    let open = text.matches("```").count() % 2 == 1;
    text.push_str(if open { "\n```\n\n" } else { "\n\n" });
    text.push_str(END);
    text
}

fn code(text: &mut String, part: usize, lines: usize) {
    text.push_str("```rust\n");
    for line in 0..lines {
        match line % 6 {
            0 => text.push_str(&format!("/// Step {part}.{line}: what is late is made up for.\n")),
            1 => text.push_str(&format!("pub async fn step_{part}_{line}(events: &mut Events) -> Result<usize> {{\n")),
            2 => text.push_str("    let mut taken = 0;\n"),
            3 => text.push_str("    while let Some(event) = events.next().await.transpose()? {\n"),
            4 => text.push_str("        taken += log.append(\"text\", event.as_bytes(), 42)?;\n    }\n"),
            _ => text.push_str("    Ok(taken)\n}\n\n"),
        }
    }
    text.push_str("```\n\n");
}

/// The text in tokens of four characters.
pub fn tokens(text: &str) -> impl Iterator<Item = String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(4).map(String::from_iter).collect::<Vec<_>>().into_iter()
}
