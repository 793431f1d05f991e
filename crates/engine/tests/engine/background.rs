//! Answers that their vendor goes on with: whatever breaks, they are asked for once, whole at the end, and counted once.

mod kills;

use super::*;
use rivulet_providers::Limits;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What the vendor writes, a delta each.
const WORDS: [&str; 6] = ["One ", "🌊 ", "two ", "水", " thr", "ee."];
const WHOLE: &str = "One 🌊 two 水 three.";

/// The vendor's events of an answer of these words; the last of them is its end.
fn events(words: impl IntoIterator<Item = String>) -> Vec<Value> {
    let response = |status: &str| json!({ "id": "resp_1", "background": true, "status": status, "output": [] });
    let mut events = vec![
        json!({ "type": "response.created", "response": response("queued") }),
        json!({ "type": "response.in_progress", "response": response("in_progress") }),
    ];
    let deltas = words.into_iter().map(
        |word| json!({ "type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": word }),
    );
    events.extend(deltas);
    events.push(json!({ "type": "response.completed", "response": ended("completed", WHOLE) }));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    events
}

/// The answer as it is told whole.
fn ended(status: &str, text: &str) -> Value {
    let message = json!({ "type": "message", "content": [{ "type": "output_text", "text": text }] });
    let usage = json!({ "input_tokens": 1000, "output_tokens": 500 });
    json!({ "id": "resp_1", "background": true, "status": status, "output": [message], "usage": usage })
}

fn all() -> Vec<Value> {
    events(WORDS.map(str::to_owned))
}

/// The first so many words, and no end.
fn first(words: usize) -> Script {
    stream(&all()[..2 + words])
}

fn stream(events: &[Value]) -> Script {
    events.iter().fold(Script::stream(), |script, event| script.data(&event.to_string()))
}

/// Everything behind this number, to the end.
fn behind(after: u64) -> Script {
    stream(&all()[after as usize + 1..]).end()
}

fn told(status: u16, body: &Value) -> Script {
    Script::whole(status, "Content-Type: application/json\r\n", &body.to_string())
}

/// Time for what was sent to be read: a reset throws away what was not.
const SEEN: Duration = Duration::from_millis(200);

fn limits() -> Limits {
    Limits { poll: Duration::from_millis(20), byte_idle: Duration::from_secs(5), ..Limits::default() }
}

async fn open_with(folder: &tempfile::TempDir, upstream: &Upstream, limits: Limits) -> Engine {
    let mut config = EngineConfig::new(folder.path());
    config.limits = limits;
    let (base_url, model) = (Some(upstream.base_url()), Some("test-model".into()));
    config.session_provider = Some(SessionProvider { id: "scripted".into(), base_url, model, key: None });
    Engine::open(config).await.unwrap()
}

/// A provider that speaks Responses, at a price of a dollar for a million tokens read and two for as many written.
async fn settle(engine: &Engine, base_url: String) {
    let save = ProviderSave {
        id: Some("scripted".into()),
        name: "Scripted".into(),
        base_url,
        models: None,
        protocol: Some(WireProtocol::OpenaiResponses),
        headers: None,
        body_patch: None,
        proxy: None,
    };
    engine.provider_save(&Caller::window(), save).await.unwrap();
    let price = json!({ "provider": "scripted", "model": "test-model", "input": 1_000_000, "output": 2_000_000 });
    let patch = json!({ "prices": [price] });
    engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
}

async fn bench_with(scripts: impl IntoIterator<Item = Script>, limits: Limits) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(scripts);
    let engine = open_with(&folder, &upstream, limits).await;
    settle(&engine, upstream.base_url()).await;
    Bench { engine, upstream, folder }
}

async fn bench(scripts: impl IntoIterator<Item = Script>) -> Bench {
    bench_with(scripts, limits()).await
}

/// A conversation whose answers shall go on, and a question in it.
async fn ask(engine: &Engine, temporary: bool) -> Turn {
    let create = ConversationCreate { temporary: Some(temporary), ..ConversationCreate::default() };
    let conversation = engine.conversation_create(&Caller::window(), create).await.unwrap().id;
    let controls = Controls { background: Some(true), ..Controls::default() };
    let set = ConversationControls { conversation, controls };
    engine.conversation_controls(&Caller::window(), set).await.unwrap();
    engine.message_send(&Caller::window(), send(Some(conversation), "Why?")).await.unwrap()
}

