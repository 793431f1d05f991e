//! A person's own storage, to which encrypted backups go.

use crate::{ApiError, KeyPlace, Secret};
use serde::{Deserialize, Serialize};

/// Where the storage is. Nothing secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StoragePlace {
    /// A folder of this computer, or one that another program keeps in step with elsewhere. It must be there.
    Folder {
        /// From the root.
        path: String,
    },
    /// A folder of a WebDAV server. It must be there.
    Webdav {
        /// `https://…` up to the folder.
        address: String,
        /// Whose it is; empty if none is asked for.
        user: String,
    },
    /// A bucket that is spoken to as Amazon's S3 is.
    S3 {
        /// `https://…` without the bucket.
        endpoint: String,
        /// The bucket.
        bucket: String,
        /// The folder in it; may be empty.
        folder: String,
        /// The region; `us-east-1` where the server has none.
        region: String,
        /// The access key's id, which is no secret.
        key_id: String,
    },
}

/// Sets up the storage.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct StorageSave {
    /// Where.
    pub place: StoragePlace,
    /// WebDAV's password or S3's secret key; `None` leaves the one that is kept for this place.
    #[cfg_attr(feature = "codegen", ts(type = "string | null", optional))]
    pub password: Option<Secret>,
    /// What everything there is encrypted with; `None` leaves the one that is kept for this place.
    #[cfg_attr(feature = "codegen", ts(type = "string | null", optional))]
    pub passphrase: Option<Secret>,
    /// Where both are kept.
    pub keep: KeyPlace,
}

/// One of the backups in the storage.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct StorageRef {
    /// Its name.
    pub name: String,
    /// What it was encrypted with.
    #[cfg_attr(feature = "codegen", ts(type = "string"))]
    pub passphrase: Secret,
}

/// A backup in the storage: whole, as far as the storage says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct StoredBackup {
    /// Its name, which tells its time and nothing else.
    pub name: String,
    /// When it was made, in milliseconds since the epoch.
    pub made_at: u64,
    /// How much it takes there.
    pub bytes: u64,
}

/// How the storage stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct StorageStatus {
    /// Where it is; `None` if none is set up.
    pub place: Option<StoragePlace>,
    /// Something is on its way there or back.
    pub running: bool,
    /// The last one that was sent there, read back and found whole.
    pub last: Option<StoredBackup>,
    /// Why the last try failed, until one succeeds.
    pub problem: Option<StorageProblem>,
}

/// A backup that did not get to the storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct StorageProblem {
    /// When, in milliseconds since the epoch.
    pub at: u64,
    /// Why.
    pub error: ApiError,
}

/// A folder a person chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ChosenFolder {
    /// Where it is, from the root; `None` if they chose none.
    pub path: Option<String>,
}
