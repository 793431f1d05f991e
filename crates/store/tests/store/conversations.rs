//! The list of conversations, names, the bin.

use crate::scene::{Scene, new_conversation};
use rivulet_protocol::*;
use rivulet_store::{ConversationChange, Listed};

async fn titles(scene: &Scene, query: Option<&str>, only: Option<Vec<ConversationId>>) -> Vec<String> {
    let listed = Listed { query: query.map(Into::into), only, ..Listed::default() };
    let page = scene.store.conversations(0, 100, listed).await.unwrap();
    page.conversations.into_iter().map(|conversation| conversation.title).collect()
}

#[tokio::test]
async fn the_list_has_pinned_ones_first_then_the_latest() {
    let scene = Scene::new();
    let mut ids = Vec::new();
    for (number, title) in ["oldest", "middle", "latest"].into_iter().enumerate() {
        let mut new = new_conversation(title);
        new.updated_at = 1_000 + number as u64;
        ids.push(new.id);
        scene.store.create_conversation(new, None).await.unwrap();
    }
    assert_eq!(titles(&scene, None, None).await, ["latest", "middle", "oldest"]);
    let pin = ConversationChange { pinned: Some(true), ..Default::default() };
    let pinned = scene.store.update_conversation(ids[0], pin).await.unwrap().unwrap();
    assert!(pinned.pinned);
    assert_eq!(titles(&scene, None, None).await, ["oldest", "latest", "middle"]);
    // A message makes its conversation the latest.
    scene.ask(ids[1], None).await;
    assert_eq!(titles(&scene, None, None).await, ["oldest", "middle", "latest"]);
    assert_eq!(titles(&scene, None, Some(vec![ids[2], ids[1]])).await, ["middle", "latest"]);
    assert_eq!(titles(&scene, None, Some(Vec::new())).await, [""; 0]);

    let page = scene.store.conversations(0, 2, Listed::default()).await.unwrap();
    assert!(page.has_more && page.conversations.len() == 2);
    let page = scene.store.conversations(2, 2, Listed::default()).await.unwrap();
    assert!(!page.has_more && page.conversations.len() == 1);
}

#[tokio::test]
async fn titles_are_searched_for_what_was_typed() {
    let scene = Scene::new();
    for title in ["100% sure", "100 apples", "snake_case", "snakeXcase", "杭州的雨", "back\\slash"] {
        scene.conversation(title).await;
    }
    assert_eq!(titles(&scene, Some("100%"), None).await, ["100% sure"]);
    assert_eq!(titles(&scene, Some("E_c"), None).await, ["snake_case"]);
    assert_eq!(titles(&scene, Some(" 的 "), None).await, ["杭州的雨"]);
    assert_eq!(titles(&scene, Some("k\\s"), None).await, ["back\\slash"]);
    assert_eq!(titles(&scene, Some("nothing"), None).await, [""; 0]);
    assert_eq!(titles(&scene, Some("  "), None).await.len(), 6);
}

#[tokio::test]
async fn a_change_touches_only_what_it_names() {
    let scene = Scene::new();
    let id = scene.conversation("before").await;
    let untouched = scene.store.conversation(id).await.unwrap().unwrap();
    let change = ConversationChange {
        title: Some("after".into()),
        model: Some((ProviderId::from("demo"), "clock".into())),
        ..Default::default()
    };
    let changed = scene.store.update_conversation(id, change).await.unwrap().unwrap();
    let expected = Conversation {
        title: "after".into(),
        provider: Some(ProviderId::from("demo")),
        model: Some("clock".into()),
        ..untouched
    };
    assert_eq!(changed, expected);
    assert_eq!(scene.store.conversation(id).await.unwrap(), Some(expected));
    let none = scene.store.update_conversation(ConversationId::new(), ConversationChange::default()).await;
    assert_eq!(none.unwrap(), None);
}

#[tokio::test]
async fn the_bin_hides_and_gives_back() {
    let scene = Scene::new();
    let new = new_conversation("kept");
    let id = new.id;
    scene.store.create_conversation(new, Some("page-1".into())).await.unwrap();
    scene.ask(id, None).await;
    let bin = |deleted| ConversationChange { deleted: Some(deleted), ..Default::default() };
    assert_eq!(scene.store.update_conversation(id, bin(true)).await.unwrap(), None);
    assert_eq!(scene.store.conversation(id).await.unwrap(), None);
    assert_eq!(scene.store.conversation_by_uid("page-1").await.unwrap(), None);
    assert_eq!(scene.store.snapshot(id, 10).await.unwrap(), None);
    assert_eq!(titles(&scene, None, None).await, [""; 0]);
    let restored = scene.store.update_conversation(id, bin(false)).await.unwrap().unwrap();
    assert_eq!((restored.title.as_str(), restored.head), ("kept", 2));
    assert_eq!(scene.store.conversation_by_uid("page-1").await.unwrap(), Some(id));
    assert_eq!(scene.store.snapshot(id, 10).await.unwrap().unwrap().messages.len(), 2);
}

#[tokio::test]
async fn a_name_is_given_once() {
    let scene = Scene::new();
    let first = new_conversation("first");
    let id = first.id;
    scene.store.create_conversation(first, Some("page-1".into())).await.unwrap();
    let second = scene.store.create_conversation(new_conversation("second"), Some("page-1".into())).await;
    assert_eq!(ApiError::from(second.unwrap_err()).code, ErrorCode::Storage);
    assert_eq!(scene.store.conversation_by_uid("page-1").await.unwrap(), Some(id));
    assert_eq!(scene.store.conversation_by_uid("page-2").await.unwrap(), None);
    assert_eq!(titles(&scene, None, None).await, ["first"]);
}
