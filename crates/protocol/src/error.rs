//! The error of a command.

use crate::{Failure, FailureCode};
use serde::{Deserialize, Serialize};

/// Why a command was refused or failed. The interface makes the sentence from `code`; `message` is English, for
/// logs and for programs that use the mirror.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[error("{message}")]
pub struct ApiError {
    /// The class; the interface branches on it.
    pub code: ErrorCode,
    /// One English sentence.
    pub message: String,
    /// The system's own words.
    pub detail: Option<String>,
    /// Set when talking to a model or a vendor failed.
    pub failure: Option<Box<Failure>>,
}

impl ApiError {
    /// An error of this class with its English sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None, failure: None }
    }

    /// The same with the system's own words.
    pub fn detail(mut self, detail: impl ToString) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// Something asked for is not there (or not for this caller: the two look alike).
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("There is no such {what}."))
    }

    /// The request itself is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Invalid, message)
    }

    /// Talking to a vendor failed.
    pub fn upstream(failure: Failure) -> Self {
        let message = match &failure.host {
            Some(host) => format!("Asking {host} failed ({:?}).", failure.code),
            None => format!("Asking the provider failed ({:?}).", failure.code),
        };
        Self { code: ErrorCode::Upstream, message, detail: failure.detail.clone(), failure: Some(Box::new(failure)) }
    }
}

impl From<FailureCode> for ApiError {
    fn from(code: FailureCode) -> Self {
        Self::upstream(Failure::new(code))
    }
}

/// The class of a command's error: one for each thing the interface does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is malformed.
    Invalid,
    /// No such thing, or not for this caller.
    NotFound,
    /// This caller may not do that.
    Forbidden,
    /// Something is already running there.
    Busy,
    /// The link's budget is spent.
    BudgetSpent,
    /// No key is kept.
    NoKey,
    /// The keyring is locked.
    KeyringLocked,
    /// The keyring's question was dismissed.
    KeyringDismissed,
    /// A message bus answers, but no Secret Service is on it.
    KeyringMissing,
    /// No D-Bus session bus.
    KeyringNoBus,
    /// Several entries match.
    KeyringAmbiguous,
    /// The value is longer than this keyring takes.
    KeyringTooLong,
    /// The keyring did not answer in time.
    KeyringTimeout,
    /// The keyring failed in another way.
    KeyringFailed,
    /// The disk or the database.
    Storage,
    /// The database is damaged.
    DatabaseDamaged,
    /// A file a person chose is no backup.
    NotABackup,
    /// A proxy's address is none, or has a login in it.
    ProxyAddress,
    /// A file of certificate authorities cannot be used.
    CaFile,
    /// A file a person chose cannot be written.
    FileWrite,
    /// A picture is not fetched from such an address.
    PictureAddress,
    /// A picture could not be fetched, or is none.
    PictureFailed,
    /// A file is too large.
    FileTooLarge,
    /// A file of a kind that cannot be read.
    FileUnknown,
    /// A file is damaged.
    FileDamaged,
    /// A file is locked with a password.
    FileLocked,
    /// A kept file is not there any more, or is not what it was.
    FileLost,
    /// The address of a storage is none, or would take a password over the wire in the clear.
    StorageAddress,
    /// The storage refuses the user or the key.
    StorageDenied,
    /// The storage has no room.
    StorageFull,
    /// The passphrase is not the one a backup was encrypted with.
    StoragePassphrase,
    /// What is in the storage is not what was sent.
    StorageDamaged,
    /// No passphrase or password is kept for the storage.
    StorageNoSecret,
    /// The storage failed in another way.
    StorageFailed,
    /// The port is taken.
    PortTaken,
    /// Not possible in this form of the app.
    Unsupported,
    /// Talking to a vendor failed; see `failure`.
    Upstream,
    /// The app is quitting, or cannot be reached.
    Gone,
    /// A defect of ours.
    Internal,
}
