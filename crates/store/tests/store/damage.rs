//! A damaged database: found before anything is written to it, kept whatever is done, and got out of.

use crate::scene::{Recorder, Scene, new_conversation, open_when_free, turn};
use rivulet_protocol::*;
use rivulet_store::{Append, Listed, Publish, Store, StoreError, rescue};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// What was said, by conversation.
type Said = BTreeMap<ConversationId, Vec<Message>>;

/// A folder that was closed, what is in it, and its file as it was left.
struct Closed {
    dir: TempDir,
    said: Said,
    whole: Vec<u8>,
}

impl Closed {
    async fn new(conversations: usize, turns: usize, backup: bool) -> Self {
        let scene = Scene::new();
        for nth in 0..conversations {
            let conversation = scene.conversation(&format!("river {nth}")).await;
            let mut last = None;
            for turn in 0..turns {
                let (_, mut answer) = scene.ask(conversation, last).await;
                // Some stand in their page alone, some go on over others.
                scene.say(conversation, &mut answer, &"水 flows on. ".repeat(1 + turn * 137 % 900));
                scene.finish(conversation, &mut answer).await;
                last = Some(answer.id);
            }
        }
        let settings = Settings { theme: Theme::Dark, language: Some(Language::German), ..Settings::default() };
        scene.store.save_settings(settings).await.unwrap();
        let said = said(&scene.store).await.unwrap();
        if backup {
            scene.store.back_up(BackupKind::Asked).await.unwrap();
        }
        scene.store.close().await;
        drop(scene.store);
        let whole = std::fs::read(scene.dir.path().join("rivulet.db")).unwrap();
        Self { dir: scene.dir, said, whole }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("rivulet.db")
    }

    fn put(&self, bytes: &[u8]) {
        // Another file, as a copy that failed half way would be: no time of change is the same.
        std::fs::remove_file(self.file()).unwrap();
        std::fs::write(self.file(), bytes).unwrap();
    }

    fn open(&self) -> Result<Store, StoreError> {
        Store::open(self.dir.path(), Arc::new(Recorder::default()))
    }

    fn kept(&self) -> Vec<PathBuf> {
        let folder = std::fs::read_dir(self.dir.path().join("damaged"));
        folder.map_or_else(|_| Vec::new(), |files| files.map(|file| file.unwrap().path()).collect::<Vec<_>>())
    }

    /// Takes a way out; what is there then. The damaged file is kept byte for byte.
    async fn rescued(&self, way: Rescue, damaged: &[u8]) -> (Rescued, Said) {
        let before = self.kept().len();
        let rescued = rescue::rescue(self.dir.path(), &way).unwrap();
        assert_eq!(std::fs::read(&rescued.kept).unwrap(), damaged, "{way:?}");
        assert_eq!(self.kept().len(), before + 1, "under a name that nothing had");
        let store = self.open().unwrap_or_else(|error| panic!("{way:?}: {error}"));
        let there = said(&store).await.unwrap();
        assert_eq!(rescued.conversations, there.len() as u64);
        store.close().await;
        (rescued, there)
    }
}

async fn said(store: &Store) -> Result<Said, StoreError> {
    let mut said = Said::new();
    for id in store.conversation_ids().await? {
        let (_, messages) = store.whole(id).await?.ok_or(StoreError::NotFound("conversation"))?;
        said.insert(id, messages);
    }
    Ok(said)
}

/// Where the tree of a table or an index begins in the file.
fn root(file: &Path, name: &str) -> usize {
    let database = Connection::open(file).unwrap();
    let page: usize =
        database.query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [name], |row| row.get(0)).unwrap();
    (page - 1) * 4096
}

