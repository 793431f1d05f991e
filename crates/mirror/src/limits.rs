//! What the server allows: safe defaults, in one place. How many viewers there may be is a setting.

use std::time::Duration;

/// How much the server takes on, and how long it waits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once; the next one gets a 503.
    pub connections: usize,
    /// Event streams open at once; the next one gets a 503.
    pub streams: usize,
    /// For a request's head to arrive, counted from when one could begin: also how long a connection may idle.
    pub head: Duration,
    /// For a request's body to arrive.
    pub body: Duration,
    /// For a client to take more of an answer that is not an event stream.
    pub write: Duration,
    /// For the client of an event stream to take anything at all. A sleeper costs a place and no more; once it has lost
    /// its socket it comes back by the number of its last event.
    pub asleep: Duration,
    /// Between two signs of life on a quiet event stream.
    pub heartbeat: Duration,
    /// From the end of the mirror or of a link to the end of its sockets.
    pub grace: Duration,
    /// From a ticket's making to its first use.
    pub ticket: Duration,
    /// Wrong tokens in a minute before they are refused unseen.
    pub failures: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            streams: 128,
            head: Duration::from_secs(5),
            body: Duration::from_secs(10),
            write: Duration::from_secs(30),
            asleep: Duration::from_secs(600),
            heartbeat: Duration::from_secs(15),
            grace: Duration::from_millis(800),
            ticket: Duration::from_secs(30),
            failures: 10,
        }
    }
}

impl Limits {
    /// The same for so many viewers: each may have a request besides its stream, and some pages are being loaded.
    pub(crate) fn for_viewers(self, viewers: u32) -> Self {
        let streams = usize::try_from(viewers).unwrap_or(MOST_VIEWERS).clamp(1, MOST_VIEWERS);
        Self { streams, connections: 2 * streams + 16, ..self }
    }
}

/// Whatever the setting says.
const MOST_VIEWERS: usize = 2_000;
/// A request's head, in bytes.
pub(crate) const HEAD_BYTES: usize = 16 << 10;
/// A request's body, in bytes.
pub(crate) const BODY_BYTES: usize = 4 << 10;
/// The body of a request with a prompt: 200,000 characters fit however they are written as JSON.
pub(crate) const PROMPT_BODY_BYTES: usize = 4 << 20;
/// The body of a program's request, which may have pictures and documents in it.
pub(crate) const PROGRAM_BODY_BYTES: usize = 64 << 20;
/// Tickets a link may have at once.
pub(crate) const TICKETS: usize = 1024;
