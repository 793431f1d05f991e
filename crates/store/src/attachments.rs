//! Files that go with messages: beside the database, each under the hash of its bytes. One that is there is never
//! written again, so that two messages, a fork or a restored backup may name the same.

use crate::{Store, StoreError, schema};
use rivulet_protocol::FileHash;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Where they are: with a store in memory nothing touches the disk.
pub(crate) enum Files {
    Folder(PathBuf),
    Memory(Mutex<HashMap<FileHash, Vec<u8>>>),
}

impl Default for Files {
    fn default() -> Self {
        Self::Memory(Mutex::default())
    }
}

impl Files {
    fn keep(&self, bytes: Vec<u8>) -> Result<FileHash, StoreError> {
        match self {
            Self::Folder(folder) => keep(folder, &bytes).map_err(StoreError::File),
            Self::Memory(files) => {
                let hash = FileHash::of(&bytes);
                files.lock().unwrap_or_else(PoisonError::into_inner).insert(hash.clone(), bytes);
                Ok(hash)
            }
        }
    }

    fn read(&self, hash: &FileHash) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Folder(folder) => match fs::read(place(folder, hash)) {
                Ok(bytes) if FileHash::of(&bytes) == *hash => Ok(bytes),
                Ok(_) => Err(StoreError::FileLost),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::FileLost),
                Err(error) => Err(StoreError::File(error)),
            },
            Self::Memory(files) => {
                let files = files.lock().unwrap_or_else(PoisonError::into_inner);
                files.get(hash).cloned().ok_or(StoreError::FileLost)
            }
        }
    }
}

impl Store {
    /// Keeps a file; on disk when this returns, unless the store is in memory.
    pub async fn keep_file(&self, bytes: Vec<u8>) -> Result<FileHash, StoreError> {
        let shared = Arc::clone(&self.shared);
        on_a_thread(move || shared.files.keep(bytes)).await
    }

    /// Where a kept file lies; `None` if the store is in memory.
    pub(crate) fn file_place(&self, hash: &FileHash) -> Option<PathBuf> {
        match &self.shared.files {
            Files::Folder(folder) => Some(place(folder, hash)),
            Files::Memory(_) => None,
        }
    }

    /// A kept file. [`StoreError::FileLost`] if it is gone or is not what was kept.
    pub async fn file(&self, hash: FileHash) -> Result<Vec<u8>, StoreError> {
        let shared = Arc::clone(&self.shared);
        on_a_thread(move || shared.files.read(&hash)).await
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Closed))
}

fn keep(folder: &Path, bytes: &[u8]) -> io::Result<FileHash> {
    let hash = FileHash::of(bytes);
    let path = place(folder, &hash);
    if fs::read(&path).is_ok_and(|there| there == bytes) {
        return Ok(hash);
    }
    let home = path.parent().unwrap_or(folder);
    schema::create_private_dir(home)?;
    // Whole or not at all, whenever the power goes.
    let new = path.with_extension("new");
    schema::create_private_file(&new)?;
    let mut file = File::options().write(true).truncate(true).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, &path)?;
    #[cfg(unix)]
    File::open(home)?.sync_all()?;
    Ok(hash)
}

/// The first two digits are a folder: some file systems are slow with many files in one.
fn place(folder: &Path, hash: &FileHash) -> PathBuf {
    let digits = hash.as_str();
    folder.join(digits.get(..2).unwrap_or_default()).join(digits)
}
