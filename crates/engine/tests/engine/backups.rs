//! Backups as the window asks for them.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_stops_what_runs_and_every_reader_begins_again() {
    let key = "sk-never-in-a-backup-0123456789";
    let scripts = [Script::stream().text("First.").done(), Script::stream().text("So far").silence()];
    let bench = Bench::with_key(scripts, key).await;
    let window = Caller::window();
    let first = bench.send(None, "Hi").await;
    bench.ended(first.conversation, first.answer).await;
    let status = bench.engine.backup_create(&window, Nothing {}).await.unwrap();
    assert_eq!((status.backups.len(), status.problem, status.running), (1, None, false));
    let bytes = std::fs::read(std::path::Path::new(&status.folder).join(&status.backups[0].name)).unwrap();
    assert!(!bytes.windows(key.len()).any(|part| part == key.as_bytes()));

    let second = bench.send(Some(first.conversation), "And?").await;
    bench.message(first.conversation, second.answer, |message| message.text == "So far").await;
    let mut library = bench.engine.library();
    let name = status.backups[0].name.clone();
    let status = bench.engine.backup_restore(&window, BackupRef { name }).await.unwrap();
    assert_eq!(status.backups[0].kind, BackupKind::Restore);
    assert_eq!(bench.engine.running_answers(), 0);
    while library.recv().await.unwrap() != LibraryEvent::Missed {}
    let snapshot = bench.snapshot(first.conversation).await;
    assert_eq!(snapshot.messages.len(), 2);
    // A viewer with a number of the other life begins again.
    let mut cursor = bench.engine.watch(&window, first.conversation, 1_000).await.unwrap();
    assert_eq!(cursor.next().await.unwrap().after, 0);
    let missing = BackupRef { name: "rivulet-20260101-000000-000-daily.db".into() };
    let refused = bench.engine.backup_restore(&window, missing).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_fails_is_said_until_one_succeeds() {
    let bench = Bench::start([]).await;
    let window = Caller::window();
    let folder = bench.folder.path().join("backups");
    // Something else lies where the folder should be.
    std::fs::write(&folder, "in the way").unwrap();
    assert!(bench.engine.backup_create(&window, Nothing {}).await.is_err());
    let status = bench.engine.backups_list(&window, Nothing {}).await.unwrap();
    assert!(status.problem.is_some() && status.backups.is_empty());
    std::fs::remove_file(&folder).unwrap();
    let status = bench.engine.backup_create(&window, Nothing {}).await.unwrap();
    assert!(status.problem.is_none() && status.backups.len() == 1);
}
