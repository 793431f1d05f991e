//! What the database does not take is kept in files while it does not, so that the end of the process loses nothing. The
//! next start that opens a sound database takes them in (`taking`), and only then they go.
//!
//! A file for each answer and each draft, plain JSON, in the data folder; where that takes nothing either, in the home
//! folder, or in the one for temporary files.

mod kept;
mod part;
mod taking;

pub(crate) use taking::take_in;

use crate::queue::Item;
use crate::{StoreError, backup, schema};
use kept::Kept;
use rivulet_protocol::{DiskFault, DiskProblem, FileHash, Unsaved};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// In the data folder.
const FOLDER: &str = "unsaved";
/// As many digits of the data folder's hash tell two of them apart.
const DIGITS: usize = 12;
/// More than fits beside whatever the disk had left.
const TRIAL: usize = 16 << 10;

/// The files of what waits for the database.
#[derive(Default)]
pub(crate) struct UnsavedFiles {
    /// The data folder; none for a database that is nowhere but in memory.
    dir: Option<PathBuf>,
    written: BTreeSet<PathBuf>,
    /// What was said of them.
    last: Option<Unsaved>,
}

impl UnsavedFiles {
    pub fn of(dir: Option<PathBuf>) -> Self {
        Self { dir, ..Self::default() }
    }

    /// Keeps what is in `items` (of which some may be `new` since the last time) and would be lost with the process;
    /// tells where it is, and what a person is told of why.
    pub fn keep(&mut self, items: &[Item], new: bool, error: &StoreError) -> DiskProblem {
        let problem = error.problem();
        let fault = match &self.dir {
            Some(dir) if problem.fault == DiskFault::Other && error.is_disk() => why(dir).unwrap_or(DiskFault::Other),
            _ => problem.fault,
        };
        DiskProblem { fault, unsaved: self.keep_items(items, new), ..problem }
    }

    fn keep_items(&mut self, items: &[Item], new: bool) -> Unsaved {
        if let (false, Some(unsaved @ (Unsaved::Nothing | Unsaved::Kept { .. }))) = (new, &self.last) {
            return unsaved.clone();
        }
        let unsaved = self.write(&Kept::all(items));
        self.last = Some(unsaved.clone());
        unsaved
    }

    fn write(&mut self, all: &[Kept]) -> Unsaved {
        let Some(dir) = self.dir.as_ref() else { return Unsaved::Nothing };
        if all.is_empty() {
            // Drafts, sent or thrown away by now.
            remove(std::mem::take(&mut self.written).iter());
            return Unsaved::Nothing;
        }
        for place in places(dir) {
            match write_all(&place, dir, all) {
                Ok(written) => {
                    // What was in another place before is here now.
                    remove(self.written.difference(&written));
                    self.written = written;
                    return Unsaved::Kept { folder: place.display().to_string() };
                }
                Err(error) => tracing::warn!(%error, place = %place.display(), "what is not stored is not kept there"),
            }
        }
        Unsaved::InMemory
    }

    /// Everything they stood for is in the database.
    pub fn stored(&mut self) {
        remove(self.written.iter());
        self.written.clear();
        self.last = None;
    }
}

fn remove<'a>(files: impl Iterator<Item = &'a PathBuf>) {
    for file in files {
        if let Err(error) = std::fs::remove_file(file) {
            tracing::warn!(%error, file = %file.display(), "a file of what is stored by now stays");
        } else if let Some(folder) = file.parent() {
            // Unless there is more in it.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Where such files may be, the best place first. Those outside of the data folder bear its mark.
fn places(dir: &Path) -> Vec<PathBuf> {
    let hash = FileHash::of(dir.as_os_str().as_encoded_bytes());
    let name = format!("rivulet-unsaved-{}", &hash.as_str()[..DIGITS]);
    let outside = [std::env::home_dir(), Some(std::env::temp_dir())].into_iter().flatten();
    std::iter::once(dir.join(FOLDER)).chain(outside.map(|place| place.join(&name))).collect()
}

/// Whether a folder is one that nobody but the data folder's owner can have put files in. In the one for temporary files
/// anybody may make some.
#[cfg(unix)]
fn is_own(place: &Path, dir: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(place), Ok(dir)) = (std::fs::symlink_metadata(place), std::fs::metadata(dir)) else { return false };
    place.is_dir() && place.uid() == dir.uid() && place.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_own(place: &Path, _: &Path) -> bool {
    std::fs::symlink_metadata(place).is_ok_and(|place| place.is_dir())
}

fn write_all(place: &Path, dir: &Path, all: &[Kept]) -> io::Result<BTreeSet<PathBuf>> {
    if std::fs::symlink_metadata(place).is_err() {
        schema::create_private_dir(place)?;
    }
    if !is_own(place, dir) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let written: io::Result<_> = all.iter().map(|kept| write(place, kept)).collect();
    backup::sync_folder(place);
    if written.is_err() {
        // Unless there is something in it.
        let _ = std::fs::remove_dir(place);
    }
    written
}

/// Whole or not at all.
fn write(place: &Path, kept: &Kept) -> io::Result<PathBuf> {
    let file = place.join(kept.name());
    let beside = file.with_extension("part");
    let written = schema::create_private_file(&beside).and_then(|()| {
        let mut out = File::options().write(true).truncate(true).open(&beside)?;
        out.write_all(&serde_json::to_vec_pretty(kept)?)?;
        out.sync_all()?;
        std::fs::rename(&beside, &file)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written.map(|()| file)
}

/// SQLite says of a disk that is read-only, or where somebody's share is used up, only that it failed: what the system
/// says to a file of our own.
fn why(dir: &Path) -> Option<DiskFault> {
    let file = dir.join("rivulet.trial");
    let tried = schema::create_private_file(&file).and_then(|()| std::fs::write(&file, [0; TRIAL]));
    let _ = std::fs::remove_file(&file);
    tried.err().map(|error| StoreError::Folder(error).fault())
}
