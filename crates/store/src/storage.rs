//! What is noted of a person's own storage, and what a backup that goes there is made of.

use crate::{FILES, Store, StoreError};
use rivulet_protocol::{FileHash, StoragePlace, StorageProblem, StoredBackup};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const STORAGE: &str = "storage";

/// The storage as it was set up, and what this app put there. A restore leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredStorage {
    /// Where it is.
    pub place: Option<StoragePlace>,
    /// The last backup that was found whole there.
    pub last: Option<StoredBackup>,
    /// Why the last try failed.
    pub problem: Option<StorageProblem>,
    /// What this app put there and did not remove: nothing else is ever removed.
    pub sent: Vec<StoredBackup>,
    /// Names that were begun and not brought to their end.
    pub begun: Vec<String>,
}

impl Store {
    /// What is noted of the storage.
    pub async fn storage(&self) -> Result<StoredStorage, StoreError> {
        self.document(STORAGE.into()).await
    }

    /// Changes what is noted of the storage.
    pub async fn change_storage(&self, change: impl Fn(&mut StoredStorage) + Send + 'static) -> Result<(), StoreError> {
        self.change(STORAGE.into(), change).await
    }

    /// The files that the messages in a backup name, each once, and where each lies.
    pub async fn files_of(&self, backup: PathBuf) -> Result<Vec<(FileHash, PathBuf)>, StoreError> {
        let named = tokio::task::spawn_blocking(move || {
            let connection = Connection::open_with_flags(backup, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let mut select = connection.prepare(
                "SELECT DISTINCT hash FROM ( \
                   SELECT file.value ->> 'hash' AS hash FROM message, json_each(message.fields, '$.attachments') AS file \
                   UNION SELECT file.value ->> 'text' FROM message, json_each(message.fields, '$.attachments') AS file \
                 ) WHERE hash IS NOT NULL ORDER BY hash",
            )?;
            let rows = select.query_map([], |row| row.get(0))?;
            Ok::<_, StoreError>(rows.collect::<Result<Vec<String>, _>>()?)
        });
        let named = named.await.unwrap_or(Err(StoreError::Closed))?;
        let hashes = named.into_iter().filter_map(|digits| serde_json::from_value(digits.into()).ok());
        Ok(hashes.filter_map(|hash| Some((self.file_place(&hash)?, hash)).map(|(path, hash)| (hash, path))).collect())
    }

    /// Keeps the files of another data folder. One that is not what its name says is an error.
    pub async fn keep_files_of(&self, data: &Path) -> Result<(), StoreError> {
        let data = data.join(FILES);
        let listed = tokio::task::spawn_blocking(move || {
            let inside = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
            inside(&data).flat_map(|home| inside(&home).collect::<Vec<_>>()).collect::<Vec<_>>()
        });
        for path in listed.await.map_err(|_| StoreError::Closed)? {
            let kept = self.keep_file(fs::read(&path).map_err(StoreError::File)?).await?;
            if path.file_name().is_none_or(|name| name != kept.as_str()) {
                return Err(StoreError::Damaged("a file is not what its name says".into()));
            }
        }
        Ok(())
    }
}
