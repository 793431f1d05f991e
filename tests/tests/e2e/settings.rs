//! The settings page.

use rivulet_tests::{Desktop, PATIENCE, Window, wait_for};
use serde_json::json;

#[tokio::test]
async fn going_to_a_section_scrolls_the_settings_and_leaves_the_window_where_it_is() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.invoke("settings_update", json!({ "patch": { "welcomed": true } })).await.unwrap();
    page.driver.refresh().await.unwrap();
    page.click("open-settings").await;
    let last = "const links = document.querySelectorAll('main nav button'); links[links.length - 1]?.click();
        return links.length > 3 && [...document.querySelectorAll('main *')].some((part) => part.scrollTop > 500)";
    wait_for("the last section is shown", PATIENCE, async || {
        (page.script(last, Vec::new()).await == json!(true)).then_some(())
    })
    .await;
    let moved = page.script("return document.documentElement.scrollTop + document.body.scrollTop", Vec::new()).await;
    assert_eq!(moved, json!(0));
    window.close().await;
}
