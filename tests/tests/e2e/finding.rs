//! What was said is found, however long ago, and shown where it stands.

use crate::use_demo;
use rivulet_tests::{Desktop, PATIENCE, Window, wait_for};
use serde_json::{Value, json};

/// More than the page has mounted, and more than it has fetched.
const TURNS: usize = 60;

#[tokio::test]
async fn a_word_of_two_signs_leads_to_its_message() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    let mut conversation = Value::Null;
    for turn in 0..TURNS {
        let text = if turn == 2 { "A heron by the 长江, said once.".to_owned() } else { format!("Filler {turn}.") };
        let sent = page.invoke("message_send", json!({ "conversation": conversation, "text": text })).await.unwrap();
        conversation = sent["conversation"].clone();
        wait_for("the answer's end", PATIENCE, async || {
            let open = json!({ "conversation": conversation, "limit": 1 });
            let snapshot = page.invoke("conversation_open", open).await.ok()?;
            (snapshot["messages"][0]["state"] == "complete").then_some(())
        })
        .await;
    }
    page.fill("find", "长江").await;
    // The echo has it too: the older of the two is the question.
    wait_for("both are found", PATIENCE, async || {
        let found = page.script("return document.querySelectorAll('[data-testid=search-hit]').length", vec![]).await;
        (found == json!(2)).then_some(())
    })
    .await;
    let hit = "const hits = document.querySelectorAll('[data-testid=search-hit]');
        hits[1].click(); return hits[1].dataset.message;";
    let message = page.script(hit, vec![]).await;
    let in_view = "const row = document.querySelector(`[data-row='${arguments[0]}']`)?.getBoundingClientRect();
        return !!row && row.top >= 0 && row.bottom <= innerHeight;";
    wait_for("the message is in view", PATIENCE, async || {
        (page.script(in_view, vec![message.clone()]).await == json!(true)).then_some(())
    })
    .await;
    // Although the list shows no title with these words, the page knows the conversation's own.
    let title = page.script("return document.querySelector('h1').textContent", vec![]).await;
    assert_eq!(title, json!("Filler 0."));
    desktop.screenshot("search");
    window.close().await;
}
