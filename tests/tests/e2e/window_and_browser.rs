//! One answer, many viewers: the window and a browser.

use crate::{last_answer_in, use_demo, words};
use rivulet_tests::{Browser, Client, Desktop, PATIENCE, Serve, ServeOptions, Window};
use serde_json::json;

#[tokio::test]
async fn a_prompt_sent_in_either_streams_into_both() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    use_demo(&window.page, "echo", 60).await;
    window.page.invoke("mirror_start", json!({})).await.unwrap();
    let link = json!({ "role": "participant", "label": "A browser" });
    let link = window.page.invoke("link_create", link).await.unwrap();
    let url = link["url"].as_str().unwrap().to_owned();
    let browser = Browser::open(desktop.profile(), &url).await;
    browser.page.element("composer").await;
    let address = browser.page.driver.current_url().await.unwrap();
    assert!(!address.as_str().contains("token"), "the token leaves the address bar: {address}");

    // From the window.
    let first = words(150);
    window.page.send(&first).await;
    let running = window.page.answer_when("the window shows it", PATIENCE, |answer| !answer.text.is_empty()).await;
    assert_eq!(running.state, "running");
    browser.page.click("conversation").await;
    let seen = browser.page.answer_when("the browser shows it", PATIENCE, |answer| !answer.text.is_empty()).await;
    assert_eq!((&*seen.message, &*seen.state), (&*running.message, "running"));
    compare(&window, &browser, 1, &first).await;

    // From the browser.
    let second = words(120) + " over and out";
    browser.page.send(&second).await;
    for page in [&browser.page, &window.page] {
        let what = "the second answer flows";
        let running = page.answer_in(2, "running").await;
        let flowing = page.answer_when(what, PATIENCE, |answer| !answer.text.is_empty()).await;
        assert_eq!(flowing.message, running.message);
    }
    compare(&window, &browser, 2, &second).await;
    desktop.screenshot("window-and-browser");

    // The same bytes once more from the disk, without the app that wrote them.
    let stored = last_answer_in(&window.page).await;
    let client = Client::of_link(&url);
    browser.page.quit().await;
    window.close().await;
    assert!(client.open("GET", "/", &[], None).await.is_err(), "the mirror ends with the app");
    let mut serve = Serve::start(desktop.profile(), &ServeOptions::default()).await;
    let reopened = crate::last_answer(&serve.client).await;
    assert_eq!((&reopened["id"], &reopened["text"]), (&stored["id"], &stored["text"]));
    serve.end().await;
}

/// Both show the finished answer `count` as it is stored, byte for byte.
async fn compare(window: &Window, browser: &Browser, count: usize, prompt: &str) {
    for page in [&window.page, &browser.page] {
        page.answer_in(count, "complete").await;
    }
    let stored = last_answer_in(&window.page).await;
    let text = stored["text"].as_str().unwrap();
    assert!(text.contains(prompt), "the echo has the prompt in it");
    for page in [&window.page, &browser.page] {
        // The last words are drawn with the frame after the end is known.
        let shown = page.answer_when("every byte is shown", PATIENCE, |answer| answer.text == text).await;
        assert_eq!(stored["id"], *shown.message);
    }
}
