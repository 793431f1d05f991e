//! OpenDocument (`odt`, `ods`, `odp`), as LibreOffice and others write it.

use super::package::Package;
use super::xml::{Node, Tag};
use super::{Office, Read, Text};
use crate::{PrepareError, TEXT_BYTES};

/// Elements whose text is no part of what a person reads: remarks, what was deleted, the outline's own copies.
const LEFT_OUT: &[&str] = &["annotation", "tracked-changes", "forms", "scripts", "desc", "note-citation"];

pub(super) fn read(package: &mut Package<'_>, kind: Office, main: &str) -> Read {
    // Only the contents are encrypted; the list of them says so.
    let mut locked = false;
    package.walk("META-INF/manifest.xml", |node| {
        locked |= matches!(node, Node::Open(tag) if tag.name() == "encryption-data");
        Ok(())
    })?;
    if locked {
        return Err(PrepareError::Locked);
    }
    let mut body = Body { kind: Some(kind), ..Body::default() };
    if !package.walk(main, |node| {
        body.node(node);
        Ok(())
    })? {
        return Err(PrepareError::Damaged("its text is missing".into()));
    }
    let pages = match kind {
        Office::Document => pages(package)?,
        Office::Spreadsheet | Office::Presentation => Some(body.parts),
    };
    Ok((body.text, pages))
}

fn pages(package: &mut Package<'_>) -> Result<Option<u32>, PrepareError> {
    let mut pages = None;
    package.walk("meta.xml", |node| {
        if let Node::Open(tag) = node
            && tag.name() == "document-statistic"
        {
            pages = tag.number("page-count");
        }
        Ok(())
    })?;
    Ok(pages)
}

#[derive(Default)]
struct Body {
    kind: Option<Office>,
    text: Text,
    /// Sheets or slides.
    parts: u32,
    /// Paragraphs around this place.
    paragraphs: usize,
    /// Rows around this place.
    rows: usize,
    /// Elements around this place that are left out.
    left_out: usize,
    /// How often the row and the cell stand there.
    row: u32,
    cell: u32,
    /// The cell's text so far.
    value: String,
    /// What stands before the paragraph's text.
    mark: String,
    lists: usize,
    notes: bool,
}

impl Body {
    fn node(&mut self, node: Node<'_>) {
        match node {
            Node::Open(tag) if LEFT_OUT.contains(&tag.name()) => self.left_out += 1,
            Node::Close(name) if LEFT_OUT.contains(&name) => self.left_out = self.left_out.saturating_sub(1),
            _ if self.left_out > 0 || self.text.is_full() => {}
            Node::Open(tag) => self.open(tag),
            Node::Text(text) if self.paragraphs > 0 => self.push(&spaced(text)),
            Node::Text(_) => {}
            Node::Close(name) => self.close(name),
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        match tag.name() {
            "table" if self.kind == Some(Office::Spreadsheet) => {
                self.parts = self.parts.saturating_add(1);
                self.text.title(&tag.attribute("name").unwrap_or_default());
            }
            "page" => {
                self.parts = self.parts.saturating_add(1);
                self.text.title(&self.parts.to_string());
            }
            "notes" => self.notes = true,
            "table-row" => {
                self.rows += 1;
                self.row = tag.number("number-rows-repeated").unwrap_or(1);
            }
            "table-cell" | "covered-table-cell" => {
                self.cell = tag.number("number-columns-repeated").unwrap_or(1);
                self.value.clear();
            }
            "h" => {
                self.paragraphs += 1;
                let level = tag.number("outline-level").unwrap_or(1).clamp(1, 6);
                self.mark = "#".repeat(level as usize) + " ";
            }
            "p" => {
                self.paragraphs += 1;
                if std::mem::take(&mut self.notes) {
                    self.mark = "Notes: ".into();
                } else if self.lists > 0 && self.paragraphs == 1 && self.kind == Some(Office::Document) {
                    self.mark = "- ".into();
                }
                if self.rows > 0 && !self.value.is_empty() {
                    self.value.push(' ');
                }
            }
            "list" => self.lists += 1,
            "note" => self.push(" ("),
            "s" => self.push(&" ".repeat(tag.number("c").unwrap_or(1).min(100) as usize)),
            "tab" => self.push("\t"),
            "line-break" if self.rows > 0 => self.push(" "),
            "line-break" => self.text.line(),
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        // Cells are gathered, since their text may have to be written several times.
        if self.rows > 0 {
            if self.value.len() < TEXT_BYTES {
                self.value.push_str(text);
            }
        } else if !text.is_empty() {
            self.text.push(&std::mem::take(&mut self.mark));
            self.text.push(text);
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "p" | "h" => {
                self.paragraphs = self.paragraphs.saturating_sub(1);
                // A paragraph within a paragraph is a footnote's or a text box's.
                if self.rows == 0 && self.paragraphs == 0 {
                    self.mark.clear();
                    self.text.line();
                }
            }
            "list" => self.lists = self.lists.saturating_sub(1),
            "note" => self.push(")"),
            "notes" => self.notes = false,
            "table-cell" | "covered-table-cell" => self.end_cell(),
            "table-row" => {
                self.rows = self.rows.saturating_sub(1);
                // One that stands there many times is written once, and counted when it is empty.
                self.text.lines_more(self.row.max(1));
                self.row = 0;
            }
            _ => {}
        }
    }

    fn end_cell(&mut self) {
        let value = std::mem::take(&mut self.value);
        let times = std::mem::take(&mut self.cell);
        if value.is_empty() {
            self.text.cells(times);
            return;
        }
        for _ in 0..times {
            self.text.push(&value);
            self.text.cells(1);
            if self.text.is_full() {
                return;
            }
        }
    }
}

/// White space in the file is one space (OpenDocument 1.3, 6.1.2).
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            ' ' | '\t' | '\r' | '\n' if spaced.ends_with(' ') => {}
            ' ' | '\t' | '\r' | '\n' => spaced.push(' '),
            other => spaced.push(other),
        }
    }
    spaced
}
