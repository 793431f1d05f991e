//! Backups: made in the middle of writing, found whole, put back.

use crate::scene::{Recorder, Scene, assert_every_reader_agrees, open_when_free};
use rivulet_protocol::*;
use rivulet_store::{ConversationChange, Listed, Store, StoreError};
use rusqlite::Connection;
use std::sync::Arc;

async fn titles(store: &Store) -> Vec<String> {
    let page = store.conversations(0, 100, Listed::default()).await.unwrap();
    let mut titles: Vec<String> = page.conversations.into_iter().map(|found| found.title).collect();
    titles.sort();
    titles
}

/// A finished answer with these words.
async fn said(scene: &Scene, conversation: ConversationId, text: &str) -> (Message, Message) {
    let (question, mut answer) = scene.ask(conversation, None).await;
    scene.say(conversation, &mut answer, text);
    scene.finish(conversation, &mut answer).await;
    (question, answer)
}

#[tokio::test]
async fn a_backup_puts_everything_back_and_can_itself_be_taken_back() {
    let scene = Scene::new();
    let rivers = scene.conversation("rivers").await;
    let (question, answer) = said(&scene, rivers, "The Danube is long").await;
    let key = |last4: &str| KeyInfo {
        origin: "https://example.com".into(),
        last_four: last4.into(),
        set_at: 1,
        kept_in: KeyPlace::Keyring,
        last_used: None,
        number: 0,
        label: String::new(),
        problem: None,
    };
    scene.store.save_key_info(&"one".into(), key("1111")).await.unwrap();
    let backup = scene.store.back_up(BackupKind::Asked).await.unwrap();
    assert_eq!(scene.store.backups().await.unwrap(), vec![backup.clone()]);

    scene.store.delete_key_info(&"one".into(), "https://example.com", 0).await.unwrap();
    scene.store.save_key_info(&"two".into(), key("2222")).await.unwrap();
    let mut later = scene.answer(rivers, question.id).await;
    scene.finish(rivers, &mut later).await;
    let bin = ConversationChange { deleted: Some(true), ..Default::default() };
    scene.store.update_conversation(rivers, bin).await.unwrap();
    let seas = scene.conversation("seas").await;
    said(&scene, seas, "The sea is salt").await;
    scene.store.restore_backup(&backup.name).await.unwrap();
    assert_eq!(titles(&scene.store).await, ["rivers"]);
    assert_eq!(scene.store.path_for_request(rivers, answer.id).await.unwrap(), [question.clone(), answer.clone()]);
    let hits = scene.store.search(Search { query: "danube".into(), ..Search::default() }, None).await.unwrap().hits;
    assert_eq!(hits.len(), 1);
    // What is known of keys is what is in the keyring now.
    assert_eq!(scene.store.key_infos().await.unwrap(), [("two".into(), key("2222"))]);
    // Numbers go on from where the backup was, not from where the conversation had been.
    let more = scene.answer(rivers, question.id).await;
    let (events, _) = scene.store.events_after(rivers, 4).await.unwrap();
    assert_eq!(events.iter().map(|event| (event.seq, event.message)).collect::<Vec<_>>(), [(5, more.id)]);

    let backups = scene.store.backups().await.unwrap();
    assert_eq!(backups[0].kind, BackupKind::Restore);
    scene.store.restore_backup(&backups[0].name).await.unwrap();
    assert_eq!(titles(&scene.store).await, ["seas"]);
    scene.store.close().await;
    let store = open_when_free(scene.dir.path(), Arc::new(Recorder::default()));
    assert_eq!(titles(&store).await, ["seas"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_in_the_middle_of_writing_is_of_one_moment() {
    let scene = Scene::new();
    let chat = scene.conversation("busy").await;
    said(&scene, chat, &"word ".repeat(200_000)).await;
    let (_, mut running) = scene.ask(chat, None).await;
    let store = scene.store.clone();
    let backup = tokio::spawn(async move { store.back_up(BackupKind::Daily).await });
    let mut committed = 0;
    while !backup.is_finished() {
        scene.say(chat, &mut running, "more ");
        scene.settle(chat).await;
        committed += 1;
    }
    let backup = backup.await.unwrap().unwrap();
    assert!(committed > 0, "writing went on");
    scene.finish(chat, &mut running).await;
    scene.store.restore_backup(&backup.name).await.unwrap();
    let interrupted = scene.stored(running.id).await;
    assert_eq!(interrupted.state, MessageState::Interrupted);
    assert!(running.text.starts_with(&interrupted.text));
    let fresh = Scene { recorder: Arc::default(), ..scene };
    assert_every_reader_agrees(&fresh, chat, &[&interrupted]).await;
}

#[tokio::test]
async fn a_backup_that_is_no_longer_whole_changes_nothing() {
    let scene = Scene::new();
    let chat = scene.conversation("rivers").await;
    said(&scene, chat, &"water ".repeat(50_000)).await;
    let backup = scene.store.back_up(BackupKind::Asked).await.unwrap();
    let file = scene.store.backup_folder().join(&backup.name);
    let mut bytes = std::fs::read(&file).unwrap();
    let (from, to) = (bytes.len() / 3, bytes.len() / 3 * 2);
    bytes[from..to].fill(0xA5);
    std::fs::write(&file, &bytes).unwrap();
    assert!(scene.store.restore_backup(&backup.name).await.is_err());
    for name in ["../rivulet.db", "/etc/passwd", "rivulet-nothing.db"] {
        assert!(matches!(scene.store.restore_backup(name).await, Err(StoreError::NotFound(_))), "{name}");
    }
    assert_eq!(titles(&scene.store).await, ["rivers"]);
    let left: Vec<_> = std::fs::read_dir(scene.store.backup_folder()).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test]
async fn an_older_format_is_copied_before_it_is_changed() {
    // A database as each format's scripts made it.
    let scripts = [
        include_str!("../../src/schema/1.sql"),
        include_str!("../../src/schema/2.sql"),
        include_str!("../../src/schema/3.sql"),
        include_str!("../../src/schema/4.sql"),
        include_str!("../../src/schema/5.sql"),
    ];
    for format in 1..=scripts.len() {
        let dir = tempfile::tempdir().unwrap();
        let old = Connection::open(dir.path().join("rivulet.db")).unwrap();
        for script in &scripts[..format] {
            old.execute_batch(script).unwrap();
        }
        old.execute_batch(
            "INSERT INTO conversation (id, title, pinned, created_at, updated_at, head) \
             VALUES (x'0190000000007000800000000000000a', 'old', 0, 1, 1, 1); \
             INSERT INTO message (id, conversation, state, text, reasoning, fields, started_seq, fold_seq) \
             VALUES (x'0190000000007000800000000000000b', x'0190000000007000800000000000000a', 'complete', \
               'hello', '', '{\"id\":\"01900000-0000-7000-8000-00000000000b\",\"parent\":null,\"author\":\"user\", \
               \"state\":\"complete\",\"text\":\"\",\"reasoning\":\"\",\"created_at\":1}', 1, 1);",
        )
        .unwrap();
        old.pragma_update(None, "user_version", format as i64).unwrap();
        old.close().unwrap();
        let store = Store::open(dir.path(), Arc::new(Recorder::default())).unwrap();
        assert_eq!(titles(&store).await, ["old"], "format {format}");
        let backups = store.backups().await.unwrap();
        assert_eq!(backups.iter().map(|backup| backup.kind).collect::<Vec<_>>(), [BackupKind::Migration]);
        let copy = Connection::open(store.backup_folder().join(&backups[0].name)).unwrap();
        let version: i64 = copy.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, format as i64, "the backup is of the old format");
        // And it can be put back: it is brought up to date on the way.
        store.restore_backup(&backups[0].name).await.unwrap();
        assert_eq!(titles(&store).await, ["old"]);
        let whole = store.whole(store.conversation_ids().await.unwrap()[0]).await.unwrap().unwrap();
        assert_eq!(whole.1[0].text, "hello");
    }
}

#[tokio::test]
async fn a_chosen_file_is_looked_at_before_anything_changes() {
    let scene = Scene::new();
    let chat = scene.conversation("rivers").await;
    said(&scene, chat, "water").await;
    let backup = scene.store.back_up(BackupKind::Asked).await.unwrap();
    let good = scene.store.backup_folder().join(&backup.name);
    scene.store.check_backup(good.clone()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chosen.db");
    let refused = async || match scene.store.check_backup(file.clone()).await {
        Err(error) => ApiError::from(error).code,
        Ok(()) => panic!("it is taken"),
    };
    assert_eq!(refused().await, ErrorCode::NotABackup);
    std::fs::write(&file, "words").unwrap();
    assert_eq!(refused().await, ErrorCode::NotABackup);
    std::fs::write(&file, "").unwrap();
    assert_eq!(refused().await, ErrorCode::NotABackup);
    // Another program's database, which has no conversations because it has never heard of any.
    std::fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE recipe (name TEXT)").unwrap();
    assert_eq!(refused().await, ErrorCode::NotABackup);
    let mut bytes = std::fs::read(&good).unwrap();
    let (from, to) = (bytes.len() / 3, bytes.len() / 3 * 2);
    bytes[from..to].fill(0xA5);
    std::fs::write(&file, &bytes).unwrap();
    assert_eq!(refused().await, ErrorCode::NotABackup);
    assert_eq!(titles(&scene.store).await, ["rivers"]);
}
