//! Conversations in and out: readers for other programs' exports, writers for people and for our own archive.
//!
//! [`read`] takes a file, a zip or a folder, finds out whose it is and hands over one conversation after another.
//! Nothing is kept but the one it is at, so a file of a gigabyte is as good as a small one. Files come from strangers:
//! each may be hostile, and the worst one gets is a [`ReadError`].

mod error;
mod json;
pub mod limits;
mod readers;
mod shape;
mod source;
mod text;
mod tree;
mod value;
pub mod writers;

pub use error::ReadError;
pub use source::Progress;

use rivulet_protocol::{Assistant, Conversation, FileHash, ImportReport, Message, Project};
use std::collections::HashSet;
use std::path::Path;

/// A conversation with everything in it. Parents stand before their children, siblings in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Chat {
    /// The conversation; `head` is 0 and nothing runs.
    pub conversation: Conversation,
    /// Its messages.
    pub messages: Vec<Message>,
    /// The project it is in.
    pub project: Option<Project>,
}

/// Reads all conversations at `path` and gives each to `each`, which may end it with an error.
///
/// The same file gives the same ids again. The report has what was in the file; whether something is new here it
/// cannot know.
pub fn read(
    path: &Path,
    progress: &Progress,
    each: &mut dyn FnMut(Chat) -> Result<(), ReadError>,
) -> Result<ImportReport, ReadError> {
    Ok(readers::read(path, progress, each)?.0)
}

/// What lies beside the conversations in an archive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// The assistants, in their order. They are small and few.
    pub assistants: Vec<Assistant>,
    /// The attachments that messages name and that are there, to be read by [`read_files`].
    pub files: HashSet<FileHash>,
}

/// The same, and what lies beside the conversations.
pub fn read_with_extras(
    path: &Path,
    progress: &Progress,
    each: &mut dyn FnMut(Chat) -> Result<(), ReadError>,
) -> Result<(ImportReport, Extras), ReadError> {
    readers::read(path, progress, each)
}

/// Reads the `wanted` attachments of an archive and gives each to `each`; answers with how many are not what their
/// names say. Every file that is given out has the hash that was asked for.
pub fn read_files(
    path: &Path,
    progress: &Progress,
    wanted: &HashSet<FileHash>,
    each: &mut dyn FnMut(Vec<u8>) -> Result<(), ReadError>,
) -> Result<u64, ReadError> {
    readers::read_files(path, progress, wanted, each)
}
