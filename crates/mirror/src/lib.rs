//! The localhost HTTP and SSE server: browsers and programs of this machine that were given a link.
//!
//! A request's way: [`listen`] accepts it, [`guard`] refuses what a foreign page or host could send, [`routes`] finds
//! who it is in [`links`] and answers, for the most part by the engine's command table; [`stream`] writes a
//! conversation's log as Server-Sent Events. [`api`] is a second server with a switch of its own: the local
//! OpenAI-compatible API for programs.

mod agent;
mod api;
mod codes;
mod feed;
mod frames;
mod guard;
mod handles;
mod lasting;
mod limits;
mod links;
mod listen;
mod openapi;
mod page;
mod reply;
mod routes;
mod strangers;
mod stream;
mod token;

pub use api::Api;
pub use frames::{Frame, frame};
pub use limits::Limits;

use links::Links;
use rivulet_engine::{BoxFuture, Engine, MirrorControl};
use rivulet_protocol::*;
use routes::Site;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The mirror. Off until [`Mirror::start`].
pub struct Mirror {
    engine: Engine,
    limits: Limits,
    links: Arc<Links>,
    running: Mutex<Option<Running>>,
    tasks: TaskTracker,
}

struct Running {
    port: u16,
    closing: CancellationToken,
}

impl Mirror {
    /// A mirror of this core, which from now on knows it.
    pub fn new(engine: Engine) -> Arc<Self> {
        Self::with_limits(engine, Limits::default())
    }

    /// The same with other limits.
    pub fn with_limits(engine: Engine, limits: Limits) -> Arc<Self> {
        let notify = engine.clone();
        let links = Links::new(limits, move || notify.notify(LibraryEvent::Mirror));
        let mirror = Arc::new(Self {
            engine: engine.clone(),
            limits,
            links: Arc::new(links),
            running: Mutex::default(),
            tasks: TaskTracker::new(),
        });
        engine.set_mirror(Arc::clone(&mirror) as Arc<dyn MirrorControl>);
        mirror
    }

    /// Listens on 127.0.0.1, on this port or a free one; does nothing while it listens.
    pub async fn start(&self, port: Option<u16>) -> Result<MirrorStatus, ApiError> {
        if self.running().is_some() {
            return Ok(self.status());
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await.map_err(cannot_listen)?;
        let port = listener.local_addr().map_err(cannot_listen)?.port();
        // The app's end closes the sockets too, after the streams have said how the answers ended.
        let closing = self.engine.quitting().child_token();
        {
            let mut running = self.running();
            if running.is_some() {
                drop(running);
                return Ok(self.status());
            }
            *running = Some(Running { port, closing: closing.clone() });
        }
        let chosen = self.engine.mirror_viewers().await;
        let limits = handles::within(chosen.map_or(self.limits, |viewers| self.limits.for_viewers(viewers)));
        let site = Site { engine: self.engine.clone(), links: Arc::clone(&self.links), limits };
        let app = routes::router(site, port);
        self.tasks.spawn(listen::serve(listener, app, limits, closing, self.tasks.clone()));
        self.engine.notify(LibraryEvent::Mirror);
        Ok(self.status())
    }

    /// A participant link that sees everything, for whoever started `rivulet serve`.
    pub fn serve_link(&self) -> Result<NewLink, ApiError> {
        self.create_link(LinkCreate {
            role: LinkRole::Participant,
            label: "rivulet serve".into(),
            conversations: None,
            messages: None,
            tokens: None,
            lives_s: None,
            lasting: None,
        })
    }

    /// Waits until every socket is closed, after [`MirrorControl::stop`] or the app's end. At most about a second.
    pub async fn closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// A link's time is over after so long, unless it ended before.
    fn end_after(&self, lives: Duration, id: LinkId, ended: CancellationToken) {
        let links = Arc::clone(&self.links);
        tokio::spawn(async move {
            if tokio::time::timeout(lives, ended.cancelled()).await.is_err() {
                // It may have been revoked this very moment, which is as good.
                let _ = links.revoke(id);
            }
        });
    }

    fn url(&self) -> Option<String> {
        self.running().as_ref().map(|running| format!("http://127.0.0.1:{}", running.port))
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MirrorControl for Mirror {
    fn status(&self) -> MirrorStatus {
        MirrorStatus { url: self.url(), links: self.links.list() }
    }

    fn start(&self) -> BoxFuture<'_, Result<MirrorStatus, ApiError>> {
        Box::pin(async {
            let port = self.engine.mirror_port().await;
            Mirror::start(self, port).await
        })
    }

    fn stop(&self) -> BoxFuture<'_, MirrorStatus> {
        Box::pin(async {
            let running = self.running().take();
            if let Some(running) = running {
                self.links.clear();
                running.closing.cancel();
                self.closed().await;
                self.engine.notify(LibraryEvent::Mirror);
            }
            self.status()
        })
    }

    fn create_link(&self, request: LinkCreate) -> Result<NewLink, ApiError> {
        let url = self.url().ok_or_else(|| ApiError::new(ErrorCode::Gone, "The mirror is off."))?;
        let lives = request.lives_s;
        let (new, ended) = self.links.create(request, &url)?;
        if let Some(lives) = lives {
            self.end_after(Duration::from_secs(lives), new.link.id, ended);
        }
        Ok(new)
    }

    fn visit_url(&self, link: LinkId) -> Result<String, ApiError> {
        let url = self.url().ok_or_else(|| ApiError::new(ErrorCode::Gone, "The mirror is off."))?;
        Ok(format!("{url}/#code={}", self.links.make_code(link)?))
    }

    fn revoke_link(&self, link: LinkId) -> Result<MirrorStatus, ApiError> {
        self.links.revoke(link)?;
        Ok(self.status())
    }

    fn spend_message(&self, link: LinkId) -> Result<(), ApiError> {
        self.links.spend_message(link)
    }

    fn spend_tokens(&self, link: LinkId, tokens: u64) {
        self.links.spend_tokens(link, tokens);
    }

    fn link_started(&self, link: LinkId, conversation: ConversationId) {
        self.links.started(link, conversation);
    }

    fn link_sees(&self, link: LinkId, conversation: ConversationId) -> bool {
        self.links.sees(link, conversation)
    }

    fn link_conversations(&self, link: LinkId) -> Vec<ConversationId> {
        self.links.conversations(link)
    }
}

fn cannot_listen(error: io::Error) -> ApiError {
    let taken = matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied);
    let code = if taken { ErrorCode::PortTaken } else { ErrorCode::Internal };
    ApiError::new(code, "The mirror cannot listen on this port.").detail(error)
}
