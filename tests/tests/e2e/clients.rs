//! Clients that are not ours, with the examples of `docs/mirror-api.md` as they stand there. Each has the stored text,
//! and those that come back by themselves do so by the number of the last event they had.

use crate::last_answer;
use rivulet_tests::relay::{PAGE, RESULT};
use rivulet_tests::{Client, PATIENCE, Process, Profile, Relay, Serve, ServeOptions, wait_for};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

const DOCUMENT: &str = include_str!("../../../docs/mirror-api.md");
/// Long enough to be broken off twice.
const WORDS: usize = 60;
/// What the document says about Node.
const EVENTSOURCE: &str = "import { EventSource } from 'eventsource';";

/// The code under this title.
fn example(title: &str) -> String {
    example_of(DOCUMENT, title)
}

/// The code under this title of this document.
pub fn example_of(document: &str, title: &str) -> String {
    let (_, rest) = document.split_once(&format!("\n## {title}\n")).expect("the title");
    let (_, code) = rest.split_once("```").and_then(|(_, rest)| rest.split_once('\n')).expect("its code");
    code.split_once("```").expect("the end of the code").0.to_owned()
}

/// The example with a prompt that is long enough to be broken off.
fn longer(title: &str) -> String {
    let (code, prompt) = (example(title), json!(crate::words(WORDS)).to_string());
    ["'Hello'", "\"Hello\""].iter().fold(code, |code, hello| code.replace(hello, &prompt))
}

/// Where `cargo xtask setup --test` has put the packages.
fn packages() -> PathBuf {
    std::env::var_os("MIRROR_CLIENTS").expect("`cargo xtask setup --test` says where the clients are").into()
}

/// A program with this code as its standard input.
pub struct Program {
    command: Command,
    code: String,
}

pub fn node(profile: &Profile, more: &str, code: &str) -> Program {
    let mut command = profile.command("node");
    // Imports are looked for from here.
    command.args(["--input-type=module", "-"]).current_dir(packages());
    let code = format!("{more}\nconst {{ URL, TOKEN }} = process.env;\n{code}");
    Program { command, code }
}

pub fn python(profile: &Profile, code: &str) -> Program {
    let mut command = profile.command(packages().join("python/bin/python"));
    command.arg("-");
    Program { command, code: format!("import os\nURL, TOKEN = os.environ['URL'], os.environ['TOKEN']\n{code}") }
}

impl Program {
    /// Plain code of a shell.
    pub fn shell(profile: &Profile, code: &str) -> Self {
        Self { command: profile.command("sh"), code: code.to_owned() }
    }

    /// What it prints, when it ends by itself.
    pub async fn says(mut self, url: &str, token: &str) -> String {
        use std::io::Write;
        let mut running = Process::spawn(self.command.env("URL", url).env("TOKEN", token));
        let mut input = running.stdin();
        input.write_all(self.code.as_bytes()).unwrap();
        drop(input);
        let status = running.ended(PATIENCE).await;
        assert!(status.success(), "{status}\n{}", running.output());
        running.stdout().trim_end_matches('\n').to_owned()
    }
}

fn token(client: &Client) -> &str {
    client.token.as_deref().unwrap()
}

