//! What outlives a run of the app, and what does not.

use crate::client::{Site, token_of};
use rivulet_engine::{Engine, EngineConfig, MirrorControl};
use rivulet_mirror::Mirror;
use rivulet_protocol::*;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// The app as it starts on this folder: the mirror is off unless the last run left links for it.
async fn start(dir: &Path) -> (Engine, Arc<Mirror>) {
    let engine = Engine::open(EngineConfig::new(dir)).await.unwrap();
    let mirror = Mirror::new(engine.clone());
    mirror.resume().await;
    (engine, mirror)
}

fn made(mirror: &Mirror, lasting: bool) -> NewLink {
    let request = LinkCreate {
        role: LinkRole::Participant,
        label: "mine".into(),
        conversations: Some(Vec::new()),
        messages: Some(3),
        tokens: None,
        lives_s: Some(3600),
        lasting: Some(lasting),
    };
    mirror.create_link(request).unwrap()
}

/// Until the database has the links as they are now.
async fn kept(engine: &Engine, mirror: &Mirror) {
    let kept_of = |status: MirrorStatus| status.links.into_iter().filter(|link| link.lasting);
    let seen: Vec<Link> = kept_of(mirror.status()).map(|link| Link { viewers: Vec::new(), ..link }).collect();
    while engine.mirror_kept().await.links.into_iter().map(|kept| kept.link).collect::<Vec<_>>() != seen {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn end(engine: Engine, mirror: Arc<Mirror>) {
    engine.quit().await;
    mirror.closed().await;
}

fn site(engine: Engine, mirror: Arc<Mirror>, token: String, dir: tempfile::TempDir) -> Site {
    let url = mirror.status().url.expect("it listens");
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    Site { engine, mirror, port, token, dir }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lasting_link_is_good_in_the_next_run_at_the_same_address_and_any_other_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, mirror) = start(dir.path()).await;
    assert_eq!(mirror.status().url, None, "off until somebody switches it on");
    Mirror::start(&mirror, None).await.unwrap();
    let (lasting, other) = (made(&mirror, true), made(&mirror, false));
    let first = site(engine, mirror, token_of(&lasting), dir);
    let started = first.start("first", "hello");
    kept(&first.engine, &first.mirror).await;
    let port = first.port;
    end(first.engine, first.mirror).await;

    let (engine, mirror) = start(first.dir.path()).await;
    let second = site(engine, mirror, token_of(&lasting), first.dir);
    assert_eq!(second.port, port);
    let links = second.mirror.status().links;
    assert_eq!((links.len(), links[0].messages_left), (1, Some(2)), "the budget goes on where it was");
    assert_eq!(second.post_as(&token_of(&other), "/api/rpc/app_info", "{}").status, 401);
    // What was begun through it is still in its sight, and in no other link's.
    let open = json!({ "conversation": started["conversation"] });
    assert_eq!(second.post("/api/rpc/conversation_open", open).status, 200);

    second.mirror.revoke_link(lasting.link.id).unwrap();
    kept(&second.engine, &second.mirror).await;
    end(second.engine, second.mirror).await;
    let (engine, mirror) = start(second.dir.path()).await;
    assert_eq!(mirror.status(), MirrorStatus::default(), "no links, so nothing listens");
    end(engine, mirror).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_on_the_disk_and_a_restored_backup_brings_no_link_back() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, mirror) = start(dir.path()).await;
    Mirror::start(&mirror, None).await.unwrap();
    let lasting = made(&mirror, true);
    kept(&engine, &mirror).await;
    let window = Caller::window();
    dispatch(&engine, &window, "conversation_create", json!({})).await.unwrap();
    let backups = dispatch(&engine, &window, "backup_create", json!({})).await.unwrap();
    let token = token_of(&lasting);
    for file in std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(token.len()).any(|part| part == token.as_bytes()), "{}", file.display());
    }
    mirror.revoke_link(lasting.link.id).unwrap();
    kept(&engine, &mirror).await;
    let name = backups["backups"][0]["name"].clone();
    dispatch(&engine, &window, "backup_restore", json!({ "name": name })).await.unwrap();
    kept(&engine, &mirror).await;
    end(engine, mirror).await;
    let (engine, mirror) = start(dir.path()).await;
    assert_eq!(mirror.status(), MirrorStatus::default());
    end(engine, mirror).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_taken_from_the_budget_and_the_answer_that_goes_beyond_is_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let (engine, mirror) = start(dir.path()).await;
    Mirror::start(&mirror, None).await.unwrap();
    let request = LinkCreate {
        role: LinkRole::Participant,
        label: String::new(),
        conversations: None,
        messages: None,
        tokens: Some(1),
        lives_s: None,
        lasting: None,
    };
    let link = mirror.create_link(request).unwrap();
    let site = site(engine, mirror, token_of(&link), dir);
    let started = site.start("first", "hello");
    site.watch("uid=first", "").until_end_of(&started["message"]);
    while site.mirror.status().links[0].tokens_left != Some(0) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let refused = site.post("/api/start-sse", json!({ "uid": "first", "prompt": "again" }));
    assert_eq!(refused.json()["error"]["code"], "budget_spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_continued_answer_takes_from_the_budget_what_it_took_and_not_twice() {
    const BUDGET: u64 = 1_000_000;
    let dir = tempfile::tempdir().unwrap();
    let (engine, mirror) = start(dir.path()).await;
    Mirror::start(&mirror, None).await.unwrap();
    let link = mirror
        .create_link(LinkCreate {
            role: LinkRole::Participant,
            label: String::new(),
            conversations: None,
            messages: None,
            tokens: Some(BUDGET),
            lives_s: None,
            lasting: None,
        })
        .unwrap();
    let site = site(engine, mirror, token_of(&link), dir);
    let started = site.start("cut", &"word ".repeat(2_000));
    site.watch("uid=cut", "").until("text");
    assert_eq!(site.post("/api/stop", json!({ "uid": "cut" })).status, 200);
    site.engine_at_full_speed().await;
    let message = json!({ "message": started["message"] });
    assert_eq!(site.post("/api/rpc/answer_continue", message).status, 200);
    site.watch("uid=cut", "").until_end_of(&started["message"]);
    let open = json!({ "conversation": started["conversation"] });
    let snapshot = site.post("/api/rpc/conversation_open", open).json();
    let cost = &snapshot["messages"].as_array().unwrap().last().unwrap()["cost"];
    let took = cost["input_tokens"].as_u64().unwrap() + cost["output_tokens"].as_u64().unwrap();
    // The charge comes right after the end that is told.
    let left = || site.mirror.status().links[0].tokens_left.unwrap();
    while left() > BUDGET - took {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(left(), BUDGET - took);
}
