//! The pages of a database file, read without SQLite: whatever is destroyed, what stands beside it is still found.
//!
//! Facts of the format are from <https://www.sqlite.org/fileformat2.html>. Nothing here trusts a number in the file.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const USUAL_PAGE: usize = 4096;
/// A row longer than this is none of ours.
const LONGEST: u64 = 256 << 20;
/// Columns of a row, more than any table of ours has.
const COLUMNS: usize = 64;

/// A value in a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// What a column of a row is, before the row is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Null,
    Int,
    Real,
    Text,
    /// Of so many bytes.
    Blob(u64),
}

/// A row in its page: what it looks like, and the way to the rest of it.
pub(super) struct Cell<'a> {
    pages: &'a mut Pages,
    /// Its number, if it is a table's row; `None` for an entry of an index.
    pub number: Option<i64>,
    pub shapes: Vec<Shape>,
    types: Vec<u64>,
    head: usize,
    local: Vec<u8>,
    length: usize,
    overflow: Option<u32>,
}

/// A database file, with the log beside it laid over it.
pub(super) struct Pages {
    file: File,
    log: Option<File>,
    /// Where in the log the newest state of a page is.
    newer: HashMap<u32, u64>,
    size: usize,
    usable: usize,
    count: u32,
}

impl Pages {
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut header = [0; 100];
        let known = file.read_exact(&mut header).is_ok() && header.starts_with(MAGIC);
        let stated = page_size(u32::from(u16::from_be_bytes([header[16], header[17]])));
        let size = stated.filter(|_| known).unwrap_or(USUAL_PAGE);
        let reserved = if known { usize::from(header[20]) } else { 0 };
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let mut log = File::open(log).ok();
        let newer = log.as_mut().and_then(|log| committed(log, size).ok()).unwrap_or_default();
        let last = newer.keys().copied().max().unwrap_or(0);
        let count = u32::try_from(length.div_ceil(size as u64)).unwrap_or(u32::MAX).max(last);
        Ok(Self { file, log, newer, size, usable: size.saturating_sub(reserved).max(480), count })
    }

    /// Shows every row and every entry of an index to `each`. Pages that are free are passed over as long as it is
    /// known which those are.
    pub fn walk(&mut self, mut each: impl FnMut(&mut Cell<'_>)) {
        let free = self.free();
        for number in (1..=self.count).filter(|number| !free.contains(number)) {
            let Some(page) = self.page(number) else { continue };
            let start = if number == 1 { 100 } else { 0 };
            for at in cells(&page, start) {
                if let Some(mut cell) = self.cell(&page, page[start], at) {
                    each(&mut cell);
                }
            }
        }
    }

    fn page(&mut self, number: u32) -> Option<Vec<u8>> {
        let mut page = vec![0; self.size];
        let (file, at) = match (self.newer.get(&number), &mut self.log) {
            (Some(at), Some(log)) => (log, *at),
            _ => (&mut self.file, u64::from(number.checked_sub(1)?) * self.size as u64),
        };
        file.seek(SeekFrom::Start(at)).ok()?;
        // The last page of a file that was cut is read as far as it goes.
        let read = file.take(self.size as u64).read(&mut page).ok()?;
        (read > 0).then_some(page)
    }

    /// The pages on the list of free ones: what stands on them was deleted.
    fn free(&mut self) -> HashSet<u32> {
        let mut free = HashSet::new();
        let mut next = match self.page(1) {
            Some(first) if first.starts_with(MAGIC) => number(&first, 32),
            _ => None,
        };
        while let Some(trunk) = next.filter(|trunk| *trunk > 0 && *trunk <= self.count && free.insert(*trunk)) {
            let Some(page) = self.page(trunk) else { break };
            let listed = number(&page, 4).unwrap_or(0) as usize;
            free.extend((0..listed.min(self.size / 4)).filter_map(|at| number(&page, 8 + 4 * at)));
            next = number(&page, 0);
        }
        free
    }

    fn cell(&mut self, page: &[u8], kind: u8, mut at: usize) -> Option<Cell<'_>> {
        let is_table = kind == TABLE_LEAF;
        if kind == INDEX_INTERIOR {
            at += 4;
        }
        let length = varint(page, &mut at)?;
        if length == 0 || length > LONGEST {
            return None;
        }
        let length = length as usize;
        let number_of_row = if is_table { Some(varint(page, &mut at)? as i64) } else { None };
        let here = self.local(length, is_table);
        let local = page.get(at..at + here)?.to_vec();
        let overflow = if here < length { Some(number(page, at + here)?) } else { None };
        let (types, head) = types(&local)?;
        let shapes = types.iter().map(|kind| shape(*kind)).collect::<Option<Vec<_>>>()?;
        Some(Cell { pages: self, number: number_of_row, shapes, types, head, local, length, overflow })
    }

    /// How much of a row stands in its own page.
    fn local(&self, length: usize, is_table: bool) -> usize {
        let usable = self.usable;
        let least = (usable - 12) * 32 / 255 - 23;
        let most = if is_table { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
        if length <= most {
            return length;
        }
        let even = least + (length - least) % (usable - 4);
        if even <= most { even } else { least }
    }
}

