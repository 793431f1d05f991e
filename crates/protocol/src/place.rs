//! Where a person put their conversations: in the archive, in a project, under tags.

use crate::{ConversationId, ProjectId};
use serde::{Deserialize, Serialize};

/// Where a person put a conversation. The window's alone: whoever comes by a link is told that it is nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(default)]
pub struct Place {
    /// Out of the list, and still found.
    pub archived: bool,
    /// The project it is in.
    pub project: Option<ProjectId>,
    /// Free words, in the order of the alphabet.
    pub tags: Vec<String>,
}

/// A folder of conversations that share instructions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its name.
    pub name: String,
    /// What each model is told before everything else in each of its conversations; may be empty.
    pub instructions: String,
    /// Milliseconds since the epoch.
    pub created_at: u64,
    /// How many conversations of the list are in it.
    #[serde(default)]
    pub conversations: u64,
}

/// Makes a project, or changes one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
pub struct ProjectSave {
    /// Which; a new one if left out.
    pub project: Option<ProjectId>,
    /// At most 100 characters.
    pub name: String,
    /// At most 64 KiB; those it has if left out.
    pub instructions: Option<String>,
}

/// Names a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ProjectRef {
    /// Which.
    pub project: ProjectId,
}

/// A tag that is in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Tag {
    /// The words.
    pub name: String,
    /// On how many conversations it is.
    pub conversations: u64,
}

/// Where conversations shall go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
pub struct Destination {
    /// The project; out of any if left out.
    pub project: Option<ProjectId>,
}

/// One change of where several conversations are. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
pub struct ConversationsArrange {
    /// Which; 10,000 at most.
    pub conversations: Vec<ConversationId>,
    /// Kept at the top, or not.
    pub pinned: Option<bool>,
    /// Into the archive, or out of it.
    pub archived: Option<bool>,
    /// Into the bin; what runs in them is stopped.
    pub deleted: Option<bool>,
    /// Into a project, or out of any.
    pub move_to: Option<Destination>,
    /// Tags they get.
    pub add_tags: Option<Vec<String>>,
    /// Tags they lose.
    pub remove_tags: Option<Vec<String>>,
}

/// Where a conversation was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Placement {
    /// Which.
    pub conversation: ConversationId,
    /// Kept at the top.
    pub pinned: bool,
    /// In the bin.
    pub deleted: bool,
    /// Archive, project and tags.
    pub place: Place,
}

/// Where conversations were: what takes a change back, as one act.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Placements {
    /// Those that changed.
    pub placements: Vec<Placement>,
}
