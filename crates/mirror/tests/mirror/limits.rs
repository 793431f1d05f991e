//! Too many, too slow, too large.

use crate::client::{Site, connect, site_with, text_of};
use rivulet_engine::MirrorControl;
use rivulet_mirror::Limits;
use rivulet_protocol::{Caller, Commands, ConversationId, LinkRole, MessageSend, SettingsUpdate, Uid};
use std::io::{Read, Write};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn one_stream_too_many_is_told_to_come_later() {
    let site = site_with(Limits { streams: 2, ..Limits::default() }).await;
    let _open = [site.watch("uid=a", ""), site.watch("uid=a", "")];
    let third = site.watch("uid=a", "");
    assert_eq!((third.status, third.header("retry-after").is_some()), (503, true));
    assert_eq!(site.post("/api/rpc/app_info", serde_json::json!({})).status, 200, "the rest goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_told_to_come_later() {
    let site = site_with(Limits { connections: 2, head: Duration::from_secs(600), ..Limits::default() }).await;
    let _idle = [site.watch("uid=a", ""), site.watch("uid=a", "")];
    let third = site.get("/", "");
    assert_eq!((third.status, third.header("retry-after").is_some()), (503, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let site = site_with(Limits { head: Duration::from_millis(200), ..Limits::default() }).await;
    for start in ["", "GET / HTTP/1.1\r\nHost: 127.0"] {
        let mut socket = connect(site.port);
        socket.write_all(start.as_bytes()).unwrap();
        let mut rest = Vec::new();
        // Ends by the server's close; without the limit it would end by this test's patience, as an error.
        let read = socket.read_to_end(&mut rest);
        assert!(read.is_ok() || read.unwrap_err().kind() == std::io::ErrorKind::ConnectionReset);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let site = site_with(Limits { body: Duration::from_millis(200), ..Limits::default() }).await;
    assert_eq!(site.raw(&site.post_head(&site.token, "/api/rpc/app_info", 10)).status, 408);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_a_largest_size() {
    let site = site_with(Limits::default()).await;
    let got = site.get("/", &format!("X-Long: {}\r\n", "a".repeat(20_000)));
    assert!(matches!(got.status, 0 | 431), "{}", got.status);
    assert_eq!(site.get("/", "").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_stream_shows_signs_of_life() {
    let site = site_with(Limits { heartbeat: Duration::from_millis(50), ..Limits::default() }).await;
    let mut stream = site.watch("uid=quiet", "");
    let mut lines = std::iter::from_fn(|| stream.line());
    assert!(lines.by_ref().filter(|line| line == ": hb").nth(1).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_stop_reading_hold_nobody_and_are_complete_after_they_wake() {
    let site = site_with(Limits { write: Duration::from_millis(100), ..Limits::default() }).await;
    let mut sleepers: Vec<_> = (0..40).map(|_| site.watch("uid=slow&pace=0", "")).collect();
    let prompt = "0123456789abcdef ".repeat(10_000);
    site.engine_at_full_speed().await;
    let started = site.start("slow", &prompt);
    let message = started["message"].as_str().unwrap();
    let whole = text_of(&site.watch("uid=slow", "").until_end_of(&started["message"]), message);
    assert!(whole.len() >= prompt.trim().len());
    for sleeper in &mut sleepers {
        assert!(text_of(&sleeper.until_end_of(&started["message"]), message) == whole);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_client_that_does_not_read_loses_its_socket_too() {
    let grace = Duration::from_millis(100);
    let site = site_with(Limits { grace, connections: 1, ..Limits::default() }).await;
    more_than_sockets_take(&site, "deaf").await;
    let new = site.link(LinkRole::Participant, None, None);
    let _asleep = loop {
        let asleep = site.watch_as(&crate::client::token_of(&new), "uid=deaf", "");
        if asleep.status == 200 {
            break asleep;
        }
    };
    assert_eq!(site.get("/", "").status, 503, "it holds the only place");
    site.mirror.revoke_link(new.link.id).unwrap();
    a_place_comes_free(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_that_sleeps_for_too_long_loses_its_socket_and_comes_back_by_number() {
    let asleep = Duration::from_millis(100);
    let site = site_with(Limits { asleep, connections: 1, ..Limits::default() }).await;
    more_than_sockets_take(&site, "deaf").await;
    let mut sleeper = loop {
        let sleeper = site.watch("uid=deaf", "");
        if sleeper.status == 200 {
            break sleeper;
        }
    };
    a_place_comes_free(&site).await;
    // What the system's buffers held still comes.
    let last = std::iter::from_fn(|| sleeper.event()).filter_map(|event| event.id).last().unwrap_or(0);
    drop(sleeper);
    let mut again = loop {
        let again = site.watch("uid=deaf", &format!("Last-Event-ID: {last}\r\n"));
        if again.status == 200 {
            break again;
        }
    };
    assert!(again.event().unwrap().id.unwrap() > last);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_takes_is_given_up() {
    let write = Duration::from_millis(100);
    let site = site_with(Limits { write, connections: 1, ..Limits::default() }).await;
    let conversation = more_than_sockets_take(&site, "large").await;
    let body = serde_json::json!({ "conversation": conversation }).to_string();
    let mut socket = connect(site.port);
    let head = site.post_head(&site.token, "/api/rpc/conversation_open", body.len());
    socket.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut begin = [0; 12];
    socket.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200");
    a_place_comes_free(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_may_watch_is_a_setting() {
    let site = site_with(Limits::default()).await;
    let request = SettingsUpdate { patch: serde_json::json!({ "mirror_viewers": 1 }) };
    site.engine.settings_update(&Caller::window(), request).await.unwrap();
    MirrorControl::stop(&*site.mirror).await;
    site.mirror.start(Some(site.port)).await.unwrap();
    let link = crate::client::token_of(&site.link(LinkRole::Participant, None, None));
    let _open = site.watch_as(&link, "uid=a", "");
    assert_eq!(site.watch_as(&link, "uid=a", "").status, 503);
    assert_eq!(site.get("/", "").status, 200, "the page comes beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_gone_loses_its_place() {
    let site = site_with(Limits { streams: 1, ..Limits::default() }).await;
    let open = site.watch("uid=a", "");
    assert_eq!((open.status, site.watch("uid=a", "").status), (200, 503));
    drop(open);
    while site.watch("uid=a", "").status != 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A conversation of more text than the system's socket buffers take, with all answers ended.
pub async fn more_than_sockets_take(site: &Site, uid: &str) -> ConversationId {
    let (window, uid) = (Caller::window(), Uid::parse(uid).unwrap());
    let mut conversation = None;
    for _ in 0..4 {
        let send = MessageSend {
            conversation: None,
            parent: None,
            at_root: None,
            text: "0123456789abcdef ".repeat(230_000),
            attachments: None,
            provider: Some("demo".into()),
            model: Some("clock".into()),
        };
        let turn = site.engine.send_named(&window, &uid, send).await.unwrap();
        site.engine.stop_conversation(&window, turn.conversation).await.unwrap();
        while site.engine.running_answers() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        conversation = Some(turn.conversation);
    }
    conversation.unwrap()
}

/// Until the server, which serves one connection, serves another.
async fn a_place_comes_free(site: &Site) {
    while site.get("/", "").status != 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
