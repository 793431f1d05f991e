//! `cargo xtask bench stream`: from the wire to the log to a viewer.
//!
//! The whole real path runs in this process: a socket that sends prepared bytes, reqwest, guard, decoder, commit to a
//! real database, cursor. Throughput is counted in processor time of the whole process, so that "on one core" holds
//! however many are free; delays are wall time.

// A bench's table is its output.
#![allow(clippy::print_stdout)]

mod goals;

use goals::Goals;
use rivulet_engine::{Cursor, Engine, EngineConfig, Pace, SessionProvider};
use rivulet_protocol::{Caller, Commands, EventBody, MessageSend, ProviderId, now_ms};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
const WARM_UP: u32 = 20_000;
const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];
/// Runs of each size; the middle one counts.
const RUNS: usize = 5;
const PACED_TOKENS: u32 = 1_000;
const PACED_EVERY: Duration = Duration::from_millis(10);

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let mut goals = Goals::default();
    throughput(&mut goals).await?;
    delay(&mut goals).await?;
    Ok(goals.end())
}

async fn throughput(goals: &mut Goals) -> Result<(), Failure> {
    println!("wire to log to viewer, one cursor without pacing, {RUNS} runs each (middle one)");
    println!("{:>10} {:>14} {:>14} {:>12} {:>12}", "deltas", "per CPU s", "per wall s", "CPU ns each", "log numbers");
    run(WARM_UP).await?;
    let mut each = Vec::new();
    for deltas in SIZES {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            runs.push(run(deltas).await?);
        }
        runs.sort_by_key(|run| run.cpu);
        let Run { cpu, wall, head } = runs[RUNS / 2];
        let per = |time: Duration| f64::from(deltas) / time.as_secs_f64();
        let nanos = cpu.as_nanos() as f64 / f64::from(deltas);
        println!("{deltas:>10} {:>14.0} {:>14.0} {nanos:>12.0} {head:>12}", per(cpu), per(wall));
        each.push((per(cpu), nanos));
    }
    let slowest = each.iter().map(|(rate, _)| *rate).fold(f64::MAX, f64::min);
    let growth = each[each.len() - 1].1 / each[0].1;
    println!("time per delta, {} against {} deltas: x{growth:.2}", SIZES[SIZES.len() - 1], SIZES[0]);
    goals.check("at least 200,000 deltas a second on one core, at every size", slowest >= 200_000.0);
    goals.check("time per delta is flat: at most 1.25 times from the smallest to the largest", growth <= 1.25);
    Ok(())
}

struct Run {
    cpu: Duration,
    wall: Duration,
    head: u64,
}

/// One answer of `deltas` small deltas, as fast as it goes.
async fn run(deltas: u32) -> Result<Run, Failure> {
    let (body, text) = answer(deltas);
    let (base_url, _) = upstream(move |mut socket| {
        let _ = socket.write_all(HEAD).and_then(|()| socket.write_all(&body));
    })?;
    let bench = Bench::open(base_url).await?;
    let (cpu, wall) = (process_cpu()?, Instant::now());
    let mut cursor = bench.ask().await?;
    let mut read = String::with_capacity(text.len());
    'answer: while let Some(batch) = cursor.next().await {
        for event in batch.events {
            match event.body {
                EventBody::Text { text, .. } => read.push_str(&text),
                EventBody::Finished { .. } => break 'answer,
                EventBody::Failed { failure, .. } => return Err(format!("{failure:?}").into()),
                _ => {}
            }
        }
    }
    let run = Run { cpu: process_cpu()? - cpu, wall: wall.elapsed(), head: cursor.position() };
    if read != text {
        return Err("the viewer's text differs from what was sent".into());
    }
    bench.engine.quit().await;
    Ok(run)
}

async fn delay(goals: &mut Goals) -> Result<(), Failure> {
    println!("\nadded delay at 100 tokens a second, socket write to viewer, {PACED_TOKENS} tokens");
    println!("{:>16} {:>10} {:>10} {:>10}", "pacing", "p50 ms", "p99 ms", "max ms");
    let free = delays(None).await?;
    let paced = delays(Some(Pace::FRAME)).await?;
    goals.check("without frame pacing p50 is under 2 ms", percentile(&free, 50) < 2.0);
    goals.check("with frame pacing p99 is under one frame (16.7 ms)", percentile(&paced, 99) < 16.7);
    Ok(())
}

