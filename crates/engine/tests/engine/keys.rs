//! Several keys of one provider: asked in turn when one is refused or used up, and never after something has come.

use super::*;
use serde_json::json;

/// A provider of one's own at the upstream, with these keys in memory.
async fn keyed(scripts: impl IntoIterator<Item = Script>, keys: &[&str]) -> (Bench, ProviderId) {
    let bench = Bench::start(scripts).await;
    let save = json!({ "name": "Own", "base_url": bench.upstream.base_url(), "models": ["test-model"] });
    let provider =
        bench.engine.provider_save(&Caller::window(), serde_json::from_value(save).unwrap()).await.unwrap().id;
    for (number, key) in keys.iter().enumerate() {
        let set = json!({ "provider": provider, "key": key, "keep": "memory", "number": number, "label": format!("name {number}") });
        bench.engine.key_set(&Caller::window(), serde_json::from_value(set).unwrap()).await.unwrap();
    }
    (bench, provider)
}

async fn ask(bench: &Bench, provider: &ProviderId) -> Message {
    let request =
        MessageSend { provider: Some(provider.clone()), model: Some("test-model".into()), ..send(None, "Hi") };
    let turn = bench.engine.message_send(&Caller::window(), request).await.unwrap();
    bench.ended(turn.conversation, turn.answer).await
}

/// The keys that were sent, in order.
fn sent(bench: &Bench) -> Vec<String> {
    let key = |head: String| {
        let line = head.lines().find(|line| line.to_lowercase().starts_with("authorization:")).unwrap().to_owned();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    bench.upstream.requests().into_iter().map(|request| key(request.head)).collect()
}

async fn shown(bench: &Bench, provider: &ProviderId) -> Vec<KeyInfo> {
    let all = bench.engine.providers_list(&Caller::window(), Nothing {}).await.unwrap();
    let own = all.into_iter().find(|one| one.id == *provider).unwrap();
    own.key.into_iter().chain(own.more_keys).collect()
}

fn refused(status: u16, body: &str) -> Script {
    Script::whole(status, "Content-Type: application/json\r\n", body)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_key_is_asked_when_one_is_refused_or_used_up() {
    let used_up = r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#;
    let scripts = [refused(401, "{}"), refused(429, used_up), refused(402, "{}"), Script::stream().text("Yes.").done()];
    let (bench, provider) =
        keyed(scripts, &["key-0-aaaaaaaa", "key-1-bbbbbbbb", "key-2-cccccccc", "key-3-dddddddd"]).await;
    let answer = ask(&bench, &provider).await;
    assert_eq!((answer.text.as_str(), answer.state), ("Yes.", MessageState::Complete), "{:?}", answer.failure);
    let order = ["key-0-aaaaaaaa", "key-1-bbbbbbbb", "key-2-cccccccc", "key-3-dddddddd"];
    assert_eq!(sent(&bench), order, "one request with each, and no more");
    let problems: Vec<_> = shown(&bench, &provider).await.iter().map(|key| key.problem.map(|one| one.code)).collect();
    let quota = Some(FailureCode::Quota);
    assert_eq!(problems, [Some(FailureCode::Unauthorized), quota, quota, None]);

    // The one that was good comes first from now on; it alone is asked, and pays.
    ask(&bench, &provider).await;
    assert_eq!(sent(&bench)[4..], ["key-3-dddddddd"]);
    let costs = bench.engine.costs_get(&Caller::window(), CostsGet::default()).await.unwrap();
    assert_eq!((costs.days[0].key, costs.days[0].spent.answers), (3, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_again_after_something_has_come() {
    let error = json!({ "error": { "message": "quota", "code": "insufficient_quota" } }).to_string();
    let cut = Script::stream().text("Half an").data(&error).end();
    let (bench, provider) =
        keyed([cut, Script::stream().text("Twice paid.").done()], &["key-0-aaaaaaaa", "key-1-bbbbbbbb"]).await;
    let answer = ask(&bench, &provider).await;
    assert_eq!((answer.text.as_str(), answer.state), ("Half an", MessageState::Failed));
    assert_eq!(bench.upstream.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_faults_are_not_the_keys_and_the_last_key_s_refusal_is_told() {
    let (bench, provider) =
        keyed([refused(400, "{}"), refused(401, "{}")], &["key-0-aaaaaaaa", "key-1-bbbbbbbb"]).await;
    assert_eq!(ask(&bench, &provider).await.failure.unwrap().code, FailureCode::BadRequest);
    assert_eq!(bench.upstream.requests().len(), 1);
    assert_eq!(ask(&bench, &provider).await.failure.unwrap().code, FailureCode::Unauthorized);
    assert_eq!(sent(&bench)[1..], ["key-0-aaaaaaaa", "key-1-bbbbbbbb"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_key_is_shown_by_name_kept_apart_and_forgotten_alone() {
    let (bench, provider) = keyed([Script::stream().text("Yes.").done()], &["key-0-aaaaaaaa", "key-1-bbbbbbbb"]).await;
    let keys = shown(&bench, &provider).await;
    let told: Vec<_> = keys.iter().map(|key| (key.number, key.label.as_str(), key.last_four.as_str())).collect();
    assert_eq!(told, [(0, "name 0", "aaaa"), (1, "name 1", "bbbb")]);
    let first = KeyRef { provider: provider.clone(), number: Some(0) };
    bench.engine.key_delete(&Caller::window(), first).await.unwrap();
    ask(&bench, &provider).await;
    assert_eq!(sent(&bench), ["key-1-bbbbbbbb"]);
    bench.engine.key_delete(&Caller::window(), KeyRef { provider: provider.clone(), number: None }).await.unwrap();
    assert_eq!(shown(&bench, &provider).await, []);
    let many = json!({ "provider": provider, "key": "key-x-xxxxxxxx", "keep": "memory", "number": 16 });
    assert!(bench.engine.key_set(&Caller::window(), serde_json::from_value(many).unwrap()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_key_has_a_limit_of_its_own_and_the_brake_does_not_go_round_by_the_next_key() {
    let (bench, provider) = keyed([refused(401, "{}")], &["key-0-aaaaaaaa", "key-1-bbbbbbbb"]).await;
    let patch = json!({ "limits": [{ "provider": provider, "key": 1, "micros": 0 }] });
    bench.engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
    assert_eq!(ask(&bench, &provider).await.failure.unwrap().code, FailureCode::SpendingLimit);
    assert_eq!(sent(&bench), ["key-0-aaaaaaaa"], "the first is refused, and the second may spend nothing");
}
