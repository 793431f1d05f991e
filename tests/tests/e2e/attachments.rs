//! A file chosen in the window goes to the model with the question, and stays with it.

use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Desktop, PATIENCE, Window, wait_for};
use serde_json::json;
use thirtyfour::prelude::*;

/// The app's own icon will do for a picture.
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../icons/128x128.png");

#[tokio::test]
async fn a_picture_goes_with_the_question_and_is_shown_beside_it_after_a_restart_too() {
    let upstream = Upstream::start([Script::stream().text("A river.").done()]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.use_upstream(&upstream).await;
    page.element("attach").await;
    let chooser = page.driver.find(By::Css("[data-testid=attach-input]")).await.unwrap();
    chooser.send_keys(PICTURE).await.unwrap();
    wait_for("it is read", PATIENCE, async || page.source().await.contains("128 × 128").then_some(())).await;
    page.send("What is this?").await;
    page.answer_in(1, "complete").await;
    let sent: serde_json::Value = serde_json::from_str(&upstream.requests()[0].body).unwrap();
    let url = sent["messages"][0]["content"][0]["image_url"]["url"].as_str().unwrap();
    assert!(url.starts_with("data:image/png;base64,"), "{url}");
    shown(&window).await;
    desktop.screenshot("attachment");
    window.close().await;

    let window = Window::open(&desktop).await;
    window.page.click("conversation").await;
    shown(&window).await;
    window.close().await;
}

/// The picture is drawn, at its own size.
async fn shown(window: &Window) {
    let width = "return document.querySelector('[data-testid=file] img')?.naturalWidth ?? 0";
    wait_for("the picture is shown", PATIENCE, async || {
        (window.page.script(width, Vec::new()).await == json!(128)).then_some(())
    })
    .await;
}
