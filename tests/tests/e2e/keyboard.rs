//! The keyboard alone is enough: Tab comes by everything, in the order it is read, with a focus that is seen; Escape closes
//! what is open, and the focus is where it was.

use crate::accessibility::{Findings, press};
use crate::looking::there;
use crate::use_demo;
use rivulet_tests::{Desktop, PATIENCE, Page, Window, wait_for};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

const REACHED: &str = include_str!("reached.js");

/// What can be clicked, shown in this width or not.
async fn hit(page: &Page, selector: &str) {
    let click = "const found = document.querySelector(arguments[0]); found?.click(); return found !== null";
    until(page, selector, click, json!([selector])).await;
}

/// Waits until a script answers with true.
async fn until(page: &Page, what: &str, script: &str, values: Value) {
    let values = values.as_array().unwrap();
    wait_for(what, PATIENCE, async || (page.script(script, values.clone()).await == json!(true)).then_some(())).await;
}

async fn has_focus(page: &Page, selector: &str) {
    let script = "return document.activeElement?.matches(arguments[0]) ?? false";
    until(page, &format!("{selector} has the focus"), script, json!([selector])).await;
}

/// Presses Tab as often as there are things to reach, and notes what it did not come by.
async fn reached(page: &Page, screen: &str, findings: &mut Findings) {
    let count = page.script(REACHED, vec![]).await.as_u64().unwrap();
    assert!(count > 1, "{screen}: {count} things to reach");
    for _ in 0..count + 12 {
        // As the keyboard does: keys that are sent to a date's field are taken for its text.
        page.driver.action_chain().send_keys(Key::Tab).perform().await.unwrap();
    }
    let missed = "return [...window.unseen, ...window.jumps,
        ...window.wanted.filter((one) => one.isConnected && !window.met.has(one))
        .map((one) => `the tab key does not come by ${one.outerHTML.slice(0, 160)}`)];";
    findings.add(screen, &page.script(missed, vec![]).await);
}

#[tokio::test]
async fn tab_comes_by_everything_from_the_first_start_to_the_settings() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let mut findings = Findings::default();
    page.click("paste-key").await;
    reached(page, "first start", &mut findings).await;
    page.click("welcome-restore").await;
    page.element("bring-backup").await;
    has_focus(page, "h1").await;
    reached(page, "what another computer kept", &mut findings).await;
    page.click("bring-back").await;

    let guide =
        json!({ "name": "Guide", "mark": "G", "prompt": "", "controls": {}, "starters": ["How wide?", "Why?"] });
    page.invoke("assistant_save", guide).await.unwrap();
    use_demo(page, "tour", 1_000_000).await;
    hit(page, "[data-testid=assistants] button").await;
    page.element("starters").await;
    reached(page, "empty conversation", &mut findings).await;
    page.send("Show me.").await;
    page.answer_in(1, "complete").await;
    page.click("filter").await;
    page.element("filters").await;
    reached(page, "conversation", &mut findings).await;
    page.click("filter").await;
    hit(page, ".row-menu").await;
    page.click("select").await;
    page.element("select-bar").await;
    reached(page, "selecting", &mut findings).await;
    page.click("select-end").await;
    hit(page, "[data-testid=edit-question]").await;
    page.element("edit-question-text").await;
    reached(page, "editing a question", &mut findings).await;
    press(page, Key::Escape).await;

    press(page, Key::Control + ",").await;
    page.element("close-settings").await;
    for form in
        ["key-open-openai", "edit-openai", "endpoint-add", "prompt-new", "assistant-new", "api-switch", "storage-s3"]
    {
        hit(page, &format!("[data-testid={form}]")).await;
    }
    page.element("api-create").await;
    reached(page, "settings", &mut findings).await;
    window.close().await;
    findings.none();
}

