//! The bin: what is in it is seen by nothing else, comes back whole, or goes for ever.

use crate::scene::{Scene, new_conversation};
use rivulet_protocol::*;
use rivulet_store::{Binned, ConversationChange, StoreError};
use rusqlite::Connection;

/// A question with an answer that says `text`.
async fn said(scene: &Scene, conversation: ConversationId, parent: Option<MessageId>, text: &str) -> [MessageId; 2] {
    let (question, mut answer) = scene.ask(conversation, parent).await;
    scene.say(conversation, &mut answer, text);
    scene.finish(conversation, &mut answer).await;
    [question.id, answer.id]
}

async fn found(scene: &Scene, query: &str) -> usize {
    let search = Search { query: query.into(), ..Search::default() };
    scene.store.search(search, None).await.unwrap().hits.len()
}

async fn path(scene: &Scene, conversation: ConversationId) -> Vec<MessageId> {
    let snapshot = scene.store.snapshot(conversation, 100).await.unwrap().unwrap();
    snapshot.messages.iter().map(|path| path.message.id).collect()
}

async fn told(scene: &Scene, conversation: ConversationId) -> Vec<MessageId> {
    let (events, _) = scene.store.events_after(conversation, 0).await.unwrap();
    let mut told: Vec<MessageId> = events.iter().map(|event| event.message).collect();
    told.dedup();
    told
}

