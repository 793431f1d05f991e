//! Servers that do not answer in the way they were asked to: whole where a stream was asked for, and the other way.

#![allow(missing_docs, clippy::unwrap_used)]

use rivulet_protocol::{Author, Controls, Failure, FailureCode, FinishReason, WireProtocol};
use rivulet_providers::{ChatMessage, ChatRequest, Client, Delta, Endpoint, Limits, origin, protocols};
use rivulet_testkit::{Script, Upstream};

/// The text and the ending of an answer to a request that asks for a stream, or for none.
async fn ask(
    protocol: WireProtocol,
    streamed: bool,
    script: Script,
) -> Result<(String, Option<FinishReason>), Failure> {
    let upstream = Upstream::start([script]);
    let (base_url, _) = origin(&upstream.base_url()).unwrap();
    let protocol = protocols::TABLE.iter().find(|entry| entry.name == protocol).unwrap();
    let endpoint = Endpoint { protocol, ..Endpoint::new(base_url) };
    let request = ChatRequest {
        model: "test-model".into(),
        messages: vec![ChatMessage::text(Author::User, "Hi")],
        controls: Controls { stream: Some(streamed), ..Controls::default() },
        ..ChatRequest::default()
    };
    let mut stream = Client::new(Limits::default()).unwrap().stream(&endpoint, &request).await?;
    let (mut deltas, mut text, mut finish) = (Vec::new(), String::new(), None);
    while stream.next(&mut deltas).await? {}
    for delta in deltas {
        match delta {
            Delta::Text(more) => text.push_str(&more),
            Delta::Finish(reason) => finish = Some(reason),
            Delta::Reasoning(_) | Delta::Usage(_) | Delta::ToolCall { .. } | Delta::Replay(_) => {}
        }
    }
    Ok((text, finish))
}

fn json(body: &str) -> Script {
    Script::whole(200, "Content-Type: application/json; charset=utf-8\r\n", body)
}

