//! The cases of streaming and their goals.

use crate::references;
use crate::stage::{Engine, Stage};
use crate::stream::{Run, app, one_shot, script, text_only};
use crate::text::{END, markdown};
use rivulet_tests::goals::Goals;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::wait_for;
use serde_json::json;
use std::time::Duration;

/// A size and a speed, with what reading it may cost.
#[derive(Clone, Copy)]
pub struct Case {
    name: &'static str,
    bytes: usize,
    /// Tokens a second; `None` is as fast as it goes.
    rate: Option<u32>,
    /// At most so much of what the text-only page costs.
    of_text_only: Option<f64>,
    /// At most so many times what the one-shot page costs.
    of_one_shot: Option<f64>,
}

pub const FAST: &[Case] = &[
    Case { name: "20 kB at 200/s", bytes: 20_000, rate: Some(200), of_text_only: Some(0.45), of_one_shot: None },
    Case {
        name: "100 kB at 1000/s",
        bytes: 100_000,
        rate: Some(1000),
        of_text_only: Some(0.25),
        of_one_shot: Some(10.0),
    },
    Case { name: "400 kB at once", bytes: 400_000, rate: None, of_text_only: None, of_one_shot: Some(1.5) },
];
/// Takes a hundred seconds a page.
pub const SLOW: &[Case] =
    &[Case { name: "20 kB at 50/s", bytes: 20_000, rate: Some(50), of_text_only: Some(0.45), of_one_shot: None }];

/// Runs cases, each beside its references.
pub async fn run(engine: Engine, cases: &[Case], goals: &mut Goals) {
    let pages = references::serve();
    for case in cases {
        let text = markdown(case.bytes);
        let label = |what: &str| format!("{}, {}: {what}", engine.name(), case.name);
        let upstream = Upstream::start([script(&text, case.rate)]);
        let stage = Stage::app(engine, &upstream).await;
        let ours = app(&stage, &upstream, &text, case.rate).await;
        stage.close().await;
        goals.figure(&label("main thread"), format!("{:.2} s", ours.cpu));
        if let Some(most) = case.of_text_only {
            let theirs = text_only(engine, &pages, &text, case.rate).await;
            goals.figure(&label("text-only's main thread"), format!("{:.2} s", theirs.cpu));
            goals.figure(&label("text-only's lag"), format!("{:.0} ms", theirs.lag));
            at_most(goals, &label("of text-only"), ours.cpu / theirs.cpu, most, "");
        }
        if let Some(most) = case.of_one_shot {
            let theirs = one_shot(engine, &pages, &text).await;
            goals.figure(&label("one-shot's main thread"), format!("{theirs:.2} s"));
            at_most(goals, &label("times one-shot"), ours.cpu / theirs, most, "");
        }
        picture(goals, engine, case, &ours);
    }
}

/// How it looked while it was read.
fn picture(goals: &mut Goals, engine: Engine, case: &Case, run: &Run) {
    let label = |what: &str| format!("{}, {}: {what}", engine.name(), case.name);
    goals.figure(&label("frames p50"), format!("{:.0} ms", rivulet_tests::goals::quantile(&run.frames, 0.5)));
    if case.rate.is_none() {
        goals.figure(&label("lag"), format!("{:.0} ms", run.lag));
        goals.figure(&label("longest frame"), format!("{:.0} ms", run.frames.last().copied().unwrap_or(f64::NAN)));
    } else {
        at_most(goals, &label("frame interval p95"), run.p95(), 20.0, " ms");
        at_most(goals, &label("last token to text"), run.lag, 40.0, " ms");
        goals.goal(
            &label("view at the end"),
            format!("{:.0} % of samples", run.pinned * 100.0),
            "all",
            run.pinned >= 1.0,
        );
    }
    if engine == Engine::Chromium {
        let worst = run.long.iter().copied().fold(0.0, f64::max);
        goals.goal(
            &label("tasks over 50 ms"),
            format!("{} (worst {worst:.0} ms)", run.long.len()),
            "none",
            run.long.is_empty(),
        );
        if case.bytes == 100_000 {
            at_most(goals, &label("heap afterwards"), run.heap / 1e6, 12.0, " MB");
        }
    }
}

fn at_most(goals: &mut Goals, what: &str, value: f64, most: f64, unit: &str) {
    goals.goal(what, format!("{value:.2}{unit}"), &format!("at most {most}{unit}"), value <= most);
}

/// The same answer in a new conversation and after 200 long messages.
pub async fn after_many(engine: Engine, goals: &mut Goals) {
    let (text, rate) = (markdown(20_000), Some(200));
    let long = Script::stream().texts(std::iter::once(markdown(3_000))).done();
    let upstream = Upstream::start([script(&text, rate)]);
    let stage = Stage::app(engine, &upstream).await;
    let alone = app(&stage, &upstream, &text, rate).await;
    stage.close().await;

    let upstream = Upstream::start(std::iter::repeat_n(long, 100).chain([script(&text, rate)]));
    let stage = Stage::app(engine, &upstream).await;
    let mut conversation = serde_json::Value::Null;
    for _ in 0..100 {
        let question = json!({ "conversation": conversation, "text": markdown(3_000) });
        let turn = stage.call("message_send", question).await;
        conversation = turn["conversation"].clone();
        answered(&stage, &conversation).await;
    }
    show_newest(&stage).await;
    let after = app(&stage, &upstream, &text, rate).await;
    stage.close().await;
    let label = |what: &str| format!("{}, after 200 long messages: {what}", engine.name());
    goals.figure(&label("main thread, new conversation"), format!("{:.2} s", alone.cpu));
    goals.figure(&label("main thread"), format!("{:.2} s", after.cpu));
    at_most(goals, &label("times a new conversation"), after.cpu / alone.cpu, 1.1, "");
}

/// Waits until the conversation's last message is whole.
pub async fn answered(stage: &Stage, conversation: &serde_json::Value) {
    wait_for("the answer's end", Duration::from_secs(30), async || {
        let open = stage.call("conversation_open", json!({ "conversation": conversation, "limit": 1 })).await;
        (open["messages"][0]["state"] == "complete").then_some(())
    })
    .await;
}

/// A page that is loaded again shows the newest conversation, or what it showed.
pub async fn show_newest(stage: &Stage) {
    let page = stage.page();
    page.driver.refresh().await.unwrap();
    page.element("composer").await;
    let click = "if (document.querySelector('[data-testid=answer]')) return true;
        document.querySelector('[data-testid=conversation]')?.click(); return false";
    wait_for("the conversation is shown", Duration::from_secs(30), async || {
        (page.script(click, vec![]).await == json!(true)).then_some(())
    })
    .await;
}

/// CPU per kB of answers from 10 kB to 1 MB, at full speed.
pub async fn linear(engine: Engine, goals: &mut Goals) {
    let mut costs = Vec::new();
    for kilobytes in [10, 100, 1000] {
        let text = markdown(kilobytes * 1000);
        assert!(text.ends_with(END));
        let upstream = Upstream::start([script(&text, None)]);
        let stage = Stage::app(engine, &upstream).await;
        let run = app(&stage, &upstream, &text, None).await;
        stage.close().await;
        costs.push(run.cpu * 1e3 / kilobytes as f64);
        goals.figure(
            &format!("{}, {kilobytes} kB at once: main thread per kB", engine.name()),
            format!("{:.2} ms", run.cpu * 1e3 / kilobytes as f64),
        );
    }
    let label = format!("{}: cost per kB at 1 MB, times that at 100 kB", engine.name());
    at_most(goals, &label, costs[2] / costs[1], 1.2, "");
}
