//! A key goes in and never comes out.

use crate::last_answer_in;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Client, Desktop, PATIENCE, Page, Window, wait_for};
use serde_json::{Value, json};

/// Found nowhere else, so that one search finds every copy.
const CANARY: &str = "sk-canary-7f3a9c51d2e84b06a1f5";

async fn provider(page: &Page, id: &str) -> Value {
    let providers = page.invoke("providers_list", json!({})).await.unwrap();
    providers.as_array().unwrap().iter().find(|provider| provider["id"] == id).cloned().expect("the provider")
}

async fn enter_key(page: &Page, id: &str) {
    page.click("open-settings").await;
    page.click(&format!("key-open-{id}")).await;
    page.fill(&format!("key-input-{id}"), CANARY).await;
    page.click(&format!("key-save-{id}")).await;
}

async fn save_key_by_hand(page: &Page, id: &str) {
    enter_key(page, id).await;
    wait_for("the key is kept", PATIENCE, async || provider(page, id).await["key"].is_object().then_some(())).await;
}

/// Back to the chat, wherever the settings are.
async fn back_to_chat(page: &Page) {
    page.driver.refresh().await.unwrap();
    page.element("composer").await;
}

fn authorization(upstream: &Upstream, at: usize) -> Option<String> {
    let head = upstream.requests()[at].head.clone();
    let line = head.lines().find(|line| line.to_lowercase().starts_with("authorization:"))?;
    Some(line.split_once(": ")?.1.to_owned())
}

