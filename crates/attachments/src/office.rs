//! Office files, for their text: Word, Excel and PowerPoint since 2007, and OpenDocument.
//!
//! All are zips of XML. They come from strangers, so what they unpack to is bounded, definitions of their own (which
//! can grow without end) are refused, nesting is bounded, and no name in them is used as a path of the disk.

mod open_document;
mod package;
mod sheet;
mod slides;
mod text;
mod word;
mod xml;

use crate::{PrepareError, Prepared};
use package::Package;
use text::Text;

/// What an office file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Office {
    /// Pages of text.
    Document,
    /// Tables.
    Spreadsheet,
    /// Slides.
    Presentation,
}

/// The same, with how it is written.
#[derive(Clone, Copy)]
enum Format {
    Microsoft(Office),
    Open(Office),
}

pub(crate) fn read(bytes: &[u8]) -> Result<Prepared, PrepareError> {
    let mut package = Package::open(bytes)?;
    let (kind, main) = match format(&mut package)? {
        (Format::Open(kind), main) => (kind, open_document::read(&mut package, kind, &main)?),
        (Format::Microsoft(kind @ Office::Document), main) => (kind, word::read(&mut package, &main)?),
        (Format::Microsoft(kind @ Office::Spreadsheet), main) => (kind, sheet::read(&mut package, &main)?),
        (Format::Microsoft(kind @ Office::Presentation), main) => (kind, slides::read(&mut package, &main)?),
    };
    let (text, pages) = main;
    Ok(Prepared::Office { kind, text: text.finish(), pages })
}

/// The text, and how many pages, sheets or slides it has, if it says so.
type Read = Result<(Text, Option<u32>), PrepareError>;

/// What the file is, and the name of its main part.
fn format(package: &mut Package<'_>) -> Result<(Format, String), PrepareError> {
    if let Some(kind) = package.string("mimetype", 200)? {
        let kind = match kind.trim().strip_prefix("application/vnd.oasis.opendocument.").unwrap_or_default() {
            "text" | "text-template" => Office::Document,
            "spreadsheet" | "spreadsheet-template" => Office::Spreadsheet,
            "presentation" | "presentation-template" => Office::Presentation,
            _ => return Err(PrepareError::Unknown),
        };
        return Ok((Format::Open(kind), "content.xml".into()));
    }
    let mut found = None;
    package.walk("[Content_Types].xml", |node| {
        if let xml::Node::Open(tag) = node
            && let (Some(part), Some(kind)) = (tag.attribute("PartName"), tag.attribute("ContentType"))
        {
            let kind = kind.to_ascii_lowercase();
            let office = match kind.strip_suffix("main+xml").unwrap_or_default() {
                main if main.contains("word") => Office::Document,
                main if main.contains("sheet") || main.contains("excel") => Office::Spreadsheet,
                main if main.contains("presentation") || main.contains("powerpoint") => Office::Presentation,
                _ => return Ok(()),
            };
            found.get_or_insert((Format::Microsoft(office), part.trim_start_matches('/').to_owned()));
        }
        Ok(())
    })?;
    // Any other zip, and what else Microsoft packs so.
    found.ok_or(PrepareError::Unknown)
}

/// Office files of old, and new ones under a password, which look the same from outside.
pub(crate) fn compound(bytes: &[u8]) -> PrepareError {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let locked = bytes.windows(name.len()).any(|window| window == name);
    if locked { PrepareError::Locked } else { PrepareError::Unknown }
}

#[cfg(test)]
mod tests;
