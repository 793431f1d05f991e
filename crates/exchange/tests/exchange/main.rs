//! Readers and writers as other crates use them: fixtures of each format, hostile files, and there and back.

// A test fails by panicking, in its helpers too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod assistants;
mod formats;
mod hostile;
mod outline;
mod round_trip;
