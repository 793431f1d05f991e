//! Answers that their vendor goes on with: how they are asked for, taken up, looked at and ended.

#![allow(missing_docs, clippy::unwrap_used)]

use rivulet_protocol::{Author, Controls, FailureCode, Secret};
use rivulet_providers::protocols::openai_responses;
use rivulet_providers::{ChatMessage, ChatRequest, Client, Delta, Endpoint, Limits, Point, Rest, origin};
use rivulet_testkit::{Script, Upstream};
use serde_json::{Value, json};

const KEY: &str = "sk-canary-0123456789abcdef";

fn endpoint(upstream: &Upstream) -> Endpoint {
    let (base_url, _) = origin(&upstream.base_url()).unwrap();
    let key = Some(Secret::new(KEY.into()));
    Endpoint { key, protocol: &openai_responses::PROTOCOL, ..Endpoint::new(base_url) }
}

fn request(background: Option<bool>) -> ChatRequest {
    let messages = vec![ChatMessage::text(Author::User, "Hi")];
    let controls = Controls { background, stream: Some(false), ..Controls::default() };
    ChatRequest { model: "test-model".into(), messages, controls, ..ChatRequest::default() }
}

fn created() -> Value {
    let response = json!({ "id": "resp_1", "status": "in_progress", "background": true, "output": [] });
    json!({ "type": "response.created", "sequence_number": 0, "response": response })
}

fn delta(number: u64, text: &str) -> Value {
    json!({ "type": "response.output_text.delta", "sequence_number": number, "output_index": 0, "delta": text })
}

fn answered(status: &str, text: &str) -> Value {
    let message = json!({ "type": "message", "content": [{ "type": "output_text", "text": text }] });
    json!({ "id": "resp_1", "status": status, "background": true, "output": [message] })
}

fn completed(number: u64, text: &str) -> Value {
    let response = answered("completed", text);
    json!({ "type": "response.completed", "sequence_number": number, "response": response })
}

fn stream(events: impl IntoIterator<Item = Value>) -> Script {
    events.into_iter().fold(Script::stream(), |script, event| script.data(&event.to_string()))
}

fn json(status: u16, body: &Value) -> Script {
    Script::whole(status, "Content-Type: application/json\r\n", &body.to_string())
}

