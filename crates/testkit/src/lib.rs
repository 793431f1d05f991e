//! For tests only: an upstream that does what a test tells it.
//!
//! Crates use it in their own tests, the end-to-end tests in front of the whole app.

#![allow(clippy::unwrap_used)]

mod upstream;

pub use upstream::{Request, Script, Upstream};
