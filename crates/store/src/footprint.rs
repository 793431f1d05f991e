//! How the database was left, in a small file beside it: open, or closed with this size and time of change.
//!
//! The mark of a clean end stands inside of the database and holds for the file as it was left. One that was changed
//! since, by whatever it was, is read through before it is used; so is one that is gone without anybody having said so.

use crate::{FILE, schema};
use std::fs::Metadata;
use std::path::Path;
use std::time::UNIX_EPOCH;

const FOOTPRINT: &str = "rivulet.left";
const OPEN: &str = "open";

/// How the database was left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing is known: a version before this one left it, or it was copied here.
    Unknown,
    /// It was not closed.
    Open,
    /// It was closed, and is as it was then.
    Closed,
    /// It was closed, and something has changed it since.
    Changed,
}

pub(crate) fn look(dir: &Path) -> Left {
    let Ok(left) = std::fs::read_to_string(dir.join(FOOTPRINT)) else { return Left::Unknown };
    if !left.starts_with("closed ") {
        return Left::Open;
    }
    match std::fs::metadata(dir.join(FILE)) {
        Ok(file) if closed_as(&file) == left => Left::Closed,
        _ => Left::Changed,
    }
}

/// From now on it is open.
pub(crate) fn opened(dir: &Path) {
    note(dir, OPEN);
}

/// It is closed, and nothing of it is in memory any more.
pub(crate) fn closed(dir: &Path) {
    if let Ok(file) = std::fs::metadata(dir.join(FILE)) {
        note(dir, &closed_as(&file));
    }
}

fn closed_as(file: &Metadata) -> String {
    let changed = file.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    format!("closed {} {}", file.len(), changed.map_or(0, |at| at.as_nanos()))
}

fn note(dir: &Path, words: &str) {
    let file = dir.join(FOOTPRINT);
    let noted = schema::create_private_file(&file).and_then(|()| std::fs::write(&file, words));
    if let Err(error) = noted {
        // It only saves or costs the next start a look at the whole file.
        tracing::debug!(%error, "how the database is left was not noted");
    }
}
