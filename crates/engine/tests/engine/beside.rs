//! Whether anything is being written: what decides that an app without a window may end.

use super::*;
use rivulet_engine::{ChatMessage, ChatRequest, Piece};
use serde_json::json;
use tokio::sync::watch;

async fn idle(bench: &Bench) {
    let wait = async {
        while bench.engine.being_written() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_and_the_title_after_it_are_one_with_no_gap() {
    let (end, told) = watch::channel(false);
    let title = Script::stream().until(told).text("The Danube").done();
    let bench = Bench::start([Script::stream().text("The Danube.").done(), title]).await;
    let patch = json!({ "title_model": { "provider": "scripted", "model": "small" } });
    bench.engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
    assert_eq!(bench.engine.being_written(), 0);
    bench.send(None, "Which river is it?").await;
    let both_asked = async {
        while bench.upstream.requests().len() < 2 {
            assert_eq!(bench.engine.being_written(), 1);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, both_asked).await.unwrap();
    assert_eq!((bench.engine.being_written(), bench.engine.running_answers()), (1, 0), "the title alone");
    end.send(true).unwrap();
    idle(&bench).await;
    bench.engine.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_programs_answer_counts_beside_a_conversations() {
    let (end, told) = watch::channel(false);
    let answer = Script::stream().text("Now").until(told).text(".").done();
    let bench = Bench::start([answer]).await;
    let request = ApiTokenCreate { name: "script".into(), budget: ApiBudget::default(), lives_s: None };
    let token = bench.engine.api_token_create(&Caller::window(), request).await.unwrap().token.id;
    let messages = vec![ChatMessage::text(Author::User, "Tell me.")];
    let request = ChatRequest { model: "scripted/test-model".into(), messages, ..ChatRequest::default() };
    let mut completion = bench.engine.complete(token, request).await.unwrap();
    assert_eq!(bench.engine.being_written(), 1);
    bench.send(None, "Tell me too.").await;
    assert_eq!(bench.engine.being_written(), 2);
    end.send(true).unwrap();
    while !matches!(completion.next().await.unwrap(), Piece::Done) {}
    drop(completion);
    idle(&bench).await;
    bench.engine.quit().await;
}
