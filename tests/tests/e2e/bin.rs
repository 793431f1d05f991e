//! What was deleted comes back: at once, from the bin, and from a backup.

use crate::use_demo;
use rivulet_tests::{Desktop, PATIENCE, Page, Window, wait_for};
use serde_json::{Value, json};

async fn menu(page: &Page, nth_last: usize, item: &str) {
    let open = "const all = document.querySelectorAll('[data-testid=message-more]');
        all[all.length - 1 - arguments[0]].click();";
    page.script(open, vec![json!(nth_last)]).await;
    page.click(item).await;
}

async fn answers(page: &Page, wanted: usize) {
    wait_for(&format!("{wanted} answers are shown"), PATIENCE, async || {
        (page.answers().await.len() == wanted).then_some(())
    })
    .await;
}

async fn titles(page: &Page) -> Vec<Value> {
    let list = page.invoke("conversations_list", json!({})).await.unwrap();
    list["conversations"].as_array().unwrap().iter().map(|found| found["title"].clone()).collect()
}

#[tokio::test]
async fn a_message_comes_back_by_undo_and_a_conversation_from_the_bin_and_from_a_backup() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    page.send("Rivers").await;
    page.answer_in(1, "complete").await;
    page.send("And lakes?").await;
    page.answer_in(2, "complete").await;

    // The second question, with its answer below it.
    menu(page, 1, "delete-message").await;
    answers(page, 1).await;
    let undo = "document.querySelector('.toast .button').click();";
    page.script(undo, vec![]).await;
    answers(page, 2).await;

    page.click("edit-answer").await;
    page.fill("edit-answer-text", "In my own words").await;
    page.click("save-answer").await;
    page.answer_when("the edited answer is shown", PATIENCE, |answer| answer.text == "In my own words").await;
    page.element("edited").await;
    menu(page, 0, "fork").await;
    wait_for("the fork is there", PATIENCE, async || titles(page).await.contains(&json!("Rivers (2)")).then_some(()))
        .await;

    let list = page.invoke("conversations_list", json!({})).await.unwrap();
    let fork = list["conversations"][0]["id"].clone();
    page.invoke("conversation_delete", json!({ "conversation": fork })).await.unwrap();
    page.click("open-settings").await;
    page.click("bin-restore").await;
    wait_for("it is back", PATIENCE, async || (titles(page).await.len() == 2).then_some(())).await;

    page.click("back-up").await;
    page.element("restore").await;
    desktop.screenshot("backups");
    page.invoke("conversation_delete", json!({ "conversation": fork })).await.unwrap();
    page.invoke("bin_purge", json!({})).await.unwrap();
    assert_eq!(titles(page).await, [json!("Rivers")]);
    page.click("restore").await;
    page.reloads(async || page.click("restore-sure").await).await;
    wait_for("everything is as it was", PATIENCE, async || (titles(page).await.len() == 2).then_some(())).await;
    window.close().await;
}
