//! The first start, and how it looks.

use rivulet_tests::{Desktop, PATIENCE, Window, wait_for};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_demo_answers_at_once_in_every_theme_and_language() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    for way in ["try-demo", "paste-key"] {
        page.element(way).await;
    }
    let looks = [("light", "en"), ("dark", "zh-CN"), ("light", "zh-CN"), ("dark", "en")];
    let mut pictures = Vec::new();
    for (theme, language) in looks {
        look(&desktop, &window, theme, language).await;
        pictures.push(std::fs::read(desktop.screenshot(&format!("first-start-{theme}-{language}"))).unwrap());
    }
    page.click("try-demo").await;
    let answer = page.answer_when("the demo answers", PATIENCE, |answer| !answer.text.is_empty()).await;
    assert!(["running", "complete"].contains(&&*answer.state), "{answer:?}");
    page.answer_when("it ends", Duration::from_secs(90), |answer| answer.state == "complete").await;
    for (theme, language) in looks {
        look(&desktop, &window, theme, language).await;
        pictures.push(std::fs::read(desktop.screenshot(&format!("chat-{theme}-{language}"))).unwrap());
    }
    pictures.sort();
    let all = pictures.len();
    pictures.dedup();
    assert_eq!(pictures.len(), all, "each looks another way");
    window.close().await;
}

/// Changes the look as the settings page does, and waits until the screen shows it.
async fn look(desktop: &Desktop, window: &Window, theme: &str, language: &str) {
    let patch = json!({ "theme": theme, "language": language });
    window.page.invoke("settings_update", json!({ "patch": patch })).await.unwrap();
    wait_for("the look is taken", PATIENCE, async || {
        let script = "return document.documentElement.lang";
        (window.page.script(script, Vec::new()).await == json!(language)).then_some(())
    })
    .await;
    desktop.settled().await;
}
