//! How answers run and end.

use super::*;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_told_whole_to_early_and_late_viewers() {
    let bench = Bench::start([Script::stream().text("Hel").text("lo 水").text("👩‍👩‍👧!").done()]).await;
    let turn = bench.send(None, "Hi").await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((answer.text.as_str(), answer.state), ("Hello 水👩‍👩‍👧!", MessageState::Complete));
    assert_eq!(answer.finish_reason, Some(FinishReason::Stop));
    let mut late = bench.engine.watch(&Caller::window(), turn.conversation, 0).await.unwrap();
    let (mut text, mut length) = (String::new(), 0);
    while late.position() < late.head() {
        for event in late.next().await.unwrap().events {
            if let EventBody::Text { text: more, offset } = event.body {
                assert_eq!(offset, length, "text lies end to end");
                length += utf16_len(&more);
                text.push_str(&more);
            }
        }
    }
    assert_eq!(text, answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_closes_the_connection_and_keeps_what_came() {
    let bench = Bench::start([Script::stream().text("Half").silence()]).await;
    let turn = bench.send(None, "Hi").await;
    bench.message(turn.conversation, turn.answer, |message| message.text == "Half").await;
    bench.engine.answer_stop(&Caller::window(), MessageRef { message: turn.answer }).await.unwrap();
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((answer.text.as_str(), answer.state), ("Half", MessageState::Stopped));
    let stopped = Instant::now();
    while bench.upstream.requests()[0].closed.is_none() {
        assert!(stopped.elapsed() < PATIENCE, "the upstream never saw the connection close");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_sent_again_only_before_any_output() {
    let busy = Script::whole(503, "Retry-After: 0\r\nContent-Type: application/json\r\n", r#"{"error":"Loading"}"#);
    let bench = Bench::start([busy.clone(), busy, Script::stream().text("At last.").done()]).await;
    let turn = bench.send(None, "Hi").await;
    assert_eq!(bench.ended(turn.conversation, turn.answer).await.text, "At last.");
    assert_eq!(bench.upstream.requests().len(), 3);

    let bench = Bench::start([Script::stream().text("Half")]).await;
    let turn = bench.send(None, "Hi").await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((answer.text.as_str(), answer.state), ("Half", MessageState::Failed));
    assert_eq!(answer.failure.map(|failure| failure.code), Some(FailureCode::Cut));
    assert_eq!(bench.upstream.requests().len(), 1, "what was answered is not asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_answer_goes_on_from_what_is_there() {
    let bench = Bench::start([Script::stream().text("One, two"), Script::stream().text(", three.").done()]).await;
    let turn = bench.send(None, "Count").await;
    bench.ended(turn.conversation, turn.answer).await;
    let again = MessageRef { message: turn.answer };
    bench.engine.answer_continue(&Caller::window(), again).await.unwrap();
    let complete = |message: &Message| message.state == MessageState::Complete;
    let answer = bench.message(turn.conversation, turn.answer, complete).await;
    assert_eq!((answer.text.as_str(), answer.failure), ("One, two, three.", None));
    let body: serde_json::Value = serde_json::from_str(&bench.upstream.requests()[1].body).unwrap();
    assert_eq!(body["messages"][1], serde_json::json!({ "role": "assistant", "content": "One, two" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn quitting_marks_what_runs_and_loses_nothing() {
    let bench = Bench::start([Script::stream().text("Half").silence()]).await;
    let turn = bench.send(None, "Hi").await;
    bench.message(turn.conversation, turn.answer, |message| message.text == "Half").await;
    bench.engine.quit().await;
    let Bench { engine, upstream, folder } = bench;
    drop(engine);
    let engine = open(&folder, &upstream, None).await;
    let bench = Bench { engine, upstream, folder };
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((answer.text.as_str(), answer.state), ("Half", MessageState::Interrupted));
    assert_eq!(bench.upstream.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_answer_at_a_time_on_one_path() {
    let bench = Bench::start([Script::stream().text("Half").silence()]).await;
    let turn = bench.send(None, "Hi").await;
    let second = bench.engine.message_send(&Caller::window(), send(Some(turn.conversation), "And?")).await;
    assert_eq!(second.unwrap_err().code, ErrorCode::Busy);
}
