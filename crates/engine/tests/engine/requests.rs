//! What is asked, and what of an answer is kept to be told again.

use super::*;
use serde_json::{Value, json};

fn body(bench: &Bench, at: usize) -> Value {
    serde_json::from_str(&bench.upstream.requests()[at].body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tool_calls_stay_with_their_answer() {
    let call = json!({ "index": 0, "id": "call_1", "function": { "name": "weather", "arguments": "{\"city\":" } });
    let rest = json!({ "index": 0, "function": { "arguments": "\"Paris\"}" } });
    let chunk = |delta: Value| json!({ "choices": [{ "delta": { "tool_calls": [delta] } }] }).to_string();
    let calls = Script::stream().text("I look.").data(&chunk(call)).data(&chunk(rest)).done();
    let bench = Bench::start([calls, Script::stream().text("Never mind.").done()]).await;
    let turn = bench.send(None, "Is it raining?").await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    let kept = &answer.tool_calls[..];
    assert_eq!(kept.len(), 1, "{answer:?}");
    assert_eq!((kept[0].name.as_str(), kept[0].arguments.as_str()), ("weather", r#"{"city":"Paris"}"#));
    // A late viewer is told of it as an early one was.
    let mut late = bench.engine.watch(&Caller::window(), turn.conversation, 0).await.unwrap();
    let mut told = Vec::new();
    while late.position() < late.head() {
        told.extend(late.next().await.unwrap().events);
    }
    assert!(told.iter().any(|event| matches!(&event.body, EventBody::ToolCall { id, .. } if id == "call_1")));
    // Nobody ran it: no vendor takes a call back without its result.
    let again = bench.send(Some(turn.conversation), "Well?").await;
    bench.ended(again.conversation, again.answer).await;
    let asked = body(&bench, 1);
    assert_eq!(asked["messages"][1], json!({ "role": "assistant", "content": "I look." }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_answered_as_it_is_set() {
    let whole = r#"{"choices":[{"message":{"role":"assistant","content":"At once."},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":3,"completion_tokens":2}}"#;
    let whole = Script::whole(200, "Content-Type: application/json\r\n", whole);
    let bench = Bench::start([Script::stream().text("One.").done(), whole]).await;
    let turn = bench.send(None, "Hi").await;
    bench.ended(turn.conversation, turn.answer).await;
    assert!(body(&bench, 0).get("temperature").is_none(), "what is not set is the vendor's to choose");
    let controls = Controls { temperature: Some(0.25), stream: Some(false), ..Controls::default() };
    let set = ConversationControls { conversation: turn.conversation, controls: controls.clone() };
    let set = bench.engine.conversation_controls(&Caller::window(), set).await.unwrap();
    assert_eq!(set.controls, controls);
    let turn = bench.send(Some(turn.conversation), "And now?").await;
    let answer = bench.ended(turn.conversation, turn.answer).await;
    assert_eq!((answer.text.as_str(), answer.state), ("At once.", MessageState::Complete));
    assert_eq!(answer.usage.and_then(|usage| usage.output_tokens), Some(2));
    let asked = body(&bench, 1);
    assert_eq!((&asked["temperature"], &asked["stream"]), (&json!(0.25), &json!(false)));
    assert_eq!(bench.snapshot(turn.conversation).await.conversation.controls, controls, "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_over_the_wire_can_be_seen_without_the_key() {
    const KEY: &str = "sk-canary-0123456789";
    let busy = Script::whole(503, "Retry-After: 0\r\n", &format!("{{\"error\":\"not now, {KEY}\"}}"));
    let echo = Script::stream().text(KEY).done();
    let bench = Bench::with_key([busy, echo], KEY).await;
    let turn = bench.send(None, &format!("Is {KEY} a key?")).await;
    bench.ended(turn.conversation, turn.answer).await;
    let seen = MessageRef { message: turn.answer };
    let trace = bench.engine.answer_trace(&Caller::window(), seen).await.unwrap();
    let statuses: Vec<_> = trace.exchanges.iter().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [Some(503), Some(200)]);
    let (first, last) = (&trace.exchanges[0], &trace.exchanges[1]);
    assert!(first.failure.is_some() && last.failure.is_none());
    assert!(last.body.contains("a key?") && last.url.ends_with("/chat/completions"), "{last:?}");
    assert!(last.events.len() >= 3 && last.events.iter().any(|event| event.data == "[DONE]"), "{last:?}");
    assert!(last.headers.iter().any(|header| header.name == "authorization" && header.value == "•••"));
    assert!(bench.upstream.requests()[1].head.contains(KEY), "the vendor got it");
    assert!(!serde_json::to_string(&trace).unwrap().contains(KEY));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_part_of_ones_own_is_asked_for_first() {
    let bench = Bench::start([]).await;
    let azure = async || {
        let all = bench.engine.providers_list(&Caller::window(), Nothing::default()).await.unwrap();
        all.into_iter().find(|provider| provider.id.0 == "azure").unwrap()
    };
    assert!(azure().await.needs_address);
    let request = json!({ "id": "azure", "name": "Azure", "base_url": "https://mine.openai.azure.com/openai/v1" });
    let save: ProviderSave = serde_json::from_value(request).unwrap();
    bench.engine.provider_save(&Caller::window(), save).await.unwrap();
    let azure = azure().await;
    assert!(!azure.needs_address && azure.origin == "https://mine.openai.azure.com", "{azure:?}");
}
