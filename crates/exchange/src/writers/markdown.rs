//! A conversation as Markdown: each message as it was written, under a heading.

use super::words::{Words, time};
use super::{named, path, title};
use crate::Chat;
use crate::text::fence;
use rivulet_protocol::{Mark, Message};
use std::io::{self, Write};

pub(super) fn write(chat: &Chat, words: &Words, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "# {}\n\n{}", plain(&title(chat, words)), time(chat.conversation.created_at))?;
    for message in path(chat) {
        write_message(message, words, to)?;
    }
    Ok(())
}

fn write_message(message: &Message, words: &Words, to: &mut impl Write) -> io::Result<()> {
    writeln!(to, "\n## {} · {}", plain(words.author(message)), time(message.created_at))?;
    if !message.reasoning.is_empty() {
        writeln!(to, "\n> **{}**\n>", words.reasoning)?;
        for line in message.reasoning.trim_end().lines() {
            writeln!(to, "> {line}")?;
        }
    }
    for call in &message.tool_calls {
        writeln!(to, "\n**{}: {}**", words.tool, plain(&call.name))?;
        for text in [Some(&call.arguments), call.result.as_ref()].into_iter().flatten() {
            if !text.is_empty() {
                let fence = fence(text);
                writeln!(to, "\n{fence}\n{}\n{fence}", text.trim_end())?;
            }
        }
    }
    for attachment in &message.attachments {
        writeln!(to, "\n{}", plain(&named(attachment)))?;
    }
    if !message.text.is_empty() {
        writeln!(to, "\n{}", message.text.trim_end())?;
    }
    if let Some(ending) = words.ending(message) {
        writeln!(to, "\n*{ending}*")?;
    }
    message.mark.as_ref().map_or(Ok(()), |mark| write_mark(mark, words, to))
}

/// Below an answer: what models are told of what stands above.
fn write_mark(mark: &Mark, words: &Words, to: &mut impl Write) -> io::Result<()> {
    let Some(summary) = &mark.summary else { return writeln!(to, "\n---\n\n*{}*", words.anew) };
    writeln!(to, "\n---\n\n> **{}**\n>", words.summary)?;
    for line in summary.text.trim_end().lines() {
        writeln!(to, "> {line}")?;
    }
    Ok(())
}

/// One line with no signs of Markdown's that would change a heading.
fn plain(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut plain = String::with_capacity(line.len());
    for sign in line.chars() {
        if matches!(sign, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#') {
            plain.push('\\');
        }
        plain.push(sign);
    }
    plain
}
