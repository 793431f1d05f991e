//! The viewers: one process of cheap clients on raw sockets, so that a server's processor time is the server's alone.

use crate::Failure;
use crate::clock::now_us;
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Barrier, Notify};

/// What the viewers are to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub port: u16,
    pub path: String,
    pub token: String,
    pub viewers: usize,
    /// How often each drops its connection in mid-answer and comes back by `Last-Event-ID`.
    pub drops: usize,
    /// One more, which stops reading until all others are through.
    pub sleeper: bool,
    /// Of the whole answer, in bytes: when to drop, and when to fall asleep.
    pub length: usize,
    /// Of one token.
    pub width: usize,
}

/// What they saw.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Milliseconds from a token's making to its viewer.
    pub p50: f64,
    pub p99: f64,
    pub worst: f64,
    /// How often each final text came, by length and hash.
    pub texts: Vec<(usize, u64, usize)>,
    pub reconnects: usize,
    /// Of the one that slept.
    pub sleeper: Option<(usize, u64)>,
}

#[derive(Default)]
struct Seen {
    text: String,
    delays: Vec<u32>,
    reconnects: usize,
    last: u64,
    ended: bool,
}

/// Says `ready` when all are connected, and the report as a line of JSON when all are through.
pub(crate) async fn run(order: Order) -> Result<(), Failure> {
    let order = Arc::new(order);
    let connected = Arc::new(Barrier::new(order.viewers + usize::from(order.sleeper) + 1));
    let wake = Arc::new(Notify::new());
    let spawn = |number: usize, sleeps: Option<Arc<Notify>>| {
        let (order, connected) = (Arc::clone(&order), Arc::clone(&connected));
        tokio::spawn(async move { watch(&order, number, &connected, sleeps).await.map_err(|error| error.to_string()) })
    };
    let tasks: Vec<_> = (0..order.viewers).map(|number| spawn(number, None)).collect();
    let sleeper = order.sleeper.then(|| spawn(order.viewers, Some(Arc::clone(&wake))));
    connected.wait().await;
    println!("ready");
    let (mut report, mut delays) = (Report::default(), Vec::new());
    for task in tasks {
        let seen = task.await??;
        delays.extend(seen.delays);
        report.reconnects += seen.reconnects;
        let (length, hash) = (seen.text.len(), hash(&seen.text));
        match report.texts.iter_mut().find(|(l, h, _)| (*l, *h) == (length, hash)) {
            Some((_, _, times)) => *times += 1,
            None => report.texts.push((length, hash, 1)),
        }
    }
    if let Some(sleeper) = sleeper {
        wake.notify_one();
        let seen = sleeper.await??;
        report.sleeper = Some((seen.text.len(), hash(&seen.text)));
    }
    delays.sort_unstable();
    let at = |part: f64| {
        let place = (delays.len() as f64 * part).ceil() as usize;
        delays.get(place.saturating_sub(1)).map_or(f64::NAN, |us| f64::from(*us) / 1000.0)
    };
    (report.p50, report.p99, report.worst) = (at(0.5), at(0.99), at(1.0));
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

pub(crate) fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

async fn watch(
    order: &Order,
    number: usize,
    connected: &Barrier,
    sleeps: Option<Arc<Notify>>,
) -> Result<Seen, Failure> {
    let mut seen = Seen::default();
    let mut socket = connect(order, None, sleeps.is_some()).await?;
    let mut reader = Reader::default();
    reader.head(&mut socket).await?;
    connected.wait().await;
    // Evenly over the answer, and each viewer at another place.
    let part = order.length / (order.drops + 2);
    let drop_at = |done: usize| part * (done + 1) + part * number / order.viewers.max(1);
    while !seen.ended {
        if let Some(wake) = sleeps.as_ref().filter(|_| seen.text.len() > order.length / 10) {
            wake.notified().await;
            // Only once: the permit is given back for every later turn of the loop.
            wake.notify_one();
        }
        if seen.reconnects < order.drops && seen.text.len() >= drop_at(seen.reconnects) {
            drop(socket);
            seen.reconnects += 1;
            socket = connect(order, Some(seen.last), false).await?;
            reader = Reader::default();
            reader.head(&mut socket).await?;
        }
        if reader.more(&mut socket).await? == 0 {
            return Err(format!("viewer {number}: the stream ended at {} characters", seen.text.len()).into());
        }
        reader.take(order.width, &mut seen)?;
    }
    Ok(seen)
}

async fn connect(order: &Order, last: Option<u64>, slow: bool) -> Result<TcpStream, Failure> {
    let socket = TcpSocket::new_v4()?;
    if slow {
        // So that what it does not read stays with the server.
        socket.set_recv_buffer_size(8 << 10)?;
    }
    let mut socket = socket.connect(([127, 0, 0, 1], order.port).into()).await?;
    let last = last.map_or(String::new(), |last| format!("Last-Event-ID: {last}\r\n"));
    let (path, port, token) = (&order.path, order.port, &order.token);
    let head = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n{last}\r\n");
    socket.write_all(head.as_bytes()).await?;
    Ok(socket)
}

/// HTTP chunks and SSE events, as far as two known servers need it.
#[derive(Default)]
struct Reader {
    /// As it came, with chunk marks.
    raw: Vec<u8>,
    /// Lines of the stream.
    body: Vec<u8>,
}

impl Reader {
    async fn head(&mut self, socket: &mut TcpStream) -> Result<(), Failure> {
        loop {
            if let Some(end) = self.raw.windows(4).position(|four| four == b"\r\n\r\n") {
                if !self.raw.starts_with(b"HTTP/1.1 200") {
                    return Err(String::from_utf8_lossy(&self.raw).into_owned().into());
                }
                self.raw.drain(..end + 4);
                return Ok(());
            }
            if self.more(socket).await? == 0 {
                return Err("closed before its head".into());
            }
        }
    }

    async fn more(&mut self, socket: &mut TcpStream) -> Result<usize, Failure> {
        self.raw.reserve(4 << 10);
        Ok(socket.read_buf(&mut self.raw).await?)
    }

    fn take(&mut self, width: usize, seen: &mut Seen) -> Result<(), Failure> {
        self.dechunk()?;
        let now = now_us();
        let mut done = 0;
        while let Some(end) = self.body[done..].windows(2).position(|two| two == b"\n\n") {
            event(std::str::from_utf8(&self.body[done..done + end])?, width, now, seen)?;
            done += end + 2;
        }
        self.body.drain(..done);
        Ok(())
    }

    fn dechunk(&mut self) -> Result<(), Failure> {
        let mut done = 0;
        while let Some(line) = self.raw[done..].windows(2).position(|two| two == b"\r\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&self.raw[done..done + line])?, 16)?;
            let from = done + line + 2;
            if self.raw.len() < from + size + 2 {
                break;
            }
            self.body.extend_from_slice(&self.raw[from..from + size]);
            done = from + size + 2;
        }
        self.raw.drain(..done);
        Ok(())
    }
}

fn event(lines: &str, width: usize, now: u64, seen: &mut Seen) -> Result<(), Failure> {
    let field = |name: &str| lines.lines().find_map(|line| line.strip_prefix(name));
    let (Some(kind), Some(data)) = (field("event: "), field("data: ")) else { return Ok(()) };
    if let Some(id) = field("id: ") {
        seen.last = id.parse()?;
    }
    match kind {
        "text" => {
            // The tokens have nothing that JSON escapes.
            let text = data.split_once("\"text\":\"").and_then(|(_, rest)| rest.split_once('"')).ok_or("no text")?.0;
            for token in text.as_bytes().chunks(width) {
                let made: u64 = std::str::from_utf8(&token[..15])?.parse()?;
                seen.delays.push(u32::try_from(now.saturating_sub(made))?);
            }
            seen.text.push_str(text);
        }
        "started" | "reset" => {
            let data: serde_json::Value = serde_json::from_str(data)?;
            // The prompt has its own.
            if data["snapshot"]["state"] == "running" || kind == "reset" {
                seen.text = data["snapshot"]["text"].as_str().unwrap_or_default().to_owned();
                seen.ended = data["snapshot"]["state"] == "complete";
            }
        }
        "finished" => seen.ended = true,
        "failed" | "interrupted" | "stopped" => return Err(format!("the answer ended with {data}").into()),
        _ => {}
    }
    Ok(())
}
