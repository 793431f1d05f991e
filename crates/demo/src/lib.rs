//! The built-in upstream: an OpenAI-compatible server on loopback that needs no key.
//!
//! It is a real HTTP server, so an answer of the demo takes the whole way that a vendor's answer takes. Its models:
//!
//! - `tour` shows what Markdown can do, with reasoning first; in Simplified Chinese to a question with Han characters.
//! - `echo` sends the last user message back, byte for byte.
//! - `clock` sends the time (UTC), at once and then with every second, until the client closes or a day has passed.
//! - `flood:<n>` is not in the list of models: `n` tokens of fixed text that looks like Markdown, for benches.
//!
//! A request that ends with a partial answer, or with that and a user message beginning with `Continue`, makes `tour`
//! and `echo` go on exactly where that partial answer stops.
//!
//! It can also play a [`recording`]: then it answers every request as another server once did, byte for byte, in that
//! server's protocol.

mod answer;
mod chat;
mod http;
mod pace;
pub mod recording;
mod replay;
mod script;
mod tokens;

use crate::http::Server;
use crate::recording::Recording;
use crate::replay::Replay;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// The running server. Dropping it ends the server and every answer.
pub struct Demo {
    base_url: String,
    rate: watch::Sender<pace::Rate>,
    speed: watch::Sender<replay::Speed>,
    server: Arc<Server>,
    serving: AbortHandle,
}

impl Demo {
    /// Listens on a free port of 127.0.0.1, served by the current tokio runtime.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let host = listener.local_addr()?.to_string();
        let root = format!("/{}/v1", random_name()?);
        let base_url = format!("http://{host}{root}");
        let (rate, watching) = watch::channel(None);
        let (speed, playing) = watch::channel(Some(1));
        let replay = Default::default();
        let server = Arc::new(Server { host, root, rate: watching, answers: 1.into(), replay, speed: playing });
        let serving = tokio::spawn(serve(listener, Arc::clone(&server))).abort_handle();
        Ok(Self { base_url, rate, speed, server, serving })
    }

    /// `http://127.0.0.1:PORT/<random>/v1`. The random part keeps out web pages and other users, who cannot guess it.
    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// Tokens a second from now on, also for answers that are running; `None` is as fast as it goes. The clock keeps
    /// its own time.
    pub fn set_rate(&self, tokens_per_second: Option<u32>) {
        self.rate.send_replace(tokens_per_second);
    }

    /// Answers every request with this recording from now on, or by itself again. Its exchanges answer one after the
    /// other, and then from the first.
    pub fn replay(&self, recording: Option<Recording>) {
        self.server.play(recording.map(Replay::new));
    }

    /// Looks at the recording that is played.
    pub fn replayed<T>(&self, look: impl FnOnce(&Recording) -> T) -> Option<T> {
        self.server.replay().map(|replay| look(&replay.recording))
    }

    /// How often as fast as it was recorded, also for answers that are running; `None` is as fast as it is read.
    pub fn set_replay_speed(&self, times: Option<u32>) {
        self.speed.send_replace(times);
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// 128 random bits in hexadecimal.
fn random_name() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Serves until it is aborted; the connections' tasks end with the set that holds them.
async fn serve(listener: TcpListener, server: Arc<Server>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file handles, most likely: wait for some to come free.
                tracing::warn!(%error, "the demo could not take a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Small writes are the point of a paced answer.
        let _ = stream.set_nodelay(true);
        let server = server.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let server = server.clone();
                async move { server.answer(request).await }
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            // A client that closes in mid-answer is an error to hyper and everyday life here.
            let _ = http.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
