//! Archive, projects, tags, and changes of many conversations as one act.

use crate::scene::{Scene, new_conversation};
use rivulet_protocol::*;
use rivulet_store::Listed;
use std::collections::BTreeMap;

async fn titles(scene: &Scene, listed: Listed) -> Vec<String> {
    let page = scene.store.conversations(0, 500, listed).await.unwrap();
    page.conversations.into_iter().map(|conversation| conversation.title).collect()
}

async fn project(scene: &Scene, name: &str) -> ProjectId {
    let id = ProjectId::new();
    let new = Project { id, name: name.into(), instructions: format!("On {name}."), created_at: 1, conversations: 0 };
    scene.store.add_project(new).await.unwrap();
    id
}

fn these(conversations: &[ConversationId]) -> ConversationsArrange {
    ConversationsArrange { conversations: conversations.to_vec(), ..Default::default() }
}

fn into(project: ProjectId) -> Option<Destination> {
    Some(Destination { project: Some(project) })
}

async fn place(scene: &Scene, id: ConversationId) -> Place {
    scene.store.conversation(id).await.unwrap().expect("it is there").place
}

#[tokio::test]
async fn one_act_moves_many_and_is_taken_back_as_one() {
    let scene = Scene::new();
    let river = project(&scene, "river").await;
    let ids = [scene.conversation("one").await, scene.conversation("two").await, scene.conversation("three").await];
    let archive = ConversationsArrange { archived: Some(true), ..these(&ids[..1]) };
    assert_eq!(scene.store.arrange(archive).await.unwrap().len(), 1);
    let tags = Some(vec![" #Big   river".into(), "江".into(), "".into()]);
    let all = ConversationsArrange { move_to: into(river), add_tags: tags, pinned: Some(true), ..these(&ids) };
    let before = scene.store.arrange(all.clone()).await.unwrap();
    assert_eq!(before.len(), 3);
    let expected = Place { archived: true, project: Some(river), tags: vec!["Big river".into(), "江".into()] };
    assert_eq!(place(&scene, ids[0]).await, expected);
    assert_eq!(scene.store.arrange(all).await.unwrap(), [], "nothing is left to change");
    // The one in the archive is in no list but its own.
    let inside = Listed { project: Some(Some(river)), archived: Some(false), ..Listed::default() };
    assert_eq!(titles(&scene, inside.clone()).await.len(), 2);
    assert_eq!(scene.store.projects().await.unwrap()[0].conversations, 2);
    let bin = scene.store.arrange(ConversationsArrange { deleted: Some(true), ..these(&ids) }).await.unwrap();
    assert!(titles(&scene, Listed::default()).await.is_empty() && scene.store.tags().await.unwrap().is_empty());
    scene.store.place(bin).await.unwrap();
    assert_eq!(titles(&scene, inside).await.len(), 2);
    scene.store.place(before).await.unwrap();
    assert_eq!(place(&scene, ids[0]).await, Place { archived: true, ..Place::default() });
    assert_eq!(place(&scene, ids[1]).await, Place::default());
    let kept = scene.close_and_reopen().await;
    assert_eq!(titles(&kept, Listed { archived: Some(true), ..Listed::default() }).await, ["one"]);
}

#[tokio::test]
async fn an_act_that_cannot_be_done_changes_nothing() {
    let scene = Scene::new();
    let id = scene.conversation("one").await;
    let nowhere = ConversationsArrange { move_to: into(ProjectId::new()), archived: Some(true), ..these(&[id]) };
    assert!(scene.store.arrange(nowhere).await.is_err());
    assert_eq!(place(&scene, id).await, Place::default());
    let unknown = ConversationsArrange { pinned: Some(true), ..these(&[ConversationId::new()]) };
    assert_eq!(scene.store.arrange(unknown).await.unwrap(), []);
}

#[tokio::test]
async fn a_deleted_project_leaves_its_conversations_and_comes_back_with_them() {
    let scene = Scene::new();
    let (river, sea) = (project(&scene, "river").await, project(&scene, "sea").await);
    let ids = [scene.conversation("stays").await, scene.conversation("moves").await];
    scene.store.arrange(ConversationsArrange { move_to: into(river), ..these(&ids) }).await.unwrap();
    assert_eq!(scene.store.instructions_of(ids[0]).await.unwrap(), "On river.");
    scene.store.delete_project(river).await.unwrap();
    assert!(scene.store.delete_project(river).await.is_err());
    assert_eq!((place(&scene, ids[0]).await.project, place(&scene, ids[1]).await.project), (None, None));
    assert_eq!(scene.store.instructions_of(ids[0]).await.unwrap(), "");
    assert_eq!(titles(&scene, Listed { project: Some(None), ..Listed::default() }).await.len(), 2);
    let to_sea = ConversationsArrange { move_to: into(sea), ..these(&ids[1..]) };
    scene.store.arrange(to_sea).await.unwrap();
    scene.store.arrange(ConversationsArrange { pinned: Some(true), ..these(&ids[..1]) }).await.unwrap();
    assert_eq!(scene.store.restore_project(river).await.unwrap().unwrap().conversations, 1);
    assert_eq!((place(&scene, ids[0]).await.project, place(&scene, ids[1]).await.project), (Some(river), Some(sea)));
    scene.store.delete_project(river).await.unwrap();
    scene.store.purge_projects(now_ms() + 1).await.unwrap();
    assert_eq!(scene.store.restore_project(river).await.unwrap(), None);
    assert_eq!(scene.store.projects().await.unwrap().len(), 1);
}

