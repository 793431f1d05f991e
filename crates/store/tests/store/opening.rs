//! Opening a folder: privacy, one owner, formats, clean and unclean ends.

use crate::scene::{Recorder, Scene, assert_every_reader_agrees, new_conversation};
use rivulet_protocol::*;
use rivulet_store::{Listed, Store, StoreError};
use rusqlite::Connection;
use std::sync::Arc;

fn open(dir: &std::path::Path) -> Result<Store, StoreError> {
    Store::open(dir, Arc::new(Recorder::default()))
}

#[tokio::test]
async fn a_folder_has_one_owner_until_it_is_closed() {
    let scene = Scene::new();
    assert!(matches!(open(scene.dir.path()), Err(StoreError::InUse)));
    // Other handles may live on: they have nothing to say any more.
    let other = scene.store.clone();
    scene.store.close().await;
    let again = open(scene.dir.path()).unwrap();
    let late = other.create_conversation(new_conversation("late"), None).await;
    assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
    again.create_conversation(new_conversation("in time"), None).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_reads_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("a/b");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    let store = open(&dir).unwrap();
    store.create_conversation(new_conversation("mine"), None).await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    let files: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.iter().any(|file| file.ends_with("rivulet.db-wal")), "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_as_it_is() {
    let scene = Scene::new();
    scene.conversation("from the future").await;
    scene.store.close().await;
    let file = scene.dir.path().join("rivulet.db");
    let newer = Connection::open(&file).unwrap();
    let own: i64 = newer.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    newer.pragma_update(None, "user_version", 999).unwrap();
    newer.close().unwrap();
    let before = std::fs::read(&file).unwrap();
    let refused = open(scene.dir.path());
    assert!(matches!(refused, Err(StoreError::TooNew { found: 999, .. })), "{:?}", refused.err());
    assert_eq!(std::fs::read(&file).unwrap(), before);
    // Refusing lets go of the folder.
    let restored = Connection::open(&file).unwrap();
    restored.pragma_update(None, "user_version", own).unwrap();
    restored.close().unwrap();
    let store = open(scene.dir.path()).unwrap();
    assert_eq!(store.conversations(0, 10, Listed::default()).await.unwrap().conversations.len(), 1);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let words = b"Dear diary, this is not a database at all. ".repeat(200);
    std::fs::write(dir.path().join("rivulet.db"), &words).unwrap();
    assert!(open(dir.path()).is_err());
    assert_eq!(std::fs::read(dir.path().join("rivulet.db")).unwrap(), words);
}

#[tokio::test]
async fn damage_is_found_after_an_unclean_end() {
    let scene = Scene::new();
    let conversation = scene.conversation("x").await;
    for _ in 0..50 {
        let (_, mut answer) = scene.ask(conversation, None).await;
        scene.say(conversation, &mut answer, &"text ".repeat(500));
        scene.finish(conversation, &mut answer).await;
    }
    scene.store.close().await;
    let file = scene.dir.path().join("rivulet.db");
    // As after a crash, with pages overwritten in the middle of the file.
    let database = Connection::open(&file).unwrap();
    database.execute("DELETE FROM document WHERE name = 'clean'", []).unwrap();
    database.close().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let (from, to) = (bytes.len() / 3, bytes.len() / 3 * 2);
    bytes[from..to].fill(0xA5);
    std::fs::write(&file, &bytes).unwrap();
    let opened = open(scene.dir.path());
    assert!(matches!(opened, Err(StoreError::Damaged(_) | StoreError::Sqlite(_))), "{:?}", opened.err());
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "not touched");
}

#[tokio::test]
async fn closing_leaves_one_file_and_everything_in_it() {
    let scene = Scene::new();
    let conversation = scene.conversation("x").await;
    let (question, mut answer) = scene.ask(conversation, None).await;
    scene.say(conversation, &mut answer, "all of it");
    scene.finish(conversation, &mut answer).await;
    // A reader's connection stays open beside the writer's.
    assert_eq!(scene.stored(answer.id).await, answer);
    scene.store.close().await;
    let wal = std::fs::metadata(scene.dir.path().join("rivulet.db-wal")).map_or(0, |file| file.len());
    assert_eq!(wal, 0, "the log is in the database");
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(scene.dir.path().join("rivulet.db"), copy.path().join("rivulet.db")).unwrap();
    let store = open(copy.path()).unwrap();
    let path = store.path_for_request(conversation, answer.id).await.unwrap();
    assert_eq!(path, [question, answer]);
}

#[tokio::test]
async fn an_answer_that_was_running_is_interrupted_at_the_next_start() {
    let scene = Scene::new();
    let conversation = scene.conversation("x").await;
    let (question, mut first) = scene.ask(conversation, None).await;
    scene.say(conversation, &mut first, "done");
    scene.finish(conversation, &mut first).await;
    let mut running = scene.answer(conversation, question.id).await;
    scene.think(conversation, &mut running, "let me see");
    for word in ["It ", "was ", "cut ", "off 雨🙂"] {
        scene.say(conversation, &mut running, word);
        scene.settle(conversation).await;
    }
    let mut continued = scene.store.resume(conversation, first.id).await.unwrap();
    scene.say(conversation, &mut continued, ", and more");
    let head = scene.recorder.events(conversation).last().unwrap().seq;

    let scene = scene.drop_and_reopen().await;
    for expected in [&mut running, &mut continued] {
        let stored = scene.stored(expected.id).await;
        assert!(stored.ended_at.is_some());
        (expected.state, expected.ended_at) = (MessageState::Interrupted, stored.ended_at);
    }
    let found = scene.store.conversation(conversation).await.unwrap().unwrap();
    assert!(!found.running);
    assert!(found.head >= head + 2, "each ending has a number");
    assert_every_reader_agrees(&scene, conversation, &[&question, &running, &continued]).await;

    let mut resumed = scene.store.resume(conversation, running.id).await.unwrap();
    scene.say(conversation, &mut resumed, ", and goes on");
    scene.finish(conversation, &mut resumed).await;
    assert_eq!(scene.stored(running.id).await.text, "It was cut off 雨🙂, and goes on");
    let scene = scene.close_and_reopen().await;
    assert_every_reader_agrees(&scene, conversation, &[&question, &resumed, &continued]).await;
}
