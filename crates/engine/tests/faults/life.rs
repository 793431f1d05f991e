//! Rows 40, 41 and 43 to 46: what happens to the computer, the app and its viewers while an answer comes.

use super::scene::{self, PATIENCE, Seen, limits};
use super::{Row, Scene, Setup};
use rivulet_protocol::*;
use rivulet_providers::Limits;
use rivulet_store::{Publish, Store};
use rivulet_testkit::{Script, Upstream};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::{Duration, Instant, SystemTime};

#[tokio::test(flavor = "multi_thread")]
async fn row_40_stop() {
    let mut row = Row::new(40, "user abort");
    let upstream = Upstream::start([Script::stream().text("Half").silence()]);
    let scene = Scene::start(&upstream.base_url(), Setup::default()).await;
    let turn = scene.send(None).await;
    scene.message(&turn, |message| message.text == "Half").await;
    scene.stop(&turn).await;
    let (message, notices) = scene.ended(&turn).await;
    let seen = Seen::of("in mid-answer", upstream.requests().len(), &message, &notices);
    assert_eq!((seen.state, seen.text.as_str(), message.usage), (MessageState::Stopped, "Half", None));
    row.saw(seen);
    let stopped = Instant::now();
    while upstream.requests()[0].closed.is_none() {
        assert!(stopped.elapsed() < PATIENCE, "the upstream never saw the connection close");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    row.end();
}

/// By how much the clock on the wall is off, in milliseconds, in the test of this name.
static ASLEEP: AtomicI64 = AtomicI64::new(0);
static SET_BACK: AtomicI64 = AtomicI64::new(0);

fn off_by(ms: &AtomicI64) -> SystemTime {
    let ms = ms.load(SeqCst);
    let by = Duration::from_millis(ms.unsigned_abs());
    if ms < 0 { SystemTime::now() - by } else { SystemTime::now() + by }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_41_sleep() {
    let mut row = Row::new(41, "laptop sleep");
    let upstream = Upstream::start([Script::stream().text("Half").silence()]);
    let patient = Duration::from_secs(100);
    let limits = Limits { wall: || off_by(&ASLEEP), byte_idle: patient, content_idle: patient, ..limits() };
    let scene = Scene::start(&upstream.base_url(), Setup { limits, ..Setup::default() }).await;
    let turn = scene.send(None).await;
    scene.message(&turn, |message| message.text == "Half").await;
    let woken = Instant::now();
    ASLEEP.store(3_600_000, SeqCst);
    let (message, notices) = scene.ended(&turn).await;
    assert!(woken.elapsed() < patient / 2, "it is noticed on waking, not after the wait begins anew");
    let seen = Seen::of("asleep for an hour", upstream.requests().len(), &message, &notices);
    row.saw(seen.failed(FailureCode::Silent, "Half", 1).retried(0));
    row.end();
}

/// A publisher that tells nobody.
struct Nobody;

impl Publish for Nobody {
    fn committed(&self, _: ConversationId, _: Vec<Event>) {}
    fn disk(&self, _: Option<DiskProblem>) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn row_43_clock_jump() {
    let mut row = Row::new(43, "clock jump");
    let pause = Duration::from_millis(700);
    let upstream =
        Upstream::start([Script::stream().text("One").wait(pause).text(", two").wait(pause).text(".").done()]);
    let limits = Limits { wall: || off_by(&SET_BACK), ..limits() };
    let scene = Scene::start(&upstream.base_url(), Setup { limits, ..Setup::default() }).await;
    let turn = scene.send(None).await;
    scene.message(&turn, |message| message.text == "One").await;
    SET_BACK.store(-86_400_000, SeqCst);
    let (message, notices) = scene.ended(&turn).await;
    let seen = Seen::of("set back by a day", upstream.requests().len(), &message, &notices);
    row.saw(seen.complete(FinishReason::Stop, "One, two.", 1));
    // Messages stand in the order of the conversation, whatever their times say.
    let (conversation, data) = (turn.conversation, scene.data());
    scene.engine.quit().await;
    let store = Store::open(&data, Arc::new(Nobody)).unwrap();
    let mut question = Message::new(Some(turn.answer), Author::User, MessageState::Complete);
    let mut answer = Message::new(Some(question.id), Author::Assistant, MessageState::Complete);
    (question.text, question.created_at) = ("Later".into(), 2_000);
    (answer.text, answer.created_at) = ("and later still".into(), 1_000);
    let leaf = answer.id;
    store.begin(conversation, vec![question, answer], leaf).await.unwrap();
    store.close().await;
    drop(store);
    let engine = scene::open(data, &upstream.base_url(), scene::limits()).await;
    let open = ConversationOpen { conversation, limit: None };
    let path = engine.conversation_open(&Caller::window(), open).await.unwrap().messages;
    let texts: Vec<_> = path.iter().map(|path| path.message.text.as_str()).collect();
    assert_eq!(texts, ["Why?", "One, two.", "Later", "and later still"]);
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_44_viewer_gone() {
    let mut row = Row::new(44, "webview reload or crash mid-stream");
    let words: Vec<String> = (0..60).map(|number| format!("{number} 雨🙂 ")).collect();
    let script = words.iter().fold(Script::stream(), |script, word| script.text(word).wait(Duration::from_millis(15)));
    let upstream = Upstream::start([script.done()]);
    let scene = Scene::start(&upstream.base_url(), Setup::default()).await;
    let turn = scene.send(None).await;
    // A viewer that goes away after every batch and comes back with the number it had.
    let (mut after, mut text, mut visits) = (0, String::new(), 0);
    let read = async {
        loop {
            let mut cursor = scene.engine.watch(&Caller::window(), turn.conversation, after).await.unwrap();
            let batch = cursor.next().await.unwrap();
            visits += 1;
            after = batch.head;
            for event in batch.events {
                match event.body {
                    EventBody::Started { snapshot } | EventBody::Reset { snapshot } if event.message == turn.answer => {
                        text = snapshot.text;
                    }
                    EventBody::Text { text: more, offset } => {
                        assert_eq!(offset, utf16_len(&text), "no gap and no repeat");
                        text.push_str(&more);
                    }
                    EventBody::Finished { .. } => return,
                    EventBody::Failed { failure, .. } => panic!("{failure:?}"),
                    _ => {}
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap();
    assert!(visits > 5, "it was away and back only {visits} times");
    assert_eq!(text, words.concat());
    let (message, notices) = scene.ended(&turn).await;
    let seen = Seen::of("a viewer comes and goes", upstream.requests().len(), &message, &notices);
    row.saw(seen.complete(FinishReason::Stop, &words.concat().chars().take(200).collect::<String>(), 1));
    row.end();
}

const BASE_URL: &str = "RIVULET_FAULTS_BASE_URL";
const FOLDER: &str = "RIVULET_FAULTS_FOLDER";

/// This program again, for one of the tests that another process plays.
fn other_process(launcher: &[&str], test: &str, upstream: &Upstream, folder: &std::path::Path) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = match launcher {
        [] => Command::new(program),
        [shell, args @ ..] => {
            let mut command = Command::new(shell);
            command.args(args).arg(program);
            command
        }
    };
    command.args(["--exact", test, "--ignored", "--nocapture"]).env(BASE_URL, upstream.base_url()).env(FOLDER, folder);
    command.stdout(Stdio::piped());
    command
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").unwrap();
    out.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that row 45 kills"]
async fn answers_until_it_is_killed() {
    let (Ok(base_url), Ok(folder)) = (std::env::var(BASE_URL), std::env::var(FOLDER)) else { return };
    let engine = scene::open(folder.into(), &base_url, Limits::default()).await;
    let send = MessageSend {
        conversation: None,
        parent: None,
        at_root: None,
        text: "Why?".into(),
        attachments: None,
        provider: None,
        model: None,
    };
    let turn = engine.message_send(&Caller::window(), send).await.unwrap();
    scene::message(&engine, turn.conversation, turn.answer, |message| message.text == "Half").await;
    say(&format!("shown {} {}", turn.conversation, turn.answer));
    tokio::time::sleep(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_45_killed() {
    let mut row = Row::new(45, "app killed");
    let folder = tempfile::tempdir().unwrap();
    let upstream =
        Upstream::start([Script::stream().text("Half").silence(), Script::stream().text(" and half.").done()]);
    let mut process = other_process(&[], "life::answers_until_it_is_killed", &upstream, folder.path()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let shown = lines.map_while(Result::ok).find(|line| line.starts_with("shown ")).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let ids: Vec<uuid::Uuid> = shown.split(' ').skip(1).map(|id| id.parse().unwrap()).collect();
    let (conversation, answer) = (ConversationId(ids[0]), MessageId(ids[1]));
    let engine = scene::open(folder.path().into(), &upstream.base_url(), scene::limits()).await;
    let (message, notices) = scene::message(&engine, conversation, answer, |_| true).await;
    let seen = Seen::of("kill -9 in mid-answer", upstream.requests().len(), &message, &notices);
    assert_eq!((seen.state, seen.text.as_str(), seen.requests), (MessageState::Interrupted, "Half", 1));
    row.saw(seen);
    engine.answer_continue(&Caller::window(), MessageRef { message: answer }).await.unwrap();
    let complete = |message: &Message| message.state == MessageState::Complete;
    let (message, notices) = scene::message(&engine, conversation, answer, complete).await;
    let seen = Seen::of("continued", upstream.requests().len(), &message, &notices);
    row.saw(seen.complete(FinishReason::Stop, "Half and half.", 2));
    row.end();
}

/// No file may grow beyond this from now on, or any may again.
#[cfg(unix)]
fn largest_file(bytes: Option<u64>) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that row 46 starts, in which files cannot grow"]
async fn answers_on_a_full_disk() {
    let (Ok(base_url), Ok(folder)) = (std::env::var(BASE_URL), std::env::var(FOLDER)) else { return };
    let folder = std::path::PathBuf::from(folder);
    let engine = scene::open(folder, &base_url, Limits::default()).await;
    let mut library = engine.library();
    let send = MessageSend {
        conversation: None,
        parent: None,
        at_root: None,
        text: "Why?".into(),
        attachments: None,
        provider: None,
        model: None,
    };
    let turn = engine.message_send(&Caller::window(), send).await.unwrap();
    scene::message(&engine, turn.conversation, turn.answer, |message| message.text.starts_with("Half")).await;
    largest_file(Some(4096));
    let mut disk = async |full: bool| loop {
        match tokio::time::timeout(PATIENCE, library.recv()).await.unwrap().unwrap() {
            LibraryEvent::Disk { problem } if problem.is_some() == full => return,
            _ => {}
        }
    };
    disk(true).await;
    say("full");
    // The answer goes on in memory, for whoever watches.
    let mut cursor = engine.watch(&Caller::window(), turn.conversation, 0).await.unwrap();
    let mut text = String::new();
    while !text.ends_with("and half.") {
        for event in cursor.next().await.unwrap().events {
            if let EventBody::Text { text: more, .. } = event.body {
                text.push_str(&more);
            }
        }
    }
    say("seen");
    largest_file(None);
    disk(false).await;
    let complete = |message: &Message| message.state == MessageState::Complete;
    let (message, notices) = scene::message(&engine, turn.conversation, turn.answer, complete).await;
    let seen = Seen::of("full for a while", 1, &message, &notices);
    engine.quit().await;
    say(&format!("stored {}", serde_json::to_string(&seen).unwrap()));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn row_46_disk_full() {
    let mut row = Row::new(46, "disk full");
    let folder = tempfile::tempdir().unwrap();
    let script = Script::stream().text("Half ").wait(Duration::from_secs(2)).text("and half.").done();
    let upstream = Upstream::start([script]);
    // A write beyond the limit is an error only for a process that ignores the signal for it.
    let launcher = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];
    let mut process =
        other_process(&launcher, "life::answers_on_a_full_disk", &upstream, folder.path()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let told: Vec<String> = lines.map_while(Result::ok).filter(|line| !line.is_empty()).collect();
    assert!(process.wait().unwrap().success(), "{told:?}");
    let told = |word: &str| told.iter().find_map(|line| line.strip_prefix(word));
    assert!(told("full").is_some() && told("seen").is_some());
    let seen: Seen = serde_json::from_str(told("stored ").unwrap()).unwrap();
    assert_eq!(upstream.requests().len(), 1);
    row.saw(seen.complete(FinishReason::Stop, "Half and half.", 1));
    row.end();
}
