//! What needs a process to itself: memory, tasks and log lines are the process's, and other tests have theirs.

// A test crate: its clients panic as its tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(dead_code)]
#[path = "../mirror/client.rs"]
mod client;
mod noise;

use client::{Site, site_with, token_of};
use noise::Noise;
use rivulet_engine::MirrorControl;
use rivulet_mirror::Limits;
use rivulet_protocol::LinkRole;
use serde_json::json;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long the server waits for the rest of a request that has no rest.
const LATE: Duration = Duration::from_millis(100);
/// Most of the time they wait for an answer to half a request.
const THREADS: u64 = 20;
/// Memory that 10,000 requests may leave behind in all: what the allocator keeps, not what is lost for each.
const KEPT_BYTES: u64 = 12 << 20;
/// Files that stay open and are not lost: the store keeps its readers, and opens each (a database and its log)
/// when so many read at once for the first time, which may be after the baseline was taken.
const KEPT_FILES: usize = 8;

#[test]
fn ten_thousand_random_requests_leave_memory_tasks_connections_and_a_clean_log() {
    let log = Log::default();
    let lines = log.clone();
    tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(move || lines.clone()).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let limits = Limits { head: LATE, body: LATE, failures: usize::MAX, ..Limits::default() };
        let site = Arc::new(site_with(limits).await);
        site.start("seen", "CANARY-PROMPT");
        site.watch("uid=seen", "").until("finished");
        let viewer = token_of(&site.link(LinkRole::Viewer, Some(vec![]), None));
        log.must_not_say([viewer.clone(), site.token.clone()]);
        let shout = |from: u64, count: usize| {
            let threads = (0..THREADS).map(|thread| {
                let (site, viewer) = (Arc::clone(&site), viewer.clone());
                tokio::task::spawn_blocking(move || shout(&site, &viewer, from + thread, count / THREADS as usize))
            });
            threads.collect::<Vec<_>>()
        };
        // First what is allocated once: caches, arenas, thread stacks.
        for thread in shout(100, 3_000) {
            thread.await.unwrap();
        }
        let before = Level::settled(&site, None).await;
        for thread in shout(200, 10_000) {
            thread.await.unwrap();
        }
        let after = Level::settled(&site, Some(&before)).await;
        let kept = after.memory.saturating_sub(before.memory);
        assert!(kept < KEPT_BYTES, "{} kB stayed: {before:?} {after:?}", kept >> 10);
        let info = site.post("/api/rpc/app_info", json!({}));
        assert_eq!(info.status, 200, "{}", info.body);
        assert_eq!(site.get("/", "").status, 200);
    });
    log.check();
}

/// Sends requests no program would, and looks at what comes back.
fn shout(site: &Site, viewer: &str, seed: u64, count: usize) {
    let mut noise = Noise::new(seed);
    let mut halves = Vec::new();
    for _ in 0..count {
        let request = noise.request(site.port, viewer);
        match noise.below(10) {
            // Half-open: said something, never more, gone some requests later.
            0 => {
                let mut socket = client::connect(site.port);
                let _ = socket.write_all(&request[..request.len() / 2]);
                halves.push(socket);
                if halves.len() > 8 {
                    halves.clear();
                }
            }
            // Gone at once.
            1 => drop(client::connect(site.port).write_all(&request)),
            _ => {
                let answer = ask(site.port, &request);
                assert!(!answer.contains("CANARY"), "{answer}");
                let status = answer.get(..12).and_then(|line| line.strip_prefix("HTTP/1.1 ")?.parse().ok());
                let known = answer.is_empty() || matches!(status, Some(100 | 200 | 400..=431 | 501 | 503));
                assert!(known, "{}\n{answer}", String::from_utf8_lossy(&request));
            }
        }
    }
}

/// The whole answer, or the beginning of one that has no end.
fn ask(port: u16, request: &[u8]) -> String {
    let mut socket = client::connect(port);
    let _ = socket.write_all(request);
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = socket.read(&mut piece) {
        bytes.extend_from_slice(&piece[..read]);
        if String::from_utf8_lossy(&bytes).contains("text/event-stream") {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a server that has nothing to do holds.
#[derive(Debug)]
struct Level {
    tasks: usize,
    files: usize,
    memory: u64,
}

impl Level {
    fn now() -> Self {
        let files = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
        let memory = resident.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10;
        Self { tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(), files, memory }
    }

    /// When the last connections have ended: at `baseline`, or whatever it is without one.
    async fn settled(site: &Site, baseline: Option<&Self>) -> Self {
        let begun = std::time::Instant::now();
        // The slowest connection is one whose head never came.
        tokio::time::sleep(4 * LATE).await;
        loop {
            let level = Self::now();
            let viewers = site.mirror.status().links.iter().map(|link| link.viewers.len()).sum::<usize>();
            let back = baseline.is_none_or(|base| level.tasks <= base.tasks && level.files <= base.files + KEPT_FILES);
            if viewers == 0 && back {
                return level;
            }
            assert!(begun.elapsed().as_secs() < 30, "not back at {baseline:?}: {level:?}, {viewers} viewers");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Log lines. Only those that say what they must not are kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    requests: usize,
    /// Of the kinds that name no request.
    others: usize,
    wrong: Vec<String>,
    secrets: Vec<String>,
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut lines = self.0.lock().unwrap();
        for line in text.lines() {
            match line.trim_start().strip_prefix("INFO rivulet_mirror::guard: ") {
                Some(fields) if is_a_request(fields) => lines.requests += 1,
                Some(_) => lines.wrong.push(line.to_owned()),
                None if line.contains("rivulet_mirror") && !line.ends_with("many requests with wrong tokens") => {
                    lines.wrong.push(line.to_owned());
                }
                None => lines.others += 1,
            }
            let secrets = lines.secrets.iter().map(String::as_str);
            if noise::MARKS.into_iter().chain(secrets).any(|mark| line.contains(mark)) {
                lines.wrong.push(line.to_owned());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn must_not_say(&self, secrets: impl IntoIterator<Item = String>) {
        self.0.lock().unwrap().secrets.extend(secrets);
    }

    fn check(&self) {
        let lines = self.0.lock().unwrap();
        assert!(lines.requests > 1_000, "only {} requests were logged", lines.requests);
        assert_eq!(lines.wrong, Vec::<String>::new());
    }
}

/// Method, path template, status, duration, and nothing else.
fn is_a_request(fields: &str) -> bool {
    let names = ["method", "path", "status", "took_ms"];
    let parts: Vec<_> = fields.split(' ').collect();
    let templates = [
        "\"(none)\"",
        "\"/\"",
        "\"/api/sse\"",
        "\"/api/stop\"",
        "\"/api/ticket\"",
        "\"/api/start-sse\"",
        "\"/api/rpc/{command}\"",
        "\"/api/openapi.json\"",
    ];
    parts.len() == names.len()
        && parts.iter().zip(names).all(|(part, name)| match part.split_once('=') {
            Some((found, value)) if found == name => match name {
                "path" => templates.contains(&value),
                "method" => noise::METHODS.contains(&value.trim_matches('"')) || value == "\"OTHER\"",
                _ => value.bytes().all(|byte| byte.is_ascii_digit()),
            },
            _ => false,
        })
}
