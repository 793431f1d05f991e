//! What the app adds to each token at 100 tokens a second: every token's text is the time of its sending, so whoever
//! gets it knows how long it took.

use rivulet_tests::goals::{Goals, quantile};
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Desktop, PATIENCE, Profile, Serve, ServeOptions, Window};
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TOKENS: usize = 1_000;
/// Tokens in a paragraph: a time is 17 characters, so that one is as long as those a model writes.
const PARAGRAPH: usize = 40;

/// To a viewer of every commit, and to an event in the window's page.
pub async fn run(goals: &mut Goals) {
    let commits = to_every_commit().await;
    let p50 = quantile(&commits, 0.5);
    goals.goal("added delay, no frame pacing (socket to socket), p50", ms(p50), "under 2 ms", p50 < 2.0);
    goals.figure("added delay, no frame pacing (socket to socket), p99", ms(quantile(&commits, 0.99)));
    let (events, seen) = to_the_window().await;
    goals.figure("added delay, frame pacing (socket to Tauri event), p50", ms(quantile(&events, 0.5)));
    let p99 = quantile(&events, 0.99);
    goals.goal("added delay, frame pacing (socket to Tauri event), p99", ms(p99), "under 16.7 ms", p99 < 16.7);
    // With what the page was busy with when the event came: its own drawing.
    for (name, part) in [("p50", 0.5), ("p99", 0.99)] {
        let name = format!("added delay, frame pacing (socket to the page's handler), {name}");
        goals.figure(&name, ms(quantile(&seen, part)));
    }
}

fn ms(value: f64) -> String {
    format!("{value:.2} ms")
}

fn steady() -> Upstream {
    let gap = Duration::from_millis(10);
    let token = |script: Script, n: usize| {
        let ends = n % PARAGRAPH == PARAGRAPH - 1;
        let script = if ends { script.stamped().text("\n\n") } else { script.stamped() };
        script.wait(gap)
    };
    Upstream::start([(0..TOKENS).fold(Script::stream(), token).done()])
}

async fn to_every_commit() -> Vec<f64> {
    let upstream = steady();
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::custom(&upstream.base_url())).await;
    let mut stream = serve.client.events("/api/sse?uid=delay&pace=0", &[]).await.expect("a stream");
    serve.client.post("/api/start-sse", json!({ "uid": "delay", "prompt": "Steadily." })).await;
    let mut delays = Vec::new();
    loop {
        let event = stream.next_within(PATIENCE).await.expect("the stream goes on");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_micros();
        match event.event.as_str() {
            "text" => {
                let text = event.data["text"].as_str().expect("a text");
                let sent = text.split_whitespace().filter_map(|stamp| stamp.parse::<u128>().ok());
                delays.extend(sent.map(|sent| now.saturating_sub(sent) as f64 / 1000.0));
            }
            "finished" => break,
            _ => {}
        }
    }
    serve.end().await;
    sorted(delays)
}

/// To the Tauri event, by the app's log, and to the page's handler of that event, by the page's clock.
async fn to_the_window() -> (Vec<f64>, Vec<f64>) {
    let upstream = steady();
    let mut desktop = Desktop::start().await;
    desktop.log("warn,rivulet_app::bridge=trace");
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.use_upstream(&upstream).await;
    page.driver.execute_async(LISTEN, Vec::new()).await.expect("the page listens");
    page.send("Steadily.").await;
    // Nothing is asked of the page while it runs.
    tokio::time::sleep(Duration::from_millis(10 * TOKENS as u64 + 1_500)).await;
    page.answer_in(1, "complete").await;
    let tokens = page.script("return window.tokens", Vec::new()).await;
    let tokens: Vec<(u64, f64, f64)> = serde_json::from_value(tokens).expect("numbers");
    // The first few are in the snapshot the page opens the conversation with, and in no event.
    assert!((TOKENS * 9 / 10..=TOKENS).contains(&tokens.len()), "{} events of {TOKENS} tokens", tokens.len());
    window.close().await;
    let batches = batches(&desktop.profile().data());
    let emitted = tokens.iter().map(|(head, sent, _)| batches.get(head).expect("every batch is in the log") - sent);
    (sorted(emitted.collect()), sorted(tokens.iter().map(|(_, sent, seen)| seen - sent).collect()))
}

/// Keeps of each token: its batch's head, when it was sent, and when the page had it, in milliseconds since 1970. The
/// page's clock has whole milliseconds; half of one is added for what it cuts off.
const LISTEN: &str = "const done = arguments[0];
    window.tokens = [];
    const handler = window.__TAURI_INTERNALS__.transformCallback(({ payload }) => {
        const now = performance.timeOrigin + performance.now() + 0.5;
        for (const event of payload.batch.events) {
            if (event.type !== 'text') continue;
            for (const stamp of event.text.split(/\\s+/).filter(Boolean))
                window.tokens.push([payload.batch.head, Number(stamp) / 1000, now]);
        }
    });
    window.__TAURI_INTERNALS__.invoke('plugin:event|listen',
        { event: 'rivulet://batch', target: { kind: 'Any' }, handler }).then(() => done(true));";

/// When each batch went to the window, by its head, in milliseconds since 1970: the times of the log's lines.
fn batches(data: &Path) -> HashMap<u64, f64> {
    let logs = std::fs::read_dir(data.join("logs")).expect("the app keeps logs");
    let text: String = logs.map(|log| std::fs::read_to_string(log.expect("a file").path()).expect("a log")).collect();
    let batch = |line: &str| {
        let time = OffsetDateTime::parse(line.split_whitespace().next()?, &Rfc3339).ok()?;
        let head = line.split_once("head=")?.1.split_whitespace().next()?.parse().ok()?;
        Some((head, time.unix_timestamp_nanos() as f64 / 1e6))
    };
    // A head may be told again by a heartbeat: the first line counts.
    text.lines().filter_map(batch).fold(HashMap::new(), |mut batches, (head, time)| {
        batches.entry(head).or_insert(time);
        batches
    })
}

fn sorted(mut delays: Vec<f64>) -> Vec<f64> {
    delays.sort_by(f64::total_cmp);
    delays
}
