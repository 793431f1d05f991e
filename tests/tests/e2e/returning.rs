//! The app goes, and a page in a browser says so and comes back by itself.

use crate::{last_answer_in, use_demo, words};
use rivulet_tests::{Browser, Desktop, PATIENCE, Page, Window, wait_for};
use serde_json::json;

/// Makes a link as a person does: for a participant, of one conversation, with a budget.
async fn link_made_by_hand(page: &Page) -> String {
    page.invoke("mirror_start", json!({})).await.unwrap();
    page.click("open-mirror").await;
    choose(page, "link-role", "participant").await;
    choose(page, "link-scope", "chosen").await;
    page.click("link-conversation").await;
    page.fill("link-messages", "5").await;
    page.fill("link-tokens", "100000").await;
    page.click("link-create").await;
    page.text("link-url").await
}

async fn choose(page: &Page, field: &str, value: &str) {
    let field = page.element(field).await;
    let script = "const [field, value] = arguments;
        field.value = value;
        field.dispatchEvent(new Event('change', { bubbles: true }));";
    page.script(script, vec![field.to_json().unwrap(), json!(value)]).await;
}

#[tokio::test]
async fn a_page_has_the_windows_text_again_after_the_app_was_killed_and_started() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    use_demo(&window.page, "echo", 60).await;
    window.page.send("First").await;
    window.page.answer_in(1, "complete").await;
    let url = link_made_by_hand(&window.page).await;
    desktop.screenshot("link-made");
    window.page.driver.refresh().await.unwrap();
    window.page.element("composer").await;

    let browser = Browser::open(desktop.profile(), &url).await;
    browser.page.answer_in(1, "complete").await;
    browser.page.send(&words(600)).await;
    browser.page.answer_in(2, "running").await;
    browser.page.answer_when("it flows", PATIENCE, |answer| answer.text.len() > 40).await;
    window.kill().await;
    let gone = "return document.querySelector('.banner')?.textContent ?? '';";
    wait_for("the page says that the app has gone", PATIENCE, async || {
        browser.page.script(gone, vec![]).await.as_str().is_some_and(|said| !said.is_empty()).then_some(())
    })
    .await;

    let window = Window::open(&desktop).await;
    browser.page.answer_in(2, "interrupted").await;
    let stored = last_answer_in(&window.page).await;
    // What a cut answer ends with may be a space, which no picture shows.
    let text = stored["text"].as_str().unwrap().trim_end();
    assert!(text.len() > 40);
    let what = format!("the page has what is stored: {text}");
    browser.page.answer_when(&what, PATIENCE, |answer| answer.text.trim_end() == text).await;
    wait_for("the page says no more that the app has gone", PATIENCE, async || {
        browser.page.script(gone, vec![]).await.as_str().is_some_and(str::is_empty).then_some(())
    })
    .await;
    // It may write again too, and what it spent before is spent.
    browser.page.send("Second").await;
    browser.page.answer_in(3, "complete").await;
    let status = window.page.invoke("mirror_status", json!({})).await.unwrap();
    assert_eq!(status["links"][0]["messages_left"], 3);
    assert!(status["links"][0]["tokens_left"].as_u64().unwrap() < 100_000);
    browser.page.quit().await;
    window.close().await;
}
