//! A temporary conversation is nowhere but in memory: on no disk, behind no link, gone with the app.

use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Client, Desktop, PATIENCE, Window, wait_for};
use serde_json::json;

#[tokio::test]
async fn a_temporary_conversation_is_on_no_disk_seen_by_no_link_and_gone_after_a_restart() {
    const ASKED: &str = "Where does quicksilver flow?";
    const ANSWERED: &str = "Into the amber jar.";
    let upstream = Upstream::start([ANSWERED, "A day."].map(|text| Script::stream().text(text).done()));
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.use_upstream(&upstream).await;
    page.click("make-temporary").await;
    page.send(ASKED).await;
    page.answer_in(1, "complete").await;
    page.element("temporary").await;
    desktop.screenshot("temporary");

    page.invoke("mirror_start", json!({})).await.unwrap();
    let link = json!({ "role": "viewer", "label": "Everything" });
    let link = page.invoke("link_create", link).await.unwrap();
    let client = Client::of_link(link["url"].as_str().unwrap());
    let seen = client.rpc("conversations_list", json!({})).await.unwrap();
    assert_eq!(seen["conversations"], json!([]));
    let list = page.invoke("conversations_list", json!({})).await.unwrap();
    let id = list["conversations"][0]["id"].clone();
    assert_eq!(list["conversations"][0]["temporary"], true);
    let opened = client.rpc("conversation_open", json!({ "conversation": id })).await.unwrap_err();
    assert_eq!(opened["code"], "not_found");

    // One that is kept, so that the search through the files is known to find what is there.
    page.invoke("message_send", json!({ "text": "How long is a day of jade?" })).await.unwrap();
    wait_for("the kept one is answered", PATIENCE, async || (upstream.requests().len() == 2).then_some(())).await;
    window.close().await;
    let on_disk = |text: &str| {
        let has = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        let found = desktop.profile().files().into_iter().find(|(_, bytes)| has(bytes));
        found.map(|(path, _)| path)
    };
    assert!(on_disk("a day of jade").is_some());
    for text in ["quicksilver", "amber jar"] {
        assert_eq!(on_disk(text), None, "{text}");
    }

    let window = Window::open(&desktop).await;
    let list = window.page.invoke("conversations_list", json!({})).await.unwrap();
    let titles: Vec<_> = list["conversations"].as_array().unwrap().iter().map(|one| one["title"].clone()).collect();
    assert_eq!(titles, [json!("How long is a day of jade?")]);
    let opened = window.page.invoke("conversation_open", json!({ "conversation": id })).await.unwrap_err();
    assert_eq!(opened["code"], "not_found");
    window.close().await;
}