fn rows(scene: &Scene, table: &str) -> i64 {
    let database = Connection::open(scene.dir.path().join("rivulet.db")).unwrap();
    database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_deleted_message_takes_what_is_below_it_along_and_back() {
    let scene = Scene::new();
    let chat = scene.conversation("rivers").await;
    let [q1, a1] = said(&scene, chat, None, "first water").await;
    let [q2, a2] = said(&scene, chat, Some(a1), "second water").await;
    let other = scene.answer(chat, q2).await;
    let mut other = Message { ..other };
    scene.say(chat, &mut other, "another water");
    scene.finish(chat, &mut other).await;
    assert_eq!(scene.store.delete_message(q2).await.unwrap(), chat);
    assert_eq!(path(&scene, chat).await, [q1, a1]);
    assert_eq!(found(&scene, "water").await, 1);
    assert_eq!(told(&scene, chat).await, [q1, a1]);
    for gone in [q2, a2, other.id] {
        assert_eq!(scene.store.message(gone).await.unwrap(), None);
        assert!(matches!(scene.store.delete_message(gone).await, Err(StoreError::NotFound(_))));
    }
    let (_, whole) = scene.store.whole(chat).await.unwrap().unwrap();
    assert_eq!(whole.len(), 2, "an export does not have it");
    let under = Message::new(Some(a2), Author::User, MessageState::Complete);
    let leaf = under.id;
    assert!(scene.store.begin(chat, vec![under], leaf).await.is_err(), "nothing is added below it");
    let bin = scene.store.bin(0, 10).await.unwrap();
    assert_eq!((bin.entries.len(), bin.entries[0].message, bin.entries[0].messages), (1, Some(q2), 3));
    assert_eq!(bin.entries[0].title, "rivers");

    let scene = scene.close_and_reopen().await;
    scene.store.restore_message(q2).await.unwrap();
    assert_eq!(path(&scene, chat).await, [q1, a1, q2, other.id]);
    assert_eq!(found(&scene, "water").await, 3);
    assert_eq!(scene.store.bin(0, 10).await.unwrap(), BinPage::default());
    assert!(matches!(scene.store.restore_message(q2).await, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn the_shown_path_ends_at_the_sibling_before() {
    let scene = Scene::new();
    let chat = scene.conversation("").await;
    let [q, first] = said(&scene, chat, None, "one").await;
    let mut second = scene.answer(chat, q).await;
    scene.finish(chat, &mut second).await;
    scene.store.delete_message(second.id).await.unwrap();
    assert_eq!(path(&scene, chat).await, [q, first]);
    let snapshot = scene.store.snapshot(chat, 10).await.unwrap().unwrap();
    assert_eq!(snapshot.messages[1].siblings, [first]);
    assert_eq!(scene.store.newest_leaf_below(q).await.unwrap(), first);
    scene.store.delete_message(first).await.unwrap();
    assert_eq!(path(&scene, chat).await, [q]);
    scene.store.delete_message(q).await.unwrap();
    assert_eq!(scene.store.conversation(chat).await.unwrap().unwrap().leaf, None);
    // The answer was deleted before its question: it brings it back, but not the other answer.
    scene.store.restore_message(second.id).await.unwrap();
    assert_eq!(path(&scene, chat).await, [q, second.id]);
    assert_eq!(scene.store.bin(0, 10).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn for_ever_leaves_no_row_and_no_word() {
    let scene = Scene::new();
    let chat = scene.conversation("keep").await;
    let [_, a1] = said(&scene, chat, None, "stays").await;
    let [q2, a2] = said(&scene, chat, Some(a1), "goes").await;
    let gone = scene.conversation("goes too").await;
    said(&scene, gone, None, "goes").await;
    assert!(scene.store.purge(Binned::Message(q2)).await.is_err(), "only what is in the bin");
    assert!(scene.store.purge(Binned::Conversation(gone)).await.is_err(), "only what is in the bin");
    scene.store.delete_message(a2).await.unwrap();
    scene.store.delete_message(q2).await.unwrap();
    let bin = ConversationChange { deleted: Some(true), ..Default::default() };
    scene.store.update_conversation(gone, bin).await.unwrap();
    assert_eq!(scene.store.bin(0, 2).await.unwrap().entries.len(), 2);
    assert!(scene.store.bin(0, 2).await.unwrap().has_more);
    assert_eq!(scene.store.binned_before(1).await.unwrap(), None);

    scene.store.purge(Binned::Message(q2)).await.unwrap();
    while let Some(binned) = scene.store.binned_before(now_ms() + 1).await.unwrap() {
        scene.store.purge(binned).await.unwrap();
    }
    assert_eq!(scene.store.bin(0, 10).await.unwrap(), BinPage::default());
    assert_eq!((rows(&scene, "message"), rows(&scene, "conversation"), rows(&scene, "log")), (2, 1, 0));
    assert_eq!((found(&scene, "goes").await, found(&scene, "stays").await), (0, 1));
    // The log goes on behind the numbers of what is gone.
    let head = scene.store.conversation(chat).await.unwrap().unwrap().head;
    said(&scene, chat, Some(a1), "more").await;
    let (events, _) = scene.store.events_after(chat, head).await.unwrap();
    assert_eq!(events[0].seq, head + 1);
}

#[tokio::test]
async fn an_import_does_not_bring_back_what_was_deleted() {
    let scene = Scene::new();
    let question = Message { text: "q".into(), ..Message::new(None, Author::User, MessageState::Complete) };
    let under = |parent: &Message, text: &str| Message {
        text: text.into(),
        ..Message::new(Some(parent.id), Author::Assistant, MessageState::Complete)
    };
    let answer = under(&question, "deleted");
    let mut chat = new_conversation("imported");
    chat.leaf = Some(answer.id);
    let mut all = vec![question.clone(), answer.clone()];
    scene.store.take_in(vec![(chat.clone(), all.clone())]).await.unwrap();
    scene.store.delete_message(answer.id).await.unwrap();
    let later = under(&answer, "later deleted");
    all.push(later.clone());
    scene.store.take_in(vec![(chat.clone(), all)]).await.unwrap();
    assert_eq!(path(&scene, chat.id).await, [question.id]);
    assert_eq!(found(&scene, "deleted").await, 0);
    scene.store.restore_message(answer.id).await.unwrap();
    assert_eq!(path(&scene, chat.id).await, [question.id, answer.id, later.id]);
    assert_eq!(found(&scene, "deleted").await, 2);
}
