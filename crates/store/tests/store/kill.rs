//! `kill -9` in the middle of an answer: whatever was published is on disk.

use crate::scene::{Recorder, new_conversation, open_when_free, start, turn};
use rivulet_protocol::*;
use rivulet_store::{Append, Publish, Store};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const FOLDER: &str = "RIVULET_STORE_TEST_FOLDER";
const ROUNDS: u64 = 12;

/// What the answer is made of; each of its beginnings can be told from every other text.
fn word(number: usize) -> String {
    format!("{number} 雨🙂 ")
}

fn written(length: u64) -> String {
    let mut text = String::new();
    let mut units = 0;
    for word in (0..).map(word) {
        if units >= length {
            break;
        }
        units += utf16_len(&word);
        text.push_str(&word);
    }
    text
}

/// Says on standard output what was published, after it was.
struct Printer;

impl Publish for Printer {
    fn committed(&self, conversation: ConversationId, events: Vec<Event>) {
        let mut out = std::io::stdout().lock();
        for Event { seq, message, body } in events {
            if let EventBody::Text { text, offset } = body {
                let end = offset + utf16_len(&text);
                // The parent may be reading no more.
                let _ = writeln!(out, "published {conversation} {message} {seq} {end}");
            }
        }
        let _ = out.flush();
    }

    fn disk(&self, problem: Option<DiskProblem>) {
        let _ = writeln!(std::io::stdout().lock(), "disk: {problem:?}");
    }
}

#[tokio::test]
#[ignore = "the process that the test below kills"]
async fn writes_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = Store::open(Path::new(&folder), Arc::new(Printer)).unwrap();
    let conversation = new_conversation("to be killed");
    let (question, answer) = turn(None);
    store.create_conversation(conversation.clone(), None).await.unwrap();
    store.begin(conversation.id, vec![question, answer.clone()], answer.id).await.unwrap();
    let start = Instant::now();
    let mut offset = 0;
    for (number, text) in (0..).map(word).enumerate() {
        if start.elapsed() > Duration::from_secs(60) {
            break;
        }
        let length = utf16_len(&text);
        store.append(conversation.id, answer.id, Append::Text { text, offset });
        offset += length;
        // Single words and heaps of them.
        if number % 7 == 0 {
            std::thread::sleep(Duration::from_micros(300));
        }
    }
}

struct Killed {
    conversation: ConversationId,
    message: MessageId,
    /// The last number and the text's length of what was published.
    seq: u64,
    end: u64,
}

fn spawn(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "kill::writes_until_it_is_killed"]);
    start(command.env(FOLDER, folder).stdout(Stdio::piped()).stderr(Stdio::null()))
}

/// Runs the writing process, kills it after `lines` lines, and reads what it still had said.
fn run_and_kill(folder: &Path, lines: u64) -> Killed {
    let mut child = spawn(folder);
    let mut killed: Option<Killed> = None;
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        assert!(!line.contains("disk: "), "without a disk this proves nothing: {line}");
        // The last line may be half a line: the kill came between.
        let mut fields = line.split("published ").nth(1).unwrap_or("").split(' ');
        let mut next = || fields.next();
        let parsed = (|| {
            Some(Killed {
                conversation: next()?.parse().ok()?,
                message: next()?.parse().ok()?,
                seq: next()?.parse().ok()?,
                end: next()?.parse().ok()?,
            })
        })();
        if let Some(published) = parsed {
            killed = Some(match killed {
                Some(last) if last.end > published.end => last,
                _ => published,
            });
            seen += 1;
            if seen == lines {
                child.kill().unwrap();
            }
        }
    }
    child.wait().unwrap();
    assert!(seen >= lines, "it ended by itself after {seen} lines");
    killed.unwrap()
}

#[tokio::test]
async fn everything_that_was_published_is_there_after_a_kill() {
    for round in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let killed = run_and_kill(folder.path(), 1 + round * round * 5);
        let store = open_when_free(folder.path(), Arc::new(Recorder::default()));
        let found = store.conversation(killed.conversation).await.unwrap().unwrap();
        let (_, message) = store.message(killed.message).await.unwrap().unwrap();
        assert_eq!(message.state, MessageState::Interrupted);
        let length = utf16_len(&message.text);
        assert!(length >= killed.end, "{length} of {} units that were shown", killed.end);
        assert_eq!(message.text, written(length));
        assert!(found.head > killed.seq);
        let (events, _) = store.events_after(killed.conversation, killed.seq).await.unwrap();
        let EventBody::Reset { snapshot } = &events.last().unwrap().body else { panic!("{events:?}") };
        assert_eq!(**snapshot, message);

        let resumed = store.resume(killed.conversation, killed.message).await.unwrap();
        assert_eq!((resumed.state, &resumed.text), (MessageState::Running, &message.text));
        store.close().await;
    }
}