/// Every kind of damage to a file; the last is whether all that was said can still be read.
fn kinds(closed: &Closed) -> Vec<(&'static str, Vec<u8>, bool)> {
    let whole = &closed.whole;
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        bytes
    };
    let index = root(&closed.file(), "message_tree");
    let conversation = root(&closed.file(), "conversation");
    let length = whole.len();
    vec![
        ("not a database", b"Dear diary, this is not a database at all. ".repeat(200), false),
        ("empty", Vec::new(), false),
        ("a few bytes", whole[..100].to_vec(), false),
        ("half of it", whole[..length / 2].to_vec(), false),
        ("one page short", whole[..length - 4096].to_vec(), false),
        ("a header of zeros", changed(&|bytes| bytes[..100].fill(0)), true),
        ("no first page", changed(&|bytes| bytes[..4096].fill(0xA5)), true),
        ("pages overwritten", changed(&|bytes| bytes[length / 3..length / 3 * 2].fill(0xA5)), false),
        ("a broken index", changed(&|bytes| bytes[index + 8..index + 4096].fill(0x5A)), true),
        ("an index that says less", changed(&|bytes| bytes[index + 3..index + 5].fill(0)), true),
        ("a table's first page", changed(&|bytes| bytes[conversation..conversation + 8].fill(0xFF)), false),
    ]
}

#[tokio::test]
async fn each_kind_is_found_and_nothing_is_written() {
    let closed = Closed::new(3, 20, true).await;
    for (kind, damaged, _) in kinds(&closed) {
        closed.put(&damaged);
        let error = closed.open().err().unwrap_or_else(|| panic!("{kind}: it opens"));
        assert_eq!(error.fault(), DiskFault::Damaged, "{kind}: {error}");
        assert_eq!(std::fs::read(closed.file()).unwrap(), damaged, "{kind}: not touched");
        let trouble = rescue::look(closed.dir.path(), &error);
        assert_eq!(trouble.fault, DiskFault::Damaged, "{kind}");
        assert_eq!(trouble.backups.iter().map(|backup| backup.conversations).collect::<Vec<_>>(), [3], "{kind}");
        // Of the damaged file or of the backup.
        assert_eq!((trouble.language, trouble.theme), (Some(Language::German), Theme::Dark), "{kind}");
        assert_eq!(std::fs::read(closed.file()).unwrap(), damaged, "{kind}: looking changes nothing");
        // Again: no look and no try makes it seem well.
        assert_eq!(closed.open().err().map(|error| error.fault()), Some(DiskFault::Damaged), "{kind}");
    }
    closed.put(&closed.whole);
    assert_eq!(said(&closed.open().unwrap()).await.unwrap(), closed.said);
}

#[tokio::test]
async fn a_backup_takes_the_place_of_each_kind_and_the_damaged_file_is_kept() {
    let closed = Closed::new(2, 6, true).await;
    for (kind, damaged, _) in kinds(&closed) {
        closed.put(&damaged);
        let error = closed.open().err().unwrap();
        let name = rescue::look(closed.dir.path(), &error).backups[0].file.name.clone();
        let (rescued, there) = closed.rescued(Rescue::Backup { name }, &damaged).await;
        assert_eq!(there, closed.said, "{kind}");
        assert_eq!(rescued.lost, 0, "{kind}");
    }
    let unknown = rescue::rescue(closed.dir.path(), &Rescue::Backup { name: "../rivulet.db".into() });
    assert!(matches!(unknown, Err(StoreError::NotFound(_))), "{unknown:?}");
}

