//! Every screen of the window and of a link's page: axe-core finds nothing in it and no text is cut, in both themes, in
//! English and Chinese, from the narrowest window to a wide one.

use crate::accessibility::{CUT, Findings, axe, press};
use crate::looking::{Host, LOOKS, Looker};
use crate::use_demo;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Browser, Desktop, PATIENCE, Profile, Serve, ServeOptions, Window, app, wait_for};
use serde_json::json;
use thirtyfour::prelude::*;

const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/exchange/tests/fixtures/open_webui.json");

#[tokio::test]
async fn every_screen_of_the_window_reads_well_in_every_look_and_width() {
    let refused = json!({ "error": { "message": "Incorrect API key provided", "type": "invalid_request_error" } });
    let head = "Content-Type: application/json\r\n";
    let upstream = Upstream::start([Script::whole(401, head, &refused.to_string())]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    std::fs::create_dir_all(app::screenshots().join("screens")).unwrap();
    let mut looker = Looker { page, host: Host::Window(&desktop), findings: Findings::default() };
    first_start(&mut looker).await;
    conversations(&mut looker, &upstream).await;
    menus(&mut looker).await;
    dialogs(&mut looker).await;
    viewer(&mut looker, &desktop).await;
    settings(&mut looker, &desktop).await;
    let findings = looker.findings;
    window.close().await;
    findings.none();
}

async fn first_start(looker: &mut Looker<'_>) {
    looker.page.element("try-demo").await;
    looker.at("first start").await;
    looker.page.click("paste-key").await;
    looker.at("pasting a key").await;
}

async fn conversations(looker: &mut Looker<'_>, upstream: &Upstream) {
    let page = looker.page;
    let guide = json!({ "name": "River guide", "mark": "🌊", "prompt": "Speak of rivers.", "controls": {},
        "starters": ["How wide is the Rhine?", "Why do rivers bend where nothing is in their way?"] });
    page.invoke("assistant_save", guide).await.unwrap();
    use_demo(page, "tour", 1_000_000).await;
    looker.at("empty chat").await;
    looker.hit("[data-testid=assistants] button").await;
    looker.at("empty chat with an assistant").await;
    looker.hit("[data-testid=assistant]").await;
    looker.there("[data-testid=assistant-without]").await;
    looker.at("assistant menu").await;
    looker.hit("[data-testid=assistant-without]").await;
    looker.hit("[data-testid=make-temporary]").await;
    looker.at("temporary chat").await;
    page.click("new").await;
    page.send("Show me.").await;
    page.answer_in(1, "complete").await;
    looker.hit(".reasoning button").await;
    looker.at("tour").await;
    looker.hit("[data-testid=edit-answer]").await;
    looker.at("editing an answer").await;
    looker.hit(".answer .row .button:not(.strong)").await;

    use_demo(page, "clock", 1_000_000).await;
    page.click("new").await;
    page.send("What time is it?").await;
    page.answer_when("it runs", PATIENCE, |answer| !answer.text.is_empty()).await;
    looker.at("running answer").await;
    page.click("stop").await;
    page.answer_in(1, "stopped").await;
    looker.at("stopped answer").await;

    page.use_upstream(upstream).await;
    page.click("new").await;
    page.send("Why?").await;
    page.answer_in(1, "failed").await;
    looker.hit(".ending summary").await;
    looker.at("failed answer").await;
    use_demo(page, "tour", 1_000_000).await;
}

async fn menus(looker: &mut Looker<'_>) {
    let page = looker.page;
    let prompts = json!([{ "name": "translate", "folder": "Work",
        "text": "Put this into {{language=English}}: {{text}}" }]);
    page.invoke("settings_update", json!({ "patch": { "prompts": prompts } })).await.unwrap();
    let first = "return document.querySelectorAll('[data-testid=conversation]').length";
    wait_for("the list", PATIENCE, async || (page.script(first, vec![]).await == json!(3)).then_some(())).await;
    // The oldest: the tour.
    looker.hit("[data-testid=conversation]").await;
    page.answer_in(1, "complete").await;
    for (screen, button, shown) in [
        ("model menu", "[data-testid=model]", ".menu.models"),
        ("controls menu", "[data-testid=controls]", "[data-testid=controls-menu]"),
        ("message menu", "[data-testid=message-more]", "[data-testid=fork]"),
    ] {
        looker.hit(button).await;
        looker.there(shown).await;
        looker.at(screen).await;
        press(page, Key::Escape).await;
    }
    page.click("composer").await;
    page.fill("composer", "/").await;
    looker.there("[data-testid=suggest]").await;
    looker.at("suggestions").await;
    press(page, Key::Enter).await;
    page.element("prompt-form").await;
    looker.at("prompts form").await;
    press(page, Key::Escape).await;
    page.fill("composer", "").await;

    looker.hit(".icon.drawer").await;
    page.fill("find", "river").await;
    looker.there("[data-testid=search-hit]").await;
    looker.at("search hits").await;
    page.fill("find", "zzzz").await;
    looker.there(".list .none").await;
    looker.at("nothing found").await;
    page.fill("find", "").await;
    looker.hit("[data-testid=project-new]").await;
    looker.there("[data-testid=project-name]").await;
    looker.at("project form").await;
    press(page, Key::Escape).await;
    looker.hit(".row-menu").await;
    looker.there("[role=menuitem]").await;
    looker.at("conversation menu").await;
    press(page, Key::Escape).await;
    looker.hit("[data-testid=conversation]").await;
}

async fn dialogs(looker: &mut Looker<'_>) {
    let page = looker.page;
    page.element("composer").await;
    press(page, Key::Control + "f").await;
    page.element("find-here").await;
    page.fill("find-here", "the").await;
    looker.at("find bar").await;
    press(page, Key::Escape).await;
    looker.hit("[data-testid=inspect]").await;
    looker.there("[data-testid=inspector] pre").await;
    looker.at("inspector").await;
    press(page, Key::Escape).await;
    press(page, Key::Control + "k").await;
    page.element("palette").await;
    looker.at("palette").await;
    press(page, Key::Escape).await;
    page.click("open-mirror").await;
    page.element("mirror-switch").await;
    looker.at("mirror sheet off").await;
    page.click("mirror-switch").await;
    page.click("link-create").await;
    page.element("link-url").await;
    looker.at("mirror sheet").await;
    press(page, Key::Escape).await;
}

/// What somebody sees who may only look.
async fn viewer(looker: &mut Looker<'_>, desktop: &Desktop) {
    let link = json!({ "role": "viewer", "label": "A browser" });
    let link = looker.page.invoke("link_create", link).await.unwrap();
    let browser = Browser::open(desktop.profile(), link["url"].as_str().unwrap()).await;
    let findings = std::mem::take(&mut looker.findings);
    let mut behind = Looker { page: &browser.page, host: Host::Browser, findings };
    behind.at("viewer's page").await;
    looker.findings = behind.findings;
    browser.page.quit().await;
}

async fn settings(looker: &mut Looker<'_>, desktop: &Desktop) {
    let page = looker.page;
    // Something in the bin, and a backup.
    let list = page.invoke("conversations_list", json!({})).await.unwrap();
    let last = &list["conversations"][0]["id"];
    looker.hit(".row-menu").await;
    press(page, Key::Escape).await;
    page.invoke("conversation_delete", json!({ "conversation": last })).await.unwrap();
    page.invoke("backup_create", json!({})).await.unwrap();
    page.click("open-settings").await;
    page.element("bin").await;
    looker.at("settings").await;
    // What opens in it, all at once.
    for button in [
        "=key-open-openai",
        "=edit-openai",
        "=endpoint-add",
        "=prompt-new",
        "=assistant-new",
        "=bin-ask",
        "^=key-test-",
    ] {
        looker.hit(&format!("button[data-testid{button}]")).await;
    }
    looker.there("[data-testid^=key-test-result-]").await;
    looker.at("settings with forms").await;
    looker.hit("[data-testid=import-file]").await;
    desktop.choose(EXPORT).await;
    looker.there("[data-testid=import-outcome]").await;
    looker.at("import outcome").await;
}

#[tokio::test]
async fn every_screen_behind_a_link_reads_well_in_every_look_and_width() {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    crate::start_sse(&serve.client, "first", "A river, and **some** `code`.").await;
    let browser = Browser::open(&profile, &serve.link()).await;
    let page = &browser.page;
    page.answer_in(1, "complete").await;
    std::fs::create_dir_all(app::screenshots().join("screens")).unwrap();
    let mut looker = Looker { page, host: Host::Browser, findings: Findings::default() };
    looker.at("participant's page").await;
    // Nobody answers any more.
    serve.process.kill();
    looker.there(".banner").await;
    for theme in ["light", "dark"] {
        page.script("document.documentElement.dataset.theme = arguments[0]", vec![json!(theme)]).await;
        looker.findings.add("connection lost", &page.script(CUT, vec![]).await);
        axe(page, &format!("connection lost, {theme}"), &mut looker.findings).await;
    }
    serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    // A link that is no longer good.
    let ended = format!("{}/#token={}", serve.url.trim_end_matches('/'), "A".repeat(43));
    page.driver.goto("about:blank").await.unwrap();
    page.driver.goto(ended).await.unwrap();
    looker.there("main.ended").await;
    // Each look asks with the bad token again, and too many of those are refused unseen.
    looker.in_looks("ended link", &LOOKS[..2]).await;
    let findings = looker.findings;
    browser.page.quit().await;
    serve.end().await;
    findings.none();
}
