//! Every component in every state, as the page for whoever works on them shows it: axe-core finds nothing, in both themes,
//! and nothing is cut in any of the languages with the longest and the widest words, in a narrow page and at twice the size.

use crate::accessibility::{CUT, Findings, PLAIN, axe_without};
use rivulet_tests::{Browser, PATIENCE, Page, Process, Profile, app, wait_for};
use serde_json::json;
use std::time::Duration;

/// What is served as it is takes longer than what is built.
const SERVED: Duration = Duration::from_secs(120);

/// Here are parts of many pages in one.
const OF_A_PAGE: [&str; 4] = ["region", "landmark-no-duplicate-main", "landmark-unique", "landmark-main-is-top-level"];

/// The page's own server, for whoever works on the page.
async fn serve(profile: &Profile) -> (Process, String) {
    let mut command = profile.command(app::root().join("ui/node_modules/.bin/vite"));
    command.current_dir(app::root().join("ui"));
    command.args(["--host", "127.0.0.1", "--port", "0", "--clearScreen", "false"]);
    command.env("NO_COLOR", "1");
    let mut server = Process::spawn(&command);
    let line = server.line_with("http://127.0.0.1:", SERVED).await;
    let address = line.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    let gallery = format!("{address}gallery.html");
    (server, gallery)
}

async fn there(page: &Page) {
    let there = "return document.querySelectorAll('.gallery > section').length";
    wait_for("the gallery", SERVED, async || (page.script(there, vec![]).await == json!(4)).then_some(())).await;
}

/// Chooses a look: the theme is the first of the page's lists, then come language, accent, density and the text's size.
async fn choose(page: &Page, list: usize, value: &str) {
    let script =
        "const [nth, value] = arguments; const field = document.querySelectorAll('.gallery header select')[nth];
        field.value = value; field.dispatchEvent(new Event('change', { bubbles: true }));";
    page.script(script, vec![json!(list), json!(value)]).await;
}

async fn speak(page: &Page, theme: &str, language: &str) {
    choose(page, 0, theme).await;
    choose(page, 1, language).await;
    let taken = "const { lang, dataset } = document.documentElement; return [dataset.theme, lang];";
    wait_for("the look is taken", PATIENCE, async || {
        (page.script(taken, vec![]).await == json!([theme, language])).then_some(())
    })
    .await;
}

async fn resize(page: &Page, width: u32) {
    let size = json!({ "width": width, "height": 740, "deviceScaleFactor": 1, "mobile": false });
    page.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
}

#[tokio::test]
async fn every_component_reads_well_in_every_state() {
    let profile = Profile::new();
    let (server, gallery) = serve(&profile).await;
    let browser = Browser::open(&profile, &gallery).await;
    let page = &browser.page;
    there(page).await;
    let mut findings = Findings::default();
    for (theme, language) in [("light", "en"), ("dark", "zh-CN"), ("dark", "de"), ("light", "de")] {
        speak(page, theme, language).await;
        for width in [1180, 590, 360] {
            resize(page, width).await;
            let screen = format!("gallery, {theme}, {language}, {width} px");
            findings.add(&screen, &page.script(CUT, vec![]).await);
            if width == 1180 {
                axe_without(page, &screen, &OF_A_PAGE, &mut findings).await;
            }
        }
    }
    // Text of twice the size on a phone, and the whole page at twice its size, which is half the room.
    for (size, width) in [("200", 390), ("200", 360), ("100", 195), ("100", 180)] {
        choose(page, 4, size).await;
        resize(page, width).await;
        for language in ["en", "de", "zh-CN"] {
            speak(page, "light", language).await;
            let screen = format!("gallery, text of {size} %, {language}, {width} px");
            findings.add(&screen, &page.script(CUT, vec![]).await);
        }
    }
    browser.page.quit().await;
    server.terminate();
    findings.none();
}

#[tokio::test]
async fn every_component_is_seen_in_forced_colours_and_nothing_moves_where_that_is_unwanted() {
    let profile = Profile::new();
    let (server, gallery) = serve(&profile).await;
    let browser = Browser::open(&profile, "about:blank").await;
    let page = &browser.page;
    let media = json!({ "features": [
        { "name": "forced-colors", "value": "active" }, { "name": "prefers-reduced-motion", "value": "reduce" } ] });
    page.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
    page.driver.goto(gallery).await.unwrap();
    there(page).await;
    let mut findings = Findings::default();
    for theme in ["light", "dark"] {
        speak(page, theme, "en").await;
        findings.add(&format!("forced colours, {theme}"), &page.script(PLAIN, vec![]).await);
    }
    browser.page.quit().await;
    server.terminate();
    findings.none();
}
