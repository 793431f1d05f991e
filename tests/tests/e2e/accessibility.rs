//! For everyone: axe-core finds nothing in a conversation, nothing is cut in a narrow page or at twice the size, and the
//! keyboard alone is enough.

use crate::use_demo;
use rivulet_tests::{Browser, Desktop, PATIENCE, Page, Profile, Serve, ServeOptions, Window, app, wait_for};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;
use thirtyfour::prelude::*;

/// Every rule but those that are named; what is wrong comes back as a list of sentences.
const AXE: &str = "const done = arguments[1];
    const rules = Object.fromEntries(arguments[0].map((rule) => [rule, { enabled: false }]));
    axe.run(document, { resultTypes: ['violations'], rules }).then(({ violations }) => done(violations.flatMap(
        ({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target}: ${node.failureSummary}`))),
        (error) => done([String(error)]));";
pub(crate) const CUT: &str = include_str!("cut.js");
const REACHED: &str = include_str!("reached.js");

/// Screen by screen, what each test found.
#[derive(Default)]
pub(crate) struct Findings(String);

impl Findings {
    pub(crate) fn add(&mut self, screen: &str, found: &Value) {
        for one in found.as_array().into_iter().flatten() {
            let _ = writeln!(self.0, "{screen}: {}", one.as_str().unwrap_or_default());
        }
    }

    pub(crate) fn none(&self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}

pub(crate) async fn axe(page: &Page, screen: &str, findings: &mut Findings) {
    axe_without(page, screen, &[], findings).await;
}

/// Without rules that say how parts make a whole.
pub(crate) async fn axe_without(page: &Page, screen: &str, rules: &[&str], findings: &mut Findings) {
    if page.script("return typeof axe", vec![]).await != json!("object") {
        let path = app::root().join("ui/node_modules/axe-core/axe.min.js");
        let source = std::fs::read_to_string(path).expect("`npm ci` in ui brings axe-core");
        page.driver.execute(format!("{source}; window.axe = axe;"), vec![]).await.unwrap();
    }
    // What fades in is looked at when it is there.
    let there = "document.getAnimations().filter((one) => one.effect.getTiming().iterations === 1)
        .forEach((one) => one.finish())";
    page.script(there, vec![]).await;
    let found = page.driver.execute_async(AXE, vec![json!(rules)]).await.unwrap();
    findings.add(screen, found.json());
}

pub(crate) async fn press(page: &Page, keys: impl Into<TypingData>) {
    page.driver.active_element().await.unwrap().send_keys(keys).await.unwrap();
}

#[tokio::test]
async fn nothing_is_cut_in_a_narrow_page_at_twice_the_size_or_in_forced_colours() {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("tour")).await;
    let browser = Browser::open(&profile, &serve.link()).await;
    let page = &browser.page;
    page.send("Show me.").await;
    // The tour takes its time here: only the window sets the demo's speed.
    page.answer_when("the tour ends", Duration::from_secs(120), |answer| answer.state == "complete").await;
    let tools = page.driver.cdp();
    let mut findings = Findings::default();
    // Twice the size is half the room.
    for (name, width, height) in [("360 px", 360, 740), ("twice the size", 590, 390), ("800 px", 800, 600)] {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        tools.send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
        for language in ["en", "zh-CN"] {
            let speak = "localStorage.setItem('rivulet-settings', JSON.stringify({ language: arguments[0] }))";
            page.script(speak, vec![json!(language)]).await;
            page.driver.refresh().await.unwrap();
            page.answer_in(1, "complete").await;
            let screen = format!("{name}, {language}");
            findings.add(&screen, &page.script(CUT, vec![]).await);
            axe(page, &screen, &mut findings).await;
            let picture = app::screenshots().join(format!("narrow-{width}-{language}.png"));
            page.driver.screenshot(&picture).await.unwrap();
        }
    }
    let media = json!({ "features": [
        { "name": "forced-colors", "value": "active" }, { "name": "prefers-reduced-motion", "value": "reduce" } ] });
    tools.send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
    page.send("Once more.").await;
    page.answer_in(2, "running").await;
    let still = "return document.getAnimations().map((one) => `moves: ${one.effect?.target?.className}`);";
    findings.add("reduced motion", &page.script(still, vec![]).await);
    // Without backgrounds, an edge is what shows a control.
    let edges = "return [...document.querySelectorAll('.round, .chip, .field, .composer')].filter((one) =>
        one.getClientRects().length && getComputedStyle(one).borderTopWidth === '0px').map((one) =>
        `no edge: ${one.className}`);";
    findings.add("forced colours", &page.script(edges, vec![]).await);
    page.driver.screenshot(&app::screenshots().join("forced-colours.png")).await.unwrap();
    browser.page.quit().await;
    serve.end().await;
    findings.none();
}

/// Tab comes by everything that can be used, each with a focus that is seen.
#[tokio::test]
async fn the_keyboard_reaches_everything() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "tour", 1_000_000).await;
    page.send("Show me.").await;
    page.answer_in(1, "complete").await;
    let mut findings = Findings::default();
    reached(page, "conversation", &mut findings).await;
    press(page, Key::Control + ",").await;
    page.element("close-settings").await;
    for form in ["key-open-openai", "endpoint-add", "prompt-new", "assistant-new"] {
        page.click(form).await;
    }
    reached(page, "settings", &mut findings).await;
    window.close().await;
    findings.none();
}

/// Presses Tab as often as there are things to reach, and notes what it did not come by.
async fn reached(page: &Page, screen: &str, findings: &mut Findings) {
    let count = page.script(REACHED, vec![]).await.as_u64().unwrap();
    assert!(count > 12, "{count} things to reach");
    for _ in 0..count + 12 {
        press(page, Key::Tab).await;
    }
    let missed = "return [...window.unseen, ...window.wanted.filter((one) => one.isConnected && !window.met.has(one))
        .map((one) => `the tab key does not come by ${one.outerHTML.slice(0, 160)}`)];";
    findings.add(screen, &page.script(missed, vec![]).await);
}

/// Whatever is opened with the keyboard goes with Escape, and the focus is where it was.
#[tokio::test]
async fn escape_closes_and_gives_the_focus_back() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    page.send("Show me.").await;
    page.answer_in(1, "complete").await;
    let focus = "const found = document.querySelector(arguments[0]); found?.focus(); return found !== null;";
    let at = |script: &str| format!("return document.querySelector(arguments[0]){script}");
    for (opener, opened) in [
        ("[data-testid=model]", ".menu.models"),
        ("[data-testid=controls]", "[data-testid=controls-menu]"),
        (".answer [data-testid=message-more]", "[data-testid=fork]"),
        ("[data-testid=inspect]", "[data-testid=inspector]"),
        ("[data-testid=edit-answer]", "[data-testid=edit-answer-text]"),
        ("[data-testid=edit-question]", "[data-testid=edit-question-text]"),
        (".row-menu", "[data-testid=archive]"),
        ("[data-testid=project-new]", "[data-testid=project-name]"),
        ("[data-testid=open-mirror]", "[data-testid=mirror-switch]"),
    ] {
        wait_for(opener, PATIENCE, async || {
            (page.script(focus, vec![json!(opener)]).await == json!(true)).then_some(())
        })
        .await;
        press(page, Key::Enter).await;
        wait_for(opened, PATIENCE, async || {
            (page.script(&at(" !== null"), vec![json!(opened)]).await == json!(true)).then_some(())
        })
        .await;
        press(page, Key::Escape).await;
        wait_for(&format!("{opened} is gone, and {opener} has the focus"), PATIENCE, async || {
            let gone = page.script(&at(" === null"), vec![json!(opened)]).await == json!(true);
            let back = page.script("return document.activeElement.matches(arguments[0])", vec![json!(opener)]).await;
            (gone && back == json!(true)).then_some(())
        })
        .await;
    }
    // The settings, which stand in the conversation's place.
    press(page, Key::Control + ",").await;
    page.element("close-settings").await;
    press(page, Key::Escape).await;
    wait_for("the composer has the focus", PATIENCE, async || {
        let at = "return document.activeElement.dataset.testid ?? null";
        (page.script(at, vec![]).await == json!("composer")).then_some(())
    })
    .await;
    window.close().await;
}