#[tokio::test]
async fn through_the_real_window_into_the_real_keyring_and_nowhere_else() {
    // The vendor repeats the key in its error: that copy must not be kept either.
    let told = json!({ "error": { "message": format!("Incorrect API key provided: {CANARY}") } }).to_string();
    let refused = Script::whole(401, "Content-Type: application/json\r\n", &told);
    let upstream = Upstream::start([Script::stream().text("It fits.").done(), refused]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let id = page.use_upstream(&upstream).await;
    save_key_by_hand(page, &id).await;
    let info = provider(page, &id).await["key"].clone();
    assert_eq!((&info["kept_in"], &info["last_four"]), (&json!("keyring"), &json!(&CANARY[CANARY.len() - 4..])));
    page.click(&format!("key-test-{id}")).await;
    let report = format!("key-test-result-{id}");
    wait_for("the test says that it works", PATIENCE, async || {
        page.text(&report).await.contains("works").then_some(())
    })
    .await;
    let status = page.text("keyring-status").await;
    assert!(!status.is_empty());
    assert!(kept(&desktop), "secret-tool finds it from outside");

    let mut seen = vec![("settings page", page.source().await)];
    back_to_chat(page).await;
    page.send("Does the key fit?").await;
    page.answer_in(1, "complete").await;
    assert_eq!(authorization(&upstream, 0), Some(format!("Bearer {CANARY}")), "the upstream gets it");
    page.send("And now?").await;
    page.answer_in(2, "failed").await;
    assert_eq!(last_answer_in(page).await["failure"]["code"], "unauthorized");

    // Everything that can be asked for, by the window and by a browser.
    seen.push(("chat page", page.source().await));
    for command in ["providers_list", "settings_get", "models_list", "keyring_status", "app_info", "mirror_start"] {
        seen.push((command, page.invoke(command, json!({})).await.unwrap().to_string()));
    }
    let test = page.invoke("provider_test", json!({ "provider": id, "first_token": false })).await.unwrap();
    seen.push(("provider_test", test.to_string()));
    let link = json!({ "role": "participant", "label": "A browser" });
    let link = page.invoke("link_create", link).await.unwrap();
    let client = Client::of_link(link["url"].as_str().unwrap());
    seen.extend(everything_the_mirror_says(&client).await);

    page.click("open-settings").await;
    page.click(&format!("key-delete-{id}")).await;
    wait_for("the key is forgotten", PATIENCE, async || (!kept(&desktop)).then_some(())).await;
    wait_for("nothing is noted of it", PATIENCE, async || provider(page, &id).await["key"].is_null().then_some(()))
        .await;
    seen.push(("settings page after", page.source().await));
    seen.push(("output", window.close().await));

    for (place, text) in seen {
        assert!(!text.contains(CANARY), "the key is in {place}");
        // An app that writes nothing to its outputs is as it should be; a page without text is none.
        assert!(place == "output" || !text.is_empty(), "{place} was not read");
    }
    // The keyring's own files are encrypted, so the canary in any file is a copy.
    let files = desktop.profile().files();
    assert!(files.iter().any(|(path, _)| path.starts_with(desktop.profile().data())));
    for (path, bytes) in files {
        let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(!found, "the key is in {}", path.display());
    }
}

/// Whether the keyring has the canary, asked by secret-tool.
fn kept(desktop: &Desktop) -> bool {
    desktop.secret_tool_search(("service", "rivulet")).contains(CANARY)
}

async fn everything_the_mirror_says(client: &Client) -> Vec<(&'static str, String)> {
    let mut said = Vec::new();
    let (id, messages) = crate::newest(client).await;
    said.push(("mirror conversation", format!("{id} {messages:?}")));
    for command in ["app_info", "models_list", "conversations_list", "providers_list", "settings_get", "mirror_status"]
    {
        said.push((command, client.post(&format!("/api/rpc/{command}"), json!({})).await.body));
    }
    let path = format!("/api/sse?conversation={}", id.as_str().unwrap());
    let reply = client.open("GET", &path, &[], None).await.unwrap();
    said.push(("mirror stream", format!("{:?}", reply.headers())));
    said
}

#[tokio::test]
async fn a_changed_address_asks_for_the_key_again() {
    let first = Upstream::start([Script::stream().text("One.").done()]);
    let second = Upstream::start([Script::stream().text("Two.").done()]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let id = page.use_upstream(&first).await;
    let key = json!({ "provider": id, "key": CANARY, "keep": "keyring" });
    page.invoke("key_set", key.clone()).await.unwrap();
    page.invoke("provider_save", json!({ "id": id, "name": "Moved", "base_url": second.base_url() })).await.unwrap();
    let moved = provider(page, &id).await;
    assert_eq!(moved["key"], Value::Null);
    assert!(first.base_url().starts_with(moved["key_for_other_origin"].as_str().unwrap()), "{moved}");

    back_to_chat(page).await;
    page.send("Who gets the key?").await;
    wait_for("an end", PATIENCE, async || {
        page.answers().await.last().is_some_and(|answer| answer.state != "running").then_some(())
    })
    .await;
    for at in 0..second.requests().len() {
        assert_eq!(authorization(&second, at), None, "the new address does not get the old one's key");
    }
    page.invoke("key_set", key).await.unwrap();
    let entered = provider(page, &id).await;
    assert_eq!((entered["key"].is_object(), &entered["key_for_other_origin"]), (true, &Value::Null));
    page.send("And now?").await;
    page.answer_in(2, "complete").await;
    let last = second.requests().len() - 1;
    assert_eq!(authorization(&second, last), Some(format!("Bearer {CANARY}")));
    window.close().await;
}

fn lock_keyring(desktop: &Desktop) {
    let lock = "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
                org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login";
    let output = desktop.command("sh").args(["-c", lock]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test]
async fn a_locked_keyring_whose_question_is_dismissed_keeps_the_message_and_offers_a_way_on() {
    let upstream = Upstream::start([Script::stream().text("It fits.").done()]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let id = page.use_upstream(&upstream).await;
    page.invoke("key_set", json!({ "provider": id, "key": CANARY, "keep": "keyring" })).await.unwrap();
    back_to_chat(page).await;
    lock_keyring(&desktop);
    page.send("Is it locked?").await;
    // A person who presses Escape until the keyring's question is gone.
    let failed = wait_for("the answer fails", PATIENCE, async || {
        let _ = desktop.xdotool(&["key", "Escape"]);
        let answer = last_answer_in(page).await;
        (answer["state"] == "failed").then_some(answer)
    })
    .await;
    assert_eq!(failed["failure"]["code"], "key_unavailable", "{failed}");
    assert_eq!(upstream.requests().len(), 0, "nothing is sent without the key");
    // The page draws it a moment after the core has stored it.
    let told = "The key could not be read from the keyring.";
    wait_for("it is told", PATIENCE, async || page.source().await.contains(told).then_some(())).await;

    // The way on that the failure names.
    assert!(failed["failure"]["detail"].as_str().unwrap().contains("in memory for this run"), "{failed}");
    page.invoke("key_set", json!({ "provider": id, "key": CANARY, "keep": "memory" })).await.unwrap();
    page.click("retry").await;
    page.answer_in(1, "complete").await;
    assert_eq!(authorization(&upstream, 0), Some(format!("Bearer {CANARY}")));
    window.close().await;
}

#[tokio::test]
async fn without_a_keyring_it_stays_in_memory_if_one_says_so_and_a_later_keyring_is_found() {
    let upstream = Upstream::start([Script::stream().text("It fits.").done()]);
    let mut desktop = Desktop::without_keyring().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let id = page.use_upstream(&upstream).await;
    let status = page.invoke("keyring_status", json!({})).await.unwrap();
    assert_eq!(status["problem"], "keyring_missing", "{status}");
    enter_key(page, &id).await;
    let sentence = page.text("keyring-status").await;
    assert!(!sentence.is_empty() && !page.text("key-problem").await.is_empty());
    assert_eq!(provider(page, &id).await["key"], Value::Null, "never kept elsewhere without a word");
    page.click("key-keep-memory").await;
    wait_for("it is kept in memory", PATIENCE, async || {
        (provider(page, &id).await["key"]["kept_in"] == "memory").then_some(())
    })
    .await;
    back_to_chat(page).await;
    page.send("Does the key fit?").await;
    page.answer_in(1, "complete").await;
    assert_eq!(authorization(&upstream, 0), Some(format!("Bearer {CANARY}")));
    window.close().await;
    for (path, bytes) in desktop.profile().files() {
        let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(!found, "the key is in {}", path.display());
    }

    let window = Window::open(&desktop).await;
    let page = &window.page;
    assert_eq!(provider(page, &id).await["key"], Value::Null, "it is gone with the app that had it");
    desktop.start_keyring().await;
    let key = json!({ "provider": id, "key": CANARY, "keep": "keyring" });
    page.invoke("key_set", key).await.expect("a keyring that starts later is found");
    assert!(kept(&desktop));
    let status = page.invoke("keyring_status", json!({})).await.unwrap();
    assert_eq!(status["problem"], Value::Null, "{status}");
    page.click("open-settings").await;
    wait_for("the settings say so", PATIENCE, async || (page.text("keyring-status").await != sentence).then_some(()))
        .await;
    window.close().await;
}
