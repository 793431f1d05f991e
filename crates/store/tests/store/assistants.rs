//! Assistants: kept, ordered, deleted and taken in.

use crate::scene::{Scene, new_conversation};
use rivulet_protocol::*;
use rivulet_store::{ConversationChange, Led};

fn assistant(name: &str) -> Assistant {
    let card = AssistantCard {
        id: AssistantId::new(),
        name: name.into(),
        mark: "🌊".into(),
        starters: vec!["Why?".into()],
        provider: Some("demo".into()),
        model: Some("clock".into()),
        deleted: false,
    };
    let controls = Controls { temperature: Some(0.5), ..Controls::default() };
    Assistant { card, prompt: format!("You are {name}."), controls }
}

async fn names(scene: &Scene) -> Vec<String> {
    scene.store.assistants().await.unwrap().into_iter().map(|assistant| assistant.card.name).collect()
}

#[tokio::test]
async fn assistants_are_kept_in_their_order_over_a_restart() {
    let scene = Scene::new();
    let [one, two, three] = ["one", "two", "three"].map(assistant);
    for assistant in [&one, &two, &three] {
        scene.store.save_assistant(assistant.clone()).await.unwrap();
    }
    assert_eq!(scene.store.assistant(two.card.id).await.unwrap(), Some(two.clone()));
    scene.store.order_assistants(vec![three.card.id, AssistantId::new(), one.card.id]).await.unwrap();
    let changed = Assistant { prompt: "Be brief.".into(), ..one.clone() };
    scene.store.save_assistant(changed.clone()).await.unwrap();
    let scene = scene.close_and_reopen().await;
    assert_eq!(scene.store.assistants().await.unwrap(), [three, changed, two], "a change keeps its place");
}

#[tokio::test]
async fn choosing_an_assistant_lets_go_of_what_the_conversation_set_itself() {
    let scene = Scene::new();
    let id = scene.conversation("led").await;
    let own = ConversationChange {
        prompt: Some(Some("Mine.".into())),
        controls: Some(Controls { seed: Some(1), ..Controls::default() }),
        model: Some(("openai".into(), "gpt-x".into())),
        ..Default::default()
    };
    let set = scene.store.update_conversation(id, own).await.unwrap().unwrap();
    assert_eq!(set.own_prompt, OwnPrompt(Some("Mine.".into())));
    let led = async |led: Led| {
        let change = ConversationChange { led: Some(led), ..Default::default() };
        scene.store.update_conversation(id, change).await.unwrap().unwrap()
    };
    let assistant = AssistantId::new();
    let kept = led(Led::By { assistant, with_model: false }).await;
    assert_eq!((kept.own_prompt, kept.controls), (OwnPrompt(None), Controls::default()));
    assert_eq!((kept.assistant, kept.model.as_deref()), (Some(assistant), Some("gpt-x")), "it has none of its own");
    assert_eq!(led(Led::By { assistant, with_model: true }).await.model, None);
    assert_eq!(led(Led::ByNobody).await.assistant, None);
}

#[tokio::test]
async fn a_deleted_assistant_stays_as_long_as_a_conversation_has_it() {
    let scene = Scene::new();
    let [used, unused] = ["used", "unused"].map(assistant);
    for assistant in [&used, &unused] {
        scene.store.save_assistant(assistant.clone()).await.unwrap();
        scene.store.mark_assistant(assistant.card.id, true).await.unwrap();
    }
    let conversation = Conversation { assistant: Some(used.card.id), ..new_conversation("led") };
    scene.store.create_conversation(conversation.clone(), None).await.unwrap();
    assert_eq!(scene.store.leading_assistants(None).await.unwrap(), [used.card.id]);
    assert_eq!(scene.store.leading_assistants(Some(Vec::new())).await.unwrap(), []);
    scene.store.purge_assistants(0).await.unwrap();
    assert_eq!(names(&scene).await, ["used", "unused"], "not deleted for long enough");
    scene.store.purge_assistants(u64::MAX >> 1).await.unwrap();
    assert_eq!(names(&scene).await, ["used"]);
    assert!(scene.store.mark_assistant(unused.card.id, false).await.is_err());
    scene.store.mark_assistant(used.card.id, false).await.unwrap();
    assert_eq!(scene.store.assistant(used.card.id).await.unwrap(), Some(used));
}

#[tokio::test]
async fn what_is_here_stays_as_it_is_and_what_was_deleted_comes_back() {
    let scene = Scene::new();
    let here = assistant("here");
    scene.store.save_assistant(here.clone()).await.unwrap();
    let mut other = here.clone();
    other.card.name = "other".into();
    let new = assistant("new");
    assert_eq!(scene.store.take_in_assistants(vec![other.clone(), new.clone()]).await.unwrap(), 1);
    assert_eq!(names(&scene).await, ["here", "new"]);
    scene.store.mark_assistant(here.card.id, true).await.unwrap();
    assert_eq!(scene.store.take_in_assistants(vec![other, new]).await.unwrap(), 1);
    assert_eq!(names(&scene).await, ["other", "new"]);
}