impl Cell<'_> {
    /// The row's values; `None` if the rest of it is lost.
    pub fn values(&mut self) -> Option<Vec<Value>> {
        let mut bytes = std::mem::take(&mut self.local);
        let mut next = self.overflow;
        while bytes.len() < self.length {
            let page = self.pages.page(next.filter(|next| *next > 1)?)?;
            let more = (self.length - bytes.len()).min(self.pages.usable - 4);
            bytes.extend_from_slice(page.get(4..4 + more)?);
            next = number(&page, 0);
        }
        let mut at = self.head;
        self.types.iter().map(|kind| value(*kind, &bytes, &mut at)).collect()
    }
}

const TABLE_LEAF: u8 = 0x0d;
const INDEX_LEAF: u8 = 0x0a;
const INDEX_INTERIOR: u8 = 0x02;

/// Where the cells of a page are; none if it is not a page of rows.
fn cells(page: &[u8], start: usize) -> Vec<usize> {
    let head = match page.get(start) {
        Some(&(TABLE_LEAF | INDEX_LEAF)) => 8,
        Some(&INDEX_INTERIOR) => 12,
        _ => return Vec::new(),
    };
    let pair = |at: usize| Some(usize::from(u16::from_be_bytes([*page.get(at)?, *page.get(at + 1)?])));
    let count = pair(start + 3).unwrap_or(0).min(page.len() / 2);
    (0..count).filter_map(|nth| pair(start + head + 2 * nth)).filter(|at| *at >= start + head).collect()
}

/// The newest committed state of each page in a log, by where it is.
fn committed(log: &mut File, size: usize) -> io::Result<HashMap<u32, u64>> {
    let mut header = [0; 32];
    log.read_exact(&mut header)?;
    let (mut newer, mut pending) = (HashMap::new(), HashMap::new());
    // Frames of a page size that is not the file's would be cut wrongly.
    if number(&header, 8) != u32::try_from(size).ok() {
        return Ok(newer);
    }
    let mut at = 32;
    loop {
        let mut frame = [0; 24];
        log.seek(SeekFrom::Start(at))?;
        if log.read_exact(&mut frame).is_err() || frame[8..16] != header[16..24] {
            return Ok(newer);
        }
        pending.insert(number(&frame, 0).unwrap_or(0), at + 24);
        if number(&frame, 4) != Some(0) {
            newer.extend(pending.drain());
        }
        at += 24 + size as u64;
    }
}

fn page_size(stated: u32) -> Option<usize> {
    let size = if stated == 1 { 65_536 } else { stated };
    (size.is_power_of_two() && (512..=65_536).contains(&size)).then_some(size as usize)
}

fn number(page: &[u8], at: usize) -> Option<u32> {
    page.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for nth in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if nth == 8 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}

/// The types of a row's columns, and where its values begin.
fn types(row: &[u8]) -> Option<(Vec<u64>, usize)> {
    let mut at = 0;
    let head = usize::try_from(varint(row, &mut at)?).ok().filter(|head| *head <= row.len())?;
    let mut types = Vec::new();
    while at < head {
        types.push(varint(&row[..head], &mut at)?);
        if types.len() > COLUMNS {
            return None;
        }
    }
    Some((types, head))
}

fn shape(kind: u64) -> Option<Shape> {
    match kind {
        0 => Some(Shape::Null),
        1..=6 | 8 | 9 => Some(Shape::Int),
        7 => Some(Shape::Real),
        10 | 11 => None,
        _ if kind.is_multiple_of(2) => Some(Shape::Blob((kind - 12) / 2)),
        _ => Some(Shape::Text),
    }
}

fn value(kind: u64, bytes: &[u8], at: &mut usize) -> Option<Value> {
    let mut take = |length: u64| {
        let end = at.checked_add(usize::try_from(length).ok()?)?;
        let taken = bytes.get(*at..end)?;
        *at = end;
        Some(taken)
    };
    Some(match kind {
        0 => Value::Null,
        8 | 9 => Value::Int(kind as i64 - 8),
        1..=6 => {
            let taken = take([1, 2, 3, 4, 6, 8][kind as usize - 1])?;
            // The first byte has the sign.
            let sign = if taken[0] & 0x80 == 0 { 0 } else { -1 };
            Value::Int(taken.iter().fold(sign, |value: i64, byte| value << 8 | i64::from(*byte)))
        }
        7 => Value::Real(f64::from_be_bytes(take(8)?.try_into().ok()?)),
        10 | 11 => return None,
        _ if kind.is_multiple_of(2) => Value::Blob(take((kind - 12) / 2)?.to_vec()),
        _ => Value::Text(String::from_utf8_lossy(take((kind - 13) / 2)?).into_owned()),
    })
}
