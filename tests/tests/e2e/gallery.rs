//! Every component in every state, as the page for whoever works on them shows it: axe-core finds nothing, in both themes,
//! and nothing is cut in any of the languages with the longest and the widest words, in a narrow page and at twice the size.

use crate::accessibility::{CUT, Findings, axe_without};
use rivulet_tests::{Browser, PATIENCE, Process, Profile, app, wait_for};
use serde_json::json;
use std::time::Duration;

/// What is served as it is takes longer than what is built.
const SERVED: Duration = Duration::from_secs(120);

/// Here are parts of many pages in one.
const OF_A_PAGE: [&str; 4] = ["region", "landmark-no-duplicate-main", "landmark-unique", "landmark-main-is-top-level"];

#[tokio::test]
async fn every_component_reads_well_in_every_state() {
    let profile = Profile::new();
    let mut command = profile.command(app::root().join("ui/node_modules/.bin/vite"));
    command.current_dir(app::root().join("ui"));
    command.args(["--host", "127.0.0.1", "--port", "0", "--clearScreen", "false"]);
    command.env("NO_COLOR", "1");
    let mut server = Process::spawn(&command);
    let line = server.line_with("http://127.0.0.1:", SERVED).await;
    let address = line.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned();
    let browser = Browser::open(&profile, &format!("{address}gallery.html")).await;
    let page = &browser.page;
    let there = "return document.querySelectorAll('.gallery > section').length";
    wait_for("the gallery", SERVED, async || (page.script(there, vec![]).await == json!(4)).then_some(())).await;
    let tools = page.driver.cdp();
    let mut findings = Findings::default();
    let choose =
        "const [nth, value] = arguments; const field = document.querySelectorAll('.gallery header select')[nth];
        field.value = value; field.dispatchEvent(new Event('change', { bubbles: true }));";
    for (theme, language) in [("light", "en"), ("dark", "zh-CN"), ("dark", "de"), ("light", "de")] {
        page.script(choose, vec![json!(0), json!(theme)]).await;
        page.script(choose, vec![json!(1), json!(language)]).await;
        let taken = "const { lang, dataset } = document.documentElement; return [dataset.theme, lang];";
        wait_for("the look is taken", PATIENCE, async || {
            (page.script(taken, vec![]).await == json!([theme, language])).then_some(())
        })
        .await;
        for width in [1180, 590, 360] {
            let size = json!({ "width": width, "height": 740, "deviceScaleFactor": 1, "mobile": false });
            tools.send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
            let screen = format!("gallery, {theme}, {language}, {width} px");
            findings.add(&screen, &page.script(CUT, vec![]).await);
            if width == 1180 {
                axe_without(page, &screen, &OF_A_PAGE, &mut findings).await;
            }
        }
    }
    browser.page.quit().await;
    server.terminate();
    findings.none();
}
