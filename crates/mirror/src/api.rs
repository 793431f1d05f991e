//! The local OpenAI-compatible API: programs of this computer use the user's providers without seeing a key.
//!
//! A server of its own beside the mirror's: another port and so another origin, another switch, other tokens. It has
//! no page, so that nothing a browser sends is ever its own.

mod answer;
mod error;
mod messages;
mod request;
mod routes;

use crate::limits::Limits;
use crate::{cannot_listen, handles, listen};
use rivulet_engine::{ApiControl, BoxFuture, Engine};
use rivulet_protocol::ApiError;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The local API. Off until it is opened.
pub struct Api {
    engine: Engine,
    limits: Limits,
    running: Mutex<Option<(u16, CancellationToken)>>,
    tasks: TaskTracker,
}

impl Api {
    /// The API of this core, which from now on knows it.
    pub fn new(engine: Engine) -> Arc<Self> {
        Self::with_limits(engine, Limits::default())
    }

    /// The same with other limits.
    pub fn with_limits(engine: Engine, limits: Limits) -> Arc<Self> {
        let (running, tasks) = (Mutex::default(), TaskTracker::new());
        let api = Arc::new(Self { engine: engine.clone(), limits, running, tasks });
        engine.set_api(Arc::clone(&api) as Arc<dyn ApiControl>);
        api
    }

    /// Opens it if it was left on. A port that somebody else has taken meanwhile is no reason not to start.
    pub async fn resume(&self) {
        let resumed = match self.engine.api_left().await {
            Ok((true, port)) => self.listen(port).await.map(drop),
            Ok((false, _)) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = resumed {
            tracing::warn!(%error, "the local API stays off");
        }
    }

    /// Waits until every socket is closed. At most about a second.
    pub async fn closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    async fn listen(&self, port: Option<u16>) -> Result<u16, ApiError> {
        if let Some((port, _)) = *self.running() {
            return Ok(port);
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await.map_err(cannot_listen)?;
        let port = listener.local_addr().map_err(cannot_listen)?.port();
        let closing = self.engine.quitting().child_token();
        {
            let mut running = self.running();
            if let Some((port, _)) = *running {
                return Ok(port);
            }
            *running = Some((port, closing.clone()));
        }
        let limits = handles::within(self.limits);
        let app = routes::router(self.engine.clone(), limits, port);
        self.tasks.spawn(listen::serve(listener, app, limits, closing, self.tasks.clone()));
        Ok(port)
    }

    fn running(&self) -> MutexGuard<'_, Option<(u16, CancellationToken)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ApiControl for Api {
    fn url(&self) -> Option<String> {
        self.running().as_ref().map(|(port, _)| format!("http://127.0.0.1:{port}/v1"))
    }

    fn open(&self, port: Option<u16>) -> BoxFuture<'_, Result<u16, ApiError>> {
        Box::pin(self.listen(port))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            let running = self.running().take();
            if let Some((_, closing)) = running {
                closing.cancel();
                self.closed().await;
            }
        })
    }
}
