//! Opening long conversations, writing in them, and scrolling through all of it.

use crate::cases::{answered, show_newest};
use crate::stage::{Engine, Stage};
use crate::text::markdown;
use rivulet_tests::goals::{Goals, median, quantile};
use rivulet_tests::upstream::{Script, Upstream};
use serde_json::{Value, json};
use std::time::Duration;

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

pub async fn run(engine: Engine, goals: &mut Goals) {
    let answer = Script::stream().texts(std::iter::once(markdown(3_000))).done();
    let upstream = Upstream::start([answer]);
    let stage = Stage::app(engine, &upstream).await;
    for (title, turns) in [("Short one", 100), ("Long one", 500)] {
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

/// To the first message and back; what is mounted stays bounded.
async fn scrolling(stage: &Stage, goals: &mut Goals, label: &str) {
    let up = "const done = arguments[0];
        const view = document.querySelector('[role=log]');
        view.dispatchEvent(new WheelEvent('wheel', { deltaY: -100 }));
        let most = 0, still = 0, height = -1;
        const step = () => {
            view.scrollTop = Math.max(0, view.scrollTop - 3000);
            most = Math.max(most, view.querySelectorAll('[data-row]').length);
            still = view.scrollTop === 0 && view.scrollHeight === height ? still + 1 : 0;
            height = view.scrollHeight;
            if (still > 60) done([most, view.textContent.includes(arguments_title)]);
            else requestAnimationFrame(step);
        };
        const arguments_title = 'Long one';
        step();";
    let seen = stage.page().driver.execute_async(up, vec![]).await.unwrap().json().clone();
    let most = seen[0].as_u64().unwrap_or(u64::MAX);
    goals.goal(&format!("{label}: to the first"), seen[1].to_string(), "yes", seen[1] == json!(true));
    goals.goal(&format!("{label}: mounted at most"), most.to_string(), "100 messages", most <= 100);
}
