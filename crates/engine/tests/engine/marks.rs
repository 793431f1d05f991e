//! A conversation begins anew below a mark: what is above is shown and not sent, on the branch the mark stands on.

use super::*;
use serde_json::{Value, json};

fn answers(texts: &[&str]) -> Vec<Script> {
    texts.iter().map(|text| Script::stream().text(text).done()).collect()
}

async fn mark(bench: &Bench, message: MessageId, mark: Option<Mark>) {
    bench.engine.mark_set(&Caller::window(), MarkSet { message, mark }).await.unwrap();
}

fn anew() -> Option<Mark> {
    Some(Mark { at: now_ms(), summary: None })
}

async fn told(bench: &Bench, conversation: ConversationId, text: &str) -> Turn {
    let turn = bench.send(Some(conversation), text).await;
    bench.ended(conversation, turn.answer).await;
    turn
}

/// The texts of the last request.
fn asked(bench: &Bench) -> Vec<String> {
    let body: Value = serde_json::from_str(&bench.upstream.requests().last().unwrap().body).unwrap();
    let messages = body["messages"].as_array().unwrap();
    messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn below_a_mark_a_conversation_begins_anew_until_the_mark_is_taken_away() {
    let bench = Bench::start(answers(&["1", "2", "3", "4"])).await;
    let first = bench.send(None, "one").await;
    bench.ended(first.conversation, first.answer).await;
    mark(&bench, first.answer, anew()).await;
    let shown = bench.snapshot(first.conversation).await;
    assert!(shown.messages[1].message.mark.is_some(), "it is shown, and what is above it too");
    told(&bench, first.conversation, "two").await;
    assert_eq!(asked(&bench), ["two"]);

    // Another branch has none: the answer that is made beside the marked one.
    let again = AnswerRegenerate { message: first.answer, provider: None, model: None };
    let other = bench.engine.answer_regenerate(&Caller::window(), again).await.unwrap();
    bench.ended(first.conversation, other.answer).await;
    assert_eq!(asked(&bench), ["one"]);
    told(&bench, first.conversation, "three").await;
    assert_eq!(asked(&bench), ["one", "3", "three"]);

    // Whoever watched from the start, and whoever comes late, knows of it.
    let mut late = bench.engine.watch(&Caller::window(), first.conversation, 0).await.unwrap();
    let mut marked = None;
    while late.position() < late.head() {
        for event in late.next().await.unwrap().events.iter().filter(|event| event.message == first.answer) {
            if let EventBody::Started { snapshot } | EventBody::Reset { snapshot } = &event.body {
                marked = Some((snapshot.text.clone(), snapshot.mark.is_some()));
            }
        }
    }
    assert_eq!(marked, Some(("1".into(), true)));

    // Taken away on its own branch, all is told again.
    bench.engine.branch_select(&Caller::window(), MessageRef { message: first.answer }).await.unwrap();
    mark(&bench, first.answer, None).await;
    bench.upstream.push(Script::stream().text("5").done());
    told(&bench, first.conversation, "four").await;
    assert_eq!(asked(&bench), ["one", "1", "two", "2", "four"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_is_told_in_the_place_of_what_it_stands_for_and_outlives_the_app() {
    let bench = Bench::start(answers(&["1", "2", "3"])).await;
    let first = bench.send(None, "one").await;
    bench.ended(first.conversation, first.answer).await;
    let summary = |text: &str| {
        let text = text.to_owned();
        Some(Mark {
            at: now_ms(),
            summary: Some(Summary { text, messages: 2, provider: None, model: None, edited: true }),
        })
    };
    let refused = MarkSet { message: first.answer, mark: summary("  ") };
    let refused = bench.engine.mark_set(&Caller::window(), refused).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Invalid);
    let question = MarkSet { message: first.question, mark: anew() };
    assert_eq!(bench.engine.mark_set(&Caller::window(), question).await.unwrap_err().code, ErrorCode::Invalid);
    mark(&bench, first.answer, summary("They counted.")).await;
    bench.engine.quit().await;

    let engine = open(&bench.folder, &bench.upstream, None).await;
    let bench = Bench { engine, upstream: bench.upstream, folder: bench.folder };
    told(&bench, first.conversation, "two").await;
    let asked_with = asked(&bench);
    assert_eq!(asked_with.len(), 1);
    assert!(asked_with[0].contains("They counted.") && asked_with[0].ends_with("two"), "{asked_with:?}");
    // What a person said is stored as they said it.
    assert_eq!(bench.snapshot(first.conversation).await.messages[2].message.text, "two");
    told(&bench, first.conversation, "three").await;
    assert_eq!(asked(&bench)[1..], ["2", "three"], "once, where it was before");
}

/// A file with a conversation whose model used a tool, with a mark below that answer or without.
fn with_a_tool(marked: bool) -> String {
    let id = |n: u8| format!("00000000-0000-7000-8000-0000000000{n:02}");
    let message = |n: u8, author: &str, text: &str| {
        let parent = (n > 1).then(|| id(n - 1));
        json!({ "id": id(n), "parent": parent, "author": author, "state": "complete", "text": text, "reasoning": "",
            "reasoning_ms": null, "created_at": n, "ended_at": n, "first_output_ms": null, "provider": null,
            "model": null, "finish_reason": null, "usage": null, "failure": null })
    };
    let mut used = message(3, "assistant", "I looked.");
    used["tool_calls"] =
        json!([{ "id": "call_1", "name": "weather", "arguments": "{\"city\":\"Paris\"}", "result": "raining" }]);
    if marked {
        used["mark"] = json!({ "at": 3, "summary": null });
    }
    let messages = json!([
        message(1, "system", "be kind"),
        message(2, "user", "Is it raining?"),
        used,
        message(4, "user", "next")
    ]);
    let conversation = json!({ "id": id(99), "title": "Rain", "created_at": 1, "updated_at": 4, "provider": null,
        "model": null, "leaf": id(4) });
    json!({ "format": "rivulet-conversation", "version": 1, "conversation": conversation, "messages": messages })
        .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_every_protocol_the_system_prompt_stays_and_no_tool_result_is_left_alone() {
    for protocol in [
        WireProtocol::OpenaiChat,
        WireProtocol::OpenaiResponses,
        WireProtocol::Anthropic,
        WireProtocol::Gemini,
        WireProtocol::Ollama,
    ] {
        for marked in [false, true] {
            let bench = Bench::start([]).await;
            let save =
                json!({ "name": "Mine", "base_url": bench.upstream.base_url(), "models": ["m"], "protocol": protocol });
            let save: ProviderSave = serde_json::from_value(save).unwrap();
            let provider = bench.engine.provider_save(&Caller::window(), save).await.unwrap();
            let file = bench.folder.path().join("rain.json");
            std::fs::write(&file, with_a_tool(marked)).unwrap();
            let report = bench.engine.import_from(file).await.unwrap();
            assert_eq!(report.new_messages, 4, "{report:?}");
            let list = bench.engine.conversations_list(&Caller::window(), ConversationsList::default()).await.unwrap();
            let message = bench.snapshot(list.conversations[0].id).await.messages[3].message.id;
            let again = AnswerRegenerate { message, provider: Some(provider.id), model: Some("m".into()) };
            let turn = bench.engine.answer_regenerate(&Caller::window(), again).await.unwrap();
            bench.ended(turn.conversation, turn.answer).await;
            let body = &bench.upstream.requests()[0].body;
            let says = |word: &str| body.contains(word);
            assert!(says("be kind") && says("next"), "{protocol:?}: {body}");
            for word in ["raining?", "I looked.", "call_1", "weather", "Paris", "\"raining\""] {
                // Ollama and Gemini know calls by their names alone.
                let named = word != "call_1" || body.contains("call_1");
                assert!(marked != says(word) || !named, "{protocol:?}, {word}: {body}");
            }
        }
    }
}
