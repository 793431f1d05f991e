//! An answer's recording is saved in the window, and replayed it looks the same.

use crate::last_answer_in;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Desktop, PATIENCE, Window, wait_for};
use serde_json::{Value, json};
use std::path::Path;
use thirtyfour::prelude::*;

fn event(delta: Value) -> String {
    json!({ "choices": [{ "index": 0, "delta": delta }] }).to_string()
}

#[tokio::test]
async fn a_recording_is_saved_and_its_replay_looks_the_same() {
    let script = Script::stream()
        .data(&event(json!({ "reasoning_content": "Where does it run?" })))
        .text("## A river\n\nruns **down**, 水往低处流.\n\n")
        .text("```rust\nlet sea = river();\n```\n")
        .done();
    let upstream = Upstream::start([script]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.use_upstream(&upstream).await;
    page.send("What is a river?").await;
    let answer = page.answer_in(1, "complete").await;
    let stored = last_answer_in(page).await;

    page.click("inspect").await;
    page.click("recording-with-requests").await;
    page.element("recording-save").await;
    desktop.screenshot("recording-save");
    page.click("recording-save").await;
    let file = desktop.profile().path().join("river.jsonl");
    desktop.choose(file.to_str().unwrap()).await;
    wait_for("the recording is written", PATIENCE, async || ends(&file).then_some(())).await;
    let recording = std::fs::read_to_string(&file).unwrap();
    assert!(recording.contains("let sea") && !recording.contains("What is a river?"), "{recording}");
    window.close().await;
    drop(upstream);

    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.click("open-settings").await;
    page.element("demo-rate").await;
    page.script("document.querySelector('#settings-demo').scrollIntoView()", Vec::new()).await;
    let chooser = page.driver.find(By::Css("[data-testid=replay-input]")).await.unwrap();
    let other = desktop.profile().path().join("other.jsonl");
    std::fs::write(&other, "Not a recording.").unwrap();
    chooser.send_keys(other.to_str().unwrap()).await.unwrap();
    says(&window, "no recording").await;
    chooser.send_keys(file.to_str().unwrap()).await.unwrap();
    says(&window, "test-model").await;
    desktop.screenshot("recording-replay");
    let patch = json!({ "default_provider": "demo", "default_model": "tour" });
    page.invoke("settings_update", json!({ "patch": patch })).await.unwrap();
    page.driver.refresh().await.unwrap();
    page.element("composer").await;
    page.send("Whatever this is").await;
    let again = page.answer_in(1, "complete").await;
    assert_eq!(again.text, answer.text);
    let replayed = last_answer_in(page).await;
    for field in ["text", "reasoning", "tool_calls", "usage", "finish_reason"] {
        assert_eq!(replayed[field], stored[field], "{field}");
    }
    window.close().await;
}

fn ends(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.trim_end().ends_with('}') && text.contains("\"type\":\"end\""))
}

async fn says(window: &Window, words: &str) {
    let what = format!("the replay's line says {words}");
    wait_for(&what, PATIENCE, async || window.page.text("replay-status").await.contains(words).then_some(())).await;
}
