//! One answer, read by one page: what it cost and how it looked.

use crate::stage::{Engine, Stage};
use crate::text::{END, tokens};
use rivulet_tests::goals::{median, quantile};
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Page, wait_for};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

const PROBE: &str = include_str!("probe.js");
/// Its own cost, seen on the idle page, is taken off.
const IDLE: Duration = Duration::from_secs(2);
/// For what comes after the last token: colours, the fold, the numbers below.
const AFTER: Duration = Duration::from_millis(1500);
const ONE_SHOTS: usize = 5;

/// What reading an answer cost and how it looked.
#[derive(Default)]
pub struct Run {
    /// Seconds of the main thread, less the probe's.
    pub cpu: f64,
    /// From the upstream's last write to the text on the page, in milliseconds.
    pub lag: f64,
    /// The frames' intervals in milliseconds, sorted.
    pub frames: Vec<f64>,
    /// Tasks over 50 ms, in milliseconds. Only Chromium tells.
    pub long: Vec<f64>,
    /// The part of the samples in which the view was at the end.
    pub pinned: f64,
    /// Bytes of JavaScript's heap, after a collection. Only Chromium tells.
    pub heap: f64,
}

impl Run {
    pub fn p95(&self) -> f64 {
        quantile(&self.frames, 0.95)
    }
}

/// The answer as a script: paced, or as fast as it goes.
pub fn script(text: &str, rate: Option<u32>) -> Script {
    match rate {
        Some(rate) => Script::open_stream().paced(tokens(text), rate).done(),
        None => Script::open_stream().texts(tokens(text)).done(),
    }
}

/// How long it takes to send.
fn duration(text: &str, rate: Option<u32>) -> Duration {
    rate.map_or(Duration::ZERO, |rate| Duration::from_secs(1) * tokens(text).count() as u32 / rate)
}

/// Asks once and reads the answer in the app's page.
pub async fn app(stage: &Stage, upstream: &Upstream, text: &str, rate: Option<u32>) -> Run {
    let page = stage.page();
    page.script(PROBE, vec![json!(END)]).await;
    let idle = idle(stage).await;
    page.script("probe.frames.length = probe.long.length = 0", vec![]).await;
    let before = (stage.cpu(), SystemTime::now());
    let asked = upstream.requests().len();
    page.send("Go on.").await;
    let last_byte = sent(upstream, asked, duration(text, rate)).await;
    tokio::time::sleep(AFTER).await;
    let cpu = stage.cpu() - before.0 - idle * seconds_since(before.1);
    let probe = page.script("probe.stopped = true; return probe", vec![]).await;
    let answer = page.script("return document.querySelector('[role=log]').textContent.length", vec![]).await;
    assert!(answer.as_u64().is_some_and(|length| length > 0), "nothing is shown");
    let shown_at = probe["shownAt"].as_f64();
    let mut frames = numbers(&probe["frames"]);
    frames.sort_by(f64::total_cmp);
    let (pinned, samples) = (probe["pinned"].as_f64().unwrap_or(0.0), probe["samples"].as_f64().unwrap_or(0.0));
    Run {
        cpu,
        lag: shown_at.map_or(f64::NAN, |shown| shown - last_byte),
        frames,
        long: numbers(&probe["long"]),
        pinned: pinned / samples,
        heap: heap(page).await,
    }
}

/// The same text in the page that appends each token to one node.
pub async fn text_only(engine: Engine, pages: &str, text: &str, rate: Option<u32>) -> Run {
    let upstream = Upstream::start([script(text, rate)]);
    let stage = Stage::reference(engine, &format!("{pages}/text-only.html")).await;
    let page = stage.page();
    page.script(PROBE, vec![json!(END)]).await;
    let idle = idle(&stage).await;
    let before = (stage.cpu(), SystemTime::now());
    let url = format!("{}/chat/completions", upstream.base_url());
    page.script("void window.textOnly(arguments[0])", vec![json!(url)]).await;
    let last_byte = sent(&upstream, 0, duration(text, rate)).await;
    tokio::time::sleep(AFTER).await;
    let cpu = stage.cpu() - before.0 - idle * seconds_since(before.1);
    let probe = page.script("return { frames: probe.frames, shownAt: window.shownAt ?? null }", vec![]).await;
    let shown = page.script("return document.querySelector('main').textContent.length", vec![]).await;
    assert_eq!(shown.as_u64(), Some(text.encode_utf16().count() as u64), "the reference shows the whole text");
    let mut frames = numbers(&probe["frames"]);
    frames.sort_by(f64::total_cmp);
    let lag = probe["shownAt"].as_f64().map_or(f64::NAN, |shown| shown - last_byte);
    stage.close().await;
    Run { cpu, lag, frames, pinned: 1.0, ..Run::default() }
}

/// Seconds of the main thread for the finished text, the median of several pages.
pub async fn one_shot(engine: Engine, pages: &str, text: &str) -> f64 {
    let url = format!("{pages}/one-shot.html");
    let stage = Stage::reference(engine, &url).await;
    let mut runs = Vec::new();
    for _ in 0..ONE_SHOTS {
        stage.page().driver.goto(&url).await.unwrap();
        stage.page().script("window.text = arguments[0]", vec![json!(text)]).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let before = stage.cpu();
        let draw = "const done = arguments[0]; window.oneShot(window.text).then(() => done(true));";
        stage.page().driver.execute_async(draw, vec![]).await.unwrap();
        runs.push(stage.cpu() - before);
    }
    stage.close().await;
    median(runs)
}

/// What the page costs a second while nothing happens but the probe.
async fn idle(stage: &Stage) -> f64 {
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = (stage.cpu(), SystemTime::now());
    tokio::time::sleep(IDLE).await;
    (stage.cpu() - before.0) / seconds_since(before.1)
}

/// Waits until the upstream has sent the answer to request number `asked`; when, in milliseconds since the epoch. The
/// page is not asked anything meanwhile.
async fn sent(upstream: &Upstream, asked: usize, duration: Duration) -> f64 {
    tokio::time::sleep(duration).await;
    let mut last = None;
    let last = wait_for("the upstream's last byte", Duration::from_secs(120), async || {
        let now = upstream.requests().get(asked)?.last_write?;
        let before = last.replace(now);
        tokio::time::sleep(Duration::from_millis(500)).await;
        (before == Some(now)).then_some(now)
    })
    .await;
    last.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64() * 1e3
}

fn seconds_since(time: SystemTime) -> f64 {
    time.elapsed().unwrap_or_default().as_secs_f64()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

async fn heap(page: &Page) -> f64 {
    let heap = "globalThis.gc?.(); return performance.memory?.usedJSHeapSize ?? null";
    page.script(heap, vec![]).await.as_f64().unwrap_or(f64::NAN)
}
