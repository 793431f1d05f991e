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

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_message_is_told_to_nobody_and_comes_back() {
    let bench = Bench::start(answers()).await;
    let first = bench.send(None, "Hi").await;
    bench.ended(first.conversation, first.answer).await;
    let second = bench.send(Some(first.conversation), "And?").await;
    bench.ended(first.conversation, second.answer).await;
    let message = MessageRef { message: second.question };
    let shown = bench.engine.message_delete(&Caller::window(), message.clone()).await.unwrap();
    assert_eq!(shown.messages.iter().map(|path| path.message.id).collect::<Vec<_>>(), [first.question, first.answer]);
    // Whoever reads the log from its beginning, from memory or from the disk.
    let mut late = bench.engine.watch(&Caller::window(), first.conversation, 0).await.unwrap();
    let third = bench.send(Some(first.conversation), "So?").await;
    bench.ended(first.conversation, third.answer).await;
    let mut told = Vec::new();
    while late.position() < late.head() {
        let batch = late.next().await.unwrap();
        assert!(!batch.events.is_empty());
        told.extend(batch.events.into_iter().map(|event| event.message));
    }
    assert!(told.contains(&third.answer) && !told.contains(&second.question) && !told.contains(&second.answer));
    let bin = bench.engine.bin_list(&Caller::window(), BinList::default()).await.unwrap();
    assert_eq!((bin.entries[0].text.as_str(), bin.entries[0].messages), ("And?", 2));
    let shown = bench.engine.message_restore(&Caller::window(), message.clone()).await.unwrap();
    assert_eq!(shown.messages.last().unwrap().message.id, second.answer);
    bench.engine.message_delete(&Caller::window(), message.clone()).await.unwrap();
    bench.engine.bin_purge(&Caller::window(), BinPurge::default()).await.unwrap();
    assert_eq!(bench.engine.message_restore(&Caller::window(), message).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_question_stops_its_answer() {
    let bench = Bench::start([Script::stream().text("So far").silence()]).await;
    let turn = bench.send(None, "Hi").await;
    bench.message(turn.conversation, turn.answer, |message| message.text == "So far").await;
    let message = MessageRef { message: turn.question };
    bench.engine.message_delete(&Caller::window(), message.clone()).await.unwrap();
    assert_eq!(bench.engine.running_answers(), 0);
    let shown = bench.engine.message_restore(&Caller::window(), message).await.unwrap();
    assert_eq!(shown.messages[1].message.state, MessageState::Stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_other_words_is_a_sibling_and_what_the_model_reads() {
    let bench = Bench::start(answers()).await;
    let turn = bench.send(None, "Hi").await;
    bench.ended(turn.conversation, turn.answer).await;
    let edit = |message, text: &str| MessageEdit { message, text: text.into() };
    let shown = bench.engine.message_edit(&Caller::window(), edit(turn.answer, "Mine.")).await.unwrap();
    let edited = &shown.messages[1];
    assert_eq!((edited.message.text.as_str(), edited.message.edited), ("Mine.", true));
    assert_eq!(edited.siblings, [turn.answer, edited.message.id]);
    let next = bench.send(Some(turn.conversation), "And?").await;
    bench.ended(turn.conversation, next.answer).await;
    let asked: serde_json::Value = serde_json::from_str(&bench.upstream.requests()[1].body).unwrap();
    assert_eq!(asked["messages"][1]["content"], "Mine.");
    for refused in [edit(turn.question, "No"), edit(turn.answer, " ")] {
        let error = bench.engine.message_edit(&Caller::window(), refused).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Invalid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_has_the_path_up_to_its_message_and_leaves_the_rest_alone() {
    let bench = Bench::start(answers()).await;
    let first = bench.send(None, "Rivers").await;
    bench.ended(first.conversation, first.answer).await;
    let second = bench.send(Some(first.conversation), "And?").await;
    bench.ended(first.conversation, second.answer).await;
    let message = MessageRef { message: first.answer };
    let fork = bench.engine.conversation_fork(&Caller::window(), message).await.unwrap();
    assert_eq!(fork.title, "Rivers (2)");
    let path = bench.snapshot(fork.id).await.messages;
    let texts: Vec<_> = path.iter().map(|path| path.message.text.as_str()).collect();
    assert_eq!(texts, ["Rivers", "First."]);
    assert!(path[0].message.id != first.question && path[1].message.parent == Some(path[0].message.id));
    let third = bench.send(Some(fork.id), "Else?").await;
    assert_eq!(bench.ended(fork.id, third.answer).await.text, "Third.");
    assert_eq!(bench.snapshot(first.conversation).await.messages.len(), 4);
}
