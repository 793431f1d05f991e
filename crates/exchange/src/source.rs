//! What is read from: a file, the files in a zip, the files in a folder. All look alike from here on.

use crate::writers::archive::ATTACHMENTS;
use crate::{ReadError, limits};
use rivulet_protocol::FileHash;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use zip::ZipArchive;

/// How far a reader is, and a way to stop it. A cheap handle: clones share everything.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    done: AtomicU64,
    total: AtomicU64,
    stop: AtomicBool,
}

impl Progress {
    /// Bytes read of the files as they lie on the disk, and how many there are.
    pub fn bytes(&self) -> (u64, u64) {
        let total = self.shared.total.load(Ordering::Relaxed);
        // Parts of a file are looked at twice, to see whose it is.
        (self.shared.done.load(Ordering::Relaxed).min(total), total)
    }

    /// Ends the reading at the next opportunity with [`ReadError::Stopped`].
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    /// Begins anew with the same stop.
    pub fn restart(&self) {
        self.shared.done.store(0, Ordering::Relaxed);
        self.shared.total.store(0, Ordering::Relaxed);
    }
}

/// A file that tells how far it is read.
pub struct Watched {
    file: File,
    progress: Progress,
}

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.progress.is_stopped() {
            return Err(ReadError::Stopped.into_io());
        }
        let read = self.file.read(into)?;
        self.progress.shared.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Files to read from, by name. Names are only compared, never used as paths.
pub struct Source {
    names: Vec<String>,
    /// Of an archive of ours: where in the zip they are.
    attachments: HashMap<FileHash, usize>,
    place: Place,
    progress: Progress,
}

enum Place {
    Zip { zip: Box<ZipArchive<io::BufReader<Watched>>>, indexes: Vec<usize>, left: u64 },
    Disk(Vec<PathBuf>),
}

impl Source {
    /// Opens what lies at `path`. Of a folder and a zip only JSON files count.
    pub fn open(path: &Path, progress: &Progress) -> Result<Self, ReadError> {
        progress.restart();
        let progress = progress.clone();
        if path.is_dir() {
            return Self::folder(path, progress);
        }
        let mut file = open(path, &progress)?;
        let mut head = [0; 4];
        let known = file.file.read(&mut head)?;
        file.rewind()?;
        if known == 4 && head == *b"PK\x03\x04" || head == *b"PK\x05\x06" {
            return Self::zip(file, progress);
        }
        let (names, attachments) = (vec![name_of(path)], HashMap::new());
        Ok(Self { names, attachments, place: Place::Disk(vec![path.to_owned()]), progress })
    }

    fn zip(mut file: Watched, progress: Progress) -> Result<Self, ReadError> {
        let size = file.file.metadata()?.len();
        if entries(&mut file.file)? > limits::FILES as u64 {
            return Err(ReadError::TooLarge("files"));
        }
        let zip = ZipArchive::new(io::BufReader::new(file))?;
        let (mut names, mut indexes, mut attachments) = (Vec::new(), Vec::new(), HashMap::new());
        for index in 0..zip.len() {
            // A name that is no text cannot be one that is looked for.
            let Some(Ok(name)) = zip.name_for_index(index) else { continue };
            if is_json(&name) {
                names.push(name.into_owned());
                indexes.push(index);
            } else if let Some(Ok(hash)) = name.strip_prefix(ATTACHMENTS).map(|name| name.to_owned().try_into()) {
                attachments.insert(hash, index);
            }
        }
        let left = limits::FREE_BYTES.saturating_add(size.saturating_mul(limits::RATIO));
        Ok(Self { names, attachments, place: Place::Zip { zip: Box::new(zip), indexes, left }, progress })
    }

    fn folder(path: &Path, progress: Progress) -> Result<Self, ReadError> {
        let mut found = Vec::new();
        // Jan's files lie three folders down: `data/threads/<id>/`.
        walk(path, String::new(), 4, &mut found)?;
        found.sort();
        let total = found.iter().filter_map(|(_, path)| path.metadata().ok()).map(|data| data.len()).sum();
        progress.shared.total.store(total, Ordering::Relaxed);
        let (names, paths) = found.into_iter().unzip();
        Ok(Self { names, attachments: HashMap::new(), place: Place::Disk(paths), progress })
    }

