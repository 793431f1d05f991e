//! Whole conversations in and out.

use crate::scene::{Scene, new_conversation};
use rivulet_protocol::*;
use rivulet_store::{ConversationChange, Taken};

/// A conversation with a question and two answers.
fn chat(title: &str) -> (Conversation, Vec<Message>) {
    let question = message(None, Author::User, &format!("{title} question 水手册"));
    let one = message(Some(question.id), Author::Assistant, "first answer");
    let two = message(Some(question.id), Author::Assistant, "second answer");
    let mut conversation = new_conversation(title);
    conversation.leaf = Some(one.id);
    conversation.pinned = true;
    conversation.controls.temperature = Some(0.25);
    (conversation, vec![question, one, two])
}

fn message(parent: Option<MessageId>, author: Author, text: &str) -> Message {
    let mut message = Message::new(parent, author, MessageState::Complete);
    message.text = text.into();
    message.tool_calls = vec![ToolCall { id: "c".into(), name: "n".into(), arguments: "{}".into(), result: None }];
    message
}

async fn found(scene: &Scene, query: &str) -> usize {
    let search = Search { query: query.into(), ..Search::default() };
    scene.store.search(search, None).await.unwrap().hits.len()
}

#[tokio::test]
async fn what_is_taken_in_comes_out_and_is_found() {
    let scene = Scene::new();
    let (conversation, messages) = chat("river");
    let taken = scene.store.take_in(vec![(conversation.clone(), messages.clone()), chat("sea")]).await.unwrap();
    assert_eq!(taken, Taken { new_conversations: 2, new_messages: 6, ..Taken::default() });
    let scene = scene.close_and_reopen().await;
    let (out, out_messages) = scene.store.whole(conversation.id).await.unwrap().unwrap();
    assert_eq!((Conversation { head: 0, ..out }, out_messages), (conversation.clone(), messages));
    assert_eq!(scene.store.conversation_ids().await.unwrap().len(), 2);
    assert_eq!((found(&scene, "river").await, found(&scene, "手册").await, found(&scene, "answer").await), (1, 2, 4));
    // A viewer from the beginning is told everything, and what comes next goes on from there.
    let (events, head) = scene.store.events_after(conversation.id, 0).await.unwrap();
    assert_eq!((events.len(), head), (3, 3));
    scene.ask(conversation.id, conversation.leaf).await;
    assert_eq!(scene.recorder.events(conversation.id)[0].seq, 4);
}

#[tokio::test]
async fn taking_in_again_changes_nothing_and_more_of_it_is_added() {
    let scene = Scene::new();
    let (conversation, mut messages) = chat("river");
    scene.store.take_in(vec![(conversation.clone(), messages.clone())]).await.unwrap();
    let rename = ConversationChange { title: Some("Mine".into()), pinned: Some(false), ..Default::default() };
    scene.store.update_conversation(conversation.id, rename).await.unwrap();
    let again = scene.store.take_in(vec![(conversation.clone(), messages.clone())]).await.unwrap();
    assert_eq!(again, Taken::default());

    messages.push(message(Some(messages[1].id), Author::User, "a new question"));
    let mut longer = conversation.clone();
    longer.updated_at += 5;
    let grown = scene.store.take_in(vec![(longer, messages.clone())]).await.unwrap();
    assert_eq!(grown, Taken { grown_conversations: 1, new_messages: 1, ..Taken::default() });
    let (out, out_messages) = scene.store.whole(conversation.id).await.unwrap().unwrap();
    assert_eq!(out_messages, messages);
    // What a person chose here stays.
    assert_eq!((out.title.as_str(), out.pinned, out.leaf), ("Mine", false, conversation.leaf));
    assert_eq!(out.updated_at, conversation.updated_at + 5);
    // Whoever watches it is told.
    assert!(matches!(scene.recorder.events(conversation.id)[..], [Event { seq: 4, .. }]));
}

#[tokio::test]
async fn the_bin_and_other_conversations_stay_as_they_are() {
    let scene = Scene::new();
    let (conversation, messages) = chat("river");
    scene.store.take_in(vec![(conversation.clone(), messages.clone())]).await.unwrap();
    // Another conversation that claims one of its messages.
    let (other, mut claims) = chat("thief");
    claims[2].id = messages[0].id;
    let taken = scene.store.take_in(vec![(other.clone(), claims)]).await.unwrap();
    assert_eq!(taken, Taken { conflicts: 1, ..Taken::default() });
    assert!(scene.store.whole(other.id).await.unwrap().is_none());

    let delete = ConversationChange { deleted: Some(true), ..Default::default() };
    scene.store.update_conversation(conversation.id, delete).await.unwrap();
    let taken = scene.store.take_in(vec![(conversation.clone(), messages)]).await.unwrap();
    assert_eq!(taken, Taken { in_bin: 1, ..Taken::default() });
    assert!(scene.store.whole(conversation.id).await.unwrap().is_none());
    assert!(scene.store.conversation_ids().await.unwrap().is_empty());
}

#[tokio::test]
async fn one_that_cannot_be_taken_takes_back_all() {
    let scene = Scene::new();
    let (conversation, messages) = chat("river");
    let (broken, mut orphans) = chat("broken");
    orphans[1].parent = Some(MessageId::new());
    assert!(scene.store.take_in(vec![(conversation.clone(), messages), (broken, orphans)]).await.is_err());
    assert!(scene.store.conversation_ids().await.unwrap().is_empty());
    assert_eq!(found(&scene, "river").await, 0);
}