/// Asserts that the stored answer is what was said, and that each stream after the first was asked for by the number of
/// an event.
async fn equal_and_resumed(client: &Client, said: &str, streams: &[String], breaks: usize) {
    let stored = last_answer(client).await;
    assert_eq!(stored["state"], "complete", "{stored}");
    assert_eq!(stored["text"], said);
    assert!(stored["text"].as_str().unwrap().contains(&crate::words(WORDS)));
    assert_eq!(streams.len(), breaks + 1, "{streams:?}");
    let number = |head: &String| {
        let head = head.to_ascii_lowercase();
        head.lines().find_map(|line| line.strip_prefix("last-event-id: ")?.parse::<u64>().ok())
    };
    assert_eq!(number(&streams[0]), None);
    let numbers: Vec<_> = streams[1..].iter().map(|head| number(head).expect("a Last-Event-ID")).collect();
    assert!(numbers[0] > 0 && numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

async fn with_two_breaks(program: impl FnOnce(&Profile) -> Program) {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    let relay = Relay::start(&serve.client.host, 2, "");
    let said = program(&profile).says(&relay.url, token(&serve.client)).await;
    equal_and_resumed(&serve.client, &said, &relay.streams(), 2).await;
    serve.end().await;
}

#[tokio::test]
async fn eventsource_of_npm_has_the_stored_text_after_two_breaks() {
    with_two_breaks(|profile| node(profile, EVENTSOURCE, &longer("EventSource"))).await;
}

#[tokio::test]
async fn fetch_event_source_has_the_stored_text_after_two_breaks() {
    with_two_breaks(|profile| node(profile, "", &longer("@fortaine/fetch-event-source"))).await;
}

#[tokio::test]
async fn every_example_ends_by_itself_with_the_stored_text_as_often_as_it_is_run() {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    // The second time what was said before comes first.
    for program in all_examples(&profile).into_iter().chain(all_examples(&profile)) {
        let said = program.says(serve.url.trim_end_matches('/'), token(&serve.client)).await;
        assert_eq!(last_answer(&serve.client).await["text"], said);
    }
    serve.end().await;
}

#[tokio::test]
async fn who_comes_after_the_end_has_the_stored_text_too() {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    for program in all_examples(&profile) {
        let relay = Relay::start(&serve.client.host, 0, "");
        relay.hold();
        let client = &serve.client;
        let late = async {
            let asked = async || (!relay.streams().is_empty()).then_some(());
            wait_for("the client asks for the stream", PATIENCE, asked).await;
            let ended = async || (last_answer(client).await["state"] == "complete").then_some(());
            wait_for("the answer's end", PATIENCE, ended).await;
            relay.release();
        };
        let (said, ()) = tokio::join!(program.says(&relay.url, token(client)), late);
        assert_eq!(last_answer(client).await["text"], said);
    }
    serve.end().await;
}

fn all_examples(profile: &Profile) -> [Program; 3] {
    [
        node(profile, EVENTSOURCE, &example("EventSource")),
        node(profile, "", &example("@fortaine/fetch-event-source")),
        python(profile, &example("Python with httpx-sse")),
    ]
}

/// Runs the example in a page of the mirror's own origin, in a browser that no driver holds.
async fn in_a_browser(command: impl FnOnce(&Profile, &str) -> Command) {
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    let values = json!({ "token": serve.client.token });
    let script = format!(
        "const URL = location.origin, TOKEN = {};\n\
         const tell = (said) => fetch('{RESULT}', {{ method: 'POST', body: JSON.stringify(said) }});\n\
         const console = {{ log: tell }};\n\
         addEventListener('unhandledrejection', (event) => tell(['failed', String(event.reason)]));\n{}",
        values["token"],
        longer("EventSource")
    );
    let page = format!("<!doctype html><meta charset=utf-8><script type=module>{script}</script>");
    let relay = Relay::start(&serve.client.host, 2, &page);
    let browser = Process::spawn(&command(&profile, &format!("{}{PAGE}", relay.url)));
    let said = wait_for("the page's result", 2 * PATIENCE, async || relay.result()).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    let said = said.as_str().unwrap_or_else(|| panic!("{said}\n{}", browser.output()));
    equal_and_resumed(&serve.client, said, &relay.streams(), 2).await;
    serve.end().await;
}

#[tokio::test]
async fn chromiums_event_source_has_the_stored_text_after_two_breaks() {
    in_a_browser(|profile, url| {
        let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".into());
        let mut command = profile.command(program);
        let data = format!("--user-data-dir={}", profile.path().join("chromium").display());
        let quiet = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
        command.args(quiet).args(["--disable-background-networking", "--remote-debugging-port=0", &data, url]);
        command
    })
    .await;
}

#[tokio::test]
async fn firefoxs_event_source_has_the_stored_text_after_two_breaks() {
    in_a_browser(|profile, url| {
        let data = profile.path().join("firefox");
        std::fs::create_dir(&data).unwrap();
        let quiet = "user_pref('browser.shell.checkDefaultBrowser', false);\n\
                     user_pref('datareporting.policy.dataSubmissionEnabled', false);\n\
                     user_pref('app.update.enabled', false);\n\
                     user_pref('network.captive-portal-service.enabled', false);\n\
                     user_pref('network.connectivity-service.enabled', false);\n";
        std::fs::write(data.join("user.js"), quiet).unwrap();
        let program = std::env::var("FIREFOX").unwrap_or_else(|_| "firefox-esr".into());
        let mut command = profile.command(program);
        command.args(["--headless", "--no-remote", "--profile"]).arg(data).arg(url);
        command
    })
    .await;
}