#[tokio::test]
async fn a_server_that_cannot_stream_is_read_all_the_same() {
    let whole = [
        (WireProtocol::OpenaiChat, r#"{"choices":[{"message":{"content":"Whole."},"finish_reason":"stop"}]}"#),
        (
            WireProtocol::OpenaiResponses,
            r#"{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Whole."}]}]}"#,
        ),
        (WireProtocol::Anthropic, r#"{"content":[{"type":"text","text":"Whole."}],"stop_reason":"end_turn"}"#),
        (WireProtocol::Gemini, r#"{"candidates":[{"content":{"parts":[{"text":"Whole."}]},"finishReason":"STOP"}]}"#),
        // Without `alt=sse` the chunks of a stream are the items of a list; some gateways leave it out.
        (
            WireProtocol::Gemini,
            r#"[{"candidates":[{"content":{"parts":[{"text":"Who"}]}}]},
                {"candidates":[{"content":{"parts":[{"text":"le."}]},"finishReason":"STOP"}]}]"#,
        ),
        (WireProtocol::Ollama, r#"{"message":{"content":"Whole."},"done":true,"done_reason":"stop"}"#),
    ];
    for (protocol, body) in whole {
        let answer = ask(protocol, true, json(body)).await;
        assert_eq!(answer, Ok(("Whole.".into(), Some(FinishReason::Stop))), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_server_that_always_streams_is_read_all_the_same() {
    let answer = ask(WireProtocol::OpenaiChat, false, Script::stream().text("Str").text("eamed.").done()).await;
    assert_eq!(answer, Ok(("Streamed.".into(), Some(FinishReason::Stop))));
}

#[tokio::test]
async fn a_server_may_call_a_stream_json_and_json_a_stream() {
    let sse = "data: {\"choices\":[{\"delta\":{\"content\":\"Streamed.\"}}]}\n\ndata: [DONE]\n\n";
    for stream in [true, false] {
        for typed in ["application/json", "text/html; charset=utf-8", "text/html", "application/stream"] {
            let script = Script::whole(200, &format!("Content-Type: {typed}\r\n"), sse);
            let answer = ask(WireProtocol::OpenaiChat, stream, script).await;
            assert_eq!(
                answer,
                Ok(("Streamed.".into(), Some(FinishReason::Stop))),
                "a stream asked for: {stream}; {typed}"
            );
        }
    }
    let value = r#"{"choices":[{"message":{"content":"Whole."},"finish_reason":"stop"}]}"#;
    for typed in ["text/event-stream", "text/plain", "text/html"].map(|typed| format!("Content-Type: {typed}\r\n")) {
        let answer = ask(WireProtocol::OpenaiChat, true, Script::whole(200, &typed, value)).await;
        assert_eq!(answer, Ok(("Whole.".into(), Some(FinishReason::Stop))), "{typed}");
    }
    let page = Script::whole(200, "Content-Type: text/event-stream\r\n", "<html><title>Sign in</title></html>");
    let failure = ask(WireProtocol::OpenaiChat, true, page).await.unwrap_err();
    assert_eq!((failure.code, failure.detail.as_deref()), (FailureCode::WebPage, Some("Sign in")));
}

#[tokio::test]
async fn a_stream_may_be_one_chunk_a_line() {
    let lines = "{\"choices\":[{\"delta\":{\"content\":\"By \"}}]}\n\
                 {\"choices\":[{\"delta\":{\"content\":\"line.\"},\"finish_reason\":\"stop\"}]}\n";
    let script = Script::whole(200, "Content-Type: application/x-ndjson\r\n", lines);
    let answer = ask(WireProtocol::OpenaiChat, true, script).await;
    assert_eq!(answer, Ok(("By line.".into(), Some(FinishReason::Stop))));
}

#[tokio::test]
async fn an_error_says_its_words_in_whatever_shape_they_come() {
    let shapes = [
        (r#"{"errors":[{"code":7003,"message":"No such route."}],"success":false}"#, "No such route."),
        (
            r#"{"detail":[{"loc":["body","model"],"msg":"Field required"},{"msg":"Too long"}]}"#,
            "Field required; Too long",
        ),
        (r#"{"type":"about:blank","title":"Bad input","status":400,"errors":{"model":["?"]}}"#, "Bad input"),
        (r#"{"error":[{"error":{"message":"Deep"}}]}"#, "Deep"),
        (r#"{"errors":[],"message":"Plain"}"#, "Plain"),
    ];
    for (body, words) in shapes {
        let script = Script::whole(400, "Content-Type: application/json\r\n", body);
        let failure = ask(WireProtocol::OpenaiChat, true, script).await.unwrap_err();
        assert_eq!((failure.code, failure.detail.as_deref()), (FailureCode::BadRequest, Some(words)), "{body}");
    }
    let event =
        Script::whole(200, "Content-Type: text/event-stream\r\n", "data: {\"errors\":[{\"message\":\"No\"}]}\n\n");
    let failure = ask(WireProtocol::OpenaiChat, true, event).await.unwrap_err();
    assert_eq!((failure.code, failure.detail.as_deref()), (FailureCode::Vendor, Some("No")));
}

#[tokio::test]
async fn an_error_in_a_good_response_is_no_answer() {
    let limited = Script::whole(
        200,
        "Content-Type: application/json\r\nRetry-After: 7\r\n",
        r#"{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}"#,
    );
    let failure = ask(WireProtocol::OpenaiChat, true, limited).await.unwrap_err();
    assert_eq!((failure.code, failure.retry_after_ms), (FailureCode::RateLimited, Some(7_000)));
    for body in ["{}", "[]", "null", r#"{"choices":[]}"#, r#"{"choices":"#] {
        let failure = ask(WireProtocol::OpenaiChat, true, json(body)).await.unwrap_err();
        assert_eq!(failure.code, FailureCode::NotAStream, "{body}");
    }
}
