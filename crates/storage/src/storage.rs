//! Backups in the storage: sent in parts, read back, listed, fetched, removed.
//!
//! A backup is there when its list is: the list is written last, after every part was read back, compared and decrypted.
//! What a killed or cut run left has no list, and is no backup.

use crate::names::{list_of, made_at, of_any, of_list, part_of};
use crate::seal::{open_into, try_open};
use crate::{Http, Sealed, StorageError, is_name, place};
use bytes::{Buf, Bytes};
use opendal::Operator;
use rivulet_protocol::{FileHash, Secret, StoragePlace, StoredBackup};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What is sent in one request: little enough to be held in memory, and for servers that refuse large files.
const PART: usize = 8 << 20;
const FORMAT: &str = "rivulet-storage";
const VERSION: u32 = 1;
/// No list of ours is longer.
const LIST_BYTES: u64 = 4 << 20;
/// Written, read and removed to see whether the storage can be used.
const PROBE: &str = "rivulet-probe.txt";

/// The storage. A cheap handle.
#[derive(Clone)]
pub struct Storage {
    operator: Operator,
    password: Option<Secret>,
    folder: Option<PathBuf>,
}

/// What a backup is made of. Readable by anybody: it has sizes and hashes of what is encrypted.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct List {
    format: String,
    version: u32,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    bytes: u64,
    sha256: String,
}

impl Storage {
    /// The storage at a place. Nothing is asked yet.
    pub fn new(place: &StoragePlace, password: Option<Secret>, http: Arc<dyn Http>) -> Result<Self, StorageError> {
        let operator = place::operator(place, password.as_ref(), http)?;
        let folder = match place {
            StoragePlace::Folder { path } => Some(PathBuf::from(path)),
            StoragePlace::Webdav { .. } | StoragePlace::S3 { .. } => None,
        };
        Ok(Self { operator, password, folder })
    }

    /// Whether files can be written, read, listed and removed there.
    pub async fn probe(&self) -> Result<(), StorageError> {
        self.write(PROBE, Bytes::from_static(b"Rivulet")).await?;
        let read = self.read(PROBE).await?;
        self.names().await?;
        self.remove_file(PROBE).await?;
        if read == b"Rivulet"[..] {
            Ok(())
        } else {
            Err(StorageError::Damaged("it does not keep what it is sent".into()))
        }
    }

    /// Sends what was sealed into `file` under this name, reads all of it back and decrypts it. It is a backup when
    /// this succeeds; when not, what was written is in nobody's way, and [`Storage::remove`] takes it.
    pub async fn upload(
        &self,
        name: &str,
        file: &Path,
        sealed: Sealed,
        passphrase: &Secret,
    ) -> Result<StoredBackup, StorageError> {
        let made_at = made_at(name).ok_or(StorageError::NotFound)?;
        let mut list = List { format: FORMAT.into(), version: VERSION, parts: Vec::new() };
        let mut file = File::open(file).map_err(StorageError::Disk)?;
        loop {
            let (next, part) = off_the_runtime(move || next_part(&mut file).map(|part| (file, part))).await?;
            file = next;
            if part.is_empty() {
                break;
            }
            let about = Part { bytes: part.len() as u64, sha256: FileHash::of(&part).into() };
            list.parts.push(about);
            self.write(&part_of(name, list.parts.len()), part).await?;
        }
        let passphrase = passphrase.clone();
        self.pass_through(name, &list, move |read| try_open(read, &passphrase, &sealed)).await?;
        let written = serde_json::to_vec(&list).map_err(|error| StorageError::Failed(error.to_string()))?;
        self.write(&list_of(name), written.into()).await?;
        if self.list(name).await? != list {
            return Err(StorageError::Damaged("its list of parts is not what was sent".into()));
        }
        Ok(StoredBackup { name: name.to_owned(), made_at, bytes: list.bytes() })
    }

