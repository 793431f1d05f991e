//! `kill -9` in the middle of answers that their vendor goes on with: the process after it takes them up.

use super::*;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const FOLDER: &str = "RIVULET_ENGINE_TEST_FOLDER";
const BASE_URL: &str = "RIVULET_ENGINE_TEST_BASE_URL";
/// A process asks, and so many are killed after it.
const ROUNDS: u64 = 8;
const LONG: usize = 400;

fn word(number: usize) -> String {
    format!("{number} 雨🙂 ")
}

/// An answer that outlives a few kills.
fn long() -> Vec<Value> {
    let mut events = events((0..LONG).map(word));
    let whole: String = (0..LONG).map(word).collect();
    events.last_mut().unwrap()["response"] = ended("completed", &whole);
    events
}

fn slowly(events: &[Value]) -> Script {
    let script = events
        .iter()
        .fold(Script::stream(), |script, event| script.data(&event.to_string()).wait(Duration::from_millis(2)));
    script.end()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that the test below kills"]
async fn writes_until_it_is_killed() {
    let (Ok(folder), Ok(base_url)) = (std::env::var(FOLDER), std::env::var(BASE_URL)) else { return };
    let mut config = EngineConfig::new(folder);
    config.limits = limits();
    let (address, model) = (Some(base_url.clone()), Some("test-model".into()));
    config.session_provider = Some(SessionProvider { id: "scripted".into(), base_url: address, model, key: None });
    let engine = Engine::open(config).await.unwrap();
    let list = engine.conversations_list(&Caller::window(), ConversationsList::default()).await.unwrap();
    let conversation = match list.conversations.first() {
        Some(conversation) => conversation.id,
        None => {
            settle(&engine, base_url).await;
            ask(&engine, false).await.conversation
        }
    };
    let mut viewer = engine.watch(&Caller::window(), conversation, 0).await.unwrap();
    loop {
        for event in viewer.next().await.unwrap().events {
            if let EventBody::Text { .. } = event.body {
                println!("seen");
            }
        }
    }
}

fn process(folder: &tempfile::TempDir, upstream: &Upstream) -> Child {
    let name = "background::kills::writes_until_it_is_killed";
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .env(BASE_URL, upstream.base_url())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_the_process_is_killed_it_is_one_answer_asked_for_once() {
    let events = Arc::new(long());
    let upstream = Upstream::start([slowly(&events)]);
    let kept = Arc::clone(&events);
    upstream.answer_rest(move |_, after| slowly(&kept[after.unwrap() as usize + 1..]));
    let folder = tempfile::tempdir().unwrap();
    for round in 0..ROUNDS {
        let mut child = process(&folder, &upstream);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Each comes a little further: the moments differ with the machine, what must hold does not.
        let seen = lines.by_ref().filter(|line| line.as_ref().is_ok_and(|line| line.contains("seen")));
        assert!(seen.take(1 + round as usize * 3).count() > 0, "round {round}: it came to nothing");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let engine = open_with(&folder, &upstream, limits()).await;
    let list = engine.conversations_list(&Caller::window(), ConversationsList::default()).await.unwrap();
    let conversation = list.conversations[0].id;
    let bench = Bench { engine, upstream, folder };
    let answer = bench.snapshot(conversation).await.messages.last().unwrap().message.id;
    let answer = bench.ended(conversation, answer).await;
    let whole: String = (0..LONG).map(word).collect();
    assert_eq!((answer.state, answer.text == whole), (MessageState::Complete, true), "{}", answer.text);
    let spent = spent(&bench.engine, conversation).await;
    assert_eq!((spent.answers, spent.micros, spent.estimated), (1, 2_000, 0), "paid once");
    let (posts, gets, ends) = asked(&bench.upstream);
    assert_eq!((posts, ends), (1, 0), "asked for once");
    assert!(gets >= 2, "the kills hit a running answer: it was taken up {gets} times");
}
