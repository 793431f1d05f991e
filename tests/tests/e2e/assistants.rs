//! An assistant is made in the window, chosen with `@`, asked, and seen in what went over the wire.

use crate::use_demo;
use rivulet_tests::{Desktop, PATIENCE, Page, Window, wait_for};
use serde_json::json;
use thirtyfour::prelude::*;

/// What stands in an element: the driver does not read what may be cut off.
async fn read(page: &Page, id: &str) -> String {
    let script = "return document.querySelector(`[data-testid=${arguments[0]}]`)?.textContent ?? ''";
    page.script(script, vec![json!(id)]).await.as_str().unwrap().to_owned()
}

async fn has(page: &Page, id: &str, text: &str) {
    wait_for(&format!("{text} stands in {id}"), PATIENCE, async || read(page, id).await.contains(text).then_some(()))
        .await;
}

#[tokio::test]
async fn an_assistant_is_made_chosen_with_an_at_sign_and_told_to_the_model() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 2000).await;

    page.click("open-settings").await;
    page.click("assistant-new").await;
    page.fill("assistant-name", "River guide").await;
    page.fill("assistant-mark", "🌊").await;
    page.fill("assistant-prompt", "Speak of rivers alone.").await;
    page.fill("assistant-starters", "How wide is the Rhine?\nWhy do rivers bend?").await;
    page.fill("control-temperature", "0.3").await;
    let changed = "document.querySelector('[data-testid=control-temperature]')
        .dispatchEvent(new Event('change', { bubbles: true }))";
    page.script(changed, vec![]).await;
    desktop.screenshot("assistant-form");
    page.click("assistant-save").await;
    has(page, "assistants-list", "River guide").await;
    desktop.screenshot("assistants");
    page.click("close-settings").await;

    // Offered in the empty conversation, and first after an at sign.
    has(page, "assistants", "River guide").await;
    let composer = page.element("composer").await;
    composer.send_keys("@riv").await.unwrap();
    has(page, "suggest", "River guide").await;
    composer.send_keys(Key::Enter + "").await.unwrap();
    has(page, "assistant", "River guide").await;
    has(page, "starters", "Why do rivers bend?").await;
    desktop.screenshot("assistant-chosen");

    page.send("echo this").await;
    page.answer_in(1, "complete").await;
    has(page, "assistant", "River guide").await;
    page.click("inspect").await;
    has(page, "inspector", "Speak of rivers alone.").await;
    has(page, "inspector", "0.3").await;

    // A conversation's own instructions win, and the way back is one click.
    let list = page.invoke("conversations_list", json!({})).await.unwrap();
    let conversation = &list["conversations"][0];
    assert!(conversation["assistant"].is_string() && conversation["own_prompt"] == false, "{conversation}");
    let own = json!({ "conversation": conversation["id"], "prompt": "Mine." });
    page.driver.refresh().await.unwrap();
    page.element("composer").await;
    page.invoke("conversation_prompt", own).await.unwrap();
    has(page, "assistant", "changed here").await;
    page.click("assistant").await;
    page.click("assistant-follow").await;
    wait_for("nothing is its own", PATIENCE, async || {
        (!read(page, "assistant").await.contains("changed here")).then_some(())
    })
    .await;
    window.close().await;
}