    /// The backups there are, latest first. One whose list cannot be read is not among them.
    pub async fn backups(&self) -> Result<Vec<StoredBackup>, StorageError> {
        let mut names: Vec<String> =
            self.names().await?.iter().filter_map(|file| of_list(file)).map(str::to_owned).collect();
        names.sort_by(|a, b| b.cmp(a));
        let mut backups = Vec::with_capacity(names.len());
        for name in names {
            match self.list(&name).await {
                Ok(list) => {
                    let made_at = made_at(&name).unwrap_or_default();
                    backups.push(StoredBackup { bytes: list.bytes(), made_at, name });
                }
                Err(StorageError::Damaged(_) | StorageError::NotFound) => {
                    tracing::warn!(name, "a list in the storage cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(backups)
    }

    /// Fetches a backup and decrypts it into an empty folder. Every part is compared with its hash first.
    pub async fn fetch(&self, name: &str, passphrase: &Secret, folder: &Path) -> Result<(), StorageError> {
        if !is_name(name) {
            return Err(StorageError::NotFound);
        }
        let list = self.list(name).await?;
        let (passphrase, folder) = (passphrase.clone(), folder.to_owned());
        self.pass_through(name, &list, move |read| open_into(read, &passphrase, &folder)).await
    }

    /// Removes a backup, or what there is of one: its list first, so that half of it is no backup.
    pub async fn remove(&self, name: &str) -> Result<(), StorageError> {
        if !is_name(name) {
            return Err(StorageError::NotFound);
        }
        self.remove_file(&list_of(name)).await?;
        for file in self.names().await?.iter().filter(|file| of_any(file) == Some(name)) {
            self.remove_file(file).await?;
        }
        Ok(())
    }

    /// Reads all parts, in order, each compared with its hash, through a reader that blocks.
    async fn pass_through(
        &self,
        name: &str,
        list: &List,
        reader: impl FnOnce(Parts) -> Result<(), StorageError> + Send + 'static,
    ) -> Result<(), StorageError> {
        // One part is read while another is decrypted.
        let (parts, ready) = mpsc::channel(1);
        let read = tokio::task::spawn_blocking(move || reader(Parts { ready, part: Bytes::new(), ended: false }));
        for (number, about) in (1..).zip(&list.parts) {
            let part = self.part(&part_of(name, number), about).await;
            // Nobody reads on after an error, which is then the one that counts.
            if parts.send(Some(part)).await.is_err() {
                break;
            }
        }
        let _ = parts.send(None).await;
        read.await.map_err(|error| StorageError::Failed(error.to_string()))?
    }

    async fn part(&self, file: &str, about: &Part) -> Result<Bytes, StorageError> {
        let damaged = |words: &str| StorageError::Damaged(format!("{file} {words}"));
        let part = match self.read(file).await {
            Err(StorageError::NotFound) => return Err(damaged("is missing")),
            part => part?,
        };
        match FileHash::of(&part).as_str() == about.sha256 && part.len() as u64 == about.bytes {
            true => Ok(part),
            false => Err(damaged("is not what was sent")),
        }
    }

    async fn list(&self, name: &str) -> Result<List, StorageError> {
        let file = list_of(name);
        let damaged = || StorageError::Damaged(format!("{file} is not a list of parts"));
        let read = self.read(&file).await?;
        let list: List = serde_json::from_slice(&read).map_err(|_| damaged())?;
        let sound = list.format == FORMAT && list.version == VERSION && !list.parts.is_empty();
        let small = read.len() as u64 <= LIST_BYTES && list.parts.iter().all(|part| part.bytes <= PART as u64);
        if sound && small { Ok(list) } else { Err(damaged()) }
    }

    /// The names of the files there. Folders, and what lies in them, are none of ours.
    async fn names(&self) -> Result<Vec<String>, StorageError> {
        self.is_there()?;
        let entries = self.operator.list("/").await.map_err(|error| self.failed(error))?;
        Ok(entries.iter().filter(|entry| entry.metadata().is_file()).map(|entry| entry.name().to_owned()).collect())
    }

    async fn write(&self, file: &str, bytes: Bytes) -> Result<(), StorageError> {
        self.is_there()?;
        self.operator.write(file, bytes).await.map(drop).map_err(|error| self.failed(error))
    }

    async fn read(&self, file: &str) -> Result<Bytes, StorageError> {
        self.is_there()?;
        self.operator.read(file).await.map(|buffer| buffer.to_bytes()).map_err(|error| self.failed(error))
    }

    async fn remove_file(&self, file: &str) -> Result<(), StorageError> {
        self.is_there()?;
        match self.operator.delete(file).await.map_err(|error| self.failed(error)) {
            Err(StorageError::NotFound) => Ok(()),
            removed => removed,
        }
    }

    /// A folder that went away is not made anew.
    fn is_there(&self) -> Result<(), StorageError> {
        match &self.folder {
            Some(folder) if !folder.is_dir() => Err(place::absent()),
            _ => Ok(()),
        }
    }

    fn failed(&self, error: opendal::Error) -> StorageError {
        StorageError::of(error).without(self.password.as_ref())
    }
}

impl List {
    fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }
}

/// Parts as they come, as one file.
struct Parts {
    ready: mpsc::Receiver<Option<Result<Bytes, StorageError>>>,
    part: Bytes,
    ended: bool,
}

impl Read for Parts {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() && !self.ended {
            match self.ready.blocking_recv() {
                Some(Some(part)) => self.part = part.map_err(io::Error::other)?,
                Some(None) => self.ended = true,
                // Whoever sent them is gone: this is not the end of the file.
                None => return Err(io::Error::other(StorageError::Failed("it was stopped".into()))),
            }
        }
        let read = into.len().min(self.part.len());
        self.part.copy_to_slice(&mut into[..read]);
        Ok(read)
    }
}

fn next_part(file: &mut File) -> Result<Bytes, StorageError> {
    let mut part = Vec::with_capacity(PART);
    file.take(PART as u64).read_to_end(&mut part).map_err(StorageError::Disk)?;
    Ok(part.into())
}

async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(StorageError::Failed(error.to_string())))
}
