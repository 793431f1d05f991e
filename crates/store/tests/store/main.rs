//! The store from outside: what was shown is on disk, one numbering for every reader, nothing lost in a crash.

// A test crate: its scenes panic as its tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod api;
mod assistants;
mod backups;
mod bin;
mod chance;
mod conversations;
mod damage;
mod documents;
mod drafts;
mod exchange;
mod files;
mod kill;
mod kills;
mod log;
mod opening;
mod places;
mod scene;
mod search;
mod spending;
mod tree;
