//! `kill -9` in the middle of every kind of write: what was acknowledged is there, and the file is sound.
//!
//! `RIVULET_KILLS` says how many times; `cargo xtask bench archive` runs 200.

mod check;
mod write;

use crate::scene::{Recorder, new_conversation, open_when_free, start};
use rivulet_protocol::*;
use rivulet_store::Store;
use rusqlite::Connection;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const FOLDER: &str = "RIVULET_KILLS_FOLDER";
const KIND: &str = "RIVULET_KILLS_KIND";
const KILLS: &str = "RIVULET_KILLS";
const FEW: u64 = 12;
/// Lines of what comes to one in the process that is killed: more than any round waits for.
const MOST_LINES: u64 = 60;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Stream,
    Edit,
    Import,
    Backup,
    Migration,
    Bin,
}

const KINDS: [Kind; 6] = [Kind::Stream, Kind::Edit, Kind::Import, Kind::Backup, Kind::Migration, Kind::Bin];

/// Numbers that look random and are the same in every run.
fn chance(round: u64, below: u64) -> u64 {
    let mut z = (round + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (z ^ (z >> 27)) % below
}

#[tokio::test]
#[ignore = "the process that the test below kills"]
async fn writes_until_it_is_killed() {
    let (Ok(folder), Ok(name)) = (std::env::var(FOLDER), std::env::var(KIND)) else { return };
    let kind = KINDS.into_iter().find(|kind| format!("{kind:?}") == name).unwrap();
    write::until_killed(Path::new(&folder), kind).await;
}

fn spawn(folder: &Path, kind: Kind) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "kills::writes_until_it_is_killed"]);
    command.env(FOLDER, folder).env(KIND, format!("{kind:?}"));
    start(command.stdout(Stdio::piped()).stderr(Stdio::null()))
}

/// Runs the writing process, kills it a while after some line, and hands back everything it had acknowledged.
fn acknowledged(folder: &Path, kind: Kind, round: u64) -> Vec<String> {
    let mut child = spawn(folder, kind);
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = Vec::new();
    // A migration is acknowledged once, when it is over: it is killed anywhere between its start and some time after that.
    let (wanted, wait) = match kind {
        Kind::Migration => (0, 200_000),
        _ => (1 + chance(round, MOST_LINES), 20_000),
    };
    // The harness has lines of its own, and the last line may be half a line: the kill came between.
    let own = |line: String| Some(line.split_once("ack ")?.1.strip_suffix(" .")?.to_owned());
    while (lines.len() as u64) < wanted {
        let line = out.next().unwrap_or_else(|| panic!("{kind:?} ended by itself after {lines:?}")).unwrap();
        lines.extend(own(line));
    }
    std::thread::sleep(Duration::from_micros(chance(round ^ 0x5a5a, wait)));
    child.kill().unwrap();
    lines.extend(out.filter_map(|line| own(line.unwrap())));
    let ended = child.wait().unwrap();
    assert!(!ended.success(), "{kind:?} ended by itself");
    lines
}

/// The file as the kill left it, before Rivulet opens it.
fn assert_sound(file: &Path) {
    let database = Connection::open(file).unwrap();
    let verdict: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok", "{file:?}");
    let words = "SELECT count(*) FROM sqlite_schema WHERE name = 'message_words'";
    if database.query_row(words, [], |row| row.get::<_, u64>(0)).unwrap() == 1 {
        database.execute("INSERT INTO message_words (message_words) VALUES ('integrity-check')", []).unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill_in_any_kind_of_write() {
    let kills = std::env::var(KILLS).map_or(FEW, |count| count.parse().unwrap());
    let mut proven = 0;
    for round in 0..kills {
        let kind = KINDS[(round % KINDS.len() as u64) as usize];
        let folder = tempfile::tempdir().unwrap();
        if kind == Kind::Migration {
            write::an_old_database(folder.path());
        }
        let lines = acknowledged(folder.path(), kind, round);
        assert_sound(&folder.path().join("rivulet.db"));
        let store = open_when_free(folder.path(), Arc::new(Recorder::default()));
        if kind == Kind::Migration {
            check::nothing_old_is_lost(&store).await;
        }
        for line in check::latest(&lines) {
            check::holds(&store, line).await.unwrap_or_else(|lost| panic!("round {round}, {kind:?}: {line}: {lost}"));
        }
        proven += lines.len();
        store.close().await;
        assert_sound(&folder.path().join("rivulet.db"));
    }
    println!("kills: {kills}, acknowledged writes: {proven}, lost: 0, integrity_check: ok each time");
}
