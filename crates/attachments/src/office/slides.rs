//! PowerPoint presentations (`pptx`): what stands on each slide, and the speaker's notes.

use super::package::Package;
use super::xml::{Node, Tag};
use super::{Read, Text};

/// More slides than anyone shows.
const SLIDES: usize = 5_000;

pub(super) fn read(package: &mut Package<'_>, main: &str) -> Read {
    let mut ids = Vec::new();
    package.walk(main, |node| {
        if let Node::Open(tag) = node
            && tag.name() == "sldId"
            && ids.len() < SLIDES
        {
            // `id` stands there twice: a number, and with its prefix the name of the part.
            ids.extend(tag.prefixed("r:id"));
        }
        Ok(())
    })?;
    let targets = package.targets(main)?;
    let (mut text, mut count) = (Text::default(), 0);
    for target in ids.iter().filter_map(|id| targets.get(id)) {
        count += 1;
        text.title(&format!("{count}"));
        text = shapes(package, &target.part, text)?;
        let notes = package.targets(&target.part)?.into_values().find(|target| target.kind == "notesSlide");
        if let Some(notes) = notes {
            let mut spoken = shapes(package, &notes.part, Text::default())?.finish();
            if !spoken.is_empty() {
                spoken.insert_str(0, "Notes: ");
                text.line();
                text.push(&spoken);
                text.line();
            }
        }
    }
    Ok((text, Some(count)))
}

fn shapes(package: &mut Package<'_>, part: &str, text: Text) -> Result<Text, crate::PrepareError> {
    let mut slide = Slide { text, words: false, fields: 0, cells: 0, gap: false };
    package.walk(part, |node| {
        match node {
            Node::Open(tag) => slide.open(tag),
            Node::Text(text) if slide.words && slide.fields == 0 => slide.say(text),
            Node::Text(_) => {}
            Node::Close(name) => slide.close(name),
        }
        Ok(())
    })?;
    Ok(slide.text)
}

struct Slide {
    text: Text,
    /// Within `a:t`.
    words: bool,
    /// Within a field: a slide's number or a date, which the program puts there.
    fields: usize,
    /// Within cells of a table.
    cells: usize,
    /// A paragraph of the cell has ended.
    gap: bool,
}

impl Slide {
    fn open(&mut self, tag: Tag<'_>) {
        match tag.name() {
            "t" => self.words = true,
            "fld" => self.fields += 1,
            "tc" => self.cells += 1,
            "br" if self.cells == 0 => self.text.line(),
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        if std::mem::take(&mut self.gap) {
            self.text.push(" ");
        }
        self.text.push(text);
    }

    fn close(&mut self, name: &str) {
        match name {
            "t" => self.words = false,
            "fld" => self.fields = self.fields.saturating_sub(1),
            "p" if self.cells == 0 => self.text.line(),
            "p" => self.gap = true,
            "tc" => {
                self.gap = false;
                self.cells = self.cells.saturating_sub(1);
                self.text.cells(1);
            }
            "tr" => self.text.line(),
            _ => {}
        }
    }
}
