//! PDF: kept as it is, with its text beside it.

use crate::{PrepareError, Prepared, TEXT_BYTES};
use pdf_extract::{Document, PlainTextOutput, output_doc};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) fn read(bytes: Vec<u8>) -> Result<Prepared, PrepareError> {
    // The library gives up on some broken files by panicking: for us that is one more way of being damaged.
    let read = catch_unwind(AssertUnwindSafe(|| pages_and_text(&bytes)));
    let (pages, text) = read.unwrap_or_else(|_| Err(PrepareError::Damaged("it cannot be taken apart".into())))?;
    Ok(Prepared::Pdf { data: bytes, text, pages })
}

fn pages_and_text(bytes: &[u8]) -> Result<(u32, String), PrepareError> {
    let document = Document::load_mem(bytes).map_err(|error| PrepareError::Damaged(error.to_string()))?;
    if document.is_encrypted() {
        return Err(PrepareError::Locked);
    }
    let pages = u32::try_from(document.get_pages().len()).unwrap_or(u32::MAX);
    let mut text = Limited(Vec::new());
    let read = output_doc(&document, &mut PlainTextOutput::new(&mut text as &mut dyn Write));
    // One that cannot be read to its end has no text here; a model that reads the file itself may still make sense of it.
    if read.is_err() && text.0.len() < TEXT_BYTES {
        text.0.clear();
    }
    Ok((pages, String::from_utf8_lossy(&text.0).trim().to_owned()))
}

/// Text up to [`TEXT_BYTES`], then no more.
struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, more: &[u8]) -> std::io::Result<usize> {
        if self.0.len() >= TEXT_BYTES {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{PrepareError, Prepared, prepare};

    /// A PDF of one page with a line of text, its table of places counted as it is written.
    fn file(line: &str) -> Vec<u8> {
        let stream = format!("BT /F1 24 Tf 72 720 Td ({line}) Tj ET");
        let objects = [
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
                .to_owned(),
            format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        ];
        let mut file = String::from("%PDF-1.4\n");
        let mut places = Vec::new();
        for (n, object) in objects.iter().enumerate() {
            places.push(file.len());
            file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", n + 1));
        }
        let table = file.len();
        file.push_str("xref\n0 6\n0000000000 65535 f \n");
        for place in places {
            file.push_str(&format!("{place:010} 00000 n \n"));
        }
        file.push_str(&format!("trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
        file.into_bytes()
    }

    #[test]
    fn its_text_and_its_pages_are_found_and_the_file_is_kept() {
        let bytes = file("The river runs.");
        let Ok(Prepared::Pdf { data, text, pages }) = prepare(bytes.clone()) else { panic!("no PDF") };
        assert_eq!((data, text.as_str(), pages), (bytes, "The river runs.", 1));
    }

    #[test]
    fn one_that_is_nested_without_end_is_refused_too() {
        for (open, close) in [("[", "]"), ("<< /A ", ">>")] {
            let deep = format!("{}{}", open.repeat(200_000), close.repeat(200_000));
            let bytes = file("The river runs.");
            let text = String::from_utf8(bytes).unwrap().replace("[3 0 R]", &deep);
            let _ = prepare(text.into_bytes());
        }
    }

    #[test]
    fn a_damaged_one_is_refused_and_nothing_panics() {
        let bytes = file("The river runs.");
        assert!(matches!(prepare(b"%PDF-1.7 and nothing else".to_vec()), Err(PrepareError::Damaged(_))));
        // Whatever comes of it, it comes back.
        for at in (0..bytes.len()).step_by(7) {
            let mut broken = bytes.clone();
            broken[at] ^= 0x5a;
            let _ = prepare(broken);
        }
    }
}
