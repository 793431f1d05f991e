//! The cases of streaming and their goals.

use crate::references;
use crate::stage::{Engine, Stage};
use crate::stream::{Look, cost, look, one_shot, script, text_only};
use crate::text::{END, markdown};
use rivulet_tests::goals::{Goals, median, quantile};
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

/// A figure missed by less than this may be the machine's doing: it is measured twice more, and the middle one counts.
const NEARLY: f64 = 1.2;

/// What a case cost, beside its references.
struct Cost {
    ours: f64,
    text_only: Option<f64>,
    one_shot: Option<f64>,
}

impl Cost {
    /// As parts of the case's limits, the worst of them.
    fn strain(&self, case: &Case) -> f64 {
        let references = [self.text_only.zip(case.of_text_only), self.one_shot.zip(case.of_one_shot)];
        references.into_iter().flatten().map(|(theirs, most)| self.ours / theirs / most).fold(0.0, f64::max)
    }
}

/// What the cases cost, each beside its references.
pub async fn costs(engine: Engine, cases: &[Case], goals: &mut Goals) {
    let pages = references::serve();
    for case in cases {
        let mut costs = vec![beside(engine, case, &pages).await];
        if (1.0..NEARLY).contains(&costs[0].strain(case)) {
            costs.push(beside(engine, case, &pages).await);
            costs.push(beside(engine, case, &pages).await);
            costs.sort_by(|one, other| one.strain(case).total_cmp(&other.strain(case)));
        }
        let Cost { ours, text_only, one_shot } = costs[costs.len() / 2];
        let label = |what: &str| format!("{}, {}: {what}", engine.name(), case.name);
        goals.figure(&label("main thread"), format!("{ours:.2} s"));
        if let Some((theirs, most)) = text_only.zip(case.of_text_only) {
            goals.figure(&label("text-only's main thread"), format!("{theirs:.2} s"));
            at_most(goals, &label("of text-only"), ours / theirs, most, "");
        }
        if let Some((theirs, most)) = one_shot.zip(case.of_one_shot) {
            goals.figure(&label("one-shot's main thread"), format!("{theirs:.2} s"));
            at_most(goals, &label("times one-shot"), ours / theirs, most, "");
        }
    }
}

async fn beside(engine: Engine, case: &Case, pages: &str) -> Cost {
    let text = markdown(case.bytes);
    let upstream = Upstream::start([script(&text, case.rate)]);
    let stage = Stage::app(engine, &upstream).await;
    let ours = cost(&stage, &upstream, &text, case.rate).await;
    stage.close().await;
    let mut cost = Cost { ours, text_only: None, one_shot: None };
    if case.of_text_only.is_some() {
        cost.text_only = Some(text_only(engine, pages, &text, case.rate).await);
    }
    if case.of_one_shot.is_some() {
        cost.one_shot = Some(one_shot(engine, pages, &text).await);
    }
    cost
}

/// How the cases looked while they were read. These are times on the wall: of a machine that does nothing else.
pub async fn looks(engine: Engine, cases: &[Case], goals: &mut Goals) {
    for case in cases {
        let text = markdown(case.bytes);
        let upstream = Upstream::start([script(&text, case.rate)]);
        let stage = Stage::app(engine, &upstream).await;
        let seen = look(&stage, &upstream, &text, case.rate).await;
        stage.close().await;
        picture(goals, engine, case, &seen);
    }
}

fn picture(goals: &mut Goals, engine: Engine, case: &Case, seen: &Look) {
    let label = |what: &str| format!("{}, {}: {what}", engine.name(), case.name);
    goals.figure(&label("frames p50"), format!("{:.0} ms", quantile(&seen.frames, 0.5)));
    goals.figure(&label("longest frame"), format!("{:.0} ms", seen.frames.last().copied().unwrap_or(f64::NAN)));
    at_most(goals, &label("frame interval p95"), quantile(&seen.frames, 0.95), 20.0, " ms");
    if case.rate.is_none() {
        // The upstream has written all of it before it can be drawn once.
        goals.figure(&label("last token to text"), format!("{:.0} ms", seen.lag));
    } else {
        at_most(goals, &label("last token to text"), seen.lag, 40.0, " ms");
    }
    let at_end = format!("{:.0} % of samples", seen.pinned * 100.0);
    goals.goal(&label("view at the end"), at_end, "all", seen.pinned >= 1.0);
    if engine == Engine::Chromium {
        let worst = seen.long.iter().copied().fold(0.0, f64::max);
        let tasks = format!("{} (worst {worst:.0} ms)", seen.long.len());
        goals.goal(&label("tasks over 50 ms"), tasks, "none", seen.long.is_empty());
        if case.bytes == 100_000 {
            at_most(goals, &label("heap afterwards"), seen.heap / 1e6, 12.0, " MB");
        }
    }
}

fn at_most(goals: &mut Goals, what: &str, value: f64, most: f64, unit: &str) {
    goals.goal(what, format!("{value:.2}{unit}"), &format!("at most {most}{unit}"), value <= most);
}

/// The same answer in a new conversation and after 200 long messages, by turns; the middle of three each.
pub async fn after_many(engine: Engine, goals: &mut Goals) {
    let (mut alone, mut after) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        alone.push(answer_after(engine, 0).await);
        after.push(answer_after(engine, 100).await);
    }
    let (alone, after) = (median(alone), median(after));
    let label = |what: &str| format!("{}, after 200 long messages: {what}", engine.name());
    goals.figure(&label("main thread, new conversation"), format!("{alone:.2} s"));
    goals.figure(&label("main thread"), format!("{after:.2} s"));
    at_most(goals, &label("times a new conversation"), after / alone, 1.1, "");
}

/// Seconds of the main thread for one answer after so many turns.
async fn answer_after(engine: Engine, turns: usize) -> f64 {
    let (text, rate) = (markdown(20_000), Some(200));
    let long = Script::stream().texts(std::iter::once(markdown(3_000))).done();
    let upstream = Upstream::start(std::iter::repeat_n(long, turns).chain([script(&text, rate)]));
    let stage = Stage::app(engine, &upstream).await;
    let mut conversation = serde_json::Value::Null;
    for _ in 0..turns {
        let question = json!({ "conversation": conversation, "text": markdown(3_000) });
        let turn = stage.call("message_send", question).await;
        conversation = turn["conversation"].clone();
        answered(&stage, &conversation).await;
    }
    if turns > 0 {
        show_newest(&stage).await;
    }
    let cpu = cost(&stage, &upstream, &text, rate).await;
    stage.close().await;
    cpu
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
        let each = cost(&stage, &upstream, &text, None).await * 1e3 / kilobytes as f64;
        stage.close().await;
        costs.push(each);
        let label = format!("{}, {kilobytes} kB at once: main thread per kB", engine.name());
        goals.figure(&label, format!("{each:.2} ms"));
    }
    // A short answer pays for its turn too: what must not be is that a long one costs more.
    for (small, cost) in [("10 kB", costs[0]), ("100 kB", costs[1])] {
        let label = format!("{}: cost per kB at 1 MB, times that at {small}", engine.name());
        at_most(goals, &label, costs[2] / cost, 1.2, "");
    }
}
