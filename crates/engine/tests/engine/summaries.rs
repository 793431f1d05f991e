//! Older messages are summarised when a conversation no longer fits its model, and nothing is left out without that.

use super::*;
use serde_json::{Value, json};

/// A model that reads 1,000 tokens, and the settings that go with a test.
async fn small(scripts: impl IntoIterator<Item = Script>, when_full: &str) -> Bench {
    let bench = Bench::start(scripts).await;
    let windows = json!([{ "provider": "scripted", "model": "test-model", "tokens": 1_000 }]);
    let models = json!({ "data": [{ "id": "test-model" }] }).to_string();
    bench.upstream.answer_models(Script::whole(200, "Content-Type: application/json\r\n", &models));
    let listed = ProviderRef { provider: "scripted".into() };
    bench.engine.provider_models(&Caller::window(), listed).await.unwrap();
    let patch = json!({ "when_full": when_full, "windows": windows });
    bench.engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
    bench
}

/// An answer of about 300 tokens.
fn long(sign: &str) -> Script {
    Script::stream().text(&sign.repeat(1_200)).done()
}

fn short(text: &str) -> Script {
    Script::stream().text(text).done()
}

async fn told(bench: &Bench, conversation: Option<ConversationId>, text: &str) -> (Turn, Message) {
    let turn = bench.send(conversation, text).await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    (turn, answer)
}

