//! The app's end of the socket: accepting connections, and leaving.

mod listing;
mod session;

use crate::socket::Listener;
use crate::wire::Host;
use rivulet_engine::Engine;
use session::Session;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections at once. More wait for their turn.
const CONNECTIONS: usize = 64;
/// After the core's end: for the last lines to be read.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The socket, served.
pub struct Terminal {
    shared: Shared,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

/// What a connection knows of the app around it.
#[derive(Clone)]
struct Shared {
    engine: Engine,
    host: Host,
    version: Arc<str>,
    handed_over: CancellationToken,
    leaving: CancellationToken,
    connections: TaskTracker,
}

impl Terminal {
    /// Listens in the core's data folder. Must be called within a tokio runtime.
    pub fn listen(engine: Engine, dir: &Path, host: Host, version: &str) -> io::Result<Self> {
        let listener = Listener::claim(dir)?;
        let shared = Shared {
            engine,
            host,
            version: version.into(),
            handed_over: CancellationToken::new(),
            leaving: CancellationToken::new(),
            connections: TaskTracker::new(),
        };
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self { shared, accepting: Mutex::new(Some(accepting)) })
    }

    /// Whether somebody is connected right now.
    pub fn in_use(&self) -> bool {
        !self.shared.connections.is_empty()
    }

    /// Resolves when a window (or `rivulet serve`) wants the data folder and this is a core that gives way.
    pub async fn handed_over(&self) {
        self.shared.handed_over.cancelled().await;
    }

    /// Takes the socket away. To be waited for before the core ends and lets the data folder go: from then on what lies
    /// there is another process's.
    pub async fn leave(&self) {
        self.shared.leaving.cancel();
        if let Some(accepting) = self.accepting.lock().await.take() {
            // It ends by itself, and a panic in it is as good as its end.
            let _ = accepting.await;
        }
    }

    /// After the core's end: waits until those who are connected have heard of it, for a second at most.
    pub async fn closed(&self) {
        self.shared.connections.close();
        // One who does not read is not waited for.
        let _ = timeout(LAST_WORDS, self.shared.connections.wait()).await;
    }
}

async fn accept(mut listener: Listener, shared: Shared) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let next = async {
            let turn = Arc::clone(&free).acquire_owned().await;
            (turn, listener.accept().await)
        };
        let (turn, accepted) = tokio::select! {
            () = shared.leaving.cancelled() => return,
            next = next => next,
        };
        let (stream, own) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a terminal could not connect");
                // Out of file handles, most likely: they come back.
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let session = Session::new(stream, shared.clone());
        shared.connections.spawn(async move {
            if own {
                session.serve().await
            } else {
                session.turn_away().await
            }
            drop(turn);
        });
    }
}
