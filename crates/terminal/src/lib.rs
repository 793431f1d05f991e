//! The terminal: `rivulet ask`, `tail` and `list` beside the running app.
//!
//! Both ends of one socket are here. [`Terminal`] is the app's end: over the engine as the mirror is, but for the
//! person who owns the data folder and for nobody else. [`client`] is the program in the shell. Between them go lines
//! of JSON ([`wire`]); [`socket`] is what the system offers for that.

pub mod client;
mod lines;
mod server;
mod socket;
pub mod wire;

pub use server::Terminal;
