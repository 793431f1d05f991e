//! The settings page.

use crate::use_demo;
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

#[tokio::test]
async fn the_rail_marks_the_section_that_is_read() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 2000).await;
    page.click("open-settings").await;
    page.element("close-settings").await;
    let marked = async |section: &str| {
        let marks =
            "return [...document.querySelectorAll('[data-section][aria-current]')].map((one) => one.dataset.section)";
        wait_for(&format!("{section} is marked"), PATIENCE, async || {
            (page.script(marks, vec![]).await == json!([section])).then_some(())
        })
        .await;
    };
    marked("providers").await;
    for section in ["cost", "shortcuts", "about", "privacy", "providers"] {
        page.script("document.querySelector(`[data-section=${arguments[0]}]`).click()", vec![json!(section)]).await;
        marked(section).await;
    }
    for section in ["backups", "appearance"] {
        let scroll = "document.querySelector(`#settings-${arguments[0]}`).scrollIntoView()";
        page.script(scroll, vec![json!(section)]).await;
        marked(section).await;
    }
    window.close().await;
}
