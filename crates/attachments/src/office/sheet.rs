//! Excel workbooks (`xlsx`): each sheet as lines of cells with tabs between them, as a spreadsheet copies them.

use super::package::Package;
use super::xml::{Node, Tag};
use super::{Read, Text};
use crate::PrepareError;
use std::collections::HashSet;

/// Columns a sheet can have.
const COLUMNS: u32 = 16_384;
/// Sheets and texts that are taken: each costs memory.
const SHEETS: usize = 5_000;
const STRINGS: usize = 4 << 20;
/// Days from 1899-12-30, where the numbers of dates begin, to 1970-01-01; with the other way of counting, 1904-01-01.
const EPOCH: i64 = 25_569;
const EPOCH_1904: i64 = 24_107;

pub(super) fn read(package: &mut Package<'_>, main: &str) -> Read {
    let (mut sheets, mut from_1904) = (Vec::new(), false);
    package.walk(main, |node| {
        if let Node::Open(tag) = node {
            match tag.name() {
                "workbookPr" => from_1904 = matches!(tag.attribute("date1904").as_deref(), Some("1" | "true")),
                "sheet" if sheets.len() < SHEETS => sheets.extend(tag.attribute("name").zip(tag.prefixed("r:id"))),
                _ => {}
            }
        }
        Ok(())
    })?;
    let targets = package.targets(main)?;
    let part = |kind: &str| targets.values().find(|target| target.kind == kind).map(|target| target.part.clone());
    let strings = match part("sharedStrings") {
        Some(part) => strings(package, &part)?,
        None => Vec::new(),
    };
    let dates = match part("styles") {
        Some(part) => dates(package, &part)?,
        None => Vec::new(),
    };
    let mut text = Text::default();
    let epoch = if from_1904 { EPOCH_1904 } else { EPOCH };
    let mut count = 0;
    for (name, id) in sheets {
        let Some(target) = targets.get(&id).filter(|target| target.kind == "worksheet") else { continue };
        count += 1;
        text.title(&name);
        let mut sheet = Sheet { text, strings: &strings, dates: &dates, epoch, ..Sheet::default() };
        package.walk(&target.part, |node| {
            sheet.node(node);
            Ok(())
        })?;
        text = sheet.text;
        text.line();
    }
    Ok((text, Some(count)))
}

/// Texts of cells, which stand in a part of their own, each once.
fn strings(package: &mut Package<'_>, part: &str) -> Result<Vec<String>, PrepareError> {
    let mut strings: Vec<String> = Vec::new();
    let (mut words, mut aloud) = (false, false);
    package.walk(part, |node| {
        match node {
            Node::Open(tag) => match tag.name() {
                "si" if strings.len() == STRINGS => return Err(PrepareError::TooLarge),
                "si" => strings.push(String::new()),
                "t" => words = true,
                // How a word is read aloud, in Japanese.
                "rPh" => aloud = true,
                _ => {}
            },
            Node::Close("t") => words = false,
            Node::Close("rPh") => aloud = false,
            Node::Text(text) if words && !aloud => strings.last_mut().into_iter().for_each(|last| last.push_str(text)),
            Node::Close(_) | Node::Text(_) => {}
        }
        Ok(())
    })?;
    Ok(strings)
}

/// Which of the styles, by number, show a number as a date.
fn dates(package: &mut Package<'_>, part: &str) -> Result<Vec<bool>, PrepareError> {
    let (mut own, mut dates, mut inside) = (HashSet::new(), Vec::new(), false);
    package.walk(part, |node| {
        match node {
            Node::Open(tag) => match tag.name() {
                "numFmt" if tag.attribute("formatCode").is_some_and(|code| shows_a_date(&code)) => {
                    own.extend(tag.number("numFmtId"));
                }
                "cellXfs" => inside = true,
                "xf" if inside => {
                    let format = tag.number("numFmtId").unwrap_or(0);
                    // These are built in (ECMA-376, 18.8.30).
                    dates.push(matches!(format, 14..=22 | 45..=47) || own.contains(&format));
                }
                _ => {}
            },
            Node::Close("cellXfs") => inside = false,
            Node::Close(_) | Node::Text(_) => {}
        }
        Ok(())
    })?;
    Ok(dates)
}

