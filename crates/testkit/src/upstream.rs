//! An upstream that does what a test tells it: OpenAI's protocol over HTTP/1.1, faults included.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// What to do with one request, step by step. The connection is closed after the last.
#[derive(Clone, Debug)]
pub struct Script(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Write(Vec<u8>),
    Stamped,
    Wait(Duration),
    WaitForClose,
    Reset,
}

impl Script {
    /// A whole answer that is no stream.
    pub fn whole(status: u16, headers: &str, body: &str) -> Self {
        let head =
            format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        Self(vec![Step::Write(head.into_bytes()), Step::Write(body.as_bytes().to_vec())])
    }

    /// The head of a stream; events follow.
    pub fn stream() -> Self {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\
                    Connection: close\r\n\r\n";
        Self(vec![Step::Write(head.into())])
    }

    /// Bytes as they are, in a connection that ends with the script: for answers that break the rules.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self(vec![Step::Write(bytes.into())])
    }

    /// These bytes as they are, in a chunk of their own: events cut anywhere.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.0.push(Step::Write(chunk));
        self
    }

    /// The connection is torn down (RST), as when a server or something on the way dies.
    pub fn reset(mut self) -> Self {
        self.0.push(Step::Reset);
        self
    }

    /// One event with this data.
    pub fn data(mut self, data: &str) -> Self {
        self.0.push(Step::Write(chunk(&format!("data: {data}\n\n"))));
        self
    }

    /// A keep-alive.
    pub fn comment(mut self) -> Self {
        self.0.push(Step::Write(chunk(": keep-alive\n\n")));
        self
    }

    /// The clean end of the response, with no end marker of the protocol.
    pub fn end(mut self) -> Self {
        self.0.push(Step::Write(b"0\r\n\r\n".to_vec()));
        self
    }

    /// One delta of text.
    pub fn text(mut self, text: &str) -> Self {
        self.0.push(Step::Write(chunk(&event(&delta(text)))));
        self
    }

    /// One delta whose text is the time of its sending, in microseconds since the epoch, and a space.
    pub fn stamped(mut self) -> Self {
        self.0.push(Step::Stamped);
        self
    }

    /// All these deltas in as few writes as they fit.
    pub fn texts(mut self, texts: impl Iterator<Item = String>) -> Self {
        let mut bytes = String::new();
        for text in texts {
            bytes.push_str(&event(&delta(&text)));
            if bytes.len() > 16_000 {
                self.0.push(Step::Write(chunk(&std::mem::take(&mut bytes))));
            }
        }
        self.0.push(Step::Write(chunk(&bytes)));
        self
    }

    /// Nothing for this long.
    pub fn wait(mut self, time: Duration) -> Self {
        self.0.push(Step::Wait(time));
        self
    }

    /// Nothing, until the client closes the connection.
    pub fn silence(mut self) -> Self {
        self.0.push(Step::WaitForClose);
        self
    }

    /// The protocol's own end.
    pub fn done(mut self) -> Self {
        let stop = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
        let end = event(&stop) + "data: [DONE]\n\n";
        self.0.push(Step::Write(chunk(&end)));
        self.0.push(Step::Write(b"0\r\n\r\n".to_vec()));
        self
    }
}

fn delta(text: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": { "content": text } }] })
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn chunk(body: &str) -> Vec<u8> {
    format!("{:x}\r\n{body}\r\n", body.len()).into_bytes()
}

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

#[derive(Default)]
struct State {
    scripts: VecDeque<Script>,
    models: Option<Script>,
    requests: Vec<Request>,
}

/// The running upstream. Ends when dropped.
pub struct Upstream {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _end: oneshot::Sender<()>,
}

impl Upstream {
    /// Starts one. Each chat request takes the next script; the last one stays.
    pub fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        let state = Arc::new(Mutex::new(State { scripts: scripts.into_iter().collect(), ..State::default() }));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel();
        let shared = state.clone();
        // A thread of its own: a test that is busy must not slow it down.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = accept(TcpListener::from_std(listener).unwrap(), shared) => {}
                    _ = ended => {}
                }
            });
        });
        Self { address, state, _end: end }
    }

    /// Its base URL, with `/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Adds a script for the request after those that have one.
    pub fn push(&self, script: Script) {
        self.state.lock().unwrap().scripts.push_back(script);
    }

    /// What requests for the list of models get, instead of a list with one model.
    pub fn answer_models(&self, script: Script) {
        self.state.lock().unwrap().models = Some(script);
    }

    /// The chat requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        tokio::spawn(async move {
            let _ = answer(stream, state).await;
        });
    }
}

async fn answer(mut stream: TcpStream, state: Arc<Mutex<State>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let Some((head, body)) = read_request(&mut stream).await? else { return Ok(()) };
    if head.starts_with("GET") {
        let models = json!({ "object": "list", "data": [{ "id": "test-model", "object": "model" }] });
        let script = state.lock().unwrap().models.clone();
        let script =
            script.unwrap_or_else(|| Script::whole(200, "Content-Type: application/json\r\n", &models.to_string()));
        return play(&mut stream, script, |_| {}).await;
    }
    let (script, index) = {
        let mut state = state.lock().unwrap();
        state.requests.push(Request { head, body, ..Request::default() });
        let last = state.scripts.len() <= 1;
        let script = if last { state.scripts.front().cloned() } else { state.scripts.pop_front() };
        (script.unwrap_or_else(|| Script::stream().text("Hello.").done()), state.requests.len() - 1)
    };
    let note = |note: Note| {
        let request = &mut state.lock().unwrap().requests[index];
        match note {
            Note::Written => request.last_write = Some(SystemTime::now()),
            Note::Closed => request.closed = Some(Instant::now()),
        }
    };
    play(&mut stream, script, note).await
}

enum Note {
    Written,
    Closed,
}

async fn play(stream: &mut TcpStream, script: Script, note: impl Fn(Note)) -> std::io::Result<()> {
    for step in script.0 {
        let written = match step {
            Step::Write(bytes) => stream.write_all(&bytes).await,
            Step::Stamped => {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
                stream.write_all(&chunk(&event(&delta(&format!("{} ", now.as_micros()))))).await
            }
            Step::Wait(time) => match tokio::time::timeout(time, closed(stream)).await {
                Ok(()) => Err(std::io::ErrorKind::BrokenPipe.into()),
                Err(_) => continue,
            },
            Step::WaitForClose => {
                closed(stream).await;
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            Step::Reset => return stream.set_zero_linger(),
        };
        match written {
            Ok(()) => note(Note::Written),
            Err(error) => {
                note(Note::Closed);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Waits until the client closes its side or breaks the connection.
async fn closed(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<Option<(String, String)>> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.unwrap_or(0);
        while bytes.len() < end + 4 + length {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        }
        let body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
        return Ok(Some((head, body)));
    }
}
