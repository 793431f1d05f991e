//! Backups: copies of the whole database that were checked after they were written.

use serde::{Deserialize, Serialize};

/// What a backup was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum BackupKind {
    /// The day's.
    Daily,
    /// A person asked for it.
    Asked,
    /// Before a new version changed the database's format.
    Migration,
    /// Before another backup was restored.
    Restore,
}

/// A backup. It got its name after it was read back and found whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct BackupFile {
    /// The file's name in the folder.
    pub name: String,
    /// What it was made for.
    pub kind: BackupKind,
    /// When, in milliseconds since the epoch.
    pub made_at: u64,
    /// Its size.
    pub bytes: u64,
}

/// How the backups stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct BackupStatus {
    /// Where they are.
    pub folder: String,
    /// All of them, latest first.
    pub backups: Vec<BackupFile>,
    /// One is being made or restored.
    pub running: bool,
    /// Why the last try failed, until one succeeds.
    pub problem: Option<BackupProblem>,
}

/// A backup that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct BackupProblem {
    /// When, in milliseconds since the epoch.
    pub at: u64,
    /// The system's own words.
    pub detail: String,
}
