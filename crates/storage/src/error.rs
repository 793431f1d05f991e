//! Why the storage failed.

use rivulet_protocol::{ApiError, ErrorCode, Failure, Secret};
use std::error::Error;
use std::io;

/// A server's own words are cut to this.
const WORDS: usize = 300;

/// Why the storage failed. Nothing in it is a secret or the text of a message.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The place is none.
    #[error("{0}")]
    Address(&'static str),
    /// No answer came.
    #[error("the storage could not be reached ({:?})", .0.code)]
    Unreachable(Box<Failure>),
    /// The storage refuses this user or key.
    #[error("the storage refuses the user or the key")]
    Denied,
    /// The storage has no room.
    #[error("the storage is full")]
    Full,
    /// The passphrase is another one.
    #[error("the passphrase is not the one this was encrypted with")]
    Passphrase,
    /// What is there is not what was sent.
    #[error("what is in the storage is damaged: {0}")]
    Damaged(String),
    /// No such backup.
    #[error("there is no such backup in the storage")]
    NotFound,
    /// The storage failed in another way.
    #[error("the storage failed: {0}")]
    Failed(String),
    /// This computer's own disk.
    #[error("the disk did not take it: {0}")]
    Disk(#[source] io::Error),
}

impl StorageError {
    /// What OpenDAL says; the cause below it, where there is one of ours, says it better.
    pub(crate) fn of(error: opendal::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if let Some(refused) = error.downcast_ref::<Refused>() {
                return refused.clone().into();
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return Self::of_folder(error);
            }
            cause = error.source();
        }
        match error.kind() {
            opendal::ErrorKind::NotFound => Self::NotFound,
            opendal::ErrorKind::PermissionDenied => Self::Denied,
            kind => Self::Failed(format!("{kind}: {}", start(error.message()))),
        }
    }

    fn of_folder(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::NotFound => Self::NotFound,
            _ => Self::Failed(error.to_string()),
        }
    }

    /// The same without this secret, whoever put it there.
    pub(crate) fn without(self, secret: Option<&Secret>) -> Self {
        match (self, secret.map(Secret::expose).filter(|secret| !secret.is_empty())) {
            (Self::Failed(words), Some(secret)) => Self::Failed(words.replace(secret, "•••")),
            (error, _) => error,
        }
    }
}

/// What a server's answer came to, below an error of OpenDAL's.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("no answer")]
    Unreachable(Box<Failure>),
    #[error("denied")]
    Denied,
    #[error("full")]
    Full,
}

impl From<Refused> for StorageError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unreachable(failure) => Self::Unreachable(failure),
            Refused::Denied => Self::Denied,
            Refused::Full => Self::Full,
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        let say = |code, message: &str| Self::new(code, message);
        match error {
            StorageError::Address(message) => say(ErrorCode::StorageAddress, message),
            StorageError::Unreachable(failure) => Self::upstream(*failure),
            StorageError::Denied => say(ErrorCode::StorageDenied, "The storage refuses the user or the key."),
            StorageError::Full => say(ErrorCode::StorageFull, "The storage is full."),
            StorageError::Passphrase => {
                say(ErrorCode::StoragePassphrase, "The passphrase is not the one this backup was encrypted with.")
            }
            StorageError::Damaged(words) => {
                say(ErrorCode::StorageDamaged, "What is in the storage is damaged. Nothing was changed.").detail(words)
            }
            StorageError::NotFound => Self::not_found("backup in the storage"),
            StorageError::Failed(words) => say(ErrorCode::StorageFailed, "The storage failed.").detail(words),
            StorageError::Disk(error) => {
                say(ErrorCode::Storage, "The disk did not take it. Nothing that was stored is lost.").detail(error)
            }
        }
    }
}

fn start(words: &str) -> String {
    let one_line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.chars().take(WORDS).collect()
}