#[tokio::test]
async fn without_a_backup_what_can_be_read_is_taken_out() {
    let closed = Closed::new(3, 20, false).await;
    for (kind, damaged, all) in kinds(&closed) {
        closed.put(&damaged);
        if kind == "empty" {
            // Nothing else says that there was more than this.
            std::fs::write(closed.dir.path().join("rivulet.left"), "open").unwrap();
        }
        assert!(closed.open().is_err(), "{kind}");
        let (rescued, there) = closed.rescued(Rescue::Salvage, &damaged).await;
        let known: BTreeMap<MessageId, &Message> =
            closed.said.values().flatten().map(|message| (message.id, message)).collect();
        for message in there.values().flatten() {
            let before = known[&message.id];
            assert_eq!((&message.text, message.author), (&before.text, before.author), "{kind}");
        }
        let count = there.values().flatten().count();
        assert_eq!(rescued.messages, count as u64, "{kind}");
        if all {
            assert_eq!(there, closed.said, "{kind}");
            assert_eq!(rescued.lost, 0, "{kind}");
        } else {
            assert!(count < known.len() || there.len() == closed.said.len(), "{kind}");
        }
        if kind == "pages overwritten" || kind == "half of it" {
            assert!(count > 5, "{kind}: {count}");
        }
        if kind == "pages overwritten" {
            assert!(rescued.lost > 0, "{kind}: what is known to be missing is said");
        }
    }
}

#[tokio::test]
async fn an_empty_beginning_keeps_the_file_too() {
    let closed = Closed::new(1, 2, false).await;
    let damaged = b"nothing".repeat(1000);
    closed.put(&damaged);
    let (_, there) = closed.rescued(Rescue::Empty, &damaged).await;
    assert!(there.is_empty());
}

#[tokio::test]
async fn a_file_that_is_gone_is_no_first_start() {
    let closed = Closed::new(1, 2, true).await;
    std::fs::remove_file(closed.file()).unwrap();
    for _ in 0..2 {
        assert_eq!(closed.open().err().map(|error| error.fault()), Some(DiskFault::Damaged));
    }
    let rescued = rescue::rescue(closed.dir.path(), &Rescue::Salvage);
    assert!(rescued.is_err(), "there is nothing to read: {rescued:?}");
    let error = closed.open().err().unwrap();
    let name = rescue::look(closed.dir.path(), &error).backups[0].file.name.clone();
    rescue::rescue(closed.dir.path(), &Rescue::Backup { name }).unwrap();
    assert_eq!(said(&closed.open().unwrap()).await.unwrap(), closed.said);
}

#[tokio::test]
async fn a_kill_between_the_last_steps_is_made_good_by_the_next_start() {
    let closed = Closed::new(2, 3, false).await;
    // Made whole and put aside, and then killed: the old file and its log are still in place.
    std::fs::write(closed.dir.path().join("rescued.db"), &closed.whole).unwrap();
    closed.put(&b"damaged".repeat(4000));
    std::fs::write(closed.dir.path().join("rivulet.db-wal"), b"of the damaged one").unwrap();
    assert_eq!(said(&closed.open().unwrap()).await.unwrap(), closed.said);
    assert!(!closed.dir.path().join("rescued.db").exists());
}

/// What waits in the log beside the file is found there, and is kept beside it.
#[tokio::test]
async fn the_log_beside_the_file_is_read_and_kept() {
    let scene = Scene::new();
    let conversation = scene.conversation("in the log").await;
    let (question, mut answer) = scene.ask(conversation, None).await;
    scene.say(conversation, &mut answer, &"not folded yet ".repeat(2000));
    scene.settle(conversation).await;
    // As a crash leaves it, while nothing of it is in the file yet.
    let dir = tempfile::tempdir().unwrap();
    for name in ["rivulet.db", "rivulet.db-wal"] {
        std::fs::copy(scene.dir.path().join(name), dir.path().join(name)).unwrap();
    }
    // A page of the log that does not fit its sum: SQLite passes over it and all that comes after it.
    let mut log = std::fs::read(dir.path().join("rivulet.db-wal")).unwrap();
    log[32 + 24 + 200] ^= 0xFF;
    std::fs::write(dir.path().join("rivulet.db-wal"), &log).unwrap();
    let mut file = std::fs::read(dir.path().join("rivulet.db")).unwrap();
    file[..20].fill(0xFF);
    std::fs::write(dir.path().join("rivulet.db"), &file).unwrap();
    let error = Store::open(dir.path(), Arc::new(Recorder::default())).err().unwrap();
    assert_eq!(error.fault(), DiskFault::Damaged);
    assert_eq!(std::fs::read(dir.path().join("rivulet.db-wal")).unwrap(), log, "not brought into a damaged file");
    let rescued = rescue::rescue(dir.path(), &Rescue::Salvage).unwrap();
    let kept = PathBuf::from(rescued.kept);
    assert_eq!(std::fs::read(&kept).unwrap(), file);
    assert_eq!(std::fs::read(kept.with_extension("db-wal")).unwrap(), log);
    let store = Store::open(dir.path(), Arc::new(Recorder::default())).unwrap();
    let path = store.path_for_request(conversation, answer.id).await.unwrap();
    assert_eq!((path[0].id, path[1].state), (question.id, MessageState::Interrupted));
    assert_eq!(path[1].text, answer.text);
}

