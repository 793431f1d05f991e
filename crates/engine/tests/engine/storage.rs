//! A person's own storage: sent, read back, restored, merged; and what goes wrong on the way.

use super::*;
use rivulet_testkit::{Authority, Ill, Listen, Shelf};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

const PASSPHRASE: &str = "canary passphrase of twelve words";
const PASSWORD: &str = "canary-password-5521";
const SAID: &str = "canary-message-8842";
const DAY: u64 = 24 * 60 * 60 * 1000;

fn window() -> &'static Caller {
    static WINDOW: LazyLock<Caller> = LazyLock::new(Caller::window);
    &WINDOW
}

fn folder_of(path: &Path) -> StoragePlace {
    StoragePlace::Folder { path: path.to_str().unwrap().into() }
}

fn webdav(shelf: &Shelf) -> StoragePlace {
    StoragePlace::Webdav { address: shelf.address(), user: "me".into() }
}

fn save(place: StoragePlace) -> StorageSave {
    let secret = |text: &str| Some(Secret::new(text.into()));
    StorageSave { place, password: secret(PASSWORD), passphrase: secret(PASSPHRASE), keep: KeyPlace::Memory }
}

fn stored(name: &str, passphrase: &str) -> StorageRef {
    StorageRef { name: name.into(), passphrase: Secret::new(passphrase.into()) }
}

async fn talk(bench: &Bench) -> Turn {
    let turn = bench.send(None, SAID).await;
    bench.ended(turn.conversation, turn.answer).await;
    turn
}

/// An app with a conversation, an attachment in it, and this storage.
async fn with_storage(place: StoragePlace) -> (Bench, Turn) {
    let bench = Bench::start([Script::stream().text("Answer.").done()]).await;
    let data = "Y2FuYXJ5IGZpbGU=".to_owned();
    let add = AttachmentAdd { name: "canary-file-name.txt".into(), data, temporary: None };
    let file = bench.engine.attachment_add(window(), add).await.unwrap();
    let request = MessageSend { attachments: Some(vec![file]), ..send(None, SAID) };
    let turn = bench.engine.message_send(window(), request).await.unwrap();
    bench.ended(turn.conversation, turn.answer).await;
    bench.engine.storage_save(window(), save(place)).await.unwrap();
    (bench, turn)
}

async fn code(outcome: impl Future<Output = Result<impl std::fmt::Debug, ApiError>>) -> ErrorCode {
    let error = outcome.await.unwrap_err();
    let words = format!("{error:?}");
    for canary in [PASSPHRASE, PASSWORD, SAID] {
        assert!(!words.contains(canary), "{words}");
    }
    error.code
}

fn backups_in(files: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    files.into_iter().filter_map(|file| file.strip_suffix(".json").map(str::to_owned)).collect()
}

