//! What no real export exceeds. A file beyond one of these is refused before it costs memory or time.

/// Nesting within one conversation.
pub const DEPTH: u32 = 100;
/// Bytes of one conversation's JSON; pictures may be written into it.
pub const VALUE_BYTES: usize = 256 << 20;
/// Commas and brackets in one conversation's JSON: each value costs memory.
pub const VALUES: usize = 4 << 20;
/// Answers below answers where a format nests them.
pub const TREE_DEPTH: usize = 20_000;
/// Files in a zip or folder.
pub const FILES: usize = 1 << 20;
/// Bytes a zip may unpack to for each of its own, beside [`FREE_BYTES`].
pub const RATIO: u64 = 250;
/// Bytes a zip may unpack to whatever its size.
pub const FREE_BYTES: u64 = 64 << 20;
/// Bytes of one attachment in an archive.
pub const ATTACHMENT_BYTES: usize = 64 << 20;
/// Characters of a title.
pub const TITLE: usize = 200;
