//! The built-in upstream: an OpenAI-compatible server on loopback that needs no key and no network.
//!
//! It is a real HTTP server, so that a first answer takes the whole real way: request, stream, log, window. Its path
//! has a random part and it refuses web pages, since every program on the machine can reach a loopback port.
//!
//! Models: `tour` (all that an answer can look like, with reasoning), `echo` (what you said), `clock` (the time, once a
//! second, until stopped), and for measurements `flood:<n>` (n tokens of Markdown; not in the list).

mod answer;
mod server;
mod tokens;
mod tour;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The running server. Dropping it ends it.
pub struct Demo {
    base_url: String,
    rate: Arc<Rate>,
    _end: DropGuard,
}

impl Demo {
    /// Starts the server on a free port of 127.0.0.1, on the current tokio runtime.
    pub async fn start() -> std::io::Result<Self> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).map_err(|error| std::io::Error::other(error.to_string()))?;
        let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let rate = Arc::new(Rate::default());
        let end = CancellationToken::new();
        let address = server::start(&secret, Arc::clone(&rate), end.clone()).await?;
        Ok(Self { base_url: format!("http://{address}/{secret}/v1"), rate, _end: end.drop_guard() })
    }

    /// Where it answers.
    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// Tokens a second, for answers that begin from now on; `None` is as fast as it goes.
    pub fn set_rate(&self, tokens_per_second: Option<u32>) {
        self.rate.0.store(tokens_per_second.unwrap_or(0), Ordering::Relaxed);
    }
}

/// Tokens a second; 0 is no limit.
#[derive(Default)]
pub(crate) struct Rate(AtomicU32);

impl Rate {
    pub fn get(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|rate| *rate > 0)
    }
}
