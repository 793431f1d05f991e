//! One answer, read by one page: what it cost and how it looked.

use crate::stage::{Engine, Stage};
use crate::text::{END, tokens};
use rivulet_tests::goals::median;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::wait_for;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

const PROBE: &str = include_str!("probe.js");
/// For what comes after the last token: colours, the fold, the numbers below.
const AFTER: Duration = Duration::from_millis(1500);
/// So far a page may be behind the upstream.
const BEHIND: Duration = Duration::from_secs(120);
const ONE_SHOTS: usize = 5;

/// How reading an answer looked.
pub struct Look {
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

/// Seconds of the main thread for one answer in the app's page. Nothing else runs in the page: a loop that watched its
/// frames would make frames of its own.
pub async fn cost(stage: &Stage, upstream: &Upstream, text: &str, rate: Option<u32>) -> f64 {
    tokio::time::sleep(AFTER).await;
    let before = stage.cpu();
    ask(stage, upstream, text, rate).await;
    stage.cpu() - before
}

/// Asks once and watches the frames in which the answer is drawn.
pub async fn look(stage: &Stage, upstream: &Upstream, text: &str, rate: Option<u32>) -> Look {
    let page = stage.page();
    page.script(PROBE, vec![json!(END)]).await;
    tokio::time::sleep(AFTER).await;
    page.script("probe.frames.length = probe.long.length = 0", vec![]).await;
    let last_byte = ask(stage, upstream, text, rate).await;
    let probe = page.script("probe.stopped = true; return probe", vec![]).await;
    let mut frames = numbers(&probe["frames"]);
    frames.sort_by(f64::total_cmp);
    let (pinned, samples) = (probe["pinned"].as_f64().unwrap_or(0.0), probe["samples"].as_f64().unwrap_or(0.0));
    Look {
        lag: probe["shownAt"].as_f64().map_or(f64::NAN, |shown| shown - last_byte),
        frames,
        long: numbers(&probe["long"]),
        pinned: pinned / samples,
        heap: stage.heap().await,
    }
}

/// Sends a question and waits until the answer was sent and drawn; when the upstream wrote its last byte.
async fn ask(stage: &Stage, upstream: &Upstream, text: &str, rate: Option<u32>) -> f64 {
    let asked = upstream.requests().len();
    stage.page().send("Go on.").await;
    let last_byte = sent(upstream, asked, duration(text, rate)).await;
    shown(stage).await;
    tokio::time::sleep(AFTER).await;
    last_byte
}

/// The answer is there, to its end.
async fn shown(stage: &Stage) {
    let script = "const all = document.querySelectorAll('[data-testid=answer-text]');
        return all[all.length - 1]?.textContent.includes(arguments[0]) ?? false";
    wait_for("the answer's end is shown", BEHIND, async || {
        tokio::time::sleep(Duration::from_millis(300)).await;
        (stage.page().script(script, vec![json!(END)]).await == json!(true)).then_some(())
    })
    .await;
}

/// The same text in the page that appends each token to one node.
pub async fn text_only(engine: Engine, pages: &str, text: &str, rate: Option<u32>) -> f64 {
    let upstream = Upstream::start([script(text, rate)]);
    let stage = Stage::reference(engine, &format!("{pages}/text-only.html")).await;
    let page = stage.page();
    tokio::time::sleep(AFTER).await;
    let before = stage.cpu();
    let url = format!("{}/chat/completions", upstream.base_url());
    page.script("void window.textOnly(arguments[0])", vec![json!(url)]).await;
    sent(&upstream, 0, duration(text, rate)).await;
    let length = json!(text.encode_utf16().count());
    wait_for("the reference shows the whole text", BEHIND, async || {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let shown = page.script("return document.querySelector('main').textContent.length", vec![]).await;
        (shown == length).then_some(())
    })
    .await;
    tokio::time::sleep(AFTER).await;
    let cpu = stage.cpu() - before;
    stage.close().await;
    cpu
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

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}
