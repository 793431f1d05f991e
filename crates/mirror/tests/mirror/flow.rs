//! The flow of a page: start, stream, come back, stop.

use crate::client::{site, text_of};
use rivulet_protocol::LinkRole;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_opened_before_the_start_shows_the_whole_answer() {
    let site = site().await;
    let mut stream = site.watch("uid=before", "");
    assert_eq!(stream.status, 200, "{}", stream.head);
    let started = site.start("before", "Hello, world");
    assert_eq!((started["success"].as_bool(), started["uid"].as_str()), (Some(true), Some("before")));
    let events = stream.until("finished");
    let text = text_of(&events, started["message"].as_str().unwrap());
    assert!(text.contains("Hello, world"), "{text}");
    // The stream survives the turn.
    let second = site.start("before", "And again");
    let text = text_of(&stream.until("finished"), second["message"].as_str().unwrap());
    assert!(text.contains("And again"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_opened_after_the_end_misses_nothing() {
    let site = site().await;
    let started = site.start("after", "Nothing is missing 你好");
    let message = started["message"].as_str().unwrap();
    let first = text_of(&site.watch("uid=after", "").until_end_of(&started["message"]), message);
    let mut late = site.watch("uid=after", "");
    let mut seen = Vec::new();
    while text_of(&seen, message) != first {
        seen.push(late.event().expect("the stream goes on"));
    }
    assert!(first.contains("你好"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_resumes_after_the_last_number_by_header_and_by_query() {
    let site = site().await;
    let started = site.start("resume", &"one two three ".repeat(20));
    let message = started["message"].as_str().unwrap();
    let mut stream = site.watch("uid=resume&pace=0", "");
    let mut before = Vec::new();
    while !before.iter().any(|seen: &crate::client::Seen| seen.name == "text") {
        before.push(stream.event().unwrap());
    }
    let last = before.iter().filter_map(|seen| seen.id).next_back().unwrap();
    drop(stream);
    let whole = text_of(&site.watch("uid=resume", "").until_end_of(&started["message"]), message);
    for (query, header) in [
        ("uid=resume&after=0".to_owned(), format!("Last-Event-ID: {last}\r\n")),
        (format!("uid=resume&after={last}"), String::new()),
    ] {
        let mut again = site.watch(&query, &header);
        let mut events: Vec<_> = Vec::new();
        let mut text = text_of(&before, message);
        while text != whole {
            let event = again.event().expect("the rest comes");
            assert!(event.id.is_none_or(|id| id > last), "what was seen is not sent again");
            match event.name.as_str() {
                "text" => text.push_str(event.data["text"].as_str().unwrap()),
                "reset" if event.data["message"] == message => {
                    text = event.data["snapshot"]["text"].as_str().unwrap().to_owned();
                }
                _ => {}
            }
            events.push(event);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_events_number_is_digits_only_and_an_unknown_one_starts_again() {
    let site = site().await;
    site.start("numbers", "hi");
    for bad in ["-1", "1x", "0x10", "1 2", "999999999999999999999"] {
        assert_eq!(site.watch("uid=numbers", &format!("Last-Event-ID: {bad}\r\n")).status, 400, "{bad}");
    }
    let mut unknown = site.watch("uid=numbers", "Last-Event-ID: 99999999999999999999\r\n");
    assert_eq!(unknown.status, 200);
    assert!(unknown.event().unwrap().id.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_its_headers_and_says_once_when_to_come_back() {
    let site = site().await;
    let mut stream = site.watch("uid=headers", "");
    assert_eq!(stream.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(stream.header("cache-control"), Some("no-store, no-transform"));
    assert_eq!(stream.header("x-accel-buffering"), Some("no"));
    assert_eq!(stream.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(stream.header("content-encoding"), None);
    site.start("headers", "hi");
    stream.until("finished");
    assert_eq!(stream.raw.matches("retry: 2000\n").count(), 1);
    assert!(stream.raw.starts_with("retry: 2000\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_writes_cannot_forge_an_event() {
    let site = site().await;
    let nasty = "a\rb\nc\r\nevent: finished\ndata: {}\n\nid: 1\0\u{2028}\u{2029}d";
    let mut stream = site.watch("uid=inject&pace=0", "");
    let started = site.start("inject", nasty);
    let events = stream.until("finished");
    let text = text_of(&events, started["message"].as_str().unwrap());
    let kept: String = text.chars().filter(|c| "abcd".contains(*c)).collect();
    assert!(kept.contains('d'), "{text:?}");
    let mut ids = events.iter().filter_map(|seen| seen.id);
    let mut last = ids.next().unwrap();
    assert!(ids.all(|id| std::mem::replace(&mut last, id) < id), "numbers only grow");
    assert!(!stream.raw.contains(['\r', '\0']));
    for line in stream.raw.lines() {
        let known = ["id: ", "event: ", "data: {", "retry: ", ": "].iter().any(|start| line.starts_with(start));
        assert!(known || line.is_empty(), "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_stops_what_runs_under_a_uid() {
    let site = site().await;
    let mut stream = site.watch("uid=clock", "");
    let body = json!({ "uid": "clock", "prompt": "time", "provider": "demo", "model": "clock" });
    assert_eq!(site.post("/api/start-sse", body).status, 200);
    stream.until("text");
    assert_eq!(site.post("/api/stop", json!({ "uid": "clock" })).status, 200);
    stream.until("stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_start_says_why_in_its_own_form() {
    let site = site().await;
    for body in [
        json!({ "uid": "a b", "prompt": "x" }),
        json!({ "uid": "a" }),
        json!({ "prompt": "x" }),
        json!({ "uid": "a", "prompt": " " }),
        json!([]),
    ] {
        let got = site.post("/api/start-sse", body.clone());
        assert_eq!(got.status, 400, "{body}: {}", got.body);
        assert_eq!((&got.json()["success"], &got.json()["error"]["code"]), (&json!(false), &json!("invalid")));
    }
    let viewer = crate::client::token_of(&site.link(LinkRole::Viewer, None, None));
    let got = site.post_as(&viewer, "/api/start-sse", r#"{"uid":"a","prompt":"x"}"#);
    assert_eq!((got.status, &got.json()["success"]), (403, &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_of_200_000_characters_fits_and_a_larger_body_does_not() {
    let site = site().await;
    let prompt = "好".repeat(200_000);
    // As Python writes it by default: every character as an escape of six.
    let escaped =
        format!(r#"{{"uid":"long","prompt":"{}","provider":"demo","model":"echo"}}"#, "\\u597d".repeat(200_000));
    for body in [json!({ "uid": "long1", "prompt": prompt, "provider": "demo", "model": "echo" }).to_string(), escaped]
    {
        let got = site.post_as(&site.token, "/api/start-sse", &body);
        assert_eq!(got.status, 200, "{}", got.body);
    }
    let large = json!({ "uid": "x", "prompt": "x".repeat(5 << 20) }).to_string();
    assert_eq!(site.post_as(&site.token, "/api/start-sse", &large).status, 413);
    let padded = format!("{{{}}}", " ".repeat(5000));
    assert_eq!(site.post_as(&site.token, "/api/rpc/app_info", &padded).status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_comes_without_numbers() {
    let site = site().await;
    let mut stream = site.watch("library=1", "");
    site.start("shelf", "hi");
    let seen = stream.until("library").pop().unwrap();
    assert_eq!((seen.id, &seen.data["type"]), (None, &json!("conversation")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_does_not_hold_up_the_apps_end() {
    let site = site().await;
    crate::limits::more_than_sockets_take(&site, "deaf").await;
    let _asleep = site.watch("uid=deaf", "");
    site.engine.quit().await;
    site.mirror.closed().await;
    assert!(std::net::TcpStream::connect(("127.0.0.1", site.port)).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_apps_end_marks_the_answer_and_closes_the_sockets() {
    let site = site().await;
    let mut stream = site.watch("uid=end", "");
    let body = json!({ "uid": "end", "prompt": "time", "provider": "demo", "model": "clock" });
    assert_eq!(site.post("/api/start-sse", body).status, 200);
    stream.until("text");
    let reader = tokio::task::spawn_blocking(move || {
        stream.until("interrupted");
        stream.ended()
    });
    site.engine.quit().await;
    site.mirror.closed().await;
    assert!(reader.await.unwrap());
    assert!(std::net::TcpStream::connect(("127.0.0.1", site.port)).is_err());
}