    /// The names of the files, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Opens the file of this number of [`Self::names`].
    pub fn file(&mut self, at: usize) -> Result<Box<dyn Read + '_>, ReadError> {
        match &mut self.place {
            Place::Disk(paths) => {
                let path = paths.get(at).ok_or_else(gone)?;
                let alone = paths.len() == 1;
                let file = File::open(path)?;
                if alone {
                    self.progress.shared.total.store(file.metadata()?.len(), Ordering::Relaxed);
                }
                Ok(Box::new(Watched { file, progress: self.progress.clone() }))
            }
            Place::Zip { zip, indexes, left } => {
                let index = *indexes.get(at).ok_or_else(gone)?;
                Ok(Box::new(unpacked(zip, index, left)?))
            }
        }
    }

    /// The attachments that are there by their names. Each may still not be what its name says.
    pub fn attachments(&self) -> HashSet<FileHash> {
        self.attachments.keys().cloned().collect()
    }

    /// An attachment of an archive. `None` if it is not there, is too large, or is not what its name says.
    pub fn attachment(&mut self, hash: &FileHash) -> Result<Option<Vec<u8>>, ReadError> {
        let (Some(&index), Place::Zip { zip, left, .. }) = (self.attachments.get(hash), &mut self.place) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        unpacked(zip, index, left)?.take(limits::ATTACHMENT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        let fits = bytes.len() <= limits::ATTACHMENT_BYTES && FileHash::of(&bytes) == *hash;
        Ok(fits.then_some(bytes))
    }
}

fn gone() -> ReadError {
    ReadError::Io(io::ErrorKind::NotFound.into())
}

fn unpacked<'a, R: Read + Seek>(
    zip: &'a mut ZipArchive<R>,
    index: usize,
    left: &'a mut u64,
) -> Result<Unpacked<'a, zip::read::ZipFile<'a, R>>, ReadError> {
    let file = zip.by_index(index)?;
    if file.encrypted() {
        return Err(ReadError::BadZip("it is locked with a password".into()));
    }
    Ok(Unpacked { file, left })
}

/// A file of a zip, which may unpack to so much and no more.
struct Unpacked<'a, R> {
    file: R,
    left: &'a mut u64,
}

impl<R: Read> Read for Unpacked<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => *self.left = left,
            None => return Err(ReadError::Bomb.into_io()),
        }
        Ok(read)
    }
}

fn open(path: &Path, progress: &Progress) -> Result<Watched, ReadError> {
    let file = File::open(path)?;
    progress.shared.total.store(file.metadata()?.len(), Ordering::Relaxed);
    Ok(Watched { file, progress: progress.clone() })
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_json(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // What macOS puts beside each file of a zip begins so.
    let shadow = name.starts_with("__macosx/") || name.rsplit('/').next().is_some_and(|file| file.starts_with("._"));
    (name.ends_with(".json") || name.ends_with(".jsonl")) && !shadow
}

/// All JSON files in a folder, links not followed.
fn walk(dir: &Path, name: String, deep: u32, found: &mut Vec<(String, PathBuf)>) -> Result<(), ReadError> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = format!("{name}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() && deep > 0 {
            walk(&entry.path(), format!("{name}/"), deep - 1, found)?;
        } else if kind.is_file() && is_json(&name) {
            found.push((name, entry.path()));
        }
        if found.len() > limits::FILES {
            return Err(ReadError::TooLarge("files"));
        }
    }
    Ok(())
}

/// How many files a zip says it has: asked before its list is read, since each costs memory.
fn entries(file: &mut File) -> Result<u64, ReadError> {
    const END: &[u8] = b"PK\x05\x06";
    const END_64: &[u8] = b"PK\x06\x06";
    let size = file.metadata()?.len();
    // The end's record has a comment of at most 64 KiB behind it, and that of zip64 before it.
    file.seek(SeekFrom::Start(size.saturating_sub(70_000)))?;
    let mut tail = Vec::new();
    file.take(70_000).read_to_end(&mut tail)?;
    file.rewind()?;
    let record = |mark: &[u8]| memchr::memmem::rfind(&tail, mark).map(|at| &tail[at..]);
    let number =
        |bytes: Option<&[u8]>| bytes.map_or(0, |bytes| bytes.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b)));
    let short = number(record(END).and_then(|record| record.get(10..12)));
    let long = number(record(END_64).and_then(|record| record.get(32..40)));
    Ok(if short == 0xffff { long.max(short) } else { short })
}