#[tokio::test]
async fn bytes_flipped_anywhere_never_pass_for_nothing() {
    let closed = Closed::new(3, 8, true).await;
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut below = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % limit as u64) as usize
    };
    let (mut found, mut opened) = (0, 0);
    for round in 0..150 {
        let mut bytes = closed.whole.clone();
        for _ in 0..=below(40) {
            let at = below(bytes.len());
            bytes[at] ^= 1 << below(8);
        }
        if round % 10 == 0 {
            // In the first page, where the format and the tables' places stand.
            let at = below(4096);
            bytes[at] ^= 0x55;
        }
        closed.put(&bytes);
        match closed.open() {
            Ok(store) => {
                opened += 1;
                // Damage in the middle of a text is text. What can be read has everything in it.
                if let Ok(there) = said(&store).await {
                    let count = |said: &Said| said.values().map(|messages| messages.len()).collect::<Vec<_>>();
                    assert_eq!(count(&there), count(&closed.said), "round {round}");
                }
                store.close().await;
            }
            Err(error) => {
                found += 1;
                assert!(matches!(error.fault(), DiskFault::Damaged | DiskFault::Newer), "round {round}: {error}");
                assert_eq!(std::fs::read(closed.file()).unwrap(), bytes, "round {round}: not touched");
                let (_, there) = closed.rescued(Rescue::Salvage, &bytes).await;
                assert!(!there.is_empty(), "round {round}");
            }
        }
    }
    assert!(found > 20 && opened > 0, "{found} found, {opened} opened");
}

#[tokio::test]
async fn a_clean_end_is_believed_only_of_the_file_that_was_left() {
    let closed = Closed::new(2, 10, false).await;
    let mut bytes = closed.whole.clone();
    let index = root(&closed.file(), "message_tree");
    bytes[index + 3..index + 5].fill(0);
    // In place, with the time of change it had: nothing to be noticed before it is read.
    let changed = std::fs::metadata(closed.file()).unwrap().modified().unwrap();
    std::fs::write(closed.file(), &bytes).unwrap();
    std::fs::File::options().write(true).open(closed.file()).unwrap().set_modified(changed).unwrap();
    closed.open().unwrap().close().await;
    // With another time the whole file is read.
    std::fs::write(closed.file(), &bytes).unwrap();
    assert_eq!(closed.open().err().map(|error| error.fault()), Some(DiskFault::Damaged));
}

/// Keeps what the store said of the disk, and the text it showed.
#[derive(Default)]
struct Watcher {
    seen: Mutex<(Vec<Option<DiskFault>>, String)>,
    changed: Condvar,
}

impl Publish for Watcher {
    fn committed(&self, _: ConversationId, events: Vec<Event>) {
        let mut seen = self.seen.lock().unwrap();
        for event in events {
            if let EventBody::Text { text, .. } = event.body {
                seen.1.push_str(&text);
            }
        }
        self.changed.notify_all();
    }

    fn disk(&self, problem: Option<DiskProblem>) {
        self.seen.lock().unwrap().0.push(problem.map(|problem| problem.fault));
        self.changed.notify_all();
    }
}