/// Years, days or hours in a format, outside of quotes and brackets.
fn shows_a_date(code: &str) -> bool {
    let mut quoted = false;
    let mut bracket = false;
    code.chars().any(|sign| {
        match sign {
            '"' => quoted = !quoted,
            '[' => bracket = true,
            ']' => bracket = false,
            _ => {}
        }
        !quoted && !bracket && matches!(sign.to_ascii_lowercase(), 'y' | 'd' | 'h')
    })
}

#[derive(Default)]
struct Sheet<'a> {
    text: Text,
    strings: &'a [String],
    dates: &'a [bool],
    epoch: i64,
    row: u32,
    column: u32,
    /// Columns that were written or passed in this row.
    written: u32,
    /// `s` for a shared text, `b` for true and false, and so on.
    kind: String,
    date: bool,
    inside: bool,
    value: String,
}

impl Sheet<'_> {
    fn node(&mut self, node: Node<'_>) {
        if self.text.is_full() {
            return;
        }
        match node {
            Node::Open(tag) => self.open(tag),
            Node::Text(text) if self.inside => self.value.push_str(text),
            Node::Text(_) => {}
            Node::Close("v" | "t") => self.inside = false,
            Node::Close("c") => self.cell(),
            Node::Close(_) => {}
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        match tag.name() {
            "row" => {
                let row = tag.number("r").unwrap_or(self.row.saturating_add(1));
                if self.row > 0 {
                    self.text.lines_more(row.saturating_sub(self.row).max(1));
                }
                (self.row, self.column, self.written) = (row, 0, 0);
            }
            "c" => {
                let named = tag.attribute("r").and_then(|place| column(&place));
                self.column = named.unwrap_or(self.column.saturating_add(1));
                self.kind = tag.attribute("t").unwrap_or_default();
                let style = tag.number("s").unwrap_or(0) as usize;
                self.date = self.dates.get(style).copied().unwrap_or(false);
                self.value.clear();
            }
            "v" | "t" => self.inside = true,
            _ => {}
        }
    }

    fn cell(&mut self) {
        let value = std::mem::take(&mut self.value);
        let shown = match self.kind.as_str() {
            "s" => value.trim().parse().ok().and_then(|at: usize| self.strings.get(at)).cloned().unwrap_or_default(),
            "b" => if value.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
            "" | "n" if self.date => value.trim().parse().ok().and_then(|days| date(days, self.epoch)).unwrap_or(value),
            _ => value,
        };
        if !shown.is_empty() {
            let before = self.column.saturating_sub(1);
            self.text.cells(before.saturating_sub(self.written));
            self.written = before;
            // A line within a cell would end the row.
            self.text.push(&shown.replace(['\r', '\n'], " "));
        }
    }
}

/// `B12` is in column 2.
fn column(place: &str) -> Option<u32> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.take(4).fold(0, |sum, letter| sum * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    (1..=COLUMNS).contains(&number).then_some(number)
}

/// `2026-11-26`, with the time if there is one, of days since the epoch of the workbook.
fn date(days: f64, epoch: i64) -> Option<String> {
    // Years 1900 to 9999.
    if !(0.0..2_958_466.0).contains(&days) {
        return None;
    }
    let seconds = (days * 86_400.0).round() as i64;
    let (day, time) = (seconds.div_euclid(86_400) - epoch, seconds.rem_euclid(86_400));
    let clock = format!("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
    let (year, month, day_of_month) = civil(day);
    Some(match (days < 1.0, time) {
        (true, _) => clock,
        (false, 0) => format!("{year:04}-{month:02}-{day_of_month:02}"),
        (false, _) => format!("{year:04}-{month:02}-{day_of_month:02} {clock}"),
    })
}

/// Year, month and day of a number of days since 1970, in the calendar of today (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
