//! What a page's own name for a conversation does, and what it does not.

use crate::client::{Site, site, text_of, token_of};
use rivulet_protocol::{ConversationId, LinkRole};
use serde_json::{Value, json};

fn conversations(site: &Site) -> Vec<Value> {
    let list = site.post("/api/rpc/conversations_list", json!({}));
    list.json()["conversations"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_and_stopping_an_unknown_name_makes_nothing() {
    let site = site().await;
    let streams: Vec<_> = (0..3).map(|at| site.watch(&format!("uid=unknown-{at}"), "")).collect();
    assert!(streams.iter().all(|stream| stream.status == 200));
    let stopped = site.post("/api/stop", json!({ "uid": "unknown" }));
    assert_eq!((stopped.status, stopped.json()["code"].as_str()), (404, Some("not_found")));
    assert_eq!(conversations(&site), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_refused_makes_nothing() {
    let site = site().await;
    let spent = token_of(&site.link(LinkRole::Participant, None, Some(0)));
    let start = json!({ "uid": "refused", "prompt": "hi", "provider": "demo", "model": "echo" });
    assert_eq!(site.post_as(&spent, "/api/start-sse", &start.to_string()).status, 403);
    for start in [
        json!({ "uid": "refused", "prompt": " " }),
        json!({ "uid": "refused", "prompt": "hi", "provider": "no-such", "model": null }),
    ] {
        assert!(site.post("/api/start-sse", start).status >= 400);
    }
    assert_eq!(conversations(&site), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_streams_may_wait_for_one_name_and_all_have_the_answer() {
    let site = site().await;
    let mut waiting: Vec<_> = (0..8).map(|_| site.watch("uid=later", "")).collect();
    site.start("other", "of another name");
    let started = site.start("later", "for all of them");
    for stream in &mut waiting {
        let events = stream.until_end_of(&started["message"]);
        assert!(events.iter().all(|event| event.data["message"] != Value::Null));
        assert!(text_of(&events, started["message"].as_str().unwrap()).contains("for all of them"));
        assert!(!stream.raw.contains("of another name"));
    }
    assert_eq!(conversations(&site).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_watches_by_name_what_its_link_sees_and_starts_nothing() {
    let site = site().await;
    let started = site.start("shown", "for viewers");
    site.start("hidden", "CANARY");
    let id: ConversationId = serde_json::from_value(started["conversation"].clone()).unwrap();
    let of_one = token_of(&site.link(LinkRole::Viewer, Some(vec![id]), None));
    let of_all = token_of(&site.link(LinkRole::Viewer, None, None));
    for viewer in [&of_one, &of_all] {
        let mut stream = site.watch_as(viewer, "uid=shown", "");
        assert_eq!(stream.status, 200, "{}", stream.head);
        let text = text_of(&stream.until_end_of(&started["message"]), started["message"].as_str().unwrap());
        assert!(text.contains("for viewers"));
        // By ticket too, as a plain `EventSource` comes.
        let ticket = site.post_as(viewer, "/api/ticket", r#"{"uid":"shown"}"#).json()["ticket"].clone();
        assert_eq!(site.open(&format!("uid=shown&ticket={}", ticket.as_str().unwrap()), "").status, 200);
        let start = site.post_as(viewer, "/api/start-sse", r#"{"uid":"shown","prompt":"no"}"#);
        assert_eq!((start.status, &start.json()["success"]), (403, &json!(false)));
        assert_eq!(site.post_as(viewer, "/api/stop", r#"{"uid":"shown"}"#).status, 403);
    }
    // What is hidden and what does not exist look alike.
    let [hidden, unknown] = ["hidden", "unknown"].map(|uid| site.get_as(&of_one, &format!("/api/sse?uid={uid}")));
    assert_eq!((hidden.status, &hidden.body), (404, &unknown.body));
    // Whoever sees all waits like the one who begins it.
    let mut waiting = site.watch_as(&of_all, "uid=to-come", "");
    let started = site.start("to-come", "at last");
    waiting.until_end_of(&started["message"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_participant_waits_for_its_own_name_only() {
    let site = site().await;
    let limited = token_of(&site.link(LinkRole::Participant, Some(vec![]), None));
    let mut waiting = site.watch_as(&limited, "uid=same", "");
    assert_eq!(waiting.status, 200);
    site.start("same", "CANARY of somebody else");
    let body = json!({ "uid": "same", "prompt": "mine", "provider": "demo", "model": "echo" });
    let started = site.post_as(&limited, "/api/start-sse", &body.to_string()).json();
    let events = waiting.until_end_of(&started["message"]);
    assert!(text_of(&events, started["message"].as_str().unwrap()).contains("mine"));
    assert!(!waiting.raw.contains("CANARY"));
    assert_eq!(site.post_as(&limited, "/api/stop", r#"{"uid":"never"}"#).status, 404);
}
