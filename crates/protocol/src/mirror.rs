//! The mirror as the window sees it.

use crate::{ConversationId, LinkId};
use serde::{Deserialize, Serialize};

/// The mirror right now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct MirrorStatus {
    /// `http://127.0.0.1:PORT` while it listens.
    pub url: Option<String>,
    /// The links, oldest first.
    pub links: Vec<Link>,
}

/// A link, without its token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// What it was made for, in the person's words.
    pub label: String,
    /// What it allows.
    pub role: LinkRole,
    /// The conversations it shows; `None` is all.
    pub conversations: Option<Vec<ConversationId>>,
    /// When it was made, in milliseconds since the epoch.
    pub created_at: u64,
    /// When it ends by itself.
    pub expires_at: Option<u64>,
    /// Messages it may still send; `None` is no limit.
    pub messages_left: Option<u32>,
    /// Tokens its answers may still take; `None` is no limit.
    #[serde(default)]
    pub tokens_left: Option<u64>,
    /// Still good after the app has ended and started again.
    #[serde(default)]
    pub lasting: bool,
    /// Who is connected with it.
    pub viewers: Vec<Viewer>,
}

/// A connection of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Viewer {
    /// Since when, in milliseconds since the epoch.
    pub since: u64,
    /// What it watches. A browser's pages share one connection.
    pub conversations: Vec<ConversationId>,
    /// The browser, shortened to a name.
    pub agent: String,
}

/// What a link allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LinkRole {
    /// Reads the conversations that were shared with it.
    Viewer,
    /// May also send, stop and regenerate, within its budget.
    Participant,
}

/// A link that was just made. The only time its token leaves the core.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct NewLink {
    /// The link.
    pub link: Link,
    /// The page's address with the token in its fragment.
    pub url: String,
}