impl Watcher {
    async fn until(self: &Arc<Self>, enough: impl Fn(&(Vec<Option<DiskFault>>, String)) -> bool + Send + 'static) {
        let watcher = Arc::clone(self);
        let waiting = tokio::task::spawn_blocking(move || {
            let seen = watcher.seen.lock().unwrap();
            let limit = Duration::from_secs(60);
            let (seen, late) = watcher.changed.wait_timeout_while(seen, limit, |seen| !enough(seen)).unwrap();
            assert!(!late.timed_out(), "waited in vain: {seen:?}");
        });
        waiting.await.unwrap();
    }
}

/// Makes SQLite itself say that the database is damaged, to whoever looks at it from now on.
fn break_schema(dir: &Path) {
    let other = Connection::open(dir.join("rivulet.db")).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    let version: i64 = other.pragma_query_value(None, "schema_version", |row| row.get(0)).unwrap();
    other
        .execute_batch(&format!(
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE log (' WHERE name = 'log'; \
             PRAGMA schema_version = {}",
            version + 1
        ))
        .unwrap();
}

#[tokio::test]
async fn damage_while_an_answer_runs_is_told_and_the_answer_goes_on_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let watcher = Arc::new(Watcher::default());
    let store = Store::open(dir.path(), watcher.clone()).unwrap();
    let conversation = new_conversation("running");
    let id = conversation.id;
    store.create_conversation(conversation, None).await.unwrap();
    let (question, mut answer) = turn(None);
    store.begin(id, vec![question, answer.clone()], answer.id).await.unwrap();
    let mut say = |text: &str| {
        let offset = utf16_len(&answer.text);
        answer.text.push_str(text);
        store.append(id, answer.id, Append::Text { text: text.into(), offset });
    };
    say("on disk");
    watcher.until(|(_, text)| text == "on disk").await;
    break_schema(dir.path());
    say(", in memory");
    watcher.until(|(disk, text)| *disk == [Some(DiskFault::Damaged)] && text == "on disk, in memory").await;
    say(", and on");
    watcher.until(|(_, text)| text == "on disk, in memory, and on").await;
    // Somebody who wants to write something else is told what it is.
    let refused = store.create_conversation(new_conversation("another"), None).await.unwrap_err();
    assert_eq!(ApiError::from(refused).code, ErrorCode::Storage);
    store.close().await;
    drop(store);

    // The next start looks, and everything is there: what was on disk, and what was in memory.
    let error = Store::open(dir.path(), Arc::new(Recorder::default())).err().unwrap();
    assert_eq!(error.fault(), DiskFault::Damaged);
    rescue::rescue(dir.path(), &Rescue::Salvage).unwrap();
    let store = open_when_free(dir.path(), Arc::new(Recorder::default()));
    let stored = store.message(answer.id).await.unwrap().unwrap().1;
    assert_eq!((stored.text.as_str(), stored.state), ("on disk, in memory, and on", MessageState::Interrupted));
}

#[tokio::test]
async fn damage_that_a_reader_meets_is_told_once_and_is_not_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let watcher = Arc::new(Watcher::default());
    let store = Store::open(dir.path(), watcher.clone()).unwrap();
    store.create_conversation(new_conversation("read"), None).await.unwrap();
    break_schema(dir.path());
    for _ in 0..3 {
        let read = store.conversations(0, 10, Listed::default()).await;
        assert_eq!(ApiError::from(read.err().unwrap()).code, ErrorCode::DatabaseDamaged);
    }
    assert_eq!(watcher.seen.lock().unwrap().0, [Some(DiskFault::Damaged)]);
    // Mended behind its back: the end is not a clean one all the same, and the next start reads the file through.
    store.close().await;
    assert_eq!(std::fs::read_to_string(dir.path().join("rivulet.left")).unwrap(), "open");
}
