//! What answers cost: the vendor's counts times the price, stored with the answer, summed up by day and conversation.

use super::*;
use rivulet_engine::{ChatMessage, ChatRequest, Delta, Piece};
use serde_json::{Value, json};

/// A bench whose model costs 1 dollar for a million tokens read, half a dollar from the cache, 2 dollars written.
async fn priced(scripts: impl IntoIterator<Item = Script>) -> Bench {
    let bench = Bench::start(scripts).await;
    let pricing = json!({ "prompt": "0.000001", "completion": "0.000002", "input_cache_read": "0.0000005" });
    let list = json!({ "data": [{ "id": "test-model", "pricing": pricing }] });
    bench.upstream.answer_models(Script::whole(200, "Content-Type: application/json\r\n", &list.to_string()));
    let listed = ProviderRef { provider: "scripted".into() };
    bench.engine.provider_models(&Caller::window(), listed).await.unwrap();
    bench
}

fn counted(usage: Value) -> Script {
    Script::stream().text("Hello.").finish("stop").data(&json!({ "choices": [], "usage": usage }).to_string()).done()
}

async fn in_conversation(bench: &Bench, conversation: ConversationId) -> Spent {
    bench.engine.conversation_cost(&Caller::window(), ConversationRef { conversation }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_costs_what_its_vendor_counts_times_the_price() {
    let usage = json!({ "prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
        "prompt_tokens_details": { "cached_tokens": 1920 }, "completion_tokens_details": { "reasoning_tokens": 200 } });
    let bench = priced([counted(usage)]).await;
    let turn = bench.send(None, "Hi").await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    // 86 × 1 + 1920 × 0.5 + 300 × 2 millionths.
    let cost =
        Cost { input_tokens: 2_006, cached_tokens: 1_920, output_tokens: 300, micros: Some(1_646), estimated: false };
    assert_eq!(answer.cost, Some(cost));
    let spent = in_conversation(&bench, turn.conversation).await;
    assert_eq!((spent.answers, spent.micros, spent.estimated, spent.unpriced), (1, 1_646, 0, 0));
    let costs = bench.engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
    assert_eq!(costs.days.len(), 1, "{costs:?}");
    assert_eq!((costs.days[0].provider.0.as_str(), costs.days[0].spent), ("scripted", spent));

    // Another price from now on, and the conversation gone: neither changes what was spent.
    let list = json!({ "data": [{ "id": "test-model", "pricing": { "prompt": "1", "completion": "1" } }] });
    bench.upstream.answer_models(Script::whole(200, "Content-Type: application/json\r\n", &list.to_string()));
    bench.engine.provider_models(&Caller::window(), ProviderRef { provider: "scripted".into() }).await.unwrap();
    assert_eq!(bench.ended(turn.conversation, turn.answer).await.cost, Some(cost));
    let gone = ConversationRef { conversation: turn.conversation };
    bench.engine.conversation_delete(&Caller::window(), gone).await.unwrap();
    let later = bench.engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
    assert_eq!(later.days, costs.days);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_of_the_log_is_told_what_it_cost() {
    let bench = priced([counted(json!({ "prompt_tokens": 10, "completion_tokens": 5 }))]).await;
    let turn = bench.send(None, "Hi").await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    let mut viewer = bench.engine.watch(&Caller::window(), turn.conversation, 0).await.unwrap();
    let mut told = Vec::new();
    while viewer.position() < viewer.head() {
        told.extend(viewer.next().await.unwrap().events);
    }
    let costs: Vec<_> = told
        .iter()
        .filter_map(|event| if let EventBody::Cost { cost } = event.body { Some(cost) } else { None })
        .collect();
    assert_eq!((costs.as_slice(), costs[0].micros), (&[answer.cost.unwrap()][..], Some(20)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_answer_is_estimated_and_its_continuation_is_added() {
    let cut = Script::stream().text(&"word".repeat(100)).silence();
    let bench = priced([cut, counted(json!({ "prompt_tokens": 500, "completion_tokens": 7 }))]).await;
    let turn = bench.send(None, &"ask!".repeat(10)).await;
    bench.message(turn.conversation, turn.answer, |message| !message.text.is_empty()).await;
    let answer = MessageRef { message: turn.answer };
    bench.engine.answer_stop(&Caller::window(), answer.clone()).await.unwrap();
    let stopped = bench.ended(turn.conversation, turn.answer).await;
    let cost = Cost { input_tokens: 10, output_tokens: 100, micros: Some(210), estimated: true, cached_tokens: 0 };
    assert_eq!(stopped.cost, Some(cost));

    bench.engine.answer_continue(&Caller::window(), answer).await.unwrap();
    let whole = bench.ended(turn.conversation, turn.answer).await;
    let both = Cost { input_tokens: 510, output_tokens: 107, micros: Some(210 + 514), ..cost };
    assert_eq!(whole.cost, Some(both));
    let spent = in_conversation(&bench, turn.conversation).await;
    assert_eq!((spent.answers, spent.micros, spent.estimated), (2, 724, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_refused_costs_nothing() {
    let bench = priced([Script::whole(401, "", "{}")]).await;
    let turn = bench.send(None, "Hi").await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((answer.state, answer.cost), (MessageState::Failed, None));
    assert_eq!(in_conversation(&bench, turn.conversation).await, Spent::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_price_is_made_up_and_what_a_temporary_conversation_cost_names_no_conversation() {
    let bench = Bench::start([counted(json!({ "prompt_tokens": 10, "completion_tokens": 5 }))]).await;
    let create = ConversationCreate { temporary: Some(true), ..ConversationCreate::default() };
    let conversation = bench.engine.conversation_create(&Caller::window(), create).await.unwrap().id;
    let turn = bench.send(Some(conversation), "Hi").await;
    let answer = bench.ended(conversation, turn.answer).await;
    assert_eq!(answer.cost.map(|cost| (cost.output_tokens, cost.micros)), Some((5, None)));
    let costs = bench.engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
    assert_eq!((costs.days[0].spent.unpriced, costs.days[0].spent.micros), (1, 0));
    assert_eq!(in_conversation(&bench, conversation).await, Spent::default());
}

/// Sets the most that may be spent in a day, in millionths of a dollar.
async fn limit(bench: &Bench, micros: u64) {
    let patch = json!({ "limits": [{ "provider": "scripted", "key": 0, "micros": micros }] });
    bench.engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
}

fn failed(answer: &Message) -> Option<FailureCode> {
    answer.failure.as_ref().map(|failure| failure.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_days_limit_nothing_is_sent_until_it_is_raised() {
    let bench = priced([counted(json!({ "prompt_tokens": 1000, "completion_tokens": 500 }))]).await;
    limit(&bench, 2_000).await;
    let turn = bench.send(None, "Hi").await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((answer.state, answer.cost.unwrap().micros), (MessageState::Complete, Some(2_000)), "just within");
    let turn = bench.send(Some(turn.conversation), "Hi").await;
    let refused = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((failed(&refused), refused.cost), (Some(FailureCode::SpendingLimit), None));
    assert!(refused.failure.unwrap().host.is_some());
    assert_eq!(bench.upstream.requests().len(), 1, "the second one was never sent");
    limit(&bench, 9_000).await;
    let turn = bench.send(Some(turn.conversation), "Hi").await;
    assert_eq!(failed(&bench.ended(turn.conversation, turn.answer).await), None);
    assert_eq!(bench.upstream.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_grows_beyond_the_limit_is_ended_and_what_came_is_kept() {
    // 250 tokens of two millionths each, then silence: only the brake ends this.
    let much = Script::stream().text("Well. ").text(&"word".repeat(250)).silence();
    let bench = priced([much]).await;
    limit(&bench, 400).await;
    let turn = bench.send(None, "Hi").await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!(failed(&answer), Some(FailureCode::SpendingLimit));
    assert!(answer.text.starts_with("Well. word"), "{}", answer.text);
    let cost = answer.cost.unwrap();
    assert!(cost.estimated && cost.micros.unwrap() > 400, "{cost:?}");
    assert_eq!(bench.upstream.requests().len(), 1, "what is paid is not sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_come_at_once_share_the_limit_and_a_restart_knows_what_was_spent() {
    let grows = || Script::stream().text(&"word".repeat(100)).silence();
    let bench = priced([grows(), grows()]).await;
    limit(&bench, 300).await;
    let first = bench.send(None, "Hi").await;
    bench.message(first.conversation, first.answer, |message| !message.text.is_empty()).await;
    // 201 millionths are coming; the next one's 200 are too many.
    let second = bench.send(None, "Hi").await;
    let answer = bench.ended(second.conversation, second.answer).await;
    assert_eq!(failed(&answer), Some(FailureCode::SpendingLimit));
    bench.engine.answer_stop(&Caller::window(), MessageRef { message: first.answer }).await.unwrap();
    bench.ended(first.conversation, first.answer).await;
    bench.engine.quit().await;

    let engine = open(&bench.folder, &bench.upstream, None).await;
    let turn = engine.message_send(&Caller::window(), send(None, "Hi")).await.unwrap();
    let again = Bench { engine, upstream: bench.upstream, folder: bench.folder };
    assert_eq!(failed(&again.ended(turn.conversation, turn.answer).await), Some(FailureCode::SpendingLimit));
    assert_eq!(again.upstream.requests().len(), 2);
}

/// The data folder as the end of the process would leave it now: a copy of it, with the core still running.
fn killed(bench: &Bench) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["rivulet.db", "rivulet.db-wal"] {
        std::fs::copy(bench.folder.path().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_end_of_the_process_cut_is_counted_at_the_next_start_and_once() {
    let cut = Script::stream().text(&"word".repeat(100)).silence();
    let usage = json!({ "prompt_tokens": 500, "completion_tokens": 7 });
    let bench = priced([counted(usage), cut]).await;
    let turn = bench.send(None, &"ask!".repeat(10)).await;
    bench.ended(turn.conversation, turn.answer).await;
    let again = MessageRef { message: turn.answer };
    let cut = AnswerRegenerate { message: again.message, provider: None, model: None };
    let cut = bench.engine.answer_regenerate(&Caller::window(), cut).await.unwrap();
    bench.message(cut.conversation, cut.answer, |message| !message.text.is_empty()).await;

    let folder = killed(&bench);
    let engine = open(&folder, &bench.upstream, None).await;
    let next = Bench { engine, upstream: Upstream::start([Script::stream().silence()]), folder };
    limit(&next, 800).await;
    let answer = next.ended(cut.conversation, cut.answer).await;
    // 10 tokens asked, 100 written, by their length.
    let cost = Cost { input_tokens: 10, output_tokens: 100, micros: Some(210), estimated: true, cached_tokens: 0 };
    assert_eq!((answer.state, answer.cost), (MessageState::Interrupted, Some(cost)));
    let spent = in_conversation(&next, cut.conversation).await;
    assert_eq!((spent.answers, spent.micros, spent.estimated), (2, 514 + 210, 1));
    let costs = next.engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
    assert_eq!(costs.days[0].spent, spent);
    // The brake sees it: 724 are spent, and 200 more are too many.
    let asked = bench.upstream.requests().len();
    let turn = next.send(None, &"word".repeat(100)).await;
    let refused = next.ended(turn.conversation, turn.answer).await;
    assert_eq!((failed(&refused), bench.upstream.requests().len()), (Some(FailureCode::SpendingLimit), asked));
    next.engine.quit().await;

    let engine = open(&next.folder, &next.upstream, None).await;
    let third = Bench { engine, upstream: next.upstream, folder: next.folder };
    assert_eq!(in_conversation(&third, cut.conversation).await, spent, "counted once");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_continued_answer_only_what_the_last_turn_wrote_is_counted_again() {
    let first = Script::stream().text(&"水word".repeat(10)).silence();
    let second = Script::stream().text(&"word".repeat(50)).silence();
    let bench = priced([first, second]).await;
    let turn = bench.send(None, "Hi").await;
    bench.message(turn.conversation, turn.answer, |message| !message.text.is_empty()).await;
    let answer = MessageRef { message: turn.answer };
    bench.engine.answer_stop(&Caller::window(), answer.clone()).await.unwrap();
    let stopped = bench.ended(turn.conversation, turn.answer).await.cost.unwrap();
    bench.engine.answer_continue(&Caller::window(), answer).await.unwrap();
    bench.message(turn.conversation, turn.answer, |message| message.text.len() > 200).await;

    let folder = killed(&bench);
    let engine = open(&folder, &bench.upstream, None).await;
    let next = Bench { engine, upstream: Upstream::start([]), folder };
    let whole = next.ended(turn.conversation, turn.answer).await.cost.unwrap();
    assert_eq!(whole.output_tokens, stopped.output_tokens + 50);
    assert_eq!(in_conversation(&next, turn.conversation).await.output_tokens, whole.output_tokens);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_conversation_that_the_end_of_the_process_cut_is_counted_and_names_nothing() {
    let bench = priced([Script::stream().text("Secret.").silence()]).await;
    let create = ConversationCreate { temporary: Some(true), ..ConversationCreate::default() };
    let conversation = bench.engine.conversation_create(&Caller::window(), create).await.unwrap().id;
    let turn = bench.send(Some(conversation), &"ask!".repeat(100)).await;
    bench.message(conversation, turn.answer, |message| !message.text.is_empty()).await;
    // What is written behind it is on the disk, so this is too.
    limit(&bench, 1_000_000).await;
    let engine = open(&killed(&bench), &bench.upstream, None).await;
    let costs = engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
    assert_eq!((costs.days[0].spent.micros, costs.days[0].spent.estimated), (100, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_of_the_users_own_wins_and_is_marked_and_what_was_spent_stays() {
    let usage = || {
        counted(
            json!({ "prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": { "cached_tokens": 400 } }),
        )
    };
    let bench = priced([usage()]).await;
    let model = async || {
        let choices = bench.engine.models_list(&Caller::window(), Nothing {}).await.unwrap();
        choices.into_iter().find(|choice| choice.provider.0 == "scripted").unwrap().model
    };
    let ask = async || {
        let turn = bench.send(None, "Hi").await;
        bench.ended(turn.conversation, turn.answer).await.cost.unwrap().micros
    };
    assert_eq!((ask().await, model().await.price_is_own), (Some(600 + 200 + 200), false));
    let own = json!([{ "provider": "scripted", "model": "test-model", "input": 10_000_000, "cached": 500_000, "output": 40_000_000 }]);
    let patch = json!({ "prices": own });
    bench.engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
    let marked = model().await;
    assert_eq!((marked.price.unwrap().output, marked.price_is_own), (40_000_000, true));
    // A list that comes later does not win either.
    bench.engine.provider_models(&Caller::window(), ProviderRef { provider: "scripted".into() }).await.unwrap();
    assert_eq!(ask().await, Some(6_000 + 200 + 4_000));
    let patch = json!({ "prices": [] });
    bench.engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
    assert_eq!((ask().await, model().await.price_is_own), (Some(1_000), false));
    let costs = bench.engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
    assert_eq!(costs.days[0].spent.micros, 1_000 + 10_200 + 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_programs_request_that_the_end_of_the_process_cut_is_counted_at_the_next_start_and_once() {
    let bench = priced([Script::stream().text(&"word".repeat(100)).silence()]).await;
    let budget = ApiBudget { requests: None, tokens: Some(100), per_s: None };
    let create = ApiTokenCreate { name: "program".into(), budget, lives_s: None };
    let token = bench.engine.api_token_create(&Caller::window(), create).await.unwrap().token.id;
    let messages = vec![ChatMessage::text(Author::User, "ask!".repeat(10))];
    let request =
        || ChatRequest { model: "scripted/test-model".into(), messages: messages.clone(), ..ChatRequest::default() };
    let mut answer = bench.engine.complete(token, request()).await.unwrap();
    let mut text = String::new();
    while text.len() < 400 {
        let Piece::More(deltas) = answer.next().await.unwrap() else { panic!("it ended") };
        text.extend(deltas.into_iter().map(|delta| if let Delta::Text(text) = delta { text } else { String::new() }));
    }
    // What is written behind it is on the disk, so what was noted of it is too.
    limit(&bench, 1_000_000).await;
    let folder = killed(&bench);
    for start in ["first", "second"] {
        let engine = open(&folder, &bench.upstream, None).await;
        let costs = engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
        let spent = costs.days[0].spent;
        // 10 tokens asked, 100 written, by their length.
        assert_eq!((spent.answers, spent.micros, spent.estimated), (1, 210, 1), "{start} start");
        // And the budget of its token is spent.
        let refused = engine.complete(token, request()).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::BudgetSpent, "{start} start");
        engine.quit().await;
    }
}
