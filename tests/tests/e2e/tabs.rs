//! Many tabs of one browser: one stream, and each tab has everything.

use crate::{last_answer_in, use_demo, words};
use rivulet_tests::{Browser, Desktop, PATIENCE, Window, wait_for};
use serde_json::{Value, json};

/// More than the six connections that a browser has for one server.
const TABS: usize = 8;

async fn viewers(window: &Window) -> Vec<Value> {
    let status = window.page.invoke("mirror_status", json!({})).await.unwrap();
    status["links"][0]["viewers"].as_array().unwrap().clone()
}

async fn viewers_become(window: &Window, wanted: usize) {
    wait_for(&format!("{wanted} viewers"), PATIENCE, async || (viewers(window).await.len() == wanted).then_some(()))
        .await;
}

#[tokio::test]
async fn eight_tabs_share_one_stream_and_all_have_the_text() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    use_demo(&window.page, "echo", 60).await;
    window.page.send("First").await;
    window.page.answer_in(1, "complete").await;
    window.page.invoke("mirror_start", json!({})).await.unwrap();
    let link = window.page.invoke("link_create", json!({ "role": "participant", "label": "Tabs" })).await.unwrap();
    let url = link["url"].as_str().unwrap();

    let browser = Browser::open(desktop.profile(), url).await;
    let driver = &browser.page.driver;
    while driver.windows().await.unwrap().len() < TABS {
        let tab = driver.new_tab().await.unwrap();
        driver.switch_to_window(tab).await.unwrap();
        driver.goto(url).await.unwrap();
        browser.page.element("composer").await;
        browser.page.answer_in(1, "complete").await;
    }
    viewers_become(&window, 1).await;

    // The last tab sends: its requests have connections left.
    let prompt = words(120);
    browser.page.send(&prompt).await;
    browser.page.answer_in(2, "running").await;
    assert_eq!(viewers(&window).await.len(), 1);
    window.page.answer_in(2, "complete").await;
    let stored = last_answer_in(&window.page).await;
    let text = stored["text"].as_str().unwrap();
    assert!(text.contains(&prompt));
    for tab in driver.windows().await.unwrap() {
        driver.switch_to_window(tab).await.unwrap();
        browser.page.answer_when("every tab has every byte", PATIENCE, |answer| answer.text == text).await;
    }

    // One is loaded again, the others are closed: it goes on.
    driver.refresh().await.unwrap();
    let kept = driver.window().await.unwrap();
    for tab in driver.windows().await.unwrap() {
        if tab != kept {
            driver.switch_to_window(tab).await.unwrap();
            driver.close_window().await.unwrap();
        }
    }
    driver.switch_to_window(kept).await.unwrap();
    browser.page.answer_when("it is there again", PATIENCE, |answer| answer.text == text).await;
    window.page.send("Third").await;
    browser.page.answer_in(3, "complete").await;
    viewers_become(&window, 1).await;
    browser.page.quit().await;
    viewers_become(&window, 0).await;
    window.close().await;
}
