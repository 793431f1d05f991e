//! Rows 17 to 29: the answer began, or should have, and its bytes went wrong.

use super::scene::{Seen, ask, limits};
use super::voices::VOICES;
use super::{Row, Scene, Setup};
use rivulet_protocol::*;
use rivulet_testkit::{Script, Upstream};
use std::time::Duration;

/// Time for a client to take in what was sent: a reset throws away what it had not read.
const SEEN: Duration = Duration::from_millis(250);

#[tokio::test(flavor = "multi_thread")]
async fn row_17_closed_before_the_head() {
    let mut row = Row::new(17, "closed before any header byte");
    // A fresh connection: the request may have been taken in, so it is not sent again.
    row.saw(ask("on a fresh connection", [Script::raw("")]).await.failed(FailureCode::Network, "", 1).retried(0));
    // A connection that the server closed while it was idle: the question goes over another one, once.
    let upstream = Upstream::start([Script::stream().text("Fine.").done()]);
    let list = r#"{"data":[{"id":"test-model"}]}"#;
    upstream.answer_models(Script::whole(200, "Content-Type: application/json\r\n", list).keep_alive());
    let scene = Scene::start(&upstream.base_url(), Setup::default()).await;
    let provider = ProviderRef { provider: "scripted".into() };
    scene.engine.provider_models(&Caller::window(), provider).await.unwrap();
    while upstream.closed() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(SEEN).await;
    let seen = scene.case("on a connection that was closed while idle", &upstream).await;
    row.saw(seen.complete(FinishReason::Stop, "Fine.", 1).retried(0));
    assert_eq!(upstream.connections(), 2);
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_18_no_event() {
    let mut row = Row::new(18, "headers then close, 0 events");
    for (case, script) in [
        ("torn", Script::stream()),
        ("clean", Script::stream().end()),
        ("only keep-alives", Script::stream().comment().comment().end()),
    ] {
        row.saw(ask(case, [script]).await.failed(FailureCode::EmptyAnswer, "", 1).retried(0));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_19_cut() {
    let mut row = Row::new(19, "cut mid-event, mid-UTF-8");
    let half = || Script::stream().text("Half");
    for (case, script) in [
        ("between events", half()),
        ("reset", half().wait(SEEN).reset()),
        ("in an event", half().bytes(b"data: {\"choices\":[{\"del")),
        ("in a character", half().bytes(b"data: {\"choices\":[{\"delta\":{\"content\":\"\xe4\xb8")),
    ] {
        row.saw(ask(case, [script]).await.failed(FailureCode::Cut, "Half", 1).retried(0));
    }
    for voice in VOICES {
        let (whole, text) = voice.whole();
        // In the middle of 世, which no event but the second has.
        let at = whole.windows(3).position(|three| three == "世".as_bytes()).unwrap() + 1;
        let seen = voice.ask("in a character", [voice.begins().bytes(&whole[..at])]).await;
        let kept = seen.text.clone();
        assert!(text.starts_with(&kept) && kept.len() < text.len(), "{kept}");
        row.saw(seen.failed(FailureCode::Cut, &kept, 1).retried(0));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_20_no_terminal_event() {
    let mut row = Row::new(20, "clean end without terminal event");
    let seen = ask("a clean end", [Script::stream().text("Half").end()]).await;
    row.saw(seen.failed(FailureCode::Unfinished, "Half", 1).retried(0));
    for voice in VOICES {
        let name = if voice.protocol == WireProtocol::OpenaiChat { "no-end" } else { "truncated" };
        let seen = voice.ask(name, [voice.plays(name)]).await;
        let kept = seen.text.clone();
        assert!(!kept.is_empty());
        row.saw(seen.failed(FailureCode::Unfinished, &kept, 1).retried(0));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_21_finish_reason_without_done() {
    let mut row = Row::new(21, "finish_reason but no [DONE]");
    let all = || Script::stream().text("All.").finish("stop");
    for (case, script) in [("clean", all().end()), ("torn", all()), ("never closed", all().silence())] {
        row.saw(ask(case, [script]).await.complete(FinishReason::Stop, "All.", 1));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_22_data_after_the_end() {
    let mut row = Row::new(22, "data after [DONE]");
    let after = Script::stream().text("All.").finish("stop").bytes(b"data: [DONE]\n\n").text(" And more.").end();
    row.saw(ask("text", [after]).await.complete(FinishReason::Stop, "All.", 1));
    for voice in VOICES.iter().filter(|voice| !matches!(voice.folder, "openai_chat" | "gemini")) {
        let seen = voice.ask("after the end", [voice.plays("after-the-end")]).await;
        row.saw(seen.complete(FinishReason::Stop, "One", 1));
    }
    row.end();
}

/// Asks with a wait so long that viewers are told of it.
async fn stalled(case: &str, script: Script, setup: Setup) -> Seen {
    let upstream = Upstream::start([script]);
    let scene = Scene::start(&upstream.base_url(), setup).await;
    let turn = scene.send(None).await;
    let notice = scene.noticed(&turn, |notice| matches!(notice, Notice::Stalled { .. })).await;
    let Notice::Stalled { silent_ms } = notice else { unreachable!() };
    assert!(silent_ms >= 300, "{silent_ms}");
    let (message, notices) = scene.ended(&turn).await;
    Seen::of(case, upstream.requests().len(), &message, &notices)
}

#[tokio::test(flavor = "multi_thread")]
async fn row_23_no_first_token() {
    let mut row = Row::new(23, "no first token");
    let mut setup = Setup::default();
    setup.limits.header = Duration::from_millis(1200);
    let seen = stalled("no head", Script::raw("").silence(), setup).await;
    row.saw(seen.failed(FailureCode::NoResponse, "", 1).retried(0));
    let seen = stalled("a head, and nothing", Script::stream().silence(), Setup::default()).await;
    row.saw(seen.failed(FailureCode::Silent, "", 1).retried(0));
    // A slow one is waited for, and the wait is shown.
    let slow = Script::stream().wait(Duration::from_millis(900)).text("Late.").done();
    row.saw(stalled("late", slow, Setup::default()).await.complete(FinishReason::Stop, "Late.", 1));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_24_idle_in_mid_stream() {
    let mut row = Row::new(24, "idle stall mid-stream");
    let seen = stalled("silence", Script::stream().text("Half").silence(), Setup::default()).await;
    row.saw(seen.failed(FailureCode::Silent, "Half", 1).retried(0));
    // Stop and keep, while it is told.
    let upstream = Upstream::start([Script::stream().text("Half").silence()]);
    let setup = Setup {
        limits: rivulet_providers::Limits { byte_idle: Duration::from_secs(60), ..limits() },
        ..Setup::default()
    };
    let scene = Scene::start(&upstream.base_url(), setup).await;
    let turn = scene.send(None).await;
    scene.message(&turn, |message| message.text == "Half").await;
    scene.noticed(&turn, |notice| matches!(notice, Notice::Stalled { .. })).await;
    scene.stop(&turn).await;
    let (message, notices) = scene.ended(&turn).await;
    let seen = Seen::of("stopped by a person", upstream.requests().len(), &message, &notices);
    assert_eq!((seen.state, seen.text.as_str(), seen.requests), (MessageState::Stopped, "Half", 1));
    row.saw(seen);
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_25_keep_alives_only() {
    let mut row = Row::new(25, "keep-alives only, no content");
    let empty = r#"{"choices":[{"delta":{"content":""}}]}"#;
    let (mut comments, mut events) = (Script::stream().text("Half"), Script::stream().text("Half"));
    for _ in 0..200 {
        comments = comments.wait(Duration::from_millis(50)).comment();
        events = events.wait(Duration::from_millis(50)).data(empty);
    }
    for (case, script) in [("comments", comments), ("empty events", events)] {
        row.saw(stalled(case, script, Setup::default()).await.failed(FailureCode::NoContent, "Half", 1).retried(0));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_26_dribble() {
    let mut row = Row::new(26, "byte dribble");
    for voice in VOICES {
        let (whole, text) = voice.whole();
        let dribble = whole.iter().fold(voice.begins(), |script, byte| script.bytes(&[*byte]));
        let seen = voice.ask("one byte at a time", [dribble.end()]).await;
        row.saw(seen.complete(FinishReason::Stop, text, 1));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_27_gigantic() {
    let mut row = Row::new(27, "gigantic event or line");
    let mut line = b"data: ".to_vec();
    line.resize(80 << 20, b'x');
    let seen = ask("a line of 80 MiB", [Script::stream().text("Half").bytes(&line).end()]).await;
    row.saw(seen.failed(FailureCode::TooLarge, "Half", 1).retried(0));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_28_encodings() {
    let mut row = Row::new(28, "gzip, br, zstd SSE");
    for encoding in ["gzip", "br", "zstd"] {
        let headers = format!("Content-Type: text/event-stream\r\nContent-Encoding: {encoding}\r\n");
        let upstream = Upstream::start([Script::whole(200, &headers, "\u{1f}\u{8b}")]);
        let scene = Scene::start(&upstream.base_url(), Setup::default()).await;
        let seen = scene.case(encoding, &upstream).await;
        assert!(upstream.requests()[0].head.to_lowercase().contains("accept-encoding: identity"));
        row.saw(seen.failed(FailureCode::Encoding, "", 1).retried(0).detail(encoding));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_29_bad_chunk() {
    let mut row = Row::new(29, "bad chunk framing");
    let half = "data: {\"choices\":[{\"delta\":{\"content\":\"Half\"}}]}\n\n";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let script = Script::raw(format!("{head}{:x}\r\n{half}\r\nnot a length\r\n", half.len()));
    row.saw(ask("a length that is none", [script]).await.failed(FailureCode::Cut, "Half", 1).retried(0));
    row.end();
}