/// How often it was asked for an answer, for the rest of one, and for the end of one.
fn asked(upstream: &Upstream) -> (usize, usize, usize) {
    let heads = upstream.requests().into_iter().map(|request| request.head);
    heads.fold((0, 0, 0), |(posts, gets, ends), head| {
        let line = head.lines().next().unwrap_or_default();
        match (line.starts_with("GET"), line.contains("/cancel ")) {
            (true, _) => (posts, gets + 1, ends),
            (false, true) => (posts, gets, ends + 1),
            (false, false) => (posts + 1, gets, ends),
        }
    })
}

async fn spent(engine: &Engine, conversation: ConversationId) -> Spent {
    engine.conversation_cost(&Caller::window(), ConversationRef { conversation }).await.unwrap()
}

/// It is whole, was asked for once, and paid once: 1000 tokens read and 500 written, by the vendor's count.
#[track_caller]
fn is_whole(bench: &Bench, answer: &Message, spent: &Spent) {
    assert_eq!((answer.state, answer.text.as_str()), (MessageState::Complete, WHOLE), "{answer:?}");
    assert_eq!(asked(&bench.upstream).0, 1, "asked for once");
    assert_eq!((spent.answers, spent.micros, spent.estimated), (1, 2_000, 0));
    assert_eq!(answer.cost.unwrap().micros, Some(2_000));
}

