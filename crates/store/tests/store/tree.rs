//! The tree of messages: branches, siblings, pages of a path.

use crate::scene::{Scene, turn};
use rivulet_protocol::*;
use rivulet_store::{ConversationChange, StoreError};

/// A chain of `count` turns; all messages in order.
async fn chain(scene: &Scene, conversation: ConversationId, count: usize) -> Vec<MessageId> {
    let mut ids: Vec<MessageId> = Vec::new();
    for _ in 0..count {
        let (question, mut answer) = scene.ask(conversation, ids.last().copied()).await;
        scene.finish(conversation, &mut answer).await;
        ids.extend([question.id, answer.id]);
    }
    ids
}

fn ids(messages: &[PathMessage]) -> Vec<MessageId> {
    messages.iter().map(|message| message.message.id).collect()
}

#[tokio::test]
async fn a_path_is_read_in_pages_from_its_end() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let all = chain(&scene, conversation, 5).await;
    let leaf = *all.last().unwrap();
    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let (page, has_older) = scene.store.path_page(conversation, leaf, before, 4).await.unwrap();
        before = page.first().map(|message| message.message.id);
        pages.splice(0..0, ids(&page));
        if !has_older {
            break;
        }
        assert_eq!(page.len(), 4);
    }
    assert_eq!(pages, all);
    let (exact, has_older) = scene.store.path_page(conversation, leaf, None, 10).await.unwrap();
    assert_eq!((ids(&exact), has_older), (all.clone(), false));
    let (none, has_older) = scene.store.path_page(conversation, leaf, Some(all[0]), 10).await.unwrap();
    assert!(none.is_empty() && !has_older, "nothing is before the first");
    let whole = scene.store.path_for_request(conversation, all[3]).await.unwrap();
    assert_eq!(whole.iter().map(|message| message.id).collect::<Vec<_>>(), all[..4]);
}

#[tokio::test]
async fn editing_and_regenerating_add_siblings() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (first, mut first_answer) = scene.ask(conversation, None).await;
    scene.finish(conversation, &mut first_answer).await;
    let mut again = scene.answer(conversation, first.id).await;
    scene.finish(conversation, &mut again).await;
    let (edited, mut edited_answer) = scene.ask(conversation, None).await;
    scene.finish(conversation, &mut edited_answer).await;

    let snapshot = scene.store.snapshot(conversation, 10).await.unwrap().unwrap();
    assert_eq!(ids(&snapshot.messages), [edited.id, edited_answer.id]);
    assert_eq!(snapshot.messages[0].siblings, [first.id, edited.id]);
    assert_eq!(snapshot.messages[1].siblings, [edited_answer.id]);

    let leaf = scene.store.newest_leaf_below(first.id).await.unwrap();
    assert_eq!(leaf, again.id);
    let change = ConversationChange { leaf: Some(leaf), ..Default::default() };
    scene.store.update_conversation(conversation, change).await.unwrap();
    let snapshot = scene.store.snapshot(conversation, 10).await.unwrap().unwrap();
    assert_eq!(ids(&snapshot.messages), [first.id, again.id]);
    assert_eq!(snapshot.messages[1].siblings, [first_answer.id, again.id]);
    assert_eq!(scene.store.newest_leaf_below(first_answer.id).await.unwrap(), first_answer.id);
}

#[tokio::test]
async fn messages_and_leaves_belong_to_one_conversation() {
    let scene = Scene::new();
    let (here, there) = (scene.conversation("here").await, scene.conversation("there").await);
    let (question, answer) = scene.ask(here, None).await;
    let stray = Message::new(Some(question.id), Author::Assistant, MessageState::Running);
    let begun = scene.store.begin(there, vec![stray.clone()], stray.id).await;
    assert!(matches!(begun, Err(StoreError::NotFound(_))), "{begun:?}");
    let change = ConversationChange { leaf: Some(answer.id), ..Default::default() };
    assert!(matches!(scene.store.update_conversation(there, change).await, Err(StoreError::NotFound(_))));
    let (question, _) = turn(None);
    let begun = scene.store.begin(there, vec![question], answer.id).await;
    assert!(matches!(begun, Err(StoreError::NotFound(_))), "{begun:?}");
    let nowhere = ConversationId::new();
    let root = Message::new(None, Author::User, MessageState::Complete);
    assert!(matches!(scene.store.begin(nowhere, vec![root.clone()], root.id).await, Err(StoreError::NotFound(_))));
    assert_eq!(scene.store.path_for_request(there, answer.id).await.unwrap(), []);
    let found = scene.store.conversation(there).await.unwrap().unwrap();
    assert_eq!((found.leaf, found.head, found.running), (None, 0, false));
}

#[tokio::test]
async fn a_running_answer_is_read_with_what_is_committed() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let (_, mut answer) = scene.ask(conversation, None).await;
    scene.say(conversation, &mut answer, "half");
    scene.think(conversation, &mut answer, "because");
    scene.settle(conversation).await;
    let snapshot = scene.store.snapshot(conversation, 10).await.unwrap().unwrap();
    assert!(snapshot.conversation.running);
    assert_eq!(snapshot.messages[1].message, answer);
    // Exact at its head: what comes after it joins.
    scene.say(conversation, &mut answer, "-way");
    scene.settle(conversation).await;
    let (rest, _) = scene.store.events_after(conversation, snapshot.conversation.head).await.unwrap();
    assert_eq!(rest[0].body, EventBody::Text { text: "-way".into(), offset: 4 });
}

#[tokio::test]
async fn the_cost_of_opening_is_the_page() {
    let scene = Scene::new();
    let conversation = scene.conversation("").await;
    let all = chain(&scene, conversation, 20).await;
    // The plan, not the time: no table is read from end to end.
    let rows = rusqlite::Connection::open(scene.dir.path().join("rivulet.db")).unwrap();
    for sql in [
        "SELECT id FROM message WHERE conversation = ?1 AND parent IS ?2 ORDER BY n",
        "SELECT id FROM conversation WHERE deleted_at IS NULL ORDER BY pinned DESC, updated_at DESC LIMIT 5",
        "SELECT 1 FROM message WHERE conversation = ?1 AND state = 'running'",
    ] {
        let mut plan = rows.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let nothing = rusqlite::params_from_iter(vec![rusqlite::types::Null; plan.parameter_count()]);
        let lines = plan.query_map(nothing, |row| row.get::<_, String>(3)).unwrap();
        for line in lines.map(Result::unwrap) {
            assert!(line.contains("INDEX"), "{sql}: {line}");
        }
    }
    let snapshot = scene.store.snapshot(conversation, 6).await.unwrap().unwrap();
    assert_eq!(ids(&snapshot.messages), all[34..]);
    assert!(snapshot.has_older);
}
