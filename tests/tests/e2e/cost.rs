//! What answers cost is beside them, in the composer and in the settings, and a limit for the day is kept.

use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Desktop, PATIENCE, Page, Window, wait_for};
use serde_json::json;

/// Talks to this upstream, whose model costs 2 dollars for a million tokens read and 8 for written ones.
pub(crate) async fn use_priced(page: &Page, upstream: &Upstream) -> String {
    let list = json!({ "data": [{ "id": "test-model", "context_length": 10_000,
        "pricing": { "prompt": "0.000002", "completion": "0.000008" },
        "architecture": { "input_modalities": ["text"] } }] });
    upstream.answer_models(Script::whole(200, "Content-Type: application/json\r\n", &list.to_string()));
    let id = page.use_upstream(upstream).await;
    page.invoke("provider_models", json!({ "provider": id })).await.unwrap();
    id
}

pub(crate) fn counted(text: &str, read: u64, wrote: u64) -> Script {
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": read, "completion_tokens": wrote } });
    Script::stream().text(text).finish("stop").data(&usage.to_string()).done()
}

async fn shows(page: &Page, id: &str, words: &str) {
    wait_for(&format!("{id} says {words}"), PATIENCE, async || page.text(id).await.contains(words).then_some(())).await;
}

#[tokio::test]
async fn money_is_told_beside_the_answer_in_the_composer_and_in_the_settings() {
    let upstream = Upstream::start([counted("Cheap.", 1_000, 500), counted("Cheaper.", 500, 125)]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_priced(page, &upstream).await;
    page.send("What do you cost?").await;
    page.answer_in(1, "complete").await;
    // 1000 × 2 + 500 × 8 millionths.
    shows(page, "numbers", "$0.006").await;
    shows(page, "conversation-cost", "$0.006").await;
    page.send("And now?").await;
    page.answer_in(2, "complete").await;
    shows(page, "conversation-cost", "$0.008").await;
    page.element("context").await;
    desktop.screenshot("cost-composer");

    page.click("model").await;
    page.click("favourite-test-model").await;
    wait_for("it is a favourite", PATIENCE, async || {
        let settings = page.invoke("settings_get", json!({})).await.unwrap();
        (settings["favourites"][0]["model"] == "test-model").then_some(())
    })
    .await;
    desktop.screenshot("cost-models");
    page.click("model").await;

    page.click("open-settings").await;
    shows(page, "cost-today", "$0.008").await;
    let table = page.text("cost-days").await;
    assert!(table.contains("Upstream") && table.contains("1,500 / 625"), "{table}");
    let section = "document.querySelector('#settings-cost').scrollIntoView()";
    page.script(section, Vec::new()).await;
    desktop.screenshot("cost-settings");
    window.close().await;
}

#[tokio::test]
async fn the_brake_ends_an_answer_and_raising_the_limit_in_the_settings_lets_it_go_on() {
    // 500 tokens of eight millionths each, then silence: nothing but the brake ends it.
    let much = Script::stream().text(&"word".repeat(500)).silence();
    let upstream = Upstream::start([much, counted("The end.", 100, 100)]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let id = use_priced(page, &upstream).await;
    let patch = json!({ "limits": [{ "provider": id, "key": 0, "micros": 3_000 }] });
    page.invoke("settings_update", json!({ "patch": patch })).await.unwrap();
    page.send("Tell me everything.").await;
    page.answer_in(1, "failed").await;
    desktop.screenshot("brake");
    // The next message is not even sent.
    page.send("And now?").await;
    page.answer_in(2, "failed").await;
    assert_eq!(upstream.requests().len(), 1);

    page.click("cost-settings").await;
    let field = format!("limit-{id}-0");
    page.fill(&field, "1.50").await;
    let changed = format!(
        "document.querySelector('[data-testid=\"{field}\"]').dispatchEvent(new Event('change', {{ bubbles: true }}))"
    );
    page.script(&changed, Vec::new()).await;
    desktop.screenshot("brake-settings");
    wait_for("the limit is raised", PATIENCE, async || {
        let settings = page.invoke("settings_get", json!({})).await.unwrap();
        (settings["limits"][0]["micros"] == 1_500_000).then_some(())
    })
    .await;
    page.click("close-settings").await;
    page.click("retry").await;
    let answer = page.answer_in(1, "complete").await;
    assert!(answer.text.contains("The end."), "{answer:?}");
    assert_eq!(upstream.requests().len(), 2);
    window.close().await;
}