fn code(answer: &Message) -> Option<FailureCode> {
    answer.failure.as_ref().map(|failure| failure.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_anywhere_is_taken_up_behind_the_last_event() {
    for words in 0..=WORDS.len() {
        let bench = bench([first(words).wait(SEEN).reset()]).await;
        bench.upstream.answer_rest(move |id, after| {
            assert_eq!((id, after), ("resp_1", Some(words as u64 + 1)));
            behind(words as u64 + 1)
        });
        let turn = ask(&bench.engine, false).await;
        let answer = bench.ended(turn.conversation, turn.answer).await;
        is_whole(&bench, &answer, &spent(&bench.engine, turn.conversation).await);
        assert_eq!(asked(&bench.upstream), (1, 1, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_again_and_again_loses_and_doubles_nothing() {
    let bench = bench([first(1).wait(SEEN).reset()]).await;
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&numbers);
    bench.upstream.answer_rest(move |_, after| {
        let after = after.unwrap();
        seen.lock().unwrap().push(after);
        // One event each time, and from the very beginning every other time, as a server that knows no numbers.
        let from = if after % 2 == 0 { 0 } else { after as usize + 1 };
        stream(&all()[from..=after as usize + 1]).wait(SEEN).reset()
    });
    let turn = ask(&bench.engine, false).await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    is_whole(&bench, &answer, &spent(&bench.engine, turn.conversation).await);
    assert_eq!(*numbers.lock().unwrap(), [2, 3, 4, 5, 6, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_is_told_that_it_is_taken_up_and_sees_one_text() {
    let bench = bench([first(2).wait(SEEN).reset()]).await;
    bench.upstream.answer_rest(|_, after| behind(after.unwrap()));
    let turn = ask(&bench.engine, false).await;
    let mut viewer = bench.engine.watch(&Caller::window(), turn.conversation, 0).await.unwrap();
    let (mut text, mut told) = (String::new(), Vec::new());
    let read = async {
        loop {
            for event in viewer.next().await.unwrap().events {
                match event.body {
                    EventBody::Text { text: more, offset } => {
                        assert_eq!(offset, utf16_len(&text));
                        text.push_str(&more);
                    }
                    EventBody::Notice { notice: Notice::TakingUp { failure, .. } } => told.push(failure.code),
                    EventBody::Finished { .. } => return,
                    _ => {}
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap();
    assert_eq!((text.as_str(), told.as_slice()), (WHOLE, &[FailureCode::Cut][..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_ended_meanwhile_and_is_too_old_to_be_followed_is_told_whole() {
    let bench = bench([first(3).wait(SEEN).reset()]).await;
    let looks = AtomicUsize::new(0);
    bench.upstream.answer_rest(move |_, after| match after {
        Some(_) => told(400, &json!({ "error": { "message": "This response can no longer be streamed" } })),
        None if looks.fetch_add(1, Ordering::Relaxed) < 3 => told(200, &ended("in_progress", "One")),
        None => told(200, &ended("completed", WHOLE)),
    });
    let turn = ask(&bench.engine, false).await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    is_whole(&bench, &answer, &spent(&bench.engine, turn.conversation).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_has_nothing_more_is_that_of_an_answer_that_has_ended() {
    let bench = bench([first(6).wait(SEEN).reset()]).await;
    bench.upstream.answer_rest(|_, after| match after {
        Some(_) => Script::stream().end(),
        None => told(200, &ended("completed", WHOLE)),
    });
    let turn = ask(&bench.engine, false).await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    is_whole(&bench, &answer, &spent(&bench.engine, turn.conversation).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_kept_no_longer_ends_with_what_came_and_going_on_asks_anew() {
    let rest = stream(&events(["and the rest.".to_owned()])).end();
    let bench = bench([first(3).wait(SEEN).reset(), rest]).await;
    let turn = ask(&bench.engine, false).await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((code(&answer), answer.text.as_str()), (Some(FailureCode::Expired), "One 🌊 two "));
    assert!(!answer.failure.unwrap().goes_on);
    let cost = spent(&bench.engine, turn.conversation).await;
    assert_eq!((cost.answers, cost.estimated, asked(&bench.upstream)), (1, 1, (1, 1, 0)));
    bench.engine.answer_continue(&Caller::window(), MessageRef { message: turn.answer }).await.unwrap();
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((answer.state, answer.text.as_str()), (MessageState::Complete, "One 🌊 two and the rest."));
    assert_eq!(asked(&bench.upstream), (2, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_failed_or_was_ended_meanwhile_says_so_and_is_not_asked_for_again() {
    for status in ["failed", "cancelled"] {
        for streams in [true, false] {
            let bench = bench([first(3).wait(SEEN).reset()]).await;
            let mut response = ended(status, "One");
            response["error"] = json!({ "code": "server_error", "message": "out of luck" });
            bench.upstream.answer_rest(move |_, _| {
                let kind = format!("response.{status}");
                let event = json!({ "type": kind, "sequence_number": 5, "response": response });
                if streams { stream(&[event]).end() } else { told(200, &response) }
            });
            let turn = ask(&bench.engine, false).await;
            let answer = bench.ended(turn.conversation, turn.answer).await;
            let failure = answer.failure.unwrap();
            assert_eq!((failure.code, failure.goes_on), (FailureCode::Vendor, false), "{status} {streams}");
            assert_eq!((failure.detail.as_deref(), answer.text.as_str()), (Some("out of luck"), "One 🌊 two "));
            assert_eq!(asked(&bench.upstream), (1, 1, 0), "{status} {streams}");
            assert_eq!(spent(&bench.engine, turn.conversation).await.answers, 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_it_at_the_vendors_too_and_once() {
    let bench = bench([first(3).silence()]).await;
    let turn = ask(&bench.engine, false).await;
    bench.message(turn.conversation, turn.answer, |message| message.text == "One 🌊 two ").await;
    bench.engine.answer_stop(&Caller::window(), MessageRef { message: turn.answer }).await.unwrap();
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((answer.state, answer.text.as_str()), (MessageState::Stopped, "One 🌊 two "));
    bench.engine.quit().await;
    assert_eq!(asked(&bench.upstream), (1, 0, 1));
    assert!(bench.upstream.requests()[0].closed.is_some(), "the connection is closed as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ended_by_the_days_limit_is_ended_at_the_vendors_too() {
    let much = events(["word".repeat(1_000)]);
    let bench = bench([stream(&much[..3]).silence()]).await;
    let patch = json!({ "limits": [{ "provider": "scripted", "key": 0, "micros": 500 }] });
    bench.engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
    let turn = ask(&bench.engine, false).await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!(code(&answer), Some(FailureCode::SpendingLimit));
    bench.engine.quit().await;
    assert_eq!(asked(&bench.upstream), (1, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_goes_on_with_one_click_and_is_counted_once() {
    let limits = Limits { take_up: Duration::ZERO, ..limits() };
    let bench = bench_with([first(3).wait(SEEN).reset()], limits).await;
    let turn = ask(&bench.engine, false).await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    let failure = answer.failure.unwrap();
    assert_eq!((failure.code, failure.goes_on), (FailureCode::Cut, true));
    assert_eq!(spent(&bench.engine, turn.conversation).await, Spent::default(), "it has not ended yet");
    bench.upstream.answer_rest(|_, after| behind(after.unwrap()));
    bench.engine.answer_continue(&Caller::window(), MessageRef { message: turn.answer }).await.unwrap();
    let answer = bench.ended(turn.conversation, turn.answer).await;
    is_whole(&bench, &answer, &spent(&bench.engine, turn.conversation).await);
    assert_eq!(asked(&bench.upstream), (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_and_not_taken_up_is_counted_at_the_next_start() {
    let limits = Limits { take_up: Duration::ZERO, ..limits() };
    let bench = bench_with([first(3).wait(SEEN).reset()], limits).await;
    let turn = ask(&bench.engine, false).await;
    bench.ended(turn.conversation, turn.answer).await;
    bench.engine.quit().await;
    let engine = open_with(&bench.folder, &bench.upstream, limits).await;
    let cost = spent(&engine, turn.conversation).await;
    assert_eq!((cost.answers, cost.estimated, asked(&bench.upstream)), (1, 1, (1, 0, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_quits_leaves_it_running_and_the_next_start_takes_it_up() {
    let mut bench = bench([first(3).silence()]).await;
    bench.upstream.answer_rest(|_, after| behind(after.unwrap()));
    let turn = ask(&bench.engine, false).await;
    bench.message(turn.conversation, turn.answer, |message| message.text == "One 🌊 two ").await;
    bench.engine.quit().await;
    assert_eq!(asked(&bench.upstream), (1, 0, 0));
    bench.engine = open_with(&bench.folder, &bench.upstream, limits()).await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    is_whole(&bench, &answer, &spent(&bench.engine, turn.conversation).await);
    assert_eq!(asked(&bench.upstream), (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_restart_finds_whole_or_gone_ends_as_it_would_have_without_one() {
    for (rest, state) in [(200, MessageState::Complete), (404, MessageState::Failed)] {
        let mut bench = bench([first(3).silence()]).await;
        bench.upstream.answer_rest(move |_, _| told(rest, &ended("completed", WHOLE)));
        let turn = ask(&bench.engine, false).await;
        bench.message(turn.conversation, turn.answer, |message| message.text == "One 🌊 two ").await;
        bench.engine.quit().await;
        bench.engine = open_with(&bench.folder, &bench.upstream, limits()).await;
        let answer = bench.ended(turn.conversation, turn.answer).await;
        assert_eq!(answer.state, state);
        assert_eq!(spent(&bench.engine, turn.conversation).await.answers, 1);
        if state == MessageState::Failed {
            assert_eq!((code(&answer), answer.text.as_str()), (Some(FailureCode::Expired), "One 🌊 two "));
        } else {
            is_whole(&bench, &answer, &spent(&bench.engine, turn.conversation).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_conversation_is_not_taken_up_but_ended_at_the_vendors() {
    let bench = bench([first(3).silence()]).await;
    let turn = ask(&bench.engine, true).await;
    bench.message(turn.conversation, turn.answer, |message| message.text == "One 🌊 two ").await;
    bench.engine.quit().await;
    assert_eq!(asked(&bench.upstream), (1, 0, 1));
    let engine = open_with(&bench.folder, &bench.upstream, limits()).await;
    let costs = engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
    assert_eq!((costs.days[0].spent.answers, costs.days[0].spent.estimated), (1, 1));
}
