//! Why the store failed.

use rivulet_protocol::{ApiError, DiskFault, DiskProblem, ErrorCode, Unsaved};
use rusqlite::ErrorCode as Sqlite;
use std::io;

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
    /// The database is not what we wrote.
    #[error("the database is damaged and was not touched: {0}")]
    Damaged(String),
    /// A file that was chosen is no backup of ours, or is damaged.
    #[error("the file is no backup: {0}")]
    NotABackup(String),
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
    /// What it is for a person. Of the database's own errors only those count as damage that say so.
    pub fn fault(&self) -> DiskFault {
        match self {
            Self::InUse => DiskFault::InUse,
            Self::TooNew { .. } => DiskFault::Newer,
            // A stored document that cannot be read was written by us, and can be nothing else.
            Self::Damaged(_) | Self::Document(_) => DiskFault::Damaged,
            Self::Folder(error) | Self::File(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DiskFault::Full,
                io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => DiskFault::ReadOnly,
                _ => DiskFault::Other,
            },
            Self::Sqlite(error) => match error.sqlite_error_code() {
                Some(Sqlite::DatabaseCorrupt | Sqlite::NotADatabase) => DiskFault::Damaged,
                Some(Sqlite::DiskFull) => DiskFault::Full,
                Some(Sqlite::ReadOnly | Sqlite::CannotOpen | Sqlite::PermissionDenied) => DiskFault::ReadOnly,
                Some(Sqlite::DatabaseBusy | Sqlite::DatabaseLocked) => DiskFault::Locked,
                _ => DiskFault::Other,
            },
            Self::FileLost | Self::NotABackup(_) | Self::Thread(_) | Self::NotFound(_) | Self::Closed => {
                DiskFault::Other
            }
        }
    }

    /// What a person is told while the app runs.
    pub fn problem(&self) -> DiskProblem {
        DiskProblem { fault: self.fault(), detail: self.to_string(), unsaved: Unsaved::Nothing }
    }

    /// While a database is being opened, an error of SQLite's that is not the disk's means that what is in there is not
    /// what we wrote.
    pub(crate) fn while_opening(self) -> Self {
        match self {
            Self::Sqlite(error) => match Self::Sqlite(error) {
                error if error.is_corrupt() || !error.is_disk() => Self::Damaged(error.to_string()),
                error => error,
            },
            Self::Document(error) => Self::Damaged(error.to_string()),
            error => error,
        }
    }

    /// SQLite found that the database is not one any more.
    pub(crate) fn is_corrupt(&self) -> bool {
        matches!(self, Self::Sqlite(_)) && self.fault() == DiskFault::Damaged
    }

    /// The disk or the system refuses for now, or the database is damaged: whoever can wait keeps what it has.
    pub(crate) fn is_disk(&self) -> bool {
        let Self::Sqlite(error) = self else { return false };
        matches!(
            error.sqlite_error_code(),
            Some(
                Sqlite::DiskFull
                    | Sqlite::SystemIoFailure
                    | Sqlite::DatabaseBusy
                    | Sqlite::DatabaseLocked
                    | Sqlite::DatabaseCorrupt
                    | Sqlite::NotADatabase
                    | Sqlite::ReadOnly
                    | Sqlite::CannotOpen
                    | Sqlite::PermissionDenied
                    | Sqlite::OutOfMemory
            )
        )
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::not_found(what),
            StoreError::FileLost => Self::new(ErrorCode::FileLost, "The file is not there any more, or was changed."),
            StoreError::Closed => Self::new(ErrorCode::Gone, "The app is quitting."),
            StoreError::NotABackup(_) => {
                Self::new(ErrorCode::NotABackup, "The file is no backup. Nothing was changed.").detail(error)
            }
            error if error.fault() == DiskFault::Damaged => {
                Self::new(ErrorCode::DatabaseDamaged, "The database is damaged. The file is kept as it is.")
                    .detail(error)
            }
            other => Self::new(ErrorCode::Storage, "The disk did not take it. Nothing that was stored is lost.")
                .detail(other),
        }
    }
}
