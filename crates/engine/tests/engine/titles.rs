//! Titles by a model: once, after the first answer, never over a person's.

use super::*;
use serde_json::{Value, json};

fn said(text: &str) -> Script {
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 40, "completion_tokens": 6 } }).to_string();
    Script::stream().text(text).finish("stop").data(&usage).done()
}

async fn titles_on(bench: &Bench) {
    let patch = json!({ "title_model": { "provider": "scripted", "model": "small" } });
    bench.engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
}

async fn title(bench: &Bench, conversation: ConversationId) -> String {
    bench.snapshot(conversation).await.conversation.title
}

/// Waits until so many requests came and what they cost is noted.
async fn spent(bench: &Bench, purpose: Purpose, answers: usize) -> Option<DaySpent> {
    let wait = async {
        loop {
            let costs = bench.engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
            let found = costs.days.into_iter().find(|day| day.purpose == purpose);
            if found.is_some() && bench.upstream.requests().len() >= answers {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap()
}

async fn titled(bench: &Bench, conversation: ConversationId, wanted: &str) {
    let wait = async {
        while title(bench, conversation).await != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_is_followed_by_a_title_in_the_conversations_language() {
    let bench = Bench::start([said("Die Donau."), said("**\"Flüsse Europas.\"**\nMehr"), said("Ja.")]).await;
    titles_on(&bench).await;
    let turn = bench.send(None, "Wie heißt der Fluss und was ist das?").await;
    bench.ended(turn.conversation, turn.answer).await;
    titled(&bench, turn.conversation, "Flüsse Europas").await;
    let asked: Value = serde_json::from_str(&bench.upstream.requests()[1].body).unwrap();
    assert_eq!((&asked["model"], &asked["max_tokens"]), (&json!("small"), &json!(200)), "{asked}");
    let prompt = asked["messages"][0]["content"].as_str().unwrap();
    assert!(prompt.starts_with("Gib dieser") && prompt.contains("Donau") && asked["messages"][1].is_null(), "{asked}");
    let cost = spent(&bench, Purpose::Title, 2).await.unwrap();
    assert_eq!((cost.spent.answers, cost.spent.input_tokens, cost.spent.output_tokens), (0, 40, 6));
    // Not after the next one.
    let turn = bench.send(Some(turn.conversation), "Wirklich?").await;
    bench.ended(turn.conversation, turn.answer).await;
    bench.engine.quit().await;
    assert_eq!(bench.upstream.requests().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_typed_stays_until_they_ask_for_another() {
    let bench = Bench::start([said("One."), said("Never seen"), said("Rivers again")]).await;
    titles_on(&bench).await;
    let conversation =
        bench.engine.conversation_create(&Caller::window(), ConversationCreate::default()).await.unwrap().id;
    let rename = ConversationRename { conversation, title: "Mine".into() };
    bench.engine.conversation_rename(&Caller::window(), rename).await.unwrap();
    let turn = bench.send(Some(conversation), "How many?").await;
    bench.ended(conversation, turn.answer).await;
    let made = bench.engine.title_make(&Caller::window(), ConversationRef { conversation }).await.unwrap();
    assert_eq!(made.title, "Never seen", "only because it was asked for");
    assert_eq!(bench.upstream.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_leaves_the_old_title_and_without_a_model_nobody_is_asked() {
    let bench = Bench::start([said("One."), said("Two."), Script::whole(500, "", "{}")]).await;
    let turn = bench.send(None, "Numbers, please").await;
    bench.ended(turn.conversation, turn.answer).await;
    titles_on(&bench).await;
    let turn = bench.send(None, "More numbers").await;
    bench.ended(turn.conversation, turn.answer).await;
    let wait = async {
        while bench.upstream.requests().len() < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
    let refused = bench.engine.title_make(&Caller::window(), ConversationRef { conversation: turn.conversation }).await;
    assert_eq!(refused.map(|conversation| conversation.title).unwrap_err().code, ErrorCode::Upstream);
    assert_eq!(title(&bench, turn.conversation).await, "More numbers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_conversation_is_named_in_memory_alone() {
    let bench = Bench::start([said("One."), said("Quicksilver rivers")]).await;
    titles_on(&bench).await;
    let create = ConversationCreate { temporary: Some(true), ..Default::default() };
    let chat = bench.engine.conversation_create(&Caller::window(), create).await.unwrap().id;
    let turn = bench.send(Some(chat), "How many?").await;
    bench.ended(chat, turn.answer).await;
    titled(&bench, chat, "Quicksilver rivers").await;
    bench.engine.quit().await;
    assert!(!temporary::on_disk(bench.folder.path(), "Quicksilver"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_days_brake_holds_for_titles_too() {
    let bench = Bench::start([said("One."), said("Never asked for")]).await;
    titles_on(&bench).await;
    let patch = json!({ "limits": [{ "provider": "scripted", "key": 0, "micros": 0 }] });
    let turn = bench.send(None, "How many?").await;
    bench.ended(turn.conversation, turn.answer).await;
    titled(&bench, turn.conversation, "Never asked for").await;
    bench.engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
    let conversation = ConversationRef { conversation: turn.conversation };
    let refused = bench.engine.title_make(&Caller::window(), conversation).await.unwrap_err();
    assert_eq!(refused.failure.unwrap().code, FailureCode::SpendingLimit);
    assert_eq!(bench.upstream.requests().len(), 2);
}
