//! The first start, and how it looks.

use crate::use_demo;
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

#[tokio::test]
async fn what_was_kept_on_another_computer_comes_along() {
    const SAID: &str = "Carried over the mountains.";
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    use_demo(&window.page, "echo", 1_000_000).await;
    window.page.send(SAID).await;
    window.page.answer_in(1, "complete").await;
    let made = window.page.invoke("backup_create", json!({})).await.unwrap();
    let name = made["backups"][0]["name"].as_str().unwrap();
    let carried = tempfile::tempdir().unwrap();
    let file = carried.path().join(name);
    std::fs::copy(desktop.profile().data().join("backups").join(name), &file).unwrap();
    window.close_by_hand(&desktop).await;
    std::fs::remove_dir_all(desktop.profile().data()).unwrap();

    // The other computer.
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.click("welcome-restore").await;
    page.element("bring").await;
    for (theme, language) in [("light", "en"), ("dark", "zh-CN")] {
        look(&desktop, &window, theme, language).await;
        desktop.screenshot(&format!("bring-{theme}-{language}"));
    }
    look(&desktop, &window, "light", "en").await;
    // A folder for the storage is chosen as a file is.
    page.click("storage-choose").await;
    desktop.choose(carried.path().to_str().unwrap()).await;
    let field = page.element("storage-path").await;
    wait_for("the folder stands in the field", PATIENCE, async || {
        let value = page.script("return arguments[0].value", vec![field.to_json().unwrap()]).await;
        (value == json!(carried.path())).then_some(())
    })
    .await;
    // A file that is none changes nothing.
    let stranger = carried.path().join("stranger.db");
    std::fs::write(&stranger, "no backup").unwrap();
    page.click("bring-backup").await;
    desktop.choose(stranger.to_str().unwrap()).await;
    wait_for("it is said", PATIENCE, async || page.source().await.contains("no backup of Rivulet").then_some(())).await;
    page.reloads(async || {
        page.click("bring-backup").await;
        desktop.choose(file.to_str().unwrap()).await;
    })
    .await;
    let list = page.invoke("conversations_list", json!({})).await.unwrap();
    let open = json!({ "conversation": list["conversations"][0]["id"] });
    assert_eq!(page.invoke("conversation_open", open).await.unwrap()["messages"][0]["text"], SAID);
    window.close().await;
}
