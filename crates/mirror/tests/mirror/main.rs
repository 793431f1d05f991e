//! The mirror from outside: raw sockets, a real core, the built-in demo. Each test is named by what it requires.

// A test crate: its clients panic as its tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod attacks;
mod canary;
mod client;
mod codes;
mod completions;
mod described;
mod doors;
mod examples;
mod feed;
mod flow;
mod lasting;
mod limits;
mod links;
mod names;
mod programs;
mod table;
