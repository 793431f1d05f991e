//! Why the store failed.

use rivulet_protocol::{ApiError, ErrorCode};
use rusqlite::ErrorCode as Sqlite;
use std::path::Path;

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the data folder open.
    #[error("the data folder is in use by another Rivulet; close that one, or choose another folder")]
    InUse,
    /// The database was written by a newer version.
    #[error("the data folder belongs to a newer Rivulet (format {found}, this one knows {known}); nothing was changed")]
    TooNew {
        /// The format found.
        found: i64,
        /// The newest format this version knows.
        known: i64,
    },
    /// The check after an unclean end found damage.
    #[error("the database is damaged and was not touched: {0}")]
    Damaged(String),
    /// The folder or a file in it.
    #[error("the data folder cannot be used: {0}")]
    Folder(#[source] std::io::Error),
    /// A file that goes with a message could not be written or read.
    #[error("the file cannot be used: {0}")]
    File(#[source] std::io::Error),
    /// A kept file is gone, or is not what was kept.
    #[error("the file is lost")]
    FileLost,
    /// The writer thread could not be started.
    #[error("the writer could not be started: {0}")]
    Thread(#[source] std::io::Error),
    /// SQLite.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A document in the database cannot be read.
    #[error("a stored document cannot be read: {0}")]
    Document(#[from] serde_json::Error),
    /// No such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Damage, with the way out of it.
    pub(crate) fn with_backup(self, backups: &Path) -> Self {
        match (self, crate::backup::list(backups).first()) {
            (Self::Damaged(verdict), Some(backup)) => {
                let file = backups.join(&backup.name);
                Self::Damaged(format!("{verdict}. The last good backup is {}", file.display()))
            }
            (error, _) => error,
        }
    }

    /// The disk or the system refuses for now; the same write may succeed later.
    pub(crate) fn is_disk(&self) -> bool {
        let Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) = self else { return false };
        matches!(
            error.code,
            Sqlite::DiskFull
                | Sqlite::SystemIoFailure
                | Sqlite::DatabaseBusy
                | Sqlite::DatabaseLocked
                | Sqlite::ReadOnly
                | Sqlite::CannotOpen
                | Sqlite::OutOfMemory
        )
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::not_found(what),
            StoreError::FileLost => Self::new(ErrorCode::FileLost, "The file is not there any more, or was changed."),
            StoreError::Closed => Self::new(ErrorCode::Gone, "The app is quitting."),
            other => Self::new(ErrorCode::Storage, "The disk did not take it. Nothing that was stored is lost.")
                .detail(other),
        }
    }
}
