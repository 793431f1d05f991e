//! The fault matrix: whatever can break between the engine and a model, played by a scripted upstream, one test a row.
//!
//! Each case says how often the upstream was asked (a request that reached a model is paid), what was kept of the
//! answer, and how it ended. The endings are written to `outcomes/`, which the page's tests turn into the sentences and
//! steps a person sees; `RIVULET_OUTCOMES=write` writes them anew. `cargo xtask bench faults` counts the rows.

#![allow(missing_docs, clippy::unwrap_used)]

mod connecting;
mod frames;
mod http2;
mod life;
mod refusals;
mod scene;
mod streams;
mod voices;

use scene::{Row, Scene, Setup};
