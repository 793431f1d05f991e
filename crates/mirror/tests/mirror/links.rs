//! Tokens, roles, scopes, budgets, tickets, and being cut off.

use crate::client::{site, site_with, token_of};
use rivulet_engine::MirrorControl;
use rivulet_mirror::Limits;
use rivulet_protocol::{ConversationId, LibraryEvent, LinkRole};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_api_needs_a_token() {
    let site = site().await;
    let wrong = "A".repeat(43);
    for path in ["/api/rpc/app_info", "/api/start-sse", "/api/stop", "/api/ticket"] {
        let got = site.post_as(&wrong, path, "{}");
        assert_eq!(got.status, 401, "{path}");
        let error = if path == "/api/start-sse" { got.json()["error"].clone() } else { got.json() };
        assert_eq!(error["code"], "forbidden");
    }
    assert_eq!(site.get("/api/sse?uid=a", "").status, 401);
    assert_eq!(site.get(&format!("/api/sse?uid=a&token={}", site.token), "").status, 401, "not in the address");
    assert_eq!(site.get("/api/sse?uid=a", &format!("Cookie: token={}\r\n", site.token)).status, 401, "no cookies");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_tokens_in_a_minute_are_noticed_and_the_right_one_still_works() {
    let site = site().await;
    let mut notices = site.engine.library();
    for _ in 0..10 {
        assert_eq!(site.post_as("guess", "/api/rpc/app_info", "{}").status, 401);
    }
    let got = site.post_as("guess", "/api/rpc/app_info", "{}");
    assert_eq!((got.status, got.header("retry-after").is_some()), (429, true));
    assert_eq!(notices.recv().await.unwrap(), LibraryEvent::Mirror);
    assert_eq!(site.post("/api/rpc/app_info", json!({})).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_keys_and_links_are_out_of_reach_of_any_link() {
    let site = site().await;
    for name in rivulet_protocol::COMMAND_NAMES {
        let window_only = rivulet_protocol::command::required_role(name) == Some(rivulet_protocol::CallerRole::Window);
        if window_only {
            let got = site.post(&format!("/api/rpc/{name}"), json!({}));
            assert_eq!((got.status, got.json()["code"].as_str()), (403, Some("forbidden")), "{name}");
        }
    }
    assert_eq!(site.post("/api/rpc/no_such_command", json!({})).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_shared_conversations_are_visible_and_a_viewer_writes_nothing() {
    let site = site().await;
    let shared = site.start("shared", "the shared one")["conversation"].clone();
    let secret = site.start("secret", "CANARY-PROMPT")["conversation"].clone();
    let id: ConversationId = serde_json::from_value(shared.clone()).unwrap();
    let viewer = token_of(&site.link(LinkRole::Viewer, Some(vec![id]), None));
    let list = site.post_as(&viewer, "/api/rpc/conversations_list", "{}");
    assert_eq!(list.status, 200, "{}", list.body);
    assert!(list.body.contains(shared.as_str().unwrap()) && !list.body.contains(secret.as_str().unwrap()));
    assert!(!list.body.contains("CANARY"));
    for (command, body) in [
        ("conversation_open", json!({ "conversation": secret })),
        ("messages_before", json!({ "conversation": secret, "before": secret })),
    ] {
        let got = site.post_as(&viewer, &format!("/api/rpc/{command}"), &body.to_string());
        assert_eq!(got.status, 404, "{command}: {}", got.body);
    }
    let unknown = ConversationId::new().to_string();
    let [hidden, unknown] =
        [secret.as_str().unwrap(), &unknown].map(|id| site.get_as(&viewer, &format!("/api/sse?conversation={id}")));
    assert_eq!((hidden.status, &hidden.body), (404, &unknown.body), "they look alike");
    let ticket = site.post_as(&viewer, "/api/ticket", &json!({ "conversation": secret }).to_string());
    assert_eq!(ticket.status, 404);
    assert_eq!(site.watch_as(&viewer, "uid=secret", "").status, 404);
    let seen = site.watch_as(&viewer, &format!("conversation={}", shared.as_str().unwrap()), "");
    assert_eq!(seen.status, 200);
    for command in ["message_send", "conversation_create", "answer_stop", "answer_regenerate", "answer_continue"] {
        assert_eq!(site.post_as(&viewer, &format!("/api/rpc/{command}"), "{}").status, 403, "{command}");
    }
    assert_eq!(site.post_as(&viewer, "/api/stop", r#"{"uid":"shared"}"#).status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_participant_has_names_of_its_own_and_sees_what_it_began() {
    let site = site().await;
    site.start("name", "of somebody else");
    let link = token_of(&site.link(LinkRole::Participant, Some(vec![]), None));
    let body = json!({ "uid": "name", "prompt": "mine", "provider": "demo", "model": "echo" }).to_string();
    let started = site.post_as(&link, "/api/start-sse", &body);
    assert_eq!(started.status, 200, "{}", started.body);
    let events = site.watch_as(&link, "uid=name", "").until_end_of(&started.json()["message"]);
    assert!(!format!("{events:?}").contains("somebody else"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_of_messages_ends() {
    let site = site().await;
    let new = site.link(LinkRole::Participant, None, Some(1));
    let send = |uid: &str| {
        let body = json!({ "uid": uid, "prompt": "x", "provider": "demo", "model": "echo" }).to_string();
        site.post_as(&token_of(&new), "/api/start-sse", &body)
    };
    assert_eq!(send("a").status, 200);
    let spent = send("b");
    assert_eq!((spent.status, spent.json()["error"]["code"].as_str()), (403, Some("budget_spent")));
    let left = site.mirror.status().links.into_iter().find(|link| link.id == new.link.id).unwrap().messages_left;
    assert_eq!(left, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_stream_and_lets_that_one_come_back() {
    let site = site().await;
    let ticket = site.ticket(json!({ "uid": "t" }));
    let query = format!("uid=t&ticket={ticket}");
    assert_eq!(site.open(&format!("uid=other&ticket={ticket}"), "").status, 401, "bound to its conversation");
    let mut first = site.open(&query, "");
    assert_eq!(first.status, 200, "{}", first.head);
    assert_eq!(site.open(&query, "").status, 409, "a second beside it");
    assert_eq!(site.open(&query, "Last-Event-ID: 1\r\n").status, 409, "a second beside it that claims to come back");
    site.start("t", "hi");
    let last = first.until("finished").pop().unwrap().id.unwrap();
    drop(first);
    wait_for_no_viewers(&site).await;
    assert_eq!(site.open(&query, "").status, 401, "replayed");
    let mut back = site.open(&query, &format!("Last-Event-ID: {last}\r\n"));
    assert_eq!(back.status, 200);
    site.start("t", "again");
    assert!(back.event().unwrap().id.unwrap() > last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_no_token_and_dies_unused() {
    let site = site_with(Limits { ticket: Duration::ZERO, ..Limits::default() }).await;
    let ticket = site.ticket(json!({}));
    assert_eq!(site.post_as(&ticket, "/api/rpc/app_info", "{}").status, 401);
    assert_eq!(site.open(&format!("uid=t&ticket={ticket}"), "").status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_cuts_off_streams_tickets_and_tokens_at_once() {
    let site = site().await;
    let new = site.link(LinkRole::Participant, None, None);
    let token = token_of(&new);
    let mut stream = site.watch_as(&token, "uid=cut", "User-Agent: Mozilla/5.0 Firefox/140.0\r\n");
    assert_eq!(stream.status, 200);
    let shown = site.mirror.status().links.into_iter().find(|link| link.id == new.link.id).unwrap();
    assert_eq!((shown.viewers.len(), shown.viewers[0].agent.as_str()), (1, "Firefox"));
    let ticket = site.post_as(&token, "/api/ticket", "").json()["ticket"].as_str().unwrap().to_owned();
    site.mirror.revoke_link(new.link.id).unwrap();
    assert!(stream.ended());
    assert!(stream.raw.ends_with(": end\n\n"), "{:?}", stream.raw);
    assert_eq!(site.post_as(&token, "/api/rpc/app_info", "{}").status, 401);
    assert_eq!(site.open(&format!("uid=cut&ticket={ticket}"), "").status, 401);
    assert_eq!(site.post("/api/rpc/app_info", json!({})).status, 200, "other links live on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_has_its_token_in_the_fragment_and_no_token_is_written_to_the_disk() {
    let site = site().await;
    let new = site.link(LinkRole::Viewer, None, None);
    let (address, token) = new.url.split_once("/#token=").unwrap();
    assert_eq!(address, format!("http://127.0.0.1:{}", site.port));
    let ticket = site.ticket(json!({ "uid": "kept" }));
    assert_eq!(site.open(&format!("uid=kept&ticket={ticket}"), "").status, 200);
    site.start("kept", "FINDABLE");
    site.watch_as(token, "uid=kept", "").until("finished");
    site.engine.quit().await;
    let written = all_files(site.dir.path());
    let has = |text: &str| written.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(has("FINDABLE"), "the search finds what is there");
    for secret in [token, &site.token, &ticket] {
        assert!(!has(secret));
    }
}

fn all_files(dir: &std::path::Path) -> Vec<u8> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { all_files(&path) } else { std::fs::read(path).unwrap() }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_the_mirror_ends_every_stream() {
    let site = site().await;
    let mut streams = [site.watch("uid=a", ""), site.watch("library=1", "")];
    MirrorControl::stop(&*site.mirror).await;
    assert!(streams.iter_mut().all(|stream| stream.ended()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_when_its_time_is_over() {
    let site = site().await;
    let request = rivulet_protocol::LinkCreate {
        role: LinkRole::Participant,
        label: "short".into(),
        conversations: None,
        messages: None,
        tokens: None,
        lives_s: Some(1),
        lasting: None,
    };
    let new = site.mirror.create_link(request).unwrap();
    let mut stream = site.watch_as(&token_of(&new), "library=1", "");
    assert!(stream.ended());
    assert_eq!(site.post_as(&token_of(&new), "/api/rpc/app_info", "{}").status, 401);
}

/// Until the server has noticed that its clients went away.
async fn wait_for_no_viewers(site: &crate::client::Site) {
    while site.mirror.status().links.iter().any(|link| !link.viewers.is_empty()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
