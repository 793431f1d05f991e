//! The tree: nothing is overwritten, and links see what was shared with them.

use super::*;

fn answers() -> [Script; 3] {
    ["First.", "Second.", "Third."].map(|text| Script::stream().text(text).done())
}

#[tokio::test(flavor = "multi_thread")]
async fn regenerating_and_editing_add_siblings() {
    let bench = Bench::start(answers()).await;
    let turn = bench.send(None, "Hi").await;
    bench.ended(turn.conversation, turn.answer).await;

    let again = AnswerRegenerate { message: turn.answer, provider: None, model: None };
    let second = bench.engine.answer_regenerate(&Caller::window(), again).await.unwrap();
    assert_eq!(bench.ended(turn.conversation, second.answer).await.text, "Second.");
    let path = bench.snapshot(turn.conversation).await.messages;
    assert_eq!(path[1].siblings, [turn.answer, second.answer]);

    let edited = MessageSend { at_root: Some(true), ..send(Some(turn.conversation), "Hello") };
    let third = bench.engine.message_send(&Caller::window(), edited).await.unwrap();
    assert_eq!(bench.ended(turn.conversation, third.answer).await.text, "Third.");
    let path = bench.snapshot(turn.conversation).await.messages;
    assert_eq!(path[0].siblings, [turn.question, third.question]);

    let back = MessageRef { message: turn.answer };
    let snapshot = bench.engine.branch_select(&Caller::window(), back).await.unwrap();
    let texts: Vec<_> = snapshot.messages.iter().map(|path| path.message.text.as_str()).collect();
    assert_eq!(texts, ["Hi", "First."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_message_names_the_conversation_and_a_deletion_can_be_taken_back() {
    let bench = Bench::start(answers()).await;
    let turn = bench.send(None, "# Rivers\nof the world").await;
    bench.ended(turn.conversation, turn.answer).await;
    let conversation = ConversationRef { conversation: turn.conversation };
    assert_eq!(bench.snapshot(turn.conversation).await.conversation.title, "Rivers");
    bench.engine.conversation_delete(&Caller::window(), conversation.clone()).await.unwrap();
    let list = bench.engine.conversations_list(&Caller::window(), ConversationsList::default()).await.unwrap();
    assert_eq!(list.conversations, []);
    bench.engine.conversation_restore(&Caller::window(), conversation).await.unwrap();
    assert_eq!(bench.snapshot(turn.conversation).await.messages.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_learn_what_the_run_was_started_with() {
    let bench = Bench::start(answers()).await;
    let info = bench.engine.app_info(&Caller::window(), Nothing {}).await.unwrap();
    let choice = info.started_with.unwrap();
    assert_eq!((choice.provider, choice.model.id), ("scripted".into(), "test-model".into()));
    let viewer = Caller { role: CallerRole::Viewer, ..Caller::window() };
    assert_eq!(
        bench.engine.app_info(&viewer, Nothing {}).await.unwrap().started_with.map(|choice| choice.provider),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sees_only_what_was_shared_with_it() {
    let bench = Bench::start(answers()).await;
    let (shared, private) = (bench.send(None, "Shared").await, bench.send(None, "Private").await);
    let scope = Scope::Some(vec![shared.conversation]);
    let viewer = Caller { role: CallerRole::Viewer, scope, link: Some(LinkId::new()) };
    assert!(bench.engine.watch(&viewer, shared.conversation, 0).await.is_ok());
    let refused = bench.engine.watch(&viewer, private.conversation, 0).await.err().unwrap();
    assert_eq!(refused.code, ErrorCode::NotFound);
    let list = bench.engine.conversations_list(&viewer, ConversationsList::default()).await.unwrap();
    assert_eq!(list.conversations.iter().map(|found| found.id).collect::<Vec<_>>(), [shared.conversation]);
    let send = serde_json::json!({ "conversation": shared.conversation, "text": "Hi" });
    let refused = dispatch(&bench.engine, &viewer, "message_send", send).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Forbidden);
}
