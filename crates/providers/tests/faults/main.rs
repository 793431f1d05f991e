//! What breaks on the way to a model, and how each break is named. Every case also counts the requests the upstream
//! saw: the client never sends one twice by itself.

#![allow(missing_docs, clippy::unwrap_used)]

mod connections;

use rivulet_protocol::{Author, Failure, FailureCode, FinishReason, Secret};
use rivulet_providers::{ChatMessage, ChatRequest, Client, Delta, Endpoint, Limits, origin};
use rivulet_testkit::{Script, Upstream};
use std::time::{Duration, Instant};

const KEY: &str = "sk-canary-0123456789abcdef";

fn limits() -> Limits {
    Limits {
        header: Duration::from_secs(5),
        byte_idle: Duration::from_millis(600),
        content_idle: Duration::from_millis(1200),
        ..Limits::default()
    }
}

fn endpoint(base_url: &str) -> Endpoint {
    let (base_url, _) = origin(base_url).unwrap();
    Endpoint { key: Some(Secret::new(KEY.into())), ..Endpoint::new(base_url) }
}

fn request() -> ChatRequest {
    let messages = vec![ChatMessage::text(Author::User, "Hi")];
    ChatRequest { model: "test-model".into(), messages, ..ChatRequest::default() }
}

/// What came of an answer: its text, its reasoning, why it finished, or how it failed.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    text: String,
    reasoning: String,
    finish: Option<FinishReason>,
    failure: Option<Failure>,
}

impl Outcome {
    fn code(&self) -> Option<FailureCode> {
        self.failure.as_ref().map(|failure| failure.code)
    }

    fn detail(&self) -> &str {
        self.failure.as_ref().and_then(|failure| failure.detail.as_deref()).unwrap_or_default()
    }
}

async fn ask(script: Script) -> Outcome {
    let upstream = Upstream::start([script]);
    let outcome = read(&upstream.base_url()).await;
    assert_eq!(upstream.requests().len(), 1, "a request is sent once");
    let head = &upstream.requests()[0].head;
    assert!(head.to_lowercase().contains(&format!("authorization: bearer {KEY}")), "{head}");
    assert!(!format!("{outcome:?}").contains(KEY), "the key is in no error");
    outcome
}

async fn read(base_url: &str) -> Outcome {
    read_with(limits(), base_url).await
}

async fn read_with(limits: Limits, base_url: &str) -> Outcome {
    let client = Client::new(limits).unwrap();
    let mut outcome = Outcome::default();
    let mut stream = match client.stream(&endpoint(base_url), &request()).await {
        Ok(stream) => stream,
        Err(failure) => return Outcome { failure: Some(failure), ..outcome },
    };
    let mut deltas = Vec::new();
    loop {
        let more = stream.next(&mut deltas).await;
        for delta in deltas.drain(..) {
            match delta {
                Delta::Text(text) => outcome.text.push_str(&text),
                Delta::Reasoning(text) => outcome.reasoning.push_str(&text),
                Delta::Finish(reason) => outcome.finish = Some(reason),
                Delta::Usage(_) | Delta::ToolCall { .. } | Delta::Replay(_) => {}
            }
        }
        match more {
            Ok(true) => {}
            Ok(false) => return outcome,
            Err(failure) => return Outcome { failure: Some(failure), ..outcome },
        }
    }
}

/// Time for a client to take in what was sent: a reset throws away what it had not read.
const SEEN: Duration = Duration::from_millis(200);

/// A stream whose chunked encoding breaks after half an answer.
fn broken_chunk() -> Script {
    let half = "data: {\"choices\":[{\"delta\":{\"content\":\"Half\"}}]}\n\n";
    Script::raw(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{half}\r\nnot a length\r\n",
        half.len()
    ))
}

fn json(status: u16, body: &str) -> Script {
    Script::whole(status, "Content-Type: application/json\r\n", body)
}

#[tokio::test]
async fn a_whole_answer_is_complete() {
    let outcome = ask(Script::stream().comment().text("Hel").text("lo").done()).await;
    let expected = Outcome { text: "Hello".into(), finish: Some(FinishReason::Stop), ..Outcome::default() };
    assert_eq!(outcome, expected);
}

