//! The app's end of the socket, with a real core behind it, spoken to line by line.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use rivulet_engine::{Engine, EngineConfig};
use rivulet_terminal::Terminal;
use rivulet_terminal::wire::Host;
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// Long enough for anything on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

struct App {
    folder: TempDir,
    engine: Engine,
    terminal: Terminal,
}

impl App {
    async fn start(host: Host) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open(EngineConfig::new(folder.path())).await.unwrap();
        let terminal = Terminal::listen(engine.clone(), folder.path(), host, "1.2.3").unwrap();
        Self { folder, engine, terminal }
    }

    async fn connect(&self) -> Line {
        Line(BufReader::new(UnixStream::connect(self.folder.path().join("rivulet.sock")).await.unwrap()))
    }

    async fn greeted(&self) -> Line {
        let mut line = self.connect().await;
        line.say(&json!({ "type": "hello", "version": 1 }).to_string()).await;
        let hello = line.hear().await.unwrap();
        assert_eq!((&hello["type"], &hello["version"], &hello["app"]), (&json!("hello"), &json!(1), &json!("1.2.3")));
        line
    }

    async fn end(self) {
        self.terminal.leave().await;
        self.engine.quit().await;
        self.terminal.closed().await;
    }
}

struct Line(BufReader<UnixStream>);

impl Line {
    async fn say(&mut self, line: &str) {
        // One who is hung up on in mid-line notices when listening.
        let _ = self.0.write_all(format!("{line}\n").as_bytes()).await;
    }

    /// The next line; `None` when it was hung up.
    async fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("something is said, or it ends");
        let whole = read.is_ok_and(|bytes| bytes > 0);
        whole.then(|| serde_json::from_str(&line).unwrap())
    }

    /// The last line before it is hung up.
    async fn last(&mut self) -> Value {
        let mut last = Value::Null;
        while let Some(reply) = self.hear().await {
            last = reply;
        }
        last
    }
}

#[tokio::test]
async fn who_does_not_greet_is_told_nothing() {
    let app = App::start(Host::Window).await;
    for first in [r#"{"type":"list"}"#, "GET / HTTP/1.1", "", &"x".repeat(10_000), r#"{"type":"ask","text":"x"}"#] {
        let mut line = app.connect().await;
        line.say(first).await;
        assert_eq!(line.hear().await, None, "{first:.20}");
    }
    // Of another version: told which one this is, and no more.
    let mut line = app.connect().await;
    line.say(r#"{"type":"hello","version":2}"#).await;
    assert_eq!(line.hear().await.unwrap()["version"], 1);
    line.say(r#"{"type":"list"}"#).await;
    assert_eq!(line.hear().await, None);
    app.end().await;
}

#[tokio::test]
async fn a_question_is_answered_and_what_is_no_request_refused() {
    let app = App::start(Host::Serve).await;
    let mut line = app.greeted().await;
    line.say(r#"{"type":"ask","text":"over and out","provider":"demo","model":"echo"}"#).await;
    let begun = line.hear().await.unwrap();
    assert_eq!(begun["type"], "begun");
    let (mut text, mut last) = (String::new(), Value::Null);
    while let Some(reply) = line.hear().await {
        if reply["type"] == "event" {
            assert_eq!(reply["event"]["message"], begun["answer"], "events of this answer alone");
            text += reply["event"]["text"].as_str().unwrap_or_default();
        }
        last = reply;
    }
    assert_eq!((text.as_str(), &last["type"]), ("over and out", &json!("done")));

    let none = json!("0199d2a5-5c1c-7000-8000-000000000000");
    for (request, code) in [
        (json!({ "type": "stop" }), "invalid"),
        (json!({ "type": "settings_get" }), "invalid"),
        (json!({ "type": "hello", "version": 1 }), "invalid"),
        (json!({ "type": "ask", "text": " " }), "invalid"),
        (json!({ "type": "ask", "text": "x", "conversation": { "id": none } }), "not_found"),
        (json!({ "type": "tail", "conversation": "last" }), "not_found"),
        (json!({ "type": "hand_over" }), "busy"),
    ] {
        let mut line = app.greeted().await;
        line.say(&request.to_string()).await;
        let reply = line.hear().await.unwrap();
        assert_eq!((&reply["type"], &reply["code"]), (&json!("refused"), &json!(code)), "{request}");
        assert_eq!(line.hear().await, None);
    }
    app.end().await;
}

#[tokio::test]
async fn a_core_gives_way_and_tells_who_is_connected() {
    let app = App::start(Host::Core).await;
    let mut asked = app.greeted().await;
    asked.say(r#"{"type":"ask","text":"the time","model":"clock","provider":"demo"}"#).await;
    assert_eq!(asked.hear().await.unwrap()["type"], "begun");
    let mut follows = app.greeted().await;
    follows.say(r#"{"type":"tail","follow":true}"#).await;
    assert_eq!(follows.hear().await.unwrap()["type"], "begun");
    assert!(app.terminal.in_use());

    let mut window = app.greeted().await;
    window.say(r#"{"type":"hand_over"}"#).await;
    assert_eq!(window.hear().await.unwrap()["type"], "done");
    timeout(PATIENCE, app.terminal.handed_over()).await.expect("it is told to go");
    app.terminal.leave().await;
    assert!(!app.folder.path().join("rivulet.sock").exists(), "before the folder is let go");
    app.engine.quit().await;
    // That answer is over; who waits for another is hung up on.
    assert_eq!(asked.last().await["type"], "done");
    assert_eq!(follows.last().await["event"]["type"], "interrupted");
    app.terminal.closed().await;
    drop(window);
    assert!(!app.terminal.in_use());
}
