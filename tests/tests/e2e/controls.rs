//! How a conversation is answered is set in the window and reaches the vendor; what went over the wire can be seen.

use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Desktop, PATIENCE, Window, wait_for};
use serde_json::{Value, json};

#[tokio::test]
async fn a_temperature_set_in_the_window_reaches_the_vendor_and_the_inspector() {
    let upstream = Upstream::start([Script::stream().text("Cool.").done()]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let endpoint = json!({ "name": "Upstream", "base_url": upstream.base_url(), "models": ["test-model"],
        "headers": [{ "name": "X-Title", "value": "Rivulet" }], "body_patch": { "top_k": 40 } });
    page.use_endpoint(endpoint).await;

    page.click("controls").await;
    page.element("controls-menu").await;
    page.fill("control-temperature", "0.3").await;
    let changed = "document.querySelector('[data-testid=control-temperature]')
        .dispatchEvent(new Event('change', { bubbles: true }))";
    page.script(changed, vec![]).await;
    desktop.screenshot("controls");
    page.click("controls").await;
    page.send("How warm?").await;
    page.answer_in(1, "complete").await;
    let asked: Value = serde_json::from_str(&upstream.requests()[0].body).unwrap();
    assert_eq!((&asked["temperature"], &asked["top_k"]), (&json!(0.3), &json!(40)), "{asked}");
    assert!(upstream.requests()[0].head.to_lowercase().contains("x-title: rivulet"));

    page.click("inspect").await;
    wait_for("the request is shown", PATIENCE, async || {
        let text = page.text("inspector").await;
        (text.contains("/chat/completions") && text.contains("top_k")).then_some(())
    })
    .await;
    desktop.screenshot("inspector");
    window.close().await;
}
