//! The upstream: where it listens, which script a request gets, and what it saw.

use crate::script::{Script, Step};
use crate::tls::{Identity, Tls};
use crate::{http1, http2};
use serde_json::json;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Instant, SystemTime};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// A request that came.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `POST /v1/chat/completions HTTP/1.1` and the headers.
    pub head: String,
    /// The body.
    pub body: String,
    /// When the last byte of the answer was handed to the system.
    pub last_write: Option<SystemTime>,
    /// When the client was seen to close the connection.
    pub closed: Option<Instant>,
}

/// Where and how an upstream listens.
pub struct Listen {
    /// The address; port 0 takes a free one.
    pub address: &'static str,
    /// The host it is called by.
    pub host: &'static str,
    /// Who it is, if it speaks TLS.
    pub identity: Option<Identity>,
    /// It speaks HTTP/2 (over TLS) and nothing else.
    pub http2: bool,
}

impl Default for Listen {
    fn default() -> Self {
        Self { address: "127.0.0.1:0", host: "127.0.0.1", identity: None, http2: false }
    }
}

/// What a request for an answer that was asked for before gets: its id, the number behind which it wants events if it
/// wants a stream.
type Rest = Box<dyn FnMut(&str, Option<u64>) -> Script + Send>;

#[derive(Default)]
pub(crate) struct State {
    scripts: VecDeque<Script>,
    models: Option<Script>,
    rest: Option<Rest>,
    requests: Vec<Request>,
    connections: usize,
    closed: usize,
}

/// What the connections share.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<State>>);

/// What happened to an answer.
pub(crate) enum Note {
    Written,
    Closed,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Whether the next connection is given up at its first request.
    pub fn gives_up(&self) -> bool {
        matches!(self.lock().scripts.front(), Some(Script(steps)) if matches!(steps[..], [Step::GoAway]))
    }

    /// The script for a request, and its number if it is a chat request.
    pub fn script(&self, head: String, body: String) -> (Script, Option<usize>) {
        let mut state = self.lock();
        let kept = path_of(&head).split_once("/responses/").map(|(_, kept)| kept.to_owned());
        if let Some(kept) = kept {
            state.requests.push(Request { head, body, ..Request::default() });
            let number = state.requests.len() - 1;
            return (state.kept(&kept), Some(number));
        }
        if head.starts_with("GET") {
            let models = json!({ "object": "list", "data": [{ "id": "test-model", "object": "model" }] });
            let list = || Script::whole(200, "Content-Type: application/json\r\n", &models.to_string());
            return (state.models.clone().unwrap_or_else(list), None);
        }
        state.requests.push(Request { head, body, ..Request::default() });
        let last = state.scripts.len() <= 1;
        let script = if last { state.scripts.front().cloned() } else { state.scripts.pop_front() };
        (script.unwrap_or_else(|| Script::stream().text("Hello.").done()), Some(state.requests.len() - 1))
    }

    /// Notes what happened to an answer.
    pub fn note(&self, index: Option<usize>, note: Note) {
        let mut state = self.lock();
        let Some(request) = index.and_then(|index| state.requests.get_mut(index)) else { return };
        match note {
            Note::Written => request.last_write = Some(SystemTime::now()),
            Note::Closed => request.closed = Some(Instant::now()),
        }
    }
}

impl State {
    /// What a request for an answer gets that was asked for before. The end of one is always granted.
    fn kept(&mut self, path: &str) -> Script {
        let (id, query) = path.split_once('?').unwrap_or((path, ""));
        if let Some(id) = id.strip_suffix("/cancel") {
            let cancelled = json!({ "id": id, "object": "response", "status": "cancelled", "output": [] });
            return Script::whole(200, "Content-Type: application/json\r\n", &cancelled.to_string());
        }
        let after = query.split('&').find_map(|field| field.strip_prefix("starting_after="));
        let gone = json!({ "error": { "message": format!("Response with id '{id}' not found.") } });
        let gone = Script::whole(404, "Content-Type: application/json\r\n", &gone.to_string());
        self.rest.as_mut().map_or(gone, |rest| rest(id, after.and_then(|after| after.parse().ok())))
    }
}

/// The path and query of a request.
fn path_of(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

/// The running upstream. Ends when dropped.
pub struct Upstream {
    base_url: String,
    address: SocketAddr,
    state: Shared,
    _end: oneshot::Sender<()>,
}

impl Upstream {
    /// Starts one. Each chat request takes the next script; the last one stays.
    pub fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        Self::listen(Listen::default(), scripts)
    }

    /// Starts one that listens so.
    pub fn listen(listen: Listen, scripts: impl IntoIterator<Item = Script>) -> Self {
        let state = Shared::default();
        state.lock().scripts.extend(scripts);
        let tls = listen.identity.map(|identity| Tls::new(&identity, listen.http2));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = state.clone();
        let (address, end) = serve(listen.address, move |stream| {
            let (shared, tls) = (shared.clone(), tls.clone());
            async move {
                shared.lock().connections += 1;
                stream.set_nodelay(true)?;
                let state = shared.clone();
                let answered = match tls {
                    None => http1::answer(stream, shared).await,
                    Some(tls) if listen.http2 => http2::answer(tls.accept(stream).await?, shared).await,
                    Some(tls) => http1::answer(tls.accept(stream).await?, shared).await,
                };
                state.lock().closed += 1;
                answered
            }
        });
        Self { base_url: format!("{scheme}://{}:{}/v1", listen.host, address.port()), address, state, _end: end }
    }

    /// Its base URL, with `/v1`.
    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds a script for the request after those that have one.
    pub fn push(&self, script: Script) {
        self.state.lock().scripts.push_back(script);
    }

    /// What requests for the list of models get, instead of a list with one model.
    pub fn answer_models(&self, script: Script) {
        self.state.lock().models = Some(script);
    }

    /// What requests for answers get that were asked for before (`GET /responses/{id}`), instead of 404: by the id, and
    /// by the number behind which events are wanted, if it is not the whole answer.
    pub fn answer_rest(&self, rest: impl FnMut(&str, Option<u64>) -> Script + Send + 'static) {
        self.state.lock().rest = Some(Box::new(rest));
    }

    /// The chat requests so far, and those for answers that were asked for before.
    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().requests.clone()
    }

    /// How many connections have ended.
    pub fn closed(&self) -> usize {
        self.state.lock().closed
    }

    /// How many connections were opened to it.
    pub fn connections(&self) -> usize {
        self.state.lock().connections
    }
}

/// Listens, and hands each connection over. A thread of its own: a test that is busy must not slow it down.
pub(crate) fn serve<F>(
    address: &str,
    answer: impl Fn(TcpStream) -> F + Send + 'static,
) -> (SocketAddr, oneshot::Sender<()>)
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = std::net::TcpListener::bind(address).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            let accept = async {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(answer(stream));
                }
            };
            tokio::select! {
                () = accept => {}
                _ = ended => {}
            }
        });
    });
    (address, end)
}