fn asked(bench: &Bench, at: usize) -> Vec<String> {
    let body: Value = serde_json::from_str(&bench.upstream.requests()[at].body).unwrap();
    let messages = body["messages"].as_array().unwrap();
    messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

/// Three turns, the third of which would not fit.
async fn filled(bench: &Bench) -> ConversationId {
    let (turn, _) = told(bench, None, "one").await;
    told(bench, Some(turn.conversation), "two").await;
    told(bench, Some(turn.conversation), "three").await;
    turn.conversation
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_turns_are_told_as_a_summary_that_is_made_once() {
    let scripts = [long("a"), long("b"), long("c"), short("They counted."), short("4"), short("5")];
    let bench = small(scripts, "automatic").await;
    let conversation = filled(&bench).await;
    assert_eq!(bench.upstream.requests().len(), 3, "it fitted so far");
    let (_, answer) = told(&bench, Some(conversation), "four").await;
    assert_eq!(answer.text, "4");
    let summarised = asked(&bench, 3);
    assert!(summarised.len() == 1 && summarised[0].contains("[user]\none") && summarised[0].contains("bbb"));
    assert!(!summarised[0].contains("four") && !summarised[0].contains("ccc"), "what stays is not summarised");
    let request = asked(&bench, 4);
    assert_eq!(request.len(), 3, "{request:?}");
    assert!(request[0].contains("They counted.") && request[0].ends_with("three") && request[2] == "four");
    let shown = bench.snapshot(conversation).await.messages;
    let summary = shown[3].message.mark.clone().unwrap().summary.unwrap();
    assert_eq!((summary.text.as_str(), summary.messages, summary.edited), ("They counted.", 4, false));
    assert_eq!(shown.len(), 8, "everything is still shown");
    // Stored: the next turn uses it and asks for none.
    told(&bench, Some(conversation), "five").await;
    assert_eq!((bench.upstream.requests().len(), asked(&bench, 5).len()), (6, 5));
    let costs = bench.engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
    assert!(costs.days.iter().any(|day| day.purpose == Purpose::Summary && day.spent.output_tokens > 0), "{costs:?}");

    // Taken away, the old turns are told again: they no longer fit, and another summary is made.
    let undo = MarkSet { message: shown[3].message.id, mark: None };
    bench.engine.mark_set(&Caller::window(), undo).await.unwrap();
    bench.upstream.push(short("Again."));
    bench.upstream.push(short("6"));
    told(&bench, Some(conversation), "six").await;
    assert_eq!(bench.upstream.requests().len(), 8);
    assert!(asked(&bench, 6)[0].contains("[user]\none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_branch_above_the_summary_is_told_whole() {
    let scripts = [long("a"), long("b"), long("c"), short("They counted."), short("4"), short("other")];
    let bench = small(scripts, "automatic").await;
    let conversation = filled(&bench).await;
    told(&bench, Some(conversation), "four").await;
    let marked = bench.snapshot(conversation).await.messages[3].message.id;
    let again = AnswerRegenerate { message: marked, provider: None, model: None };
    let turn = bench.engine.answer_regenerate(&Caller::window(), again).await.unwrap();
    bench.ended(conversation, turn.answer).await;
    assert_eq!(asked(&bench, 5), ["one", &"a".repeat(1_200), "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_that_fails_ends_the_answer_and_nothing_shortened_is_sent() {
    let scripts = [long("a"), long("b"), long("c"), Script::whole(401, "", "{}"), short("So far."), short("4")];
    let bench = small(scripts, "automatic").await;
    let conversation = filled(&bench).await;
    let (turn, failed) = told(&bench, Some(conversation), "four").await;
    let failure = failed.failure.unwrap();
    assert_eq!(
        (failed.state, failure.code, failure.summarising),
        (MessageState::Failed, FailureCode::Unauthorized, true)
    );
    assert_eq!(bench.upstream.requests().len(), 4, "the question was not sent");
    assert!(bench.snapshot(conversation).await.messages.iter().all(|path| path.message.mark.is_none()));
    // Again is a click.
    let again = AnswerRegenerate { message: turn.answer, provider: None, model: None };
    let turn = bench.engine.answer_regenerate(&Caller::window(), again).await.unwrap();
    assert_eq!(bench.ended(conversation, turn.answer).await.text, "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_the_middle_of_summarising_loses_nothing() {
    let scripts =
        [long("a"), long("b"), long("c"), Script::stream().text("They").silence(), short("So far."), short("4")];
    let bench = small(scripts, "automatic").await;
    let conversation = filled(&bench).await;
    let turn = bench.send(Some(conversation), "four").await;
    let wait = async {
        while bench.upstream.requests().len() < 4 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
    let notice = bench.snapshot(conversation).await.notice;
    assert_eq!(notice, Some(Notice::Summarising));
    bench.engine.quit().await;
    let engine = open(&bench.folder, &bench.upstream, None).await;
    let bench = Bench { engine, upstream: bench.upstream, folder: bench.folder };
    let shown = bench.snapshot(conversation).await.messages;
    assert_eq!((shown.len(), shown[7].message.state), (8, MessageState::Interrupted));
    assert_eq!(shown[6].message.text, "four");
    assert!(shown.iter().all(|path| path.message.mark.is_none()));
    bench.engine.answer_continue(&Caller::window(), MessageRef { message: turn.answer }).await.unwrap();
    assert_eq!(bench.ended(conversation, turn.answer).await.text, "4");
    assert!(asked(&bench, 5)[0].contains("So far."));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_unless_it_is_wanted_and_a_person_can_want_it() {
    for when in ["ask", "off"] {
        let scripts = [long("a"), long("b"), long("c"), short("4"), short("They counted."), short("5")];
        let bench = small(scripts, when).await;
        let conversation = filled(&bench).await;
        told(&bench, Some(conversation), "four").await;
        assert_eq!(asked(&bench, 3).len(), 7, "all of it is sent");
        bench.engine.summary_make(&Caller::window(), ConversationRef { conversation }).await.unwrap();
        told(&bench, Some(conversation), "five").await;
        assert!(asked(&bench, 5)[0].contains("They counted."));
        assert_eq!(bench.upstream.requests().len(), 6);
    }
    // A conversation of its own mind.
    let scripts = [long("a"), long("b"), long("c"), short("They counted."), short("4")];
    let bench = small(scripts, "off").await;
    let conversation = filled(&bench).await;
    let controls = Controls { when_full: Some(WhenFull::Automatic), ..Controls::default() };
    let set = ConversationControls { conversation, controls };
    bench.engine.conversation_controls(&Caller::window(), set).await.unwrap();
    told(&bench, Some(conversation), "four").await;
    assert_eq!(bench.upstream.requests().len(), 5);
}
