//! The palette leads everywhere, and every action has the keys a person wants.

use crate::accessibility::press;
use crate::use_demo;
use crate::writing::{ask, asked, focused, gone, reads};
use rivulet_tests::{Desktop, PATIENCE, Window, wait_for};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

#[tokio::test]
async fn the_palette_leads_everywhere_and_shortcuts_are_ones_own() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    ask(page, "A heron.").await;
    page.click("new").await;
    ask(page, "An otter.").await;
    page.click("composer").await;
    let palette = async |keys: &str, query: &str| {
        press(page, Key::Control + keys).await;
        focused(page, "palette").await;
        press(page, query).await;
    };
    palette("k", "heron").await;
    press(page, Key::Enter).await;
    wait_for("the conversation", PATIENCE, async || (asked(page).await == ["A heron."]).then_some(())).await;
    gone(page, "palette").await;
    focused(page, "composer").await;
    palette("k", "zzzz").await;
    press(page, Key::Enter).await;
    assert!(page.shows("palette").await, "nothing is done where nothing is found");
    press(page, Key::Escape).await;
    gone(page, "palette").await;
    focused(page, "composer").await;
    // The second of what is found, with the arrow.
    palette("k", "demo").await;
    let second = "return document.querySelectorAll('#palette-list .label')[1].textContent";
    let wanted = page.script(second, vec![]).await;
    press(page, Key::Down).await;
    press(page, Key::Enter).await;
    reads(page, "model", wanted.as_str().unwrap().rsplit(" · ").next().unwrap()).await;

    // The palette gets other keys.
    press(page, Key::Control + "/").await;
    let row = async |id: &str| page.driver.find(By::Css(format!("[data-keys={id}]"))).await.unwrap();
    wait_for("the settings", PATIENCE, async || page.driver.find(By::Css("[data-keys=new]")).await.ok()).await;
    row("palette").await.click().await.unwrap();
    press(page, Key::Control + "n").await;
    reads(page, "keys-taken", "Ctrl+N").await;
    desktop.screenshot("keys-taken");
    assert!(page.shows("close-settings").await, "keys that are recorded do nothing");
    press(page, Key::Control + "e").await;
    wait_for("it is kept", PATIENCE, async || {
        let kept = page.invoke("settings_get", json!({})).await.unwrap();
        (kept["shortcuts"] == json!({ "palette": "Mod+E" })).then_some(())
    })
    .await;
    gone(page, "keys-taken").await;
    assert_eq!(row("palette").await.text().await.unwrap(), "Ctrl+E");
    press(page, Key::Control + "k").await;
    palette("e", "heron").await;
    let keys: Value =
        page.script("return document.querySelector('#palette-list kbd')?.textContent ?? null", vec![]).await;
    assert_eq!(keys, Value::Null, "a conversation has no keys");
    press(page, Key::Enter).await;
    focused(page, "composer").await;
    // None at all, and the usual ones again.
    press(page, Key::Control + "/").await;
    row("palette").await.click().await.unwrap();
    press(page, Key::Delete).await;
    wait_for("it has none", PATIENCE, async || {
        let kept = page.invoke("settings_get", json!({})).await.unwrap();
        (kept["shortcuts"] == json!({ "palette": "" })).then_some(())
    })
    .await;
    page.script("document.querySelector('[data-keys=palette]').previousElementSibling.click()", vec![]).await;
    wait_for("it has the usual ones", PATIENCE, async || {
        let kept = page.invoke("settings_get", json!({})).await.unwrap();
        (kept["shortcuts"] == json!({})).then_some(())
    })
    .await;
    press(page, Key::Escape).await;
    focused(page, "composer").await;
    window.close().await;
}
