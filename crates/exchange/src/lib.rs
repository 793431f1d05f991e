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

use rivulet_protocol::{Assistant, Conversation, ImportReport, Message, Project};
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

/// The same with the assistants in the file, in their order. They are small and few, so they come all at once.
pub fn read_with_assistants(
    path: &Path,
    progress: &Progress,
    each: &mut dyn FnMut(Chat) -> Result<(), ReadError>,
) -> Result<(ImportReport, Vec<Assistant>), ReadError> {
    readers::read(path, progress, each)
}