#[tokio::test]
async fn statuses_are_classified_with_the_vendors_words() {
    let cases = [
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-canary-0123456789abcdef."}}"#,
            FailureCode::Unauthorized,
        ),
        (403, r#"{"error":{"message":"Country not supported"}}"#, FailureCode::Forbidden),
        (402, r#"{"error":{"message":"Pay first"}}"#, FailureCode::Quota),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#,
            FailureCode::Quota,
        ),
        (429, r#"{"error":{"message":"Slow down"}}"#, FailureCode::RateLimited),
        (404, r#"{"error":{"message":"The model `x` does not exist"}}"#, FailureCode::ModelNotFound),
        (404, r#"{"detail":"Not Found"}"#, FailureCode::NotFound),
        (400, r#"{"error":{"message":"This model's maximum context length is 8192 tokens"}}"#, FailureCode::TooLong),
        (413, "too large", FailureCode::TooLong),
        (408, "{}", FailureCode::BadRequest),
        (409, r#"{"error":{"message":"Conflict"}}"#, FailureCode::BadRequest),
        (500, r#"{"error":"boom"}"#, FailureCode::ServerError),
        (502, "Bad gateway", FailureCode::ServerError),
        (504, "<html><title>504 Gateway Time-out</title></html>", FailureCode::ServerError),
        (503, r#"{"message":"Loading model"}"#, FailureCode::Overloaded),
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            FailureCode::Overloaded,
        ),
        (200, r#"{"code":"invalid","error":"Incorrect API key provided"}"#, FailureCode::Unauthorized),
    ];
    for (status, body, code) in cases {
        let outcome = ask(json(status, body)).await;
        assert_eq!(outcome.code(), Some(code), "{status} {body}");
        assert!(!outcome.detail().is_empty(), "{status} {body}");
        assert_eq!(outcome.failure.and_then(|failure| failure.status), Some(status));
    }
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_read() {
    for (header, expected) in [("Retry-After: 12", 12_000), ("retry-after-ms: 250", 250), ("Retry-After: 1.5", 1_500)] {
        let headers = format!("Content-Type: application/json\r\n{header}\r\n");
        let outcome = ask(Script::whole(429, &headers, r#"{"error":{"message":"Slow down"}}"#)).await;
        assert_eq!(outcome.failure.and_then(|failure| failure.retry_after_ms), Some(expected), "{header}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed_and_the_key_does_not_travel() {
    let other = Upstream::start([Script::stream().text("stolen").done()]);
    let headers = format!("Location: {}/chat/completions\r\n", other.base_url());
    let outcome = ask(Script::whole(307, &headers, "")).await;
    assert_eq!(outcome.code(), Some(FailureCode::Redirected));
    assert!(outcome.detail().starts_with(&other.base_url()));
    assert_eq!(other.requests().len(), 0);
}

#[tokio::test]
async fn pages_and_other_things_are_not_answers() {
    let page = "<!doctype html><html><head><title>Sign in to Wi-Fi</title></head><body>Hi</body></html>";
    let outcome = ask(Script::whole(200, "Content-Type: text/html\r\n", page)).await;
    assert_eq!((outcome.code(), outcome.detail()), (Some(FailureCode::WebPage), "Sign in to Wi-Fi"));
    let outcome = ask(json(200, r#"{"hello":"world"}"#)).await;
    assert_eq!(outcome.code(), Some(FailureCode::NotAStream));
    let outcome = ask(Script::whole(200, "Content-Type: text/event-stream\r\nContent-Encoding: br\r\n", "xx")).await;
    assert_eq!((outcome.code(), outcome.detail()), (Some(FailureCode::Encoding), "br"));
}

#[tokio::test]
async fn what_came_before_a_break_is_kept() {
    let cases = [
        (Script::stream().text("Half"), FailureCode::Cut),
        (Script::stream().text("Half").end(), FailureCode::Unfinished),
        (
            Script::stream().text("Half").data(r#"{"error":{"message":"The engine is overloaded"}}"#).end(),
            FailureCode::Overloaded,
        ),
        (Script::stream().text("Half").data(r#"{"object":"error","message":"Strange"}"#).end(), FailureCode::Vendor),
        // Torn down; cut in the middle of an event, and of a character; a chunk that is none.
        (Script::stream().text("Half").wait(SEEN).reset(), FailureCode::Cut),
        (Script::stream().text("Half").bytes(b"data: {\"choices\":[{\"del"), FailureCode::Cut),
        (
            Script::stream().text("Half").bytes(b"data: {\"choices\":[{\"delta\":{\"content\":\"\xe4\xb8"),
            FailureCode::Cut,
        ),
        (broken_chunk(), FailureCode::Cut),
        // The vendor's reason came, in its own way, before the break.
        (
            Script::stream().text("Half").bytes(b"error: {\"message\":\"Overloaded\"}\n\n").wait(SEEN).reset(),
            FailureCode::Overloaded,
        ),
        (Script::stream().text("Half").silence(), FailureCode::Silent),
        (Script::stream().text("Half").data("{1").data("{2").data("{3").data("{4").silence(), FailureCode::Protocol),
    ];
    for (script, code) in cases {
        let outcome = ask(script.clone()).await;
        assert_eq!((outcome.text.as_str(), outcome.code()), ("Half", Some(code)), "{script:?}");
    }
}

#[tokio::test]
async fn no_event_at_all_is_an_empty_answer() {
    assert_eq!(ask(Script::stream()).await.code(), Some(FailureCode::EmptyAnswer));
    assert_eq!(ask(Script::stream().comment().end()).await.code(), Some(FailureCode::EmptyAnswer));
}

#[tokio::test]
async fn a_finish_reason_completes_without_the_end_marker() {
    let finish = r#"{"choices":[{"delta":{"content":"All."},"finish_reason":"length"}]}"#;
    for script in [Script::stream().data(finish).end(), Script::stream().data(finish)] {
        let outcome = ask(script).await;
        assert_eq!((outcome.finish, outcome.code()), (Some(FinishReason::Length), None));
    }
}

#[tokio::test]
async fn keep_alives_are_bytes_but_not_content() {
    let mut script = Script::stream().text("Half");
    for _ in 0..30 {
        script = script.wait(Duration::from_millis(100)).comment();
    }
    let outcome = ask(script.text(" and half").done()).await;
    assert_eq!((outcome.text.as_str(), outcome.code()), ("Half", Some(FailureCode::NoContent)));
}

#[tokio::test]
async fn errors_between_the_events_are_found() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    let raw = format!(
        "{head}data: {{\"choices\":[{{\"delta\":{{\"content\":\"Half\"}}}}]}}\n\nerror: {{\"message\":\"slot gone\"}}\n\n"
    );
    let outcome = ask(Script::raw(raw)).await;
    assert_eq!(
        (outcome.text.as_str(), outcome.code(), outcome.detail()),
        ("Half", Some(FailureCode::Vendor), "slot gone")
    );
}

#[tokio::test]
async fn an_endless_line_ends_in_a_clear_error() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: ";
    let mut raw = head.as_bytes().to_vec();
    raw.resize(raw.len() + (100 << 20), b'x');
    assert_eq!(ask(Script::raw(raw)).await.code(), Some(FailureCode::TooLarge));
}

#[tokio::test]
async fn content_free_events_are_not_content() {
    let mut script = Script::stream().text("Half");
    for _ in 0..60 {
        script = script.wait(Duration::from_millis(50)).data(r#"{"choices":[{"delta":{"content":""}}]}"#);
    }
    let outcome = ask(script.text(" and half").done()).await;
    assert_eq!((outcome.text.as_str(), outcome.code()), ("Half", Some(FailureCode::NoContent)));
}

#[tokio::test]
async fn the_pieces_of_a_tool_call_are_content() {
    let piece = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"arguments":" "}}]}}]}"#;
    let mut script = Script::stream();
    for _ in 0..20 {
        script = script.wait(Duration::from_millis(100)).data(piece);
    }
    assert_eq!(ask(script.done()).await.finish, Some(FinishReason::ToolCalls));
}

#[tokio::test]
async fn a_finish_reason_completes_though_the_connection_stays_open() {
    let finish = r#"{"choices":[{"delta":{"content":"All."},"finish_reason":"stop"}]}"#;
    let upstream = Upstream::start([Script::stream().data(finish).silence()]);
    // The long limit is the default one, far above what a test may take.
    let limits = Limits { goodbye: Duration::from_millis(200), ..Limits::default() };
    let outcome = tokio::time::timeout(Duration::from_secs(30), read_with(limits, &upstream.base_url())).await.unwrap();
    assert_eq!((outcome.text.as_str(), outcome.finish, outcome.code()), ("All.", Some(FinishReason::Stop), None));
    let outcome = ask(Script::stream().data(finish).wait(SEEN).reset()).await;
    assert_eq!((outcome.text.as_str(), outcome.finish, outcome.code()), ("All.", Some(FinishReason::Stop), None));
}

#[tokio::test]
async fn bytes_that_dribble_in_are_an_answer_like_any_other() {
    let event = "data: {\"choices\":[{\"delta\":{\"content\":\"Grüße 🌊\"}}]}\r\n\r\n";
    let script = event
        .as_bytes()
        .iter()
        .fold(Script::stream(), |script, byte| script.bytes(&[*byte]).wait(Duration::from_millis(1)));
    let outcome = ask(script.done()).await;
    assert_eq!((outcome.text.as_str(), outcome.finish), ("Grüße 🌊", Some(FinishReason::Stop)));
}

#[tokio::test]
async fn what_is_unknown_is_passed_over_and_so_is_a_little_damage() {
    let script = Script::stream().bytes(b"event: brand_new\ndata: {\"x\":1}\n\nfield: y\n\n").data("{1").data("{2");
    let outcome = ask(script.data("{3").text("Fine").done()).await;
    assert_eq!((outcome.text.as_str(), outcome.finish), ("Fine", Some(FinishReason::Stop)));
}