fn names(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_computer_has_everything_again_and_merging_makes_no_doubles() {
    let shelf = tempfile::tempdir().unwrap();
    let (first, turn) = with_storage(folder_of(shelf.path())).await;
    let status = first.engine.storage_upload(window(), Nothing {}).await.unwrap();
    let last = status.last.unwrap();
    assert!(status.problem.is_none() && !status.running);
    assert!(!first.folder.path().join("transit").exists());

    let second = Bench::start([Script::stream().text("Of the second.").done()]).await;
    let own = talk(&second).await;
    second.engine.storage_save(window(), save(folder_of(shelf.path()))).await.unwrap();
    let listed = second.engine.storage_list(window(), Nothing {}).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&last));
    let wrong = second.engine.storage_restore(window(), stored(&last.name, "another passphrase"));
    assert_eq!(code(wrong).await, ErrorCode::StoragePassphrase);
    for name in ["../rivulet", "rivulet-20200101-000000-000", ""] {
        let missing = second.engine.storage_restore(window(), stored(name, PASSPHRASE));
        assert_eq!(code(missing).await, ErrorCode::NotFound, "{name}");
    }

    // Merged: what is here stays, and a second time adds nothing.
    let merged = second.engine.storage_merge(window(), stored(&last.name, PASSPHRASE)).await.unwrap();
    assert_eq!((merged.new_conversations, merged.new_messages, merged.problem), (1, 2, None));
    let again = second.engine.storage_merge(window(), stored(&last.name, PASSPHRASE)).await.unwrap();
    assert_eq!((again.new_conversations, again.new_messages), (0, 0));
    assert_eq!(second.snapshot(own.conversation).await.messages.len(), 2);

    // Restored: what the first had, with its files, and nothing else. The storage stays set up.
    second.engine.storage_restore(window(), stored(&last.name, PASSPHRASE)).await.unwrap();
    let message = second.snapshot(turn.conversation).await.messages.remove(0).message;
    assert_eq!(message.text, SAID);
    let read = AttachmentRef { message: message.id, hash: message.attachments[0].hash.clone() };
    assert_eq!(second.engine.attachment_read(window(), read).await.unwrap().data, "Y2FuYXJ5IGZpbGU=");
    let gone = ConversationOpen { conversation: own.conversation, limit: None };
    assert!(second.engine.conversation_open(window(), gone).await.is_err());
    let status = second.engine.storage_status(window(), Nothing {}).await.unwrap();
    assert_eq!(status.place, Some(folder_of(shelf.path())));
    let local = second.engine.backups_list(window(), Nothing {}).await.unwrap();
    assert_eq!(local.backups[0].kind, BackupKind::Restore);
    assert!(!second.folder.path().join("transit").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_age_program_opens_what_lies_there_and_the_storage_sees_nothing_else() {
    let shelf = Shelf::start();
    let (bench, turn) = with_storage(webdav(&shelf)).await;
    let title = "canary-title-3310".to_owned();
    let rename = ConversationRename { conversation: turn.conversation, title: title.clone() };
    bench.engine.conversation_rename(window(), rename).await.unwrap();
    bench.engine.storage_upload(window(), Nothing {}).await.unwrap();
    let files = shelf.files();
    for (name, bytes) in &files {
        assert!(name.starts_with("rivulet-20"), "{name}");
        for canary in [PASSPHRASE, PASSWORD, SAID, &title, "canary", "SQLite format 3"] {
            assert!(!bytes.windows(canary.len()).any(|part| part == canary.as_bytes()), "{canary} in {name}");
        }
    }
    // The password goes nowhere but into the header it is for.
    for head in shelf.heads() {
        assert!(!head.contains(PASSPHRASE) && !head.contains(PASSWORD), "{head}");
    }

    // By hand, as docs/storage.md says: the parts in their order, through age and tar.
    let folder = tempfile::tempdir().unwrap();
    let whole: Vec<u8> =
        files.iter().filter(|(name, _)| name.contains(".age.")).flat_map(|(_, bytes)| bytes.clone()).collect();
    let sealed = folder.path().join("backup.age");
    std::fs::write(&sealed, whole).unwrap();
    let tar = folder.path().join("backup.tar");
    age(&sealed, &tar);
    let unpacked = Command::new("tar").arg("-xf").arg(&tar).arg("-C").arg(folder.path()).status().unwrap();
    assert!(unpacked.success());
    let name = &bench.engine.backups_list(window(), Nothing {}).await.unwrap().backups[0].name;
    let local = std::fs::read(bench.folder.path().join("backups").join(name)).unwrap();
    assert_eq!(std::fs::read(folder.path().join("rivulet.db")).unwrap(), local, "the very backup this app made");
    let kept = bench.folder.path().join("attachments");
    for home in names(&kept) {
        for hash in names(&kept.join(&home)) {
            let there = folder.path().join("attachments").join(&home).join(&hash);
            assert_eq!(std::fs::read(there).unwrap(), std::fs::read(kept.join(&home).join(&hash)).unwrap());
        }
    }
}

/// The `age` program asks for a passphrase on a terminal and nowhere else: `script` is one.
fn age(sealed: &Path, to: &Path) {
    let line = format!("age -d -o {} {}", to.display(), sealed.display());
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut running = script.spawn().unwrap();
    use std::io::Write;
    let mut terminal = running.stdin.take().unwrap();
    terminal.write_all(format!("{PASSPHRASE}\n").as_bytes()).unwrap();
    assert!(running.wait().unwrap().success());
    drop(terminal);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_does_not_work_is_not_kept() {
    let shelf = Shelf::start();
    let bench = Bench::start([Script::stream().text("Hi.").done()]).await;
    let try_place = |place: StoragePlace| bench.engine.storage_save(window(), save(place));
    shelf.falls(Ill::Denies);
    assert_eq!(code(async { try_place(webdav(&shelf)).await }).await, ErrorCode::StorageDenied);
    shelf.falls(Ill::FullAfter(0));
    assert_eq!(code(async { try_place(webdav(&shelf)).await }).await, ErrorCode::StorageFull);
    shelf.falls(Ill::Redirects);
    let error = bench.engine.storage_save(window(), save(webdav(&shelf))).await.unwrap_err();
    assert_eq!(error.failure.unwrap().code, FailureCode::Redirected);
    shelf.falls(Ill::Well);
    let absent = folder_of(Path::new("/nowhere/at/all"));
    assert_eq!(code(async { try_place(absent).await }).await, ErrorCode::StorageFailed);
    assert!(!Path::new("/nowhere").exists());
    let clear = StoragePlace::Webdav { address: "http://nas.example/dav".into(), user: "me".into() };
    assert_eq!(code(async { try_place(clear).await }).await, ErrorCode::StorageAddress);
    let short = StorageSave { passphrase: Some(Secret::new("short".into())), ..save(webdav(&shelf)) };
    assert_eq!(code(async { bench.engine.storage_save(window(), short).await }).await, ErrorCode::Invalid);
    let none = StorageSave { passphrase: None, ..save(webdav(&shelf)) };
    assert_eq!(code(async { bench.engine.storage_save(window(), none).await }).await, ErrorCode::StorageNoSecret);

    // A certificate nobody vouches for.
    let identity = Authority::new("Unknown").identity(&["localhost"]);
    let listen = Listen { host: "localhost", identity: Some(identity), ..Listen::default() };
    let stranger = Upstream::listen(listen, [Script::stream().done()]);
    let place = StoragePlace::Webdav { address: stranger.base_url(), user: "me".into() };
    let error = bench.engine.storage_save(window(), save(place)).await.unwrap_err();
    assert_eq!(error.failure.unwrap().code, FailureCode::CertificateUntrusted);
    assert!(stranger.requests().is_empty());
    assert_eq!(bench.engine.storage_status(window(), Nothing {}).await.unwrap(), StorageStatus::default());
    assert!(shelf.files().is_empty(), "{:?}", shelf.files().keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_s_backup_that_fails_is_said_and_tried_again_an_hour_later() {
    let shelf = Shelf::start();
    let (bench, _) = with_storage(webdav(&shelf)).await;
    let now = now_ms();
    for (ill, expected) in [
        (Ill::CutsAfter(0), ErrorCode::Upstream),
        (Ill::FullAfter(0), ErrorCode::StorageFull),
        // The parts are there, their list is not.
        (Ill::FullAfter(1), ErrorCode::StorageFull),
        (Ill::Denies, ErrorCode::StorageDenied),
    ] {
        bench.engine.storage_save(window(), save(webdav(&shelf))).await.unwrap();
        shelf.falls(ill);
        assert_eq!(code(bench.engine.send_if_due(now)).await, expected);
        let status = bench.engine.storage_status(window(), Nothing {}).await.unwrap();
        assert_eq!(status.problem.map(|problem| (problem.at, problem.error.code)), Some((now, expected)));
        assert!(!bench.engine.send_if_due(now + 60_000).await.unwrap(), "not at once");
        shelf.falls(Ill::Well);
        assert_eq!(bench.engine.storage_list(window(), Nothing {}).await.unwrap(), []);
    }
    assert!(bench.engine.send_if_due(now + 3_700_000).await.unwrap());
    let status = bench.engine.storage_status(window(), Nothing {}).await.unwrap();
    assert!(status.problem.is_none() && status.last.is_some());
    assert!(!bench.engine.send_if_due(now + 7_400_000).await.unwrap(), "once a day");
    // What the failures left is gone.
    let files = shelf.files();
    assert_eq!(backups_in(files.keys().cloned()).len(), 1);
    assert_eq!(files.len(), 2, "{:?}", files.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_in_the_storage_is_refused_and_changes_nothing() {
    let shelf = Shelf::start();
    let (bench, turn) = with_storage(webdav(&shelf)).await;
    let last = bench.engine.storage_upload(window(), Nothing {}).await.unwrap().last.unwrap();
    let whole = shelf.files();
    let part = whole.keys().find(|name| name.contains(".age.")).unwrap().clone();
    let list = format!("{}.json", last.name);
    let half = whole[&part].len() / 2;
    let other = std::str::from_utf8(&whole[&list]).unwrap().replace("\"version\":1", "\"version\":2");
    for damage in [
        (
            part.clone(),
            Some({
                let mut bytes = whole[&part].clone();
                bytes[half] ^= 1;
                bytes
            }),
        ),
        // The head of age's file, too: that is not a wrong passphrase.
        (
            part.clone(),
            Some({
                let mut bytes = whole[&part].clone();
                bytes[60] ^= 1;
                bytes
            }),
        ),
        (part.clone(), Some(whole[&part][..half].to_vec())),
        (part.clone(), None),
        (list.clone(), Some(b"{}".to_vec())),
        (list.clone(), Some(other.into_bytes())),
    ] {
        shelf.change(|files| match damage.1 {
            Some(bytes) => drop(files.insert(damage.0, bytes)),
            None => drop(files.remove(&damage.0)),
        });
        for merge in [false, true] {
            let request = stored(&last.name, PASSPHRASE);
            let found = match merge {
                true => code(bench.engine.storage_merge(window(), request)).await,
                false => code(bench.engine.storage_restore(window(), request)).await,
            };
            assert_eq!(found, ErrorCode::StorageDamaged);
        }
        shelf.change(|files| *files = whole.clone());
    }
    assert_eq!(bench.snapshot(turn.conversation).await.messages.len(), 2);
    bench.engine.storage_restore(window(), stored(&last.name, PASSPHRASE)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_this_app_sent_is_removed_whatever_the_clock_says() {
    let shelf = tempfile::tempdir().unwrap();
    let (bench, _) = with_storage(folder_of(shelf.path())).await;
    let strangers = ["notes.txt", "rivulet-20200101-000000-000.json", "rivulet-20200101-000000-000.age.0001"];
    for stranger in strangers {
        std::fs::write(shelf.path().join(stranger), "of somebody else").unwrap();
    }
    let start = now_ms();
    // Five days in a row, then the clock runs far ahead, and back before all of it.
    let times: Vec<u64> = (0..5).map(|day| start + day * DAY).chain([start + 4000 * DAY, start - 900 * DAY]).collect();
    for at in &times {
        assert!(bench.engine.send_if_due(*at).await.unwrap(), "{at}");
        let last = bench.engine.storage_status(window(), Nothing {}).await.unwrap().last.unwrap();
        assert_eq!(last.made_at, *at);
        assert!(shelf.path().join(format!("{}.json", last.name)).exists(), "the one just made stays");
    }
    for stranger in strangers {
        assert!(shelf.path().join(stranger).exists(), "{stranger}");
    }
    let listed = bench.engine.storage_list(window(), Nothing {}).await.unwrap();
    assert!(listed.len() < times.len(), "something was out of date: {listed:?}");
    let every = names(shelf.path());
    for file in every.iter().filter(|file| file.contains(".age.") && !strangers.contains(&file.as_str())) {
        assert!(every.contains(&format!("{}.json", file.split(".age.").next().unwrap())), "{file} is left over");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_the_storage_forgets_its_secrets_and_leaves_what_is_there() {
    let shelf = Shelf::start();
    let (bench, _) = with_storage(webdav(&shelf)).await;
    bench.engine.storage_upload(window(), Nothing {}).await.unwrap();
    let there = shelf.files();
    let status = bench.engine.storage_forget(window(), Nothing {}).await.unwrap();
    assert_eq!(status, StorageStatus::default());
    assert_eq!(shelf.files(), there);
    let without = StorageSave { password: None, passphrase: None, ..save(webdav(&shelf)) };
    assert_eq!(code(bench.engine.storage_save(window(), without)).await, ErrorCode::StorageNoSecret);
    assert_eq!(code(bench.engine.storage_list(window(), Nothing {})).await, ErrorCode::NotFound);
}
