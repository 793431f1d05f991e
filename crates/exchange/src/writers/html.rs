//! A conversation as one HTML page that needs nothing else and runs nothing.
//!
//! What a model or a file wrote is text: HTML in it is shown, not meant; pictures are not fetched, those that went with a message stand in the page; links lead to web
//! pages and mail only. The page's own policy forbids all the rest once more.

use super::words::{Words, time};
use super::{Files, named, path, title};
use crate::Chat;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};
use rivulet_protocol::{Attachment, AttachmentKind, Author, Mark, Message};
use std::io::{self, Write};

const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE: &str = include_str!("page.css");

/// Writes it; how many of its pictures are lost.
pub(super) fn write(chat: &Chat, words: &Words, files: Files<'_>, to: &mut impl Write) -> io::Result<u64> {
    let title = escape(&title(chat, words));
    writeln!(
        to,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n<p class=\"time\">{}</p>",
        words.language,
        time(chat.conversation.created_at)
    )?;
    let mut lost = 0;
    for message in path(chat) {
        lost += write_message(message, words, files, to)?;
    }
    writeln!(to, "</main>\n</body>\n</html>")?;
    Ok(lost)
}

fn write_message(message: &Message, words: &Words, files: Files<'_>, to: &mut impl Write) -> io::Result<u64> {
    let class = match message.author {
        Author::User => "user",
        Author::Assistant => "assistant",
        Author::System => "system",
    };
    let (author, at) = (escape(words.author(message)), time(message.created_at));
    writeln!(to, "<article class=\"{class}\">\n<h2>{author} <span class=\"time\">{at}</span></h2>")?;
    if !message.reasoning.is_empty() {
        let reasoning = escape(message.reasoning.trim());
        writeln!(
            to,
            "<details><summary>{}</summary><div class=\"plain\">{reasoning}</div></details>",
            words.reasoning
        )?;
    }
    for call in &message.tool_calls {
        writeln!(to, "<details><summary>{}: {}</summary>", words.tool, escape(&call.name))?;
        for text in [Some(&call.arguments), call.result.as_ref()].into_iter().flatten() {
            writeln!(to, "<pre><code>{}</code></pre>", escape(text))?;
        }
        writeln!(to, "</details>")?;
    }
    let mut lost = 0;
    for attachment in &message.attachments {
        lost += write_attachment(attachment, files, to)?;
    }
    if message.author == Author::User {
        // As it was typed.
        writeln!(to, "<div class=\"plain\">{}</div>", escape(message.text.trim_end()))?;
    } else {
        writeln!(to, "{}", markdown(&message.text))?;
    }
    if let Some(ending) = words.ending(message) {
        writeln!(to, "<p class=\"ending\">{ending}</p>")?;
    }
    writeln!(to, "</article>")?;
    if let Some(mark) = &message.mark {
        write_mark(mark, words, to)?;
    }
    Ok(lost)
}

/// A picture as it is, any other file by its name.
fn write_attachment(attachment: &Attachment, files: Files<'_>, to: &mut impl Write) -> io::Result<u64> {
    let name = escape(&named(attachment));
    // The kinds that pictures are kept in: no other can come out of an import either.
    let is_shown = matches!(&*attachment.media_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp");
    if attachment.kind != AttachmentKind::Picture || !is_shown {
        writeln!(to, "<p class=\"file\">{name}</p>")?;
        return Ok(0);
    }
    match files(&attachment.hash) {
        Some(bytes) => {
            let (kind, data) = (&attachment.media_type, BASE64_STANDARD.encode(bytes));
            writeln!(to, "<p class=\"file\"><img alt=\"{name}\" src=\"data:{kind};base64,{data}\"></p>")?;
            Ok(0)
        }
        None => {
            writeln!(to, "<p class=\"file\">{name}</p>")?;
            Ok(1)
        }
    }
}

/// Below an answer: what models are told of what stands above.
fn write_mark(mark: &Mark, words: &Words, to: &mut impl Write) -> io::Result<()> {
    match &mark.summary {
        None => writeln!(to, "<p class=\"mark\">{}</p>", words.anew),
        Some(summary) => {
            writeln!(to, "<section class=\"mark\">\n<h2>{}</h2>\n{}</section>", words.summary, markdown(&summary.text))
        }
    }
}

/// Markdown as HTML in which nothing is meant but what Markdown means.
fn markdown(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut open_links = Vec::new();
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        // A picture's address would be asked by whoever opens the page; its description stays.
        Event::Start(Tag::Image { dest_url, title, .. } | Tag::Link { dest_url, title, .. }) => {
            let safe = is_safe(&dest_url);
            open_links.push(safe);
            match safe {
                true => Event::Start(link(dest_url, title)),
                false => Event::Text(CowStr::Borrowed("")),
            }
        }
        Event::End(TagEnd::Image | TagEnd::Link) => match open_links.pop() {
            Some(true) => Event::End(TagEnd::Link),
            _ => Event::Text(CowStr::Borrowed("")),
        },
        other => other,
    });
    let mut page = String::with_capacity(text.len() * 2);
    html::push_html(&mut page, events);
    page
}

fn link<'a>(dest_url: CowStr<'a>, title: CowStr<'a>) -> Tag<'a> {
    Tag::Link { link_type: LinkType::Inline, dest_url, title, id: CowStr::Borrowed("") }
}

fn is_safe(url: &str) -> bool {
    let url = url.trim_start().to_ascii_lowercase();
    ["http://", "https://", "mailto:"].iter().any(|scheme| url.starts_with(scheme))
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_model_wrote_is_html() {
        for hostile in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<!-- --><iframe src=\"https://x\"></iframe>",
            "[a](javascript:alert(1)) ![b](data:text/html,<script>) [c]( JaVaScRiPt:x)",
            "```<img src=x>\n<script>\n```",
            "| a |\n|---|\n| <svg onload=x> |",
            "<https://a.example/\"onclick=x>",
            "[x](https://a.example 'a\" onmouseover=\"alert(1)')",
            "</div></article></main><style>",
        ] {
            let page = markdown(hostile);
            for bad in ["<script", "<img", "<iframe", "<svg", "<style", "javascript:", "data:text", "</article"] {
                assert!(!page.to_ascii_lowercase().contains(&format!("href=\"{bad}")), "{hostile}: {page}");
                assert!(!bad.starts_with('<') || !page.contains(bad), "{hostile}: {page}");
            }
            assert!(!page.contains("\" onmouseover=\""), "{page}");
        }
    }

    #[test]
    fn markdown_is_what_people_expect() {
        let page = markdown("# H\n\n- [x] done\n\n`a<b` [l](https://a.example) ![p](https://b.example/p.png)");
        for part in ["<h1>H</h1>", "<code>a&lt;b</code>", "<a href=\"https://a.example\">l</a>", ">p</a>", "checkbox"] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
