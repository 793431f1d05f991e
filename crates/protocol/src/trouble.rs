//! A data folder that cannot be opened, what a person can do about it, and a disk that refuses while the app runs.

use crate::{BackupFile, Language, Theme};
use serde::{Deserialize, Serialize};

/// What is wrong with the disk or the database: one for each thing a person does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DiskFault {
    /// The database is damaged.
    Damaged,
    /// A newer version wrote it.
    Newer,
    /// Another Rivulet has it open.
    InUse,
    /// Another program holds it.
    Locked,
    /// It may not be written.
    ReadOnly,
    /// There is no room.
    Full,
    /// Something else, which the system's own words tell.
    Other,
}

/// What the disk refuses while the app runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct DiskProblem {
    /// What is wrong.
    pub fault: DiskFault,
    /// The system's own words.
    pub detail: String,
    /// What becomes of answers meanwhile.
    pub unsaved: Unsaved,
}

/// Where the text of answers is that the disk refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Unsaved {
    /// There is none.
    #[default]
    Nothing,
    /// In files beside the database, or where there was room. The next start takes them in.
    Kept {
        /// Their folder.
        folder: String,
    },
    /// In memory alone: the end of the app loses it.
    InMemory,
}

/// Why the data folder cannot be opened, and what there is to go back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Trouble {
    /// What is wrong.
    pub fault: DiskFault,
    /// The system's own words.
    pub detail: String,
    /// The data folder.
    pub folder: String,
    /// Backups that can be read, latest first. Empty where restoring one would not help.
    pub backups: Vec<RescueBackup>,
    /// The language that was chosen, as far as it can still be read.
    pub language: Option<Language>,
    /// The theme that was chosen, likewise.
    pub theme: Theme,
}

/// A backup, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct RescueBackup {
    /// Its file.
    pub file: BackupFile,
    /// Conversations in it.
    pub conversations: u64,
}

/// A way out of a damaged database. The damaged file is kept in each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum Rescue {
    /// Puts a backup in its place.
    Backup {
        /// The backup's name.
        name: String,
    },
    /// Takes out of it what can still be read.
    Salvage,
    /// Begins with an empty one.
    Empty,
}

/// What came of a rescue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Rescued {
    /// Where the damaged file is now.
    pub kept: String,
    /// Conversations that are there now.
    pub conversations: u64,
    /// Messages that are there now.
    pub messages: u64,
    /// Conversations and messages that are known to have been there and could not be read: at least so many are missing.
    pub lost: u64,
}
