//! What went over the wire for an answer, for whoever wants to see it. Never a key.

use crate::{Failure, HeaderLine};
use serde::{Deserialize, Serialize};

/// The requests that were sent for an answer, first one first. Kept in memory, for this run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Trace {
    /// More than one when it was sent again.
    pub exchanges: Vec<Exchange>,
}

/// A request and what came back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Exchange {
    /// When it was sent, in milliseconds since the epoch.
    pub at: u64,
    /// `POST`.
    pub method: String,
    /// The address.
    pub url: String,
    /// The request's headers; a secret's value is `•••`.
    pub headers: Vec<HeaderLine>,
    /// The request's body, cut at 256 KiB.
    pub body: String,
    /// The status, once the head of the response came.
    pub status: Option<u16>,
    /// When that was, in milliseconds after the request.
    pub status_ms: Option<u64>,
    /// The response's headers.
    pub response_headers: Vec<HeaderLine>,
    /// The events as they came, before any decoder; the first 2 MiB of them.
    pub events: Vec<WireEvent>,
    /// Events that came after those, and were only counted.
    pub left_out: u64,
    /// How it failed, if it did.
    pub failure: Option<Failure>,
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct WireEvent {
    /// When it came, in microseconds after the request.
    pub after_us: u64,
    /// Its name; `message` where the protocol names none.
    pub name: String,
    /// Its data, cut at 16 KiB.
    pub data: String,
}