#[tokio::test]
async fn tags_are_the_same_in_capitals_and_found_by() {
    let scene = Scene::new();
    let ids = [scene.conversation("one").await, scene.conversation("two").await];
    let tag =
        |tag: &str, ids: &[ConversationId]| ConversationsArrange { add_tags: Some(vec![tag.into()]), ..these(ids) };
    scene.store.arrange(tag("Work", &ids[..1])).await.unwrap();
    scene.store.arrange(tag("WORK", &ids)).await.unwrap();
    assert_eq!(scene.store.tags().await.unwrap(), [Tag { name: "Work".into(), conversations: 2 }]);
    let tagged = |tag: &str| Listed { tag: Some(tag.into()), ..Listed::default() };
    assert_eq!(titles(&scene, tagged(" work")).await.len(), 2);
    scene.ask(ids[0], None).await;
    let search = Search { tag: Some("work".into()), ..Search::default() };
    assert_eq!(scene.store.search(search, None).await.unwrap().hits.len(), 2, "found without words");
    let search = Search { query: "new".into(), tag: Some("other".into()), ..Search::default() };
    assert_eq!(scene.store.search(search, None).await.unwrap().hits.len(), 0);
    let off = ConversationsArrange { remove_tags: Some(vec!["wORK".into()]), ..these(&ids) };
    assert_eq!(scene.store.arrange(off).await.unwrap().len(), 2);
    assert!(scene.store.tags().await.unwrap().is_empty());
    // However long a word is and however many there are.
    let many = (0..100).map(|number| format!("{number}{}", "x".repeat(100))).collect();
    scene.store.arrange(ConversationsArrange { add_tags: Some(many), ..these(&ids[..1]) }).await.unwrap();
    let tags = place(&scene, ids[0]).await.tags;
    assert!(tags.len() == 30 && tags.iter().all(|tag| tag.len() == 40));
}

/// Each list is read along its index: nothing is sorted, and so nothing beyond the page is read.
#[tokio::test]
async fn a_page_of_any_list_reads_no_more_than_the_page() {
    let scene = Scene::new();
    let river = project(&scene, "river").await;
    scene.store.close().await;
    let file = rusqlite::Connection::open(scene.dir.path().join("rivulet.db")).unwrap();
    for place in [
        "archived = 0 AND project IS NULL".to_owned(),
        format!("archived = 0 AND project = x'{}'", river.0.simple()),
        "archived = 1".to_owned(),
    ] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT id FROM conversation WHERE deleted_at IS NULL AND {place} \
             ORDER BY pinned DESC, updated_at DESC LIMIT 100"
        );
        let mut select = file.prepare(&sql).unwrap();
        let plan: Vec<String> = select.query_map([], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        assert!(plan.len() == 1 && plan[0].contains("USING") && plan[0].contains("INDEX"), "{place}: {plan:?}");
    }
}

/// Any acts in any order, each taken back or not, against a model that is only a map.
#[tokio::test]
async fn any_order_of_acts_is_what_a_map_says() {
    for seed in 1..=6_u64 {
        let mut chance = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut below = |limit: usize| {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            (chance % limit as u64) as usize
        };
        let scene = Scene::new();
        let projects = [project(&scene, "a").await, project(&scene, "b").await];
        let mut model = BTreeMap::new();
        for number in 0..8 {
            let new = new_conversation(&number.to_string());
            model.insert(new.id, (false, Some(Place::default())));
            scene.store.create_conversation(new, None).await.unwrap();
        }
        let ids: Vec<ConversationId> = model.keys().copied().collect();
        for _ in 0..60 {
            let chosen: Vec<_> = ids.iter().copied().filter(|_| below(2) == 0).collect();
            let mut change = these(&chosen);
            match below(6) {
                0 => change.pinned = Some(below(2) == 0),
                1 => change.archived = Some(below(2) == 0),
                2 => change.move_to = Some(Destination { project: projects.get(below(3)).copied() }),
                3 => change.add_tags = Some(vec![["x", "y", "z"][below(3)].into()]),
                4 => change.remove_tags = Some(vec![["X", "y", "z"][below(3)].into()]),
                _ => change.deleted = Some(true),
            }
            let was = model.clone();
            for id in &chosen {
                let (pinned, place) = model.get_mut(id).unwrap();
                let Some(at) = place else { continue };
                *pinned = change.pinned.unwrap_or(*pinned);
                at.archived = change.archived.unwrap_or(at.archived);
                at.project = change.move_to.as_ref().map_or(at.project, |to| to.project);
                at.tags.extend(change.add_tags.iter().flatten().cloned());
                at.tags.retain(|tag| !change.remove_tags.iter().flatten().any(|off| off.to_lowercase() == *tag));
                at.tags.sort();
                at.tags.dedup();
                if change.deleted == Some(true) {
                    *place = None;
                }
            }
            let before = scene.store.arrange(change).await.unwrap();
            if below(2) == 0 {
                scene.store.place(before).await.unwrap();
                model = was;
            }
            for (id, (pinned, place)) in &model {
                let stored = scene.store.conversation(*id).await.unwrap();
                let expected = place.as_ref().map(|place| (*pinned, place.clone()));
                assert_eq!(stored.map(|stored| (stored.pinned, stored.place)), expected, "seed {seed}");
            }
        }
    }
}
