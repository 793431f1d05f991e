//! What commands ask and answer, where it is only fields.

use crate::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Declares request and response types that are only fields.
macro_rules! wire {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
            #[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
            #[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
            pub struct $name {
                $($(#[$field_meta])* pub $field: $type,)*
            }
        )*
    };
}

macro_rules! request {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
            #[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
            pub struct $name {
                $($(#[$field_meta])* pub $field: $type,)*
            }
        )*
    };
}

mod conversations;
mod messages;
mod providers;

pub use conversations::*;
pub use messages::*;
pub use providers::*;

wire! {
    /// No fields.
    Nothing {}
    /// A change of settings: the fields of [`Settings`] to change.
    SettingsUpdate {
        /// An object with some of the fields of [`Settings`].
        patch: Value,
    }
    /// How far back to look.
    CostsGet {
        /// So many days, the present one among them; 31 if left out, 3,660 at most.
        days: Option<u32>,
    }
}

request! {
    /// A new link.
    LinkCreate {
        /// What it allows.
        role: LinkRole,
        /// What it is for.
        label: String,
        /// The conversations it shows; all if left out.
        conversations: Option<Vec<ConversationId>>,
        /// Messages it may send; no limit if left out.
        messages: Option<u32>,
        /// Tokens its answers may take, read and written; no limit if left out. The answer that goes beyond is the last.
        tokens: Option<u64>,
        /// How long it lives, in seconds; until the mirror stops if left out.
        lives_s: Option<u64>,
        /// Still good after the app has ended and started again.
        lasting: Option<bool>,
    }
    /// Names a backup.
    BackupRef {
        /// Its file's name.
        name: String,
    }
    /// Names a link.
    LinkRef {
        /// Which.
        link: LinkId,
    }
    /// An address to open.
    LinkOpen {
        /// http, https or mailto.
        url: String,
    }
    /// Asks for a picture.
    PictureFetch {
        /// http or https.
        url: String,
    }
    /// What this is.
    AppInfo {
        /// The version.
        version: String,
        /// Who asks.
        role: Role,
        /// Where conversations and settings are kept; only told to the window.
        data_dir: Option<String>,
        /// `linux`, `macos` or `windows`.
        platform: String,
        /// What the disk refuses just now; only told to the window.
        disk: Option<DiskProblem>,
        /// The provider and model this run was started with; they answer unless others are chosen. Not told to viewers.
        started_with: Option<ModelChoice>,
    }
}
