//! What crosses a boundary: ids, messages, events, settings, errors, the command table.
//!
//! Every other crate imports this one and it imports none of them. Types that reach a window or a browser derive
//! `TS` behind the `codegen` feature; `cargo xtask codegen` writes them to `ui/src/protocol/generated.ts`.
//!
//! Shapes on the wire: `snake_case` field names, enums tagged by `type`, times in milliseconds since the Unix
//! epoch, text positions in UTF-16 code units (what a JavaScript string's `length` counts).

mod api;
mod assistant;
mod backup;
mod closing;
pub mod command;
mod controls;
mod conversation;
mod cost;
mod error;
mod event;
mod exchange;
mod failure;
mod id;
mod mark;
mod mirror;
mod place;
mod provider;
mod replay;
mod request;
mod secret;
mod settings;
mod storage;
mod trace;
mod trouble;
#[cfg(feature = "codegen")]
pub mod typescript;

pub use api::*;
pub use assistant::*;
pub use backup::*;
pub use closing::*;
pub use command::Role as CallerRole;
pub use command::*;
pub use controls::*;
pub use conversation::*;
pub use cost::*;
pub use error::{ApiError, ErrorCode};
pub use event::*;
pub use exchange::*;
pub use failure::{Failure, FailureCode};
pub use id::{ApiTokenId, AssistantId, ConversationId, LinkId, MessageId, ProjectId, ProviderId, Uid};
pub use mark::*;
pub use mirror::*;
pub use place::*;
pub use provider::*;
pub use replay::*;
pub use request::*;
pub use secret::Secret;
pub use settings::*;
pub use storage::*;
pub use trace::*;
pub use trouble::*;

/// Length of `text` in UTF-16 code units: the unit of every text position on the wire.
pub fn utf16_len(text: &str) -> u64 {
    text.chars().map(|c| c.len_utf16() as u64).sum()
}

/// Milliseconds since the Unix epoch, for display and for order only where rows have no number of their own.
pub fn now_ms() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
