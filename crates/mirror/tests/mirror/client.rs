//! A client that sends exactly what a test says, byte by byte, and a mirror to send it to.

use rivulet_engine::{Engine, EngineConfig, MirrorControl};
use rivulet_mirror::{Limits, Mirror};
use rivulet_protocol::*;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

/// Against hanging only; no test is decided by it.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Site {
    pub engine: Engine,
    pub mirror: Arc<Mirror>,
    pub port: u16,
    /// Of a participant that sees everything.
    pub token: String,
    /// Where the core keeps all it writes.
    pub dir: tempfile::TempDir,
}

pub async fn site() -> Site {
    site_with(Limits::default()).await
}

pub async fn site_with(limits: Limits) -> Site {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(EngineConfig::new(dir.path())).await.unwrap();
    let mirror = Mirror::with_limits(engine.clone(), limits);
    let status = mirror.start(None).await.unwrap();
    let port = status.url.unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let token = token_of(&mirror.serve_link().unwrap());
    Site { engine, mirror, port, token, dir }
}

pub fn token_of(link: &NewLink) -> String {
    link.url.split_once("#token=").unwrap().1.to_owned()
}

impl Site {
    pub fn link(&self, role: LinkRole, conversations: Option<Vec<ConversationId>>, messages: Option<u32>) -> NewLink {
        let request = LinkCreate {
            role,
            label: "test".into(),
            conversations,
            messages,
            tokens: None,
            lives_s: None,
            lasting: None,
        };
        self.mirror.create_link(request).unwrap()
    }

    /// Sends a request with these header lines after the request line, and reads the whole answer.
    pub fn raw(&self, head: &str) -> Answer {
        answer(self.port, head.as_bytes())
    }

    /// A GET with the right Host.
    pub fn get(&self, path: &str, headers: &str) -> Answer {
        self.raw(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{headers}Connection: close\r\n\r\n", self.port))
    }

    /// A GET with this token.
    pub fn get_as(&self, token: &str, path: &str) -> Answer {
        self.get(path, &format!("Authorization: Bearer {token}\r\n"))
    }

    /// A POST of JSON with the participant's token.
    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.post_as(&self.token, path, &body.to_string())
    }

    pub fn post_as(&self, token: &str, path: &str, body: &str) -> Answer {
        let head = self.post_head(token, path, body.len());
        answer(self.port, format!("{head}{body}").as_bytes())
    }

    pub fn post_head(&self, token: &str, path: &str, length: usize) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n",
            self.port
        )
    }

    pub fn start(&self, uid: &str, prompt: &str) -> Value {
        let body = serde_json::json!({ "uid": uid, "prompt": prompt, "provider": "demo", "model": "echo" });
        let started = self.post("/api/start-sse", body);
        assert_eq!(started.status, 200, "{}", started.body);
        started.json()
    }

    pub fn ticket(&self, named: Value) -> String {
        let answer = self.post("/api/ticket", named);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["ticket"].as_str().unwrap().to_owned()
    }

    /// Opens an event stream with the participant's token.
    pub fn watch(&self, query: &str, headers: &str) -> Stream {
        self.watch_as(&self.token, query, headers)
    }

    pub fn watch_as(&self, token: &str, query: &str, headers: &str) -> Stream {
        self.open(query, &format!("Authorization: Bearer {token}\r\n{headers}"))
    }

    pub fn open(&self, query: &str, headers: &str) -> Stream {
        self.open_path("/api/sse", query, headers)
    }

    pub fn open_path(&self, path: &str, query: &str, headers: &str) -> Stream {
        let request = format!("GET {path}?{query} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{headers}\r\n", self.port);
        stream(self.port, &request)
    }
}

/// Sends a request and reads the head of what comes.
pub fn stream(port: u16, request: &str) -> Stream {
    let mut socket = connect(port);
    socket.write_all(request.as_bytes()).unwrap();
    let mut reader = BufReader::new(socket);
    let head = read_head(&mut reader);
    let status = status_of(&head);
    Stream { reader, head, status, left: 0, raw: String::new() }
}

pub fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket
}

