//! What a client waits for, and how much it takes.

use crate::sse::SseLimits;
use std::time::{Duration, SystemTime};

/// How long and how much is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For the head of the response, after the connection stands. Slow models think before they answer.
    pub header: Duration,
    /// Without a byte.
    pub byte_idle: Duration,
    /// Without content, although keep-alives come.
    pub content_idle: Duration,
    /// Without a byte once the model said why it ends: some servers never close the connection.
    pub goodbye: Duration,
    /// For an answer that is not streamed: a list of models.
    pub whole: Duration,
    /// Silence after which viewers are told that nothing comes.
    pub stall_notice: Duration,
    /// How often an HTTP/2 connection is tried while it is silent, and how long for an echo: a network that has gone
    /// away is noticed by that.
    pub ping: (Duration, Duration),
    /// From one look at an answer that its vendor goes on with, and cannot be followed, to the next.
    pub poll: Duration,
    /// So long an answer is tried to be taken up again after the last that came of it: vendors keep it about as long.
    pub take_up: Duration,
    /// For the body of an error.
    pub error_body: Duration,
    /// The longest line and event.
    pub sse: SseLimits,
    /// The clock on the wall, which goes on while the computer sleeps.
    pub wall: fn() -> SystemTime,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            header: Duration::from_secs(300),
            byte_idle: Duration::from_secs(120),
            content_idle: Duration::from_secs(600),
            goodbye: Duration::from_secs(10),
            whole: Duration::from_secs(30),
            stall_notice: Duration::from_secs(10),
            ping: (Duration::from_secs(20), Duration::from_secs(10)),
            poll: Duration::from_secs(2),
            take_up: Duration::from_secs(15 * 60),
            error_body: Duration::from_secs(5),
            sse: SseLimits::default(),
            wall: SystemTime::now,
        }
    }
}
