//! For everyone: axe-core finds nothing in a conversation, and nothing is cut in a narrow page or at twice the size.

use rivulet_tests::{Browser, Page, Profile, Serve, ServeOptions, app};
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
pub(crate) const PLAIN: &str = include_str!("plain.js");

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
    let sizes = [
        ("360 px", 360, 740),
        ("twice the size", 590, 390),
        ("800 px", 800, 600),
        ("390 px at twice the size", 195, 422),
        ("360 px at twice the size", 180, 370),
    ];
    for (name, width, height) in sizes {
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
    let size = json!({ "width": 1180, "height": 740, "deviceScaleFactor": 1, "mobile": false });
    tools.send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
    let media = json!({ "features": [
        { "name": "forced-colors", "value": "active" }, { "name": "prefers-reduced-motion", "value": "reduce" } ] });
    tools.send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
    page.send("Once more.").await;
    page.answer_in(2, "running").await;
    findings.add("forced colours, no motion", &page.script(PLAIN, vec![]).await);
    page.driver.screenshot(&app::screenshots().join("forced-colours.png")).await.unwrap();
    browser.page.quit().await;
    serve.end().await;
    findings.none();
}
