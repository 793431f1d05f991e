//! Word documents (`docx`): the text, with headings and lists told from the rest as Markdown has it.

use super::package::Package;
use super::xml::{Node, Tag};
use super::{Read, Text};
use crate::PrepareError;

pub(super) fn read(package: &mut Package<'_>, main: &str) -> Read {
    let mut body = Body::default();
    if !package.walk(main, |node| body.node(node))? {
        return Err(PrepareError::Damaged("its text is missing".into()));
    }
    let mut notes: Vec<_> = package.targets(main)?.into_values().collect();
    notes.retain(|target| target.kind == "footnotes" || target.kind == "endnotes");
    notes.sort_by(|a, b| b.kind.cmp(&a.kind));
    for target in notes {
        package.walk(&target.part, |node| body.node(node))?;
    }
    let pages = pages(package)?;
    Ok((body.text, pages))
}

/// How many pages the program that wrote it counted.
fn pages(package: &mut Package<'_>) -> Result<Option<u32>, PrepareError> {
    let (mut inside, mut pages) = (false, None);
    package.walk("docProps/app.xml", |node| {
        match node {
            Node::Open(tag) => inside = tag.name() == "Pages",
            Node::Text(text) if inside => pages = text.trim().parse().ok(),
            Node::Text(_) => {}
            Node::Close(_) => inside = false,
        }
        Ok(())
    })?;
    Ok(pages)
}

#[derive(Default)]
struct Body {
    text: Text,
    /// Within `w:r`: elsewhere a tab is a stop of the ruler.
    run: bool,
    /// Within `w:t`.
    words: bool,
    /// The cell of a table has text already.
    cell: bool,
    /// Tables around this place.
    tables: usize,
    /// Within `mc:Fallback`, which says again what stands before it.
    fallbacks: usize,
    /// What stands before the paragraph's text.
    mark: String,
}

impl Body {
    fn node(&mut self, node: Node<'_>) -> Result<(), PrepareError> {
        match node {
            Node::Open(tag) if tag.name() == "Fallback" => self.fallbacks += 1,
            Node::Close("Fallback") => self.fallbacks = self.fallbacks.saturating_sub(1),
            _ if self.fallbacks > 0 || self.text.is_full() => {}
            Node::Open(tag) => self.open(tag),
            Node::Text(text) if self.words => self.push(text),
            Node::Text(_) => {}
            Node::Close(name) => self.close(name),
        }
        Ok(())
    }

    fn open(&mut self, tag: Tag<'_>) {
        match tag.name() {
            "r" => self.run = true,
            "t" => self.words = true,
            "tab" if self.run => self.push("\t"),
            "br" | "cr" if self.tables == 0 => self.text.line(),
            "br" | "cr" => self.push(" "),
            "noBreakHyphen" => self.push("-"),
            "tbl" => self.tables += 1,
            "tc" => self.cell = false,
            "p" => {
                self.mark.clear();
                // In a cell, paragraphs stand in one line.
                if self.tables > 0 && self.cell {
                    self.text.push(" ");
                    self.cell = false;
                }
            }
            "pStyle" => {
                let level = tag.attribute("val").and_then(|style| style.strip_prefix("Heading")?.parse().ok());
                if let Some(level @ 1..=6) = level {
                    self.mark = "#".repeat(level) + " ";
                }
            }
            "numPr" if self.mark.is_empty() => self.mark = "- ".into(),
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push(&std::mem::take(&mut self.mark));
        self.text.push(text);
        self.cell = true;
    }

    fn close(&mut self, name: &str) {
        match name {
            "r" => self.run = false,
            "t" => self.words = false,
            "p" if self.tables == 0 => self.text.line(),
            "tc" => self.text.cells(1),
            "tr" => self.text.line(),
            "tbl" => self.tables = self.tables.saturating_sub(1),
            _ => {}
        }
    }
}
