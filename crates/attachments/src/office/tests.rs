//! Real files (written by python-docx, openpyxl, python-pptx and odfpy) and hostile ones.

use super::{Office, compound};
use crate::{PrepareError, Prepared, TEXT_BYTES, prepare};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn read(bytes: &[u8]) -> (Office, String, Option<u32>) {
    match prepare(bytes.to_vec()) {
        Ok(Prepared::Office { kind, text, pages }) => (kind, text, pages),
        other => panic!("no office file: {other:?}"),
    }
}

#[test]
fn a_word_document_is_read_with_its_headings_lists_and_tables() {
    let (kind, text, _) = read(include_bytes!("../../tests/fixtures/river.docx"));
    assert_eq!(kind, Office::Document);
    assert_eq!(
        text,
        "# The river\nIt runs to the sea, 河流 & <on>.\nFirst\nbold\tand a tab\nName\tLength\nElbe\t1094 km\nThe end."
    );
}

#[test]
fn a_workbook_is_read_sheet_by_sheet_with_its_dates_and_gaps() {
    let (kind, text, sheets) = read(include_bytes!("../../tests/fixtures/rivers.xlsx"));
    assert_eq!((kind, sheets), (Office::Spreadsheet, Some(3)));
    assert_eq!(
        text,
        "## Rivers\nName\tLength\tSeen\nElbe\t1094\t2026-11-26\nRhône\t812.5\t2025-01-02 03:04:05\n\n\t\t\t\tfar away\n\
         TRUE\n\n## Empty\n\n## Sums\ntwo lines"
    );
}

#[test]
fn a_presentation_is_read_slide_by_slide_with_its_notes() {
    let (kind, text, slides) = read(include_bytes!("../../tests/fixtures/river.pptx"));
    assert_eq!((kind, slides), (Office::Presentation, Some(2)));
    assert_eq!(
        text,
        "## 1\nThe river\nIt runs.\nTo the sea.\n\nNotes: Speak slowly.\n\n## 2\nLengths\nName\tkm\nElbe\t1094"
    );
}

#[test]
fn open_documents_are_read_too() {
    let (kind, text, _) = read(include_bytes!("../../tests/fixtures/river.odt"));
    assert_eq!(kind, Office::Document);
    assert_eq!(
        text,
        "# The river\nIt runs to the sea, 河流 & <on>.\n- First\na   b\tc (A note.) on\nName\tLength\nElbe\t1094 km\nThe end."
    );
    let (kind, text, sheets) = read(include_bytes!("../../tests/fixtures/rivers.ods"));
    assert_eq!((kind, sheets), (Office::Spreadsheet, Some(2)));
    assert_eq!(text, "## Rivers\nName\tLength\nElbe\t1094\n\n\n\t\t\tfar\n\n## Empty");
    let (kind, text, slides) = read(include_bytes!("../../tests/fixtures/river.odp"));
    assert_eq!((kind, slides), (Office::Presentation, Some(2)));
    assert_eq!(text, "## 1\nThe river\nNotes: Speak slowly.\n\n## 2\nLengths");
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn open_text(content: &[u8]) -> Result<Prepared, PrepareError> {
    let kind = b"application/vnd.oasis.opendocument.text";
    prepare(zipped(&[("mimetype", kind), ("content.xml", content)]))
}

fn text_of(content: &str) -> String {
    match open_text(content.as_bytes()) {
        Ok(Prepared::Office { text, .. }) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_zip_bomb_is_refused() {
    let mut content = b"<a>".to_vec();
    content.resize(2 << 20, b' ');
    assert_eq!(open_text(&content), Err(PrepareError::TooLarge));
}

#[test]
fn parts_that_are_read_over_and_over_count_each_time() {
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
    let types = format!("<Types><Override PartName=\"/w.xml\" ContentType=\"{kind}\"/></Types>");
    let sheet = "<sheet name=\"x\" r:id=\"a\"/>".repeat(1_000);
    let book = format!("<workbook><sheets>{sheet}</sheets></workbook>");
    let links = "<Relationships><Relationship Id=\"a\" Type=\"x/worksheet\" Target=\"s.xml\"/></Relationships>";
    let part = format!("<worksheet>{}</worksheet>", "<row/>".repeat(1_000));
    let file = zipped(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("w.xml", book.as_bytes()),
        ("_rels/w.xml.rels", links.as_bytes()),
        ("s.xml", part.as_bytes()),
    ]);
    assert_eq!(prepare(file), Err(PrepareError::TooLarge));
}

#[test]
fn definitions_that_grow_without_end_are_refused() {
    let laughs = r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x><p>&b;</p></x>"#;
    assert!(matches!(open_text(laughs.as_bytes()), Err(PrepareError::Damaged(_))));
    assert_eq!(text_of("<x><p>a&b;c &#x6cb3;&amp;</p></x>"), "ac 河&");
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
    assert!(matches!(open_text(deep.as_bytes()), Err(PrepareError::Damaged(_))));
}

#[test]
fn what_stands_there_a_thousand_million_times_is_cut_and_said_to_be() {
    let rows = "<table:table-row><table:table-cell table:number-columns-repeated=\"4000000000\"><text:p>river</text:p>\
                </table:table-cell></table:table-row>";
    let text = text_of(&format!("<x>{rows}</x>"));
    assert!(text.len() <= TEXT_BYTES && text.ends_with("[The file goes on; the rest was left out.]"));
    let blank = rows.replace("river", "");
    assert_eq!(text_of(&format!("<x>{blank}{blank}</x>")), "");
}

#[test]
fn what_is_no_office_file_or_no_whole_one_says_so() {
    assert_eq!(prepare(zipped(&[("notes.txt", b"not one")])), Err(PrepareError::Unknown));
    assert_eq!(prepare(zipped(&[("mimetype", b"application/epub+zip")])), Err(PrepareError::Unknown));
    let kind = b"application/vnd.oasis.opendocument.text";
    assert!(matches!(prepare(zipped(&[("mimetype", kind)])), Err(PrepareError::Damaged(_))));
    assert!(matches!(open_text(b"<x><p>no end"), Err(PrepareError::Damaged(_)) | Ok(Prepared::Office { .. })));
    assert!(matches!(open_text(b"<x></y>"), Err(PrepareError::Damaged(_))));
    let locked: &[u8] = b"<manifest><file-entry><encryption-data/></file-entry></manifest>";
    let file = zipped(&[("mimetype", kind), ("META-INF/manifest.xml", locked), ("content.xml", b"<x/>")]);
    assert_eq!(prepare(file), Err(PrepareError::Locked));
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(compound(&name), PrepareError::Locked);
    assert_eq!(compound(b"a letter of 1997"), PrepareError::Unknown);
}

#[test]
fn a_broken_one_comes_back_whatever_was_broken() {
    let files: [&[u8]; 3] = [
        include_bytes!("../../tests/fixtures/rivers.xlsx"),
        include_bytes!("../../tests/fixtures/river.odt"),
        include_bytes!("../../tests/fixtures/rivers.ods"),
    ];
    for file in files {
        for at in (0..file.len()).step_by(53) {
            let mut broken = file.to_vec();
            broken[at] ^= 0x5a;
            let _ = prepare(broken);
            let _ = prepare(file[..at].to_vec());
        }
    }
}
