//! What a model is given: from a mark on nothing above is sent, or a summary of it; and a model names conversations.

use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Desktop, PATIENCE, Page, Window, wait_for};
use serde_json::{Value, json};

fn says(texts: &[&str]) -> Upstream {
    Upstream::start(texts.iter().map(|text| Script::stream().text(text).done()))
}

/// The texts of the last request.
fn asked(upstream: &Upstream) -> Vec<String> {
    let body: Value = serde_json::from_str(&upstream.requests().last().unwrap().body).unwrap();
    body["messages"].as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap().to_owned()).collect()
}

/// Clicks the last of these.
async fn click_last(page: &Page, id: &str) {
    let click = "const all = document.querySelectorAll(`[data-testid=${arguments[0]}]`);
        all[all.length - 1]?.click(); return all.length";
    wait_for(id, PATIENCE, async || (page.script(click, vec![json!(id)]).await != json!(0)).then_some(())).await;
}

async fn gone(page: &Page, id: &str) {
    wait_for(&format!("{id} is gone"), PATIENCE, async || (!page.shows(id).await).then_some(())).await;
}

#[tokio::test]
async fn a_conversation_begins_anew_below_a_line_and_a_click_takes_it_back() {
    let upstream = says(&["First.", "Second.", "Third.", "Fourth."]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.use_upstream(&upstream).await;
    page.send("One").await;
    page.answer_in(1, "complete").await;
    click_last(page, "message-more").await;
    page.click("begin-anew").await;
    page.element("context-line").await;
    page.send("Two").await;
    page.answer_in(2, "complete").await;
    assert_eq!(asked(&upstream), ["Two"]);
    assert_eq!(page.answers().await.len(), 2, "what is above is shown");
    desktop.screenshot("context-anew");

    // Kept, and taken back by a click.
    page.driver.refresh().await.unwrap();
    page.click("mark-remove").await;
    gone(page, "context-line").await;
    page.send("Three").await;
    page.answer_in(3, "complete").await;
    assert_eq!(asked(&upstream), ["One", "First.", "Two", "Second.", "Three"]);

    // By its keys too.
    let keys = "const keys = { key: 'L', ctrlKey: true, shiftKey: true, bubbles: true, cancelable: true };
        document.body.dispatchEvent(new KeyboardEvent('keydown', keys))";
    page.script(keys, Vec::new()).await;
    page.element("context-line").await;
    page.send("Four").await;
    page.answer_in(4, "complete").await;
    assert_eq!(asked(&upstream), ["Four"]);
    window.close().await;
}

/// Chooses a value of a list, as a person does.
async fn choose(page: &Page, id: &str, value: &str) {
    page.element(id).await;
    let script = "const [id, value] = arguments; const list = document.querySelector(`[data-testid=\"${id}\"]`);
        list.value = value; list.dispatchEvent(new Event('change', { bubbles: true })); return list.value";
    assert_eq!(page.script(script, vec![json!(id), json!(value)]).await, json!(value), "{id} has no {value}");
}

async fn says_in(page: &Page, selector: &str, words: &str) {
    let script = "return document.querySelector(arguments[0])?.textContent ?? ''";
    wait_for(&format!("{selector} says {words}"), PATIENCE, async || {
        let text = page.script(script, vec![json!(selector)]).await;
        text.as_str().unwrap().contains(words).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_chosen_model_names_a_conversation_after_its_first_answer_and_again_when_asked() {
    let upstream = says(&["Many.", "\"Rivers of the world.\"", "Streams and rivers"]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let id = page.use_upstream(&upstream).await;
    page.click("open-settings").await;
    choose(page, "title-model", &json!([id, "test-model"]).to_string()).await;
    page.script("document.querySelector('#settings-context').scrollIntoView()", Vec::new()).await;
    desktop.screenshot("context-settings");
    page.click("close-settings").await;
    page.send("How many rivers are there?").await;
    page.answer_in(1, "complete").await;
    says_in(page, "h1", "Rivers of the world").await;
    page.script("document.querySelector('.row-menu').click()", Vec::new()).await;
    page.click("make-title").await;
    says_in(page, "h1", "Streams and rivers").await;
    assert_eq!(upstream.requests().len(), 3);
    page.click("open-settings").await;
    says_in(page, "[data-testid=cost-days]", "titles").await;
    window.close().await;
}

/// A model that reads 1,000 tokens, and whose answers have about 300 of them.
async fn fill(page: &Page, upstream: &Upstream) -> String {
    let list = json!({ "data": [{ "id": "test-model", "context_length": 1_000 }] });
    upstream.answer_models(Script::whole(200, "Content-Type: application/json\r\n", &list.to_string()));
    let id = page.use_upstream(upstream).await;
    page.invoke("provider_models", json!({ "provider": id })).await.unwrap();
    for (at, text) in ["One", "Two", "Three"].iter().enumerate() {
        page.send(text).await;
        page.answer_in(at + 1, "complete").await;
    }
    id
}

#[tokio::test]
async fn a_full_conversation_says_so_and_is_summarised_by_a_click() {
    let long = "word".repeat(300);
    let upstream = says(&[&long, &long, &long, "They counted to three.", "Four."]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    fill(page, &upstream).await;
    page.element("context-full").await;
    desktop.screenshot("context-full");
    page.click("summarise").await;
    page.click("summary-open").await;
    says_in(page, "[data-testid=summary-text]", "They counted to three.").await;
    desktop.screenshot("context-summary");
    gone(page, "context-full").await;
    page.click("summary-edit").await;
    page.fill("summary-field", "They counted to three, in English.").await;
    page.click("summary-save").await;
    says_in(page, "[data-testid=summary-text]", "in English").await;
    page.send("Four?").await;
    page.answer_in(4, "complete").await;
    let sent = asked(&upstream);
    assert!(sent[0].contains("in English.") && sent.last().unwrap() == "Four?", "{sent:?}");
    assert_eq!(upstream.requests().len(), 5);
    page.click("mark-remove").await;
    gone(page, "context-line").await;
    page.element("context-full").await;
    window.close().await;
}

#[tokio::test]
async fn killed_while_it_summarises_by_itself_a_conversation_has_everything_and_goes_on() {
    let long = "word".repeat(300);
    let upstream = says(&[&long, &long, &long]);
    upstream.push(Script::stream().text("They").silence());
    for text in ["They counted.", "Four."] {
        upstream.push(Script::stream().text(text).done());
    }
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    fill(&window.page, &upstream).await;
    let patch = json!({ "patch": { "when_full": "automatic" } });
    window.page.invoke("settings_update", patch).await.unwrap();
    window.page.send("Four?").await;
    says_in(&window.page, "[data-testid=progress]", "Summarising").await;
    wait_for("the summary is asked for", PATIENCE, async || (upstream.requests().len() == 4).then_some(())).await;
    window.kill().await;

    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.click("conversation").await;
    page.answer_in(4, "interrupted").await;
    assert!(!page.shows("context-line").await);
    page.click("retry").await;
    let answer = page.answer_in(4, "complete").await;
    assert_eq!(answer.text.trim(), "Four.");
    page.element("context-line").await;
    assert!(asked(&upstream)[0].contains("They counted."));
    window.close().await;
}