async fn delays(pace: Option<Duration>) -> Result<Vec<f64>, Failure> {
    let (base_url, sent) = upstream(|mut socket| {
        let _ = socket.set_nodelay(true).and_then(|()| socket.write_all(HEAD));
        let start = Instant::now();
        let mut times = Vec::new();
        for n in 0..PACED_TOKENS {
            std::thread::sleep((start + PACED_EVERY * n).saturating_duration_since(Instant::now()));
            times.push(Instant::now());
            let _ = socket.write_all(chunk(&token(n)).as_bytes());
        }
        let _ = socket.write_all(END);
        times
    })?;
    let bench = Bench::open(base_url).await?;
    let mut cursor = bench.ask().await?;
    let mut pacing = Pace::new();
    let (mut length, mut came) = (0, Vec::new());
    'answer: while let Some(batch) = cursor.next().await {
        let now = Instant::now();
        for event in batch.events {
            match event.body {
                EventBody::Text { text, .. } => {
                    length += text.len();
                    came.push((length, now));
                }
                EventBody::Finished { .. } => break 'answer,
                _ => {}
            }
        }
        if let Some(period) = pace {
            pacing.wait(period).await;
        }
    }
    let sent = sent.recv()?;
    let mut delays: Vec<f64> = Vec::new();
    let mut end = 0;
    for (n, at) in sent.iter().enumerate() {
        end += token(n as u32).len();
        let seen = came.iter().find(|(length, _)| *length >= end).ok_or("a token never came")?.1;
        delays.push(seen.saturating_duration_since(*at).as_secs_f64() * 1000.0);
    }
    delays.sort_by(f64::total_cmp);
    let name = if pace.is_some() { "once a frame" } else { "none" };
    let (p50, p99, max) = (percentile(&delays, 50), percentile(&delays, 99), percentile(&delays, 100));
    println!("{name:>16} {p50:>10.2} {p99:>10.2} {max:>10.2}");
    bench.engine.quit().await;
    Ok(delays)
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[((sorted.len() * percent).div_ceil(100)).clamp(1, sorted.len()) - 1]
}

/// A core on a folder of its own, with the bench's socket as its provider.
struct Bench {
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn open(base_url: String) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let mut config = EngineConfig::new(folder.path());
        let (base_url, model) = (Some(base_url), Some("bench".into()));
        config.session_provider = Some(SessionProvider { id: ProviderId("bench".into()), base_url, model, key: None });
        Ok(Self { engine: Engine::open(config).await?, _folder: folder })
    }

    async fn ask(&self) -> Result<Cursor, Failure> {
        let request = MessageSend {
            conversation: None,
            parent: None,
            at_root: None,
            text: format!("Go. {}", now_ms()),
            attachments: None,
            provider: None,
            model: None,
        };
        let caller = Caller::window();
        let turn = self.engine.message_send(&caller, request).await?;
        Ok(self.engine.watch(&caller, turn.conversation, 0).await?)
    }
}

const END: &[u8] = b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

fn token(n: u32) -> String {
    format!("{:>4}", n % 1000)
}

/// One chunk the way vendors send it.
fn chunk(text: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1764000000,\
         \"model\":\"bench\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\
         \"finish_reason\":null}}]}}\n\n"
    )
}

fn answer(deltas: u32) -> (Vec<u8>, String) {
    let (mut body, mut text) = (Vec::new(), String::new());
    for n in 0..deltas {
        let token = token(n);
        body.extend_from_slice(chunk(&token).as_bytes());
        text.push_str(&token);
    }
    body.extend_from_slice(END);
    (body, text)
}

/// A server for one request; what `answer` returns is handed on.
fn upstream<T: Send + 'static>(
    answer: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> Result<(String, mpsc::Receiver<T>), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let base_url = format!("http://{}/v1", listener.local_addr()?);
    let (done, result) = mpsc::channel();
    std::thread::spawn(move || {
        let Ok((socket, _)) = listener.accept() else { return };
        if read_request(&socket).is_ok() {
            let _ = done.send(answer(socket));
        }
    });
    Ok((base_url, result))
}

fn read_request(socket: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line == "\r\n" || line.is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length])
}

/// Processor time of this process, all threads, user and system.
fn process_cpu() -> Result<Duration, Failure> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Ok(Duration::new(time.tv_sec.try_into()?, time.tv_nsec.try_into()?))
}