pub struct Answer {
    /// 0 when the server closed without one.
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

pub fn answer(port: u16, request: &[u8]) -> Answer {
    let mut socket = connect(port);
    // A server that refuses early may close before it has read everything: what it said still counts.
    let _ = socket.write_all(request);
    let mut bytes = Vec::new();
    let _ = socket.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Answer { status: status_of(head), head: head.to_owned(), body: body.to_owned() }
}

fn status_of(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

fn read_head(reader: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
    head
}

/// One event as a client sees it.
#[derive(Debug)]
pub struct Seen {
    pub id: Option<u64>,
    pub name: String,
    pub data: Value,
}

pub struct Stream {
    reader: BufReader<TcpStream>,
    pub head: String,
    pub status: u16,
    /// Of the present chunk.
    left: usize,
    /// Everything that came, without the chunk marks.
    pub raw: String,
}

impl Stream {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The next line, without its end; `None` at the end of the stream.
    pub fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        loop {
            if self.left == 0 {
                let mut size = String::new();
                if self.reader.read_line(&mut size).ok()? == 0 {
                    return None;
                }
                self.left = usize::from_str_radix(size.trim(), 16).ok()?;
                if self.left == 0 {
                    return None;
                }
                self.left += 2;
            }
            let mut byte = [0];
            self.reader.read_exact(&mut byte).ok()?;
            self.left -= 1;
            if self.left < 2 {
                continue;
            }
            self.raw.push_str(&String::from_utf8_lossy(&byte));
            if byte[0] == b'\n' {
                return Some(String::from_utf8_lossy(&line).into_owned());
            }
            line.push(byte[0]);
        }
    }

    /// The next event; `None` at the end of the stream.
    pub fn event(&mut self) -> Option<Seen> {
        let (mut id, mut name, mut data) = (None, String::new(), None);
        loop {
            let line = self.line()?;
            match line.split_once(": ") {
                Some(("id", number)) => id = Some(number.parse().unwrap()),
                Some(("event", given)) => name = given.to_owned(),
                Some(("data", json)) => data = Some(serde_json::from_str(json).unwrap()),
                _ => {}
            }
            if line.is_empty()
                && let Some(data) = data.take()
            {
                return Some(Seen { id, name, data });
            }
        }
    }

    /// Events up to and with the first of this name.
    pub fn until(&mut self, name: &str) -> Vec<Seen> {
        let mut seen = Vec::new();
        while let Some(event) = self.event() {
            let last = event.name == name;
            seen.push(event);
            if last {
                return seen;
            }
        }
        panic!("the stream ended before {name}: {seen:?}");
    }

    /// Events up to the end of this message, whether it is seen ending or found ended.
    pub fn until_end_of(&mut self, message: &serde_json::Value) -> Vec<Seen> {
        let mut seen = Vec::new();
        while let Some(event) = self.event() {
            let ending = match event.name.as_str() {
                "finished" | "stopped" | "interrupted" | "failed" => true,
                "reset" => event.data["snapshot"]["state"] != "running",
                _ => false,
            };
            let last = ending && event.data["message"] == *message;
            seen.push(event);
            if last {
                return seen;
            }
        }
        panic!("the stream ended before its message: {seen:?}");
    }

    pub fn ended(&mut self) -> bool {
        while self.line().is_some() {}
        true
    }
}

/// The text of an answer, as a viewer puts it together; panics at a gap or a repeat.
pub fn text_of(events: &[Seen], message: &str) -> String {
    let mut text = String::new();
    for event in events.iter().filter(|event| event.data["message"] == message) {
        match event.name.as_str() {
            "started" | "reset" => text = event.data["snapshot"]["text"].as_str().unwrap().to_owned(),
            "text" => {
                assert_eq!(event.data["offset"], utf16_len(&text), "a gap or a repeat");
                text.push_str(event.data["text"].as_str().unwrap());
            }
            _ => {}
        }
    }
    text
}

impl Site {
    /// The demo answers as fast as it can.
    pub async fn engine_at_full_speed(&self) {
        let request = SettingsUpdate { patch: serde_json::json!({ "demo_rate": null }) };
        self.engine.settings_update(&Caller::window(), request).await.unwrap();
    }
}
