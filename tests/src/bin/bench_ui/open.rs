//! Opening long conversations, writing in them, and scrolling through all of it.

use crate::cases::{answered, show_newest};
use crate::stage::{Engine, Stage};
use crate::stream::script;
use crate::text::markdown;
use rivulet_tests::goals::{Goals, median, quantile};
use rivulet_tests::upstream::{Script, Upstream};
use serde_json::{Value, json};
use std::time::Duration;

const TURNS: [(&str, usize); 2] = [("Short one", 100), ("Long one", 500)];
const OPENINGS: usize = 5;
const KEYS: usize = 40;

/// From the click on it to its last answer in view, after a frame; in milliseconds.
const OPEN: &str = "const [title, done] = arguments;
    const row = [...document.querySelectorAll('[data-testid=conversation]')].find((row) => row.textContent.includes(title));
    const begun = performance.now();
    row.click();
    const look = () => {
        const all = document.querySelectorAll('[data-testid=answer-text]');
        const last = all[all.length - 1];
        const heading = document.querySelector('h1').textContent.includes(title);
        if (heading && last?.textContent.includes('The end of the answer.')) {
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
        } else requestAnimationFrame(look);
    };
    look();";
/// Key presses, each until the frame after it is drawn.
const TIMES: &str = "window.keys = [];
    document.addEventListener('keydown', (event) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.keys.push(performance.now() - event.timeStamp);
        port2.postMessage(0);
    }), true);";

/// Scrolls in steps of so many pixels until nothing moves any more; how many messages were mounted at most.
const SCROLL: &str = "const [by, done] = arguments;
    const view = document.querySelector('[role=log]');
    view.dispatchEvent(new WheelEvent('wheel', { deltaY: by }));
    let most = 0, still = 0, before = '';
    const step = () => {
        view.scrollTop += by;
        most = Math.max(most, view.querySelectorAll('[data-row]').length);
        const now = `${view.scrollTop} ${view.scrollHeight}`;
        still = now === before ? still + 1 : 0;
        before = now;
        if (still > 60) done(most);
        else requestAnimationFrame(step);
    };
    step();";

pub async fn run(engine: Engine, goals: &mut Goals) {
    let answer = Script::stream().texts(std::iter::once(markdown(3_000))).done();
    // The last is one that streams while somebody types.
    let streamed = script(&markdown(100_000), Some(1000));
    let upstream = Upstream::start(std::iter::repeat_n(answer, TURNS[0].1 + TURNS[1].1).chain([streamed]));
    let stage = Stage::app(engine, &upstream).await;
    for (title, turns) in TURNS {
        let mut conversation = Value::Null;
        for turn in 0..turns {
            let text = if turn == 0 { title.to_owned() } else { markdown(3_000) };
            let turn = stage.call("message_send", json!({ "conversation": conversation, "text": text })).await;
            conversation = turn["conversation"].clone();
            answered(&stage, &conversation).await;
        }
    }
    show_newest(&stage).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for _ in 0..OPENINGS {
        for (title, opened) in [("Short one", &mut short), ("Long one", &mut long)] {
            let before = stage.cpu();
            let time = stage.page().driver.execute_async(OPEN, vec![json!(title)]).await.unwrap();
            let cpu = stage.cpu() - before;
            opened.push((time.json().as_f64().unwrap(), cpu));
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }
    let of = |runs: &[(f64, f64)]| {
        let times = median(runs.iter().map(|run| run.0).collect());
        (times, median(runs.iter().map(|run| run.1).collect()))
    };
    let ((short_ms, short_cpu), (long_ms, long_cpu)) = (of(&short), of(&long));
    let label = |what: &str| format!("{}, 1,000 messages: {what}", engine.name());
    goals.figure(&label("readable, with 200"), format!("{short_ms:.0} ms, {short_cpu:.2} s"));
    goals.goal(&label("readable"), format!("{long_ms:.0} ms"), "at most 150 ms", long_ms <= 150.0);
    goals.goal(&label("main thread to open"), format!("{long_cpu:.2} s"), "at most 0.15 s", long_cpu <= 0.15);
    let ratio = long_ms / short_ms;
    goals.goal(&label("times 200 messages"), format!("{ratio:.2}"), "at most 1.2", ratio <= 1.2);
    typing(&stage, goals, &label("key to frame")).await;
    scrolling(&stage, goals, &label("scrolled through")).await;
    stage.page().script("document.querySelector('.end')?.click()", vec![]).await;
    stage.page().send("Go on.").await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let streams = "return document.querySelector('[data-state=running]') !== null";
    assert_eq!(stage.page().script(streams, vec![]).await, json!(true), "an answer streams");
    typing(&stage, goals, &label("key to frame while an answer streams")).await;
    assert_eq!(stage.page().script(streams, vec![]).await, json!(true), "an answer streams still");
    stage.close().await;
}

async fn typing(stage: &Stage, goals: &mut Goals, label: &str) {
    let page = stage.page();
    let field = page.element("composer").await;
    field.click().await.unwrap();
    page.script(TIMES, vec![]).await;
    for key in 0..KEYS {
        field.send_keys(if key % 6 == 5 { " " } else { "a" }).await.unwrap();
        tokio::time::sleep(Duration::from_millis(37)).await;
    }
    let mut times: Vec<f64> = serde_json::from_value(page.script("return window.keys", vec![]).await).expect("numbers");
    times.sort_by(f64::total_cmp);
    let (p50, p95) = (quantile(&times, 0.5), quantile(&times, 0.95));
    goals.goal(&format!("{label}, p50"), format!("{p50:.1} ms"), "at most 10 ms", p50 <= 10.0);
    goals.figure(&format!("{label}, p95"), format!("{p95:.1} ms"));
}

/// To the first message and back, twice: what is mounted and kept stays bounded.
async fn scrolling(stage: &Stage, goals: &mut Goals, label: &str) {
    // A thousand messages, a view at a time.
    stage.page().driver.set_script_timeout(Duration::from_secs(300)).await.unwrap();
    let mut heaps = vec![stage.heap().await];
    let mut most = 0;
    for _ in 0..2 {
        let up = stage.page().driver.execute_async(SCROLL, vec![json!(-3000)]).await.unwrap().json().clone();
        let first = "return document.querySelector('[role=log]').textContent.includes(arguments[0])";
        let first = stage.page().script(first, vec![json!(TURNS[1].0)]).await;
        goals.goal(&format!("{label}: to the first"), first.to_string(), "yes", first == json!(true));
        let down = stage.page().driver.execute_async(SCROLL, vec![json!(3000)]).await.unwrap().json().clone();
        most = [&up, &down].iter().filter_map(|seen| seen.as_u64()).fold(most, u64::max);
        heaps.push(stage.heap().await);
    }
    goals.goal(&format!("{label}: mounted at most"), most.to_string(), "100 messages", most <= 100);
    let texts = (TURNS[1].1 * 2 * 3_000) as f64;
    let (first, second) = ((heaps[1] - heaps[0]) / 1e6, (heaps[2] - heaps[1]) / 1e6);
    if stage.engine() == Engine::Chromium {
        let most = 2.0 * texts / 1e6;
        let name = format!("{label}: memory, the first time");
        goals.goal(&name, format!("{first:+.1} MB"), &format!("at most {most} MB, the texts twice"), first <= most);
        let name = format!("{label}: memory, again");
        goals.goal(&name, format!("{second:+.1} MB"), "at most 1 MB", second <= 1.0);
    } else {
        goals
            .figure(&format!("{label}: memory of the page's process"), format!("{first:+.1} MB, then {second:+.1} MB"));
    }
}
