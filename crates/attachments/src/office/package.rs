//! The zip around an office file.

use super::xml::{self, Node};
use crate::PrepareError;
use std::collections::HashMap;
use std::io::{self, BufReader, Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// Bytes that all parts that are read may unpack to: real ones stay far below, a bomb does not.
const UNPACKED: u64 = if cfg!(test) { 1 << 20 } else { 128 << 20 };
/// Files in it.
const FILES: usize = 20_000;

/// The parts of a file, by name.
pub(super) struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

/// Where a part points to: a name by the id that other parts use, with what it is.
pub(super) struct Target {
    pub kind: String,
    pub part: String,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, PrepareError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if zip.len() > FILES {
            return Err(PrepareError::TooLarge);
        }
        Ok(Self { zip, left: UNPACKED })
    }

    /// Walks through a part; `false` if there is none of this name.
    pub fn walk(
        &mut self,
        name: &str,
        each: impl FnMut(Node<'_>) -> Result<(), PrepareError>,
    ) -> Result<bool, PrepareError> {
        let Some(part) = self.part(name)? else { return Ok(false) };
        xml::walk(BufReader::new(part), each).map(|()| true)
    }

    /// A small part that is plain text.
    pub fn string(&mut self, name: &str, most: u64) -> Result<Option<String>, PrepareError> {
        let Some(part) = self.part(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        part.take(most).read_to_end(&mut bytes).map_err(|error| xml::broken(&error))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// What the part of this name points to.
    pub fn targets(&mut self, name: &str) -> Result<HashMap<String, Target>, PrepareError> {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let mut targets = HashMap::new();
        self.walk(&joined(folder, &format!("_rels/{file}.rels")), |node| {
            if let Node::Open(tag) = node
                && targets.len() < FILES
                && let (Some(id), Some(kind), Some(target)) =
                    (tag.attribute("Id"), tag.attribute("Type"), tag.attribute("Target"))
            {
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                targets.insert(id, Target { kind, part: joined(folder, &target) });
            }
            Ok(())
        })?;
        Ok(targets)
    }

    fn part(&mut self, name: &str) -> Result<Option<impl Read>, PrepareError> {
        let file = match self.zip.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(damaged(error)),
        };
        if file.encrypted() {
            return Err(PrepareError::Locked);
        }
        Ok(Some(Bounded { file, left: &mut self.left }))
    }
}

/// A path as a part of the folder says it. It only ever names another part.
fn joined(folder: &str, path: &str) -> String {
    if let Some(whole) = path.strip_prefix('/') {
        return whole.to_owned();
    }
    let mut names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join("/")
}

fn damaged(error: ZipError) -> PrepareError {
    PrepareError::Damaged(error.to_string())
}

struct Bounded<'a, R> {
    file: R,
    left: &'a mut u64,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => *self.left = left,
            None => return Err(io::ErrorKind::FileTooLarge.into()),
        }
        Ok(read)
    }
}