fn behind(sequence: u64) -> Point {
    Point { response: "resp_1".into(), sequence, state: r#"{"text":0}"#.into() }
}

fn text(deltas: &[Delta]) -> String {
    deltas.iter().map(|delta| if let Delta::Text(text) = delta { text.as_str() } else { "" }).collect()
}

/// What is found behind number 1.
async fn found(
    rest: impl FnMut(&str, Option<u64>) -> Script + Send + 'static,
) -> (Result<Rest, FailureCode>, Upstream) {
    let upstream = Upstream::start([]);
    upstream.answer_rest(rest);
    let client = Client::new(Limits::default()).unwrap();
    let found = client.rest(&endpoint(&upstream), &behind(1), None).await;
    (found.map_err(|failure| failure.code), upstream)
}

fn first_lines(upstream: &Upstream) -> Vec<String> {
    upstream.requests().iter().map(|request| request.head.lines().next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn it_is_asked_for_as_a_stream_that_is_stored_and_known_before_there_is_text() {
    let upstream = Upstream::start([stream([created()]).silence()]);
    let client = Client::new(Limits::default()).unwrap();
    let mut answer = client.stream(&endpoint(&upstream), &request(Some(true))).await.unwrap();
    let mut deltas = Vec::new();
    assert!(answer.next(&mut deltas).await.unwrap());
    let point = answer.point().unwrap();
    assert_eq!((deltas.as_slice(), &*point.response, point.sequence), (&[][..], "resp_1", 0));
    let body: Value = serde_json::from_str(&upstream.requests()[0].body).unwrap();
    assert_eq!((&body["background"], &body["stream"], &body["store"]), (&json!(true), &json!(true), &json!(true)));
}

#[tokio::test]
async fn nothing_is_stored_and_nothing_taken_up_unless_that_is_asked_for() {
    for background in [None, Some(false)] {
        let upstream = Upstream::start([stream([created(), delta(1, "Hi"), completed(2, "Hi")]).end()]);
        let client = Client::new(Limits::default()).unwrap();
        let mut answer = client.stream(&endpoint(&upstream), &request(background)).await.unwrap();
        let mut deltas = Vec::new();
        while answer.next(&mut deltas).await.unwrap() {
            assert_eq!(answer.point(), None);
        }
        let body: Value = serde_json::from_str(&upstream.requests()[0].body).unwrap();
        assert_eq!((body.get("background"), &body["stream"], &body["store"]), (None, &json!(false), &json!(false)));
    }
}

#[tokio::test]
async fn it_is_taken_up_behind_its_point_with_the_same_key() {
    let (found, upstream) = found(|id, after| {
        assert_eq!((id, after), ("resp_1", Some(1)));
        stream([delta(2, "lo"), completed(3, "Hello")]).end()
    })
    .await;
    let Ok(Rest::Stream(mut answer)) = found else { panic!("no stream") };
    let mut deltas = Vec::new();
    while answer.next(&mut deltas).await.unwrap() {}
    assert_eq!((text(&deltas), answer.point().unwrap().sequence), ("lo".into(), 2), "the end comes again");
    assert_eq!(first_lines(&upstream), ["GET /v1/responses/resp_1?stream=true&starting_after=1 HTTP/1.1"]);
    assert!(upstream.requests()[0].head.to_lowercase().contains(&format!("authorization: bearer {KEY}")));
}

#[tokio::test]
async fn what_can_no_longer_be_streamed_is_told_whole() {
    let old = json!({ "error": { "message": "This response can no longer be streamed because it is more than 5 minutes old." } });
    let (found, upstream) = found(move |_, after| match after {
        Some(_) => json(400, &old),
        None => json(200, &answered("completed", "Hello")),
    })
    .await;
    let Ok(Rest::Whole(deltas)) = found else { panic!("not whole") };
    assert_eq!(text(&deltas), "Hello");
    assert_eq!(first_lines(&upstream)[1], "GET /v1/responses/resp_1 HTTP/1.1");
}

#[tokio::test]
async fn what_becomes_of_it_is_told_apart() {
    for status in ["queued", "in_progress"] {
        let (found, _) = found(move |_, _| json(200, &answered(status, ""))).await;
        assert!(matches!(found, Ok(Rest::Runs)), "{status}");
    }
    for status in ["failed", "cancelled"] {
        let (found, _) = found(move |_, _| json(200, &answered(status, "Hel"))).await;
        assert!(matches!(found, Ok(Rest::Over(_))), "{status}");
    }
    let (found, _) = found(|_, _| json(200, &answered("completed", "Hello"))).await;
    assert!(matches!(found, Ok(Rest::Whole(_))), "a server that does not stream what it keeps");
}

#[tokio::test]
async fn what_is_kept_no_longer_has_expired_and_other_refusals_are_what_they_are() {
    for (status, code) in [
        (404, FailureCode::Expired),
        (410, FailureCode::Expired),
        (401, FailureCode::Unauthorized),
        (503, FailureCode::Overloaded),
    ] {
        let (found, _) = found(move |_, _| json(status, &json!({ "error": { "message": "no" } }))).await;
        assert_eq!(found.err(), Some(code), "{status}");
    }
}

#[tokio::test]
async fn its_end_is_asked_for_by_its_name() {
    let upstream = Upstream::start([]);
    let client = Client::new(Limits::default()).unwrap();
    client.cancel(&endpoint(&upstream), "resp_1").await.unwrap();
    assert_eq!(first_lines(&upstream), ["POST /v1/responses/resp_1/cancel HTTP/1.1"]);
}
