//! What was written and not sent.

use crate::scene::Scene;
use rivulet_protocol::*;
use rivulet_store::{Binned, ConversationChange};

#[tokio::test]
async fn drafts_are_kept_by_conversation_and_go_with_it() {
    let scene = Scene::new();
    let (one, two) = (scene.conversation("one").await, scene.conversation("two").await);
    for (place, text) in [(Some(one), "first"), (Some(one), "ein Entwurf 江\u{0}"), (Some(two), "other"), (None, "new")]
    {
        scene.store.put_draft(place, text.into()).await.unwrap();
    }
    scene.store.put_draft(Some(ConversationId::new()), "nowhere".into()).await.unwrap();
    scene.store.put_draft(Some(two), String::new()).await.unwrap();
    // Dropped, not closed: as if the app was killed.
    let scene = scene.drop_and_reopen().await;
    assert_eq!(scene.store.draft(Some(one)).await.unwrap(), "ein Entwurf 江\u{0}");
    assert_eq!(scene.store.draft(Some(two)).await.unwrap(), "");
    assert_eq!(scene.store.draft(None).await.unwrap(), "new");
    let delete = ConversationChange { deleted: Some(true), ..Default::default() };
    scene.store.update_conversation(one, delete).await.unwrap();
    scene.store.purge(Binned::Conversation(one)).await.unwrap();
    assert_eq!(scene.store.draft(Some(one)).await.unwrap(), "");
}
