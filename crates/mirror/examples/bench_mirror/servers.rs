//! The two servers that are compared, each a process of its own, and where the mirror's answer comes from.

use crate::clock::now_us;
use crate::{Failure, Plan};
use rivulet_engine::{Engine, EngineConfig, SessionProvider};
use rivulet_mirror::{Limits, Mirror};
use rivulet_protocol::ProviderId;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A server to be watched. Ends when dropped.
pub(crate) struct Server {
    child: Child,
    pub port: u16,
    pub token: String,
    /// What the upstream sent, in the end; h3's answer is its own.
    sent: Option<mpsc::Receiver<String>>,
}

impl Server {
    /// `rivulet`'s core and mirror, before a model that says `plan`.
    pub fn mirror(plan: Plan) -> Result<Self, Failure> {
        let (base_url, sent) = upstream(plan)?;
        let (child, mut out) = spawn(Command::new(std::env::current_exe()?).args(["serve", &base_url]))?;
        let line = read_line(&mut out)?;
        let (port, token) = line.split_once(' ').ok_or("no port and token")?;
        Ok(Self { child, port: port.parse()?, token: token.to_owned(), sent: Some(sent) })
    }

    /// Node with h3, installed in `folder`.
    pub fn h3(folder: &str, plan: Plan) -> Result<Self, Failure> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bench_mirror/h3.mjs");
        let every = plan.every.as_millis().to_string();
        let (child, mut out) = spawn(Command::new("node").args([script, folder, &plan.tokens.to_string(), &every]))?;
        Ok(Self { child, port: read_line(&mut out)?.parse()?, token: String::new(), sent: None })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Begins the answer.
    pub fn start(&self) -> Result<(), Failure> {
        let body = r#"{"uid":"bench","prompt":"Go."}"#;
        let path = if self.sent.is_some() { "/api/start-sse" } else { "/start" };
        self.request("POST", path, body).map(drop)
    }

    /// The whole answer, after its end.
    pub fn text(&self) -> Result<String, Failure> {
        match &self.sent {
            Some(sent) => Ok(sent.recv_timeout(Duration::from_secs(60))?),
            None => self.request("GET", "/text", ""),
        }
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Result<String, Failure> {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            self.token,
            body.len()
        )?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        if !head.starts_with("HTTP/1.1 200") {
            return Err(answer.into());
        }
        Ok(body.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a program whose input ends with this one.
pub(crate) fn spawn(command: &mut Command) -> Result<(Child, BufReader<ChildStdout>), Failure> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let out = BufReader::new(child.stdout.take().ok_or("no output")?);
    Ok((child, out))
}

pub(crate) fn read_line(out: &mut impl BufRead) -> Result<String, Failure> {
    let mut line = String::new();
    out.read_line(&mut line)?;
    if line.is_empty() { Err("the program ended".into()) } else { Ok(line.trim().to_owned()) }
}

/// The mirror's process: says its port and a token, and serves until its input ends.
pub(crate) async fn serve(base_url: String) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let mut config = EngineConfig::new(folder.path());
    let (base_url, model) = (Some(base_url), Some("bench".into()));
    config.session_provider = Some(SessionProvider { id: ProviderId("bench".into()), base_url, model, key: None });
    let engine = Engine::open(config).await?;
    let limits = Limits { streams: 1_100, connections: 2_300, ..Limits::default() };
    let mirror = Mirror::with_limits(engine.clone(), limits);
    let url = mirror.start(None).await?.url.ok_or("no address")?;
    let link = mirror.serve_link()?.url;
    let token = link.split_once("#token=").ok_or("no token")?.1;
    println!("{} {token}", url.rsplit(':').next().ok_or("no port")?);
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    engine.quit().await;
    mirror.closed().await;
    Ok(())
}

/// A model's server for one answer. Each token begins with the time at which it was made.
fn upstream(plan: Plan) -> Result<(String, mpsc::Receiver<String>), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base_url = format!("http://{}/v1", listener.local_addr()?);
    let (done, sent) = mpsc::channel();
    std::thread::spawn(move || {
        if let Ok((socket, _)) = listener.accept()
            && let Ok(text) = answer(socket, plan)
        {
            let _ = done.send(text);
        }
    });
    Ok((base_url, sent))
}

fn answer(mut socket: TcpStream, plan: Plan) -> Result<String, Failure> {
    socket.set_nodelay(true)?;
    let mut reader = BufReader::new(socket.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line == "\r\n" || line.is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")?;
    let (start, mut text) = (Instant::now(), String::new());
    for n in 0..plan.tokens {
        std::thread::sleep((start + plan.every * n).saturating_duration_since(Instant::now()));
        let token = format!("{:015}{:width$}", now_us(), "", width = plan.width - 15);
        write!(socket, "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{token}\"}}}}]}}\n\n")?;
        text.push_str(&token);
    }
    let end = b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    socket.write_all(end)?;
    Ok(text)
}