#[tokio::test]
async fn a_sheet_has_the_keys_to_itself() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let mut findings = Findings::default();
    let prompts = json!([{ "name": "translate", "folder": "", "text": "Into {{language=English}}: {{text}}" }]);
    page.invoke("settings_update", json!({ "patch": { "prompts": prompts } })).await.unwrap();
    use_demo(page, "tour", 1_000_000).await;
    page.send("Show me.").await;
    page.answer_in(1, "complete").await;

    page.click("open-mirror").await;
    page.click("mirror-switch").await;
    page.click("link-create").await;
    page.element("link-url").await;
    reached(page, "mirror", &mut findings).await;
    press(page, Key::Escape).await;
    page.click("project-new").await;
    has_focus(page, "[data-testid=project-name]").await;
    page.fill("project-name", "Rivers").await;
    reached(page, "project", &mut findings).await;
    press(page, Key::Escape).await;
    hit(page, ".row-menu").await;
    page.click("tags").await;
    has_focus(page, "[data-testid=tag-field]").await;
    reached(page, "tags", &mut findings).await;
    press(page, Key::Escape).await;
    hit(page, "[data-testid=inspect]").await;
    there(page, "[data-testid=inspector] pre").await;
    reached(page, "inspector", &mut findings).await;
    press(page, Key::Escape).await;
    page.click("composer").await;
    page.fill("composer", "/tr").await;
    page.element("suggest").await;
    press(page, Key::Enter).await;
    page.element("prompt-form").await;
    reached(page, "prompt", &mut findings).await;
    press(page, Key::Escape).await;
    page.fill("composer", "").await;
    for (button, menu) in [("model", ".menu.models"), ("controls", "[data-testid=controls-menu]")] {
        page.click(button).await;
        there(page, menu).await;
        reached(page, button, &mut findings).await;
        press(page, Key::Escape).await;
    }
    window.close().await;
    findings.none();
}

/// In a narrow window the sidebar lies over the conversation.
#[tokio::test]
async fn a_drawer_has_the_keys_to_itself_and_gives_the_focus_back() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let mut findings = Findings::default();
    use_demo(page, "echo", 1_000_000).await;
    page.send("Show me.").await;
    page.answer_in(1, "complete").await;
    desktop.resize(500);
    until(page, "it is narrow", "return innerWidth === 500", json!([])).await;
    page.script("document.querySelector('.icon.drawer').focus()", vec![]).await;
    press(page, Key::Enter).await;
    has_focus(page, ".sidebar").await;
    let behind = "return [...document.querySelectorAll('main button, main textarea')].filter((one) =>
        one.closest('[inert]') === null).map((one) => `behind the drawer: ${one.outerHTML.slice(0, 160)}`)";
    findings.add("drawer", &page.script(behind, vec![]).await);
    reached(page, "drawer", &mut findings).await;
    press(page, Key::Escape).await;
    has_focus(page, ".icon.drawer").await;
    // What is chosen in it is not behind it.
    hit(page, ".icon.drawer").await;
    page.click("open-settings").await;
    page.element("close-settings").await;
    assert!(!page.shows("open-settings").await, "the drawer is closed");
    window.close().await;
    findings.none();
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
        until(page, opener, focus, json!([opener])).await;
        press(page, Key::Enter).await;
        there(page, opened).await;
        press(page, Key::Escape).await;
        until(page, opened, "return document.querySelector(arguments[0]) === null", json!([opened])).await;
        has_focus(page, opener).await;
    }
    // What keys open, from where one writes.
    for (keys, opened) in
        [(Key::Control + "k", "[data-testid=palette]"), (Key::Control + "f", "[data-testid=find-here]")]
    {
        page.click("composer").await;
        press(page, keys).await;
        there(page, opened).await;
        has_focus(page, opened).await;
        press(page, Key::Escape).await;
        until(page, opened, "return document.querySelector(arguments[0]) === null", json!([opened])).await;
        has_focus(page, "[data-testid=composer]").await;
    }
    // The settings, which stand in the conversation's place.
    press(page, Key::Control + ",").await;
    page.element("close-settings").await;
    press(page, Key::Escape).await;
    has_focus(page, "[data-testid=composer]").await;
    window.close().await;
}
