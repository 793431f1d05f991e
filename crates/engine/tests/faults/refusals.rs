//! Rows 6 to 16: the model's server answered, and not with an answer.

use super::scene::{KEY, Seen, ask, json};
use super::voices::{VOICES, Voice};
use super::{Row, Scene, Setup};
use rivulet_protocol::*;
use rivulet_testkit::{Script, Upstream};
use std::time::{Duration, Instant, SystemTime};

fn fine() -> Script {
    Script::stream().text("At last.").done()
}

#[tokio::test(flavor = "multi_thread")]
async fn row_06_unauthorized() {
    let mut row = Row::new(6, "401");
    // The vendor echoes the key: `Seen` looks for it in everything that is kept and shown.
    let body = format!(r#"{{"error":{{"message":"Incorrect API key provided: {KEY}","code":"invalid_api_key"}}}}"#);
    let seen = ask("the key is refused", [json(401, &body)]).await;
    row.saw(seen.failed(FailureCode::Unauthorized, "", 1).retried(0).detail("Incorrect API key"));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_07_forbidden() {
    let mut row = Row::new(7, "403, region, moderation");
    for (case, words) in [("region", "Country, region, or territory not supported"), ("moderation", "Flagged input")] {
        let seen = ask(case, [json(403, &format!(r#"{{"error":{{"message":"{words}"}}}}"#))]).await;
        row.saw(seen.failed(FailureCode::Forbidden, "", 1).retried(0).detail(words));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_08_not_found() {
    let mut row = Row::new(8, "404 model or path");
    let body = r#"{"error":{"message":"The model `test-model` does not exist","code":"model_not_found"}}"#;
    row.saw(ask("model", [json(404, body)]).await.failed(FailureCode::ModelNotFound, "", 1).retried(0));
    row.saw(
        ask("path", [json(404, r#"{"detail":"Not Found"}"#)]).await.failed(FailureCode::NotFound, "", 1).retried(0),
    );
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_09_quota() {
    let mut row = Row::new(9, "402, quota");
    let spent = r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#;
    for (case, status, body) in
        [("402", 402, r#"{"error":{"message":"Pay first"}}"#), ("429 that means money", 429, spent)]
    {
        row.saw(ask(case, [json(status, body)]).await.failed(FailureCode::Quota, "", 1).retried(0));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_10_rate_limit() {
    let mut row = Row::new(10, "429 + Retry-After");
    let limited = |header: &str| {
        Script::whole(
            429,
            &format!("Content-Type: application/json\r\n{header}\r\n"),
            r#"{"error":{"message":"Slow"}}"#,
        )
    };
    for (case, asked_ms) in [("seconds", 1_000), ("date", 5_000), ("milliseconds", 700)] {
        let header = match case {
            "seconds" => "Retry-After: 1".to_owned(),
            "date" => format!("Retry-After: {}", httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(5))),
            _ => "retry-after-ms: 700".to_owned(),
        };
        let upstream = Upstream::start([limited(&header), fine()]);
        let scene = Scene::start(&upstream.base_url(), Setup::default()).await;
        let turn = scene.send(None).await;
        let notice = scene.noticed(&turn, |notice| matches!(notice, Notice::Retrying { .. })).await;
        let Notice::Retrying { attempt, of, at, failure } = notice else { unreachable!() };
        assert_eq!((attempt, of, failure.code), (2, 3, FailureCode::RateLimited));
        // A date says less the later it is read.
        let asked = failure.retry_after_ms.unwrap();
        assert!(if case == "date" { asked <= asked_ms } else { asked == asked_ms }, "{case}: {asked} ms");
        let (message, notices) = scene.ended(&turn).await;
        assert!(now_ms() >= at, "{case}: it is asked again when the countdown has ended, and not before");
        let seen = Seen::of(case, upstream.requests().len(), &message, &notices);
        row.saw(seen.complete(FinishReason::Stop, "At last.", 2).retried(1));
    }
    let seen = ask("longer than we wait", [limited("Retry-After: 600")]).await;
    row.saw(seen.failed(FailureCode::RateLimited, "", 1).retried(0));

    let upstream = Upstream::start([limited("Retry-After: 100"), fine()]);
    let scene = Scene::start(&upstream.base_url(), Setup::default()).await;
    let turn = scene.send(None).await;
    scene.noticed(&turn, |notice| matches!(notice, Notice::Retrying { .. })).await;
    // Whoever opens the conversation now sees the countdown too, although its event lies behind.
    let open = ConversationOpen { conversation: turn.conversation, limit: None };
    let snapshot = scene.engine.conversation_open(&Caller::window(), open).await.unwrap();
    assert!(matches!(snapshot.notice, Some(Notice::Retrying { attempt: 2, .. })), "{:?}", snapshot.notice);
    let stopping = Instant::now();
    scene.stop(&turn).await;
    let (message, notices) = scene.ended(&turn).await;
    assert!(stopping.elapsed() < Duration::from_secs(20), "a wait of 100 s is cancelled at once");
    let seen = Seen::of("cancelled while it waits", upstream.requests().len(), &message, &notices);
    assert_eq!((seen.state, seen.requests), (MessageState::Stopped, 1));
    row.saw(seen);
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_11_server_errors() {
    let mut row = Row::new(11, "408, 409, 425, 500, 502, 503, 504");
    for status in [408, 409, 425, 500, 502, 503, 504] {
        let seen = ask(format!("{status}, then an answer"), [json(status, "{}"), fine()]).await;
        row.saw(seen.complete(FinishReason::Stop, "At last.", 2).retried(1));
    }
    let seen = ask("500 for ever", [json(500, r#"{"error":"boom"}"#)]).await;
    row.saw(seen.failed(FailureCode::ServerError, "", 3).retried(2));
    // The gateway gave up, and the model may have answered: once more, and not twice.
    let seen = ask("504 for ever", [json(504, "{}")]).await;
    row.saw(seen.failed(FailureCode::ServerError, "", 2).retried(1));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_12_overloaded() {
    let mut row = Row::new(12, "529, overloaded_error, also inside a 200");
    let body = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let first = Script::stream().data(body).end();
    for (case, script) in
        [("529", json(529, body)), ("200 with JSON", json(200, body)), ("200, the first event", first)]
    {
        let seen = ask(format!("{case}, then an answer"), [script.clone(), fine()]).await;
        row.saw(seen.complete(FinishReason::Stop, "At last.", 2).retried(1));
        let seen = ask(format!("{case}, for ever"), [script]).await;
        row.saw(seen.failed(FailureCode::Overloaded, "", 3).retried(2));
    }
    let claude = Voice::of(WireProtocol::Anthropic);
    let seen = claude.ask("error-first", [claude.plays("error-first"), claude.plays("text")]).await;
    row.saw(seen.complete(FinishReason::Stop, "Hello, 世界 👋", 2).retried(1));
    // Something was generated: it is not asked for again.
    let seen = ask("after some text", [Script::stream().text("Half").data(body).end()]).await;
    row.saw(seen.failed(FailureCode::Overloaded, "Half", 1).retried(0));
    let piece =
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}}]}"#;
    let seen = ask("after a piece of a tool call", [Script::stream().data(piece).data(body).end()]).await;
    row.saw(seen.failed(FailureCode::Overloaded, "", 1).retried(0));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_13_too_long() {
    let mut row = Row::new(13, "413, context too long");
    let context = r#"{"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}}"#;
    for (case, status, body) in [("413", 413, "too large"), ("400", 400, context)] {
        row.saw(ask(case, [json(status, body)]).await.failed(FailureCode::TooLong, "", 1).retried(0));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_14_web_page() {
    let mut row = Row::new(14, "200 + HTML: captive portal, CDN");
    let portal = "<!doctype html><html><head><title>Sign in to Wi-Fi</title></head><body>Welcome</body></html>";
    let plain = "<html><body><h1>It works!</h1> A page <b>without</b> a title</body></html>";
    for (case, page, words) in
        [("with a title", portal, "Sign in to Wi-Fi"), ("without", plain, "It works! A page without a title")]
    {
        let seen = ask(case, [Script::whole(200, "Content-Type: text/html\r\n", page)]).await;
        row.saw(seen.failed(FailureCode::WebPage, "", 1).retried(0).detail(words));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_15_json_instead() {
    let mut row = Row::new(15, "200 + JSON error, wrong content type");
    let cases = [
        ("an error by its words", r#"{"code":"x","error":"Incorrect API key provided"}"#, FailureCode::Unauthorized),
        ("an error by its number", r#"{"error":{"code":403,"message":"No"}}"#, FailureCode::Forbidden),
        ("no error at all", r#"{"hello":"world"}"#, FailureCode::NotAStream),
    ];
    for (case, body, code) in cases {
        row.saw(ask(case, [json(200, body)]).await.failed(code, "", 1).retried(0));
    }
    let image = Script::whole(200, "Content-Type: image/png\r\n", "PNG");
    row.saw(ask("a picture", [image]).await.failed(FailureCode::NotAStream, "", 1).retried(0));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_16_redirect() {
    let mut row = Row::new(16, "redirect");
    let elsewhere = Upstream::start([fine()]);
    for status in [301, 302, 307, 308] {
        let headers = format!("Location: {}/chat/completions\r\n", elsewhere.base_url());
        let seen = ask(status.to_string(), [Script::whole(status, &headers, "")]).await;
        row.saw(seen.failed(FailureCode::Redirected, "", 1).retried(0).detail(&elsewhere.base_url()));
    }
    assert_eq!(elsewhere.requests().len(), 0, "neither the question nor the key goes there");
    row.end();
}

#[test]
fn every_protocol_has_a_voice() {
    assert_eq!(VOICES.len(), rivulet_providers::protocols::TABLE.len());
}
