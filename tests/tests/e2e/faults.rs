//! Faults of the upstream, through the whole app: what came is kept, the failure is named, the next step works.

use crate::{last_answer, newest, start_sse};
use rivulet_tests::http::Watched;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{PATIENCE, Profile, Serve, ServeOptions, wait_for};
use serde_json::json;
use std::time::Duration;

const JSON: &str = "Content-Type: application/json\r\n";

/// Runs one answer to its end and gives it as it is stored.
async fn answer_to(script: impl IntoIterator<Item = Script>) -> (serde_json::Value, usize) {
    let upstream = Upstream::start(script);
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::custom(&upstream.base_url())).await;
    let mut stream = serve.client.events("/api/sse?uid=fault", &[]).await.unwrap();
    start_sse(&serve.client, "fault", "Why?").await;
    let mut watched = Watched::default();
    watched.to_the_end(&mut stream, PATIENCE).await;
    let stored = last_answer(&serve.client).await;
    assert_eq!(stored["text"], *watched.text, "what was shown is what is stored");
    serve.end().await;
    (stored, upstream.requests().len())
}

#[tokio::test]
async fn a_cut_keeps_what_came() {
    let (answer, asked) = answer_to([Script::stream().text("Half of ").text("an answer")]).await;
    assert_eq!((&answer["state"], &answer["text"]), (&json!("failed"), &json!("Half of an answer")));
    assert_eq!(answer["failure"]["code"], "cut", "{answer}");
    assert_eq!(asked, 1, "an answer that began is not asked for again");
}

#[tokio::test]
async fn a_refused_key_is_said_once_in_the_vendors_words() {
    let body = json!({ "error": { "message": "Incorrect API key provided", "type": "invalid_request_error" } });
    let (answer, asked) = answer_to([Script::whole(401, JSON, &body.to_string())]).await;
    assert_eq!((&answer["state"], &answer["failure"]["code"]), (&json!("failed"), &json!("unauthorized")));
    assert_eq!(answer["failure"]["status"], 401);
    assert!(answer["failure"]["detail"].as_str().unwrap().contains("Incorrect API key provided"), "{answer}");
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    let limited = Script::whole(429, &format!("{JSON}Retry-After: 1\r\n"), r#"{"error":{"message":"Slow down"}}"#);
    let (answer, asked) = answer_to([limited, Script::stream().text("Thank you.").done()]).await;
    assert_eq!((&answer["state"], &answer["text"]), (&json!("complete"), &json!("Thank you.")), "{answer}");
    assert_eq!(asked, 2);
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    let page = "<!doctype html><title>Sign in to the network</title><p>Welcome";
    let (answer, asked) = answer_to([Script::whole(200, "Content-Type: text/html\r\n", page)]).await;
    assert_eq!((&answer["state"], &answer["failure"]["code"]), (&json!("failed"), &json!("web_page")), "{answer}");
    assert_eq!((&answer["text"], asked), (&json!(""), 1));
}

#[tokio::test]
async fn an_end_without_the_end_marker_is_not_complete() {
    let whole = "data: {\"choices\":[{\"delta\":{\"content\":\"Almost\"}}]}\n\n";
    let (answer, _) = answer_to([Script::whole(200, "Content-Type: text/event-stream\r\n", whole)]).await;
    assert_eq!((&answer["state"], &answer["failure"]["code"]), (&json!("failed"), &json!("unfinished")), "{answer}");
    assert_eq!(answer["text"], "Almost");
}

#[tokio::test]
async fn silence_is_ended_by_a_stop_and_the_answer_goes_on_later() {
    let upstream = Upstream::start([Script::stream().text("Then").silence(), Script::stream().text(" more.").done()]);
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::custom(&upstream.base_url())).await;
    let mut stream = serve.client.events("/api/sse?uid=silent", &[]).await.unwrap();
    start_sse(&serve.client, "silent", "Why?").await;
    let mut watched = Watched::default();
    while watched.text != "Then" {
        watched.apply(&stream.next_within(PATIENCE).await.unwrap());
    }
    assert!(serve.client.post("/api/stop", json!({ "uid": "silent" })).await.status.is_success());
    watched.to_the_end(&mut stream, PATIENCE).await;
    assert_eq!(watched.end.as_deref(), Some("stopped"));
    let answer = last_answer(&serve.client).await;
    assert_eq!((&answer["state"], &answer["text"]), (&json!("stopped"), &json!("Then")));

    serve.client.rpc("answer_continue", json!({ "message": answer["id"] })).await.unwrap();
    let answer = wait_for("the rest", PATIENCE, async || {
        Some(last_answer(&serve.client).await).filter(|answer| answer["state"] == "complete")
    })
    .await;
    assert_eq!(answer["text"], "Then more.");
    serve.end().await;
}

#[tokio::test]
async fn nothing_listens_there_and_the_question_is_kept() {
    let profile = Profile::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut serve = Serve::start(&profile, &ServeOptions::custom(&format!("http://{closed}/v1"))).await;
    start_sse(&serve.client, "refused", "Is anybody there?").await;
    let messages = wait_for("the failure", Duration::from_secs(60), async || {
        Some(newest(&serve.client).await.1).filter(|messages| messages.last().is_some_and(|m| m["state"] == "failed"))
    })
    .await;
    assert_eq!(messages[0]["text"], "Is anybody there?");
    assert_eq!(messages[1]["failure"]["code"], "connection_refused", "{messages:?}");
    serve.end().await;
}
