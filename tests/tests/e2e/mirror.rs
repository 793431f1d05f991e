//! The mirror from outside: a program, and a page with nothing but `EventSource`.

use crate::{last_answer, start_sse};
use rivulet_tests::http::Watched;
use rivulet_tests::{Browser, PATIENCE, Profile, Serve, ServeOptions, process};
use serde_json::json;
use std::process::Command;

#[tokio::test]
async fn curl_starts_watches_and_stops_an_answer() {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("clock")).await;
    let url = serve.url.trim_end_matches('/').to_owned();
    let curl = |arguments: &[&str]| {
        let mut command: Command = profile.command("curl");
        let auth = format!("Authorization: Bearer {}", serve.client.token.as_deref().unwrap());
        command.args(["-s", "-N", "-H", &auth]).args(arguments);
        command
    };
    let start = [&*format!("{url}/api/start-sse"), "--json", r#"{"uid": "first", "prompt": "What time is it?"}"#];
    let started = String::from_utf8(process::run(&mut curl(&start)).unwrap()).unwrap();
    assert!(started.contains("\"success\":true"), "{started}");
    let mut watching = rivulet_tests::Process::spawn(&curl(&[&format!("{url}/api/sse?uid=first")]));
    watching.line_with("event: text", PATIENCE).await;
    let stop = [&*format!("{url}/api/stop"), "--json", r#"{"uid": "first"}"#];
    process::run(&mut curl(&stop)).unwrap();
    watching.line_with("event: stopped", PATIENCE).await;
    let ids: Vec<u64> = watching.stdout().lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
    assert!(ids.is_sorted() && ids.len() > 2, "{ids:?}");
    serve.end().await;
}

#[tokio::test]
async fn a_plain_event_source_follows_with_a_ticket() {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    let browser = Browser::open(&profile, &serve.url).await;
    let script = r#"
        const [token, prompt, done] = arguments;
        const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
        const post = (path, body) =>
            fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).then((r) => r.json());
        (async () => {
            const uid = "first";
            const { ticket } = await post("/api/ticket", { uid });
            const events = new EventSource(`/api/sse?uid=${uid}&ticket=${ticket}`);
            let text = "";
            events.addEventListener("text", (event) => { text += JSON.parse(event.data).text; });
            events.addEventListener("finished", () => { events.close(); done(text); });
            const { success } = await post("/api/start-sse", { uid, prompt });
            if (success !== true) done("not started");
        })().catch((error) => done(String(error)));"#;
    let token = json!(serve.client.token);
    let prompt = crate::words(40);
    let result = browser.page.driver.execute_async(script, vec![token, json!(prompt)]).await.unwrap();
    let stored = last_answer(&serve.client).await;
    assert_eq!(*result.json(), stored["text"]);
    assert!(stored["text"].as_str().unwrap().contains(&prompt));
    browser.page.quit().await;
    serve.end().await;
}

#[tokio::test]
async fn a_late_viewer_and_one_that_reconnects_have_the_same_text() {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    let mut early = serve.client.events("/api/sse?uid=a-B_9", &[]).await.unwrap();
    start_sse(&serve.client, "a-B_9", &crate::words(80)).await;
    let mut first = Watched::default();
    while first.text.len() < 40 {
        first.apply(&early.next_within(PATIENCE).await.unwrap());
    }
    drop(early);
    let last = first.last.to_string();
    let mut again = serve.client.events("/api/sse?uid=a-B_9", &[("Last-Event-ID", &last)]).await.unwrap();
    let (mut second, mut late) = (first.clone(), Watched::default());
    second.to_the_end(&mut again, PATIENCE).await;
    let mut stream = serve.client.events("/api/sse?uid=a-B_9", &[]).await.unwrap();
    late.to_the_end(&mut stream, PATIENCE).await;
    let stored = last_answer(&serve.client).await;
    assert_eq!(stored["text"], *second.text);
    assert_eq!(stored["text"], *late.text);
    serve.end().await;
}

#[tokio::test]
async fn nothing_is_told_without_a_token() {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    let stranger = rivulet_tests::Client { host: serve.client.host.clone(), token: None };
    let guesser = rivulet_tests::Client { token: Some("A".repeat(43)), ..stranger.clone() };
    for client in [&stranger, &guesser] {
        for (method, path, body) in [
            ("POST", "/api/start-sse", Some(json!({ "uid": "x", "prompt": "Hello" }))),
            ("POST", "/api/ticket", Some(json!({ "uid": "x" }))),
            ("POST", "/api/rpc/conversations_list", Some(json!({}))),
            ("GET", "/api/sse?uid=x", None),
        ] {
            let reply = client.ask(method, path, &[], body).await;
            assert_eq!(reply.status, 401, "{method} {path}: {reply:?}");
        }
    }
    let list = serve.client.rpc("conversations_list", json!({})).await.unwrap();
    assert_eq!(list["conversations"], json!([]));
    for command in ["settings_get", "providers_list", "key_set", "link_create"] {
        let refused = serve.client.rpc(command, json!({})).await.unwrap_err();
        assert_eq!(refused["code"], "forbidden", "{command} is the window's alone");
    }
    serve.end().await;
}
