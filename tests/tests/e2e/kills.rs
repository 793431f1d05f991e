//! What you have seen is on disk: SIGKILL at random moments of a running answer.

use crate::start_sse;
use rivulet_tests::http::Watched;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Client, PATIENCE, Profile, Serve, ServeOptions, SseStream, process};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinHandle;

const KILLS: usize = 50;

/// xorshift64*: the same moments for the same seed.
struct Moments(u64);

impl Moments {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % below
    }
}

/// An answer that outlives every kill, at about 2,000 deltas a second with pauses of a millisecond in it.
fn long_answer() -> Script {
    (0..2_000).fold(Script::stream(), |script, at| {
        let script = script.text(["flow ", "水", "🌊 ", "é"][at % 4]);
        if at % 2 == 0 { script.wait(Duration::from_millis(1)) } else { script }
    })
}

/// Reads until the connection breaks.
fn watch(mut stream: SseStream) -> JoinHandle<Watched> {
    tokio::spawn(async move {
        let mut watched = Watched::default();
        while let Some(event) = stream.next().await {
            watched.apply(&event);
        }
        watched
    })
}

/// Two viewers, one at a browser's pace and one that gets every commit.
async fn two_viewers(client: &Client, uid: &str) -> [JoinHandle<Watched>; 2] {
    let paced = client.events(&format!("/api/sse?uid={uid}"), &[]).await.unwrap();
    let eager = client.events(&format!("/api/sse?uid={uid}&pace=0"), &[]).await.unwrap();
    [watch(paced), watch(eager)]
}

async fn stored(client: &Client, message: &str) -> Value {
    let list = client.rpc("conversations_list", json!({})).await.unwrap();
    for conversation in list["conversations"].as_array().unwrap() {
        let snapshot = client.conversation(&conversation["id"]).await;
        if let Some(found) = snapshot["messages"].as_array().unwrap().iter().find(|found| found["id"] == message) {
            return found.clone();
        }
    }
    panic!("{message} is gone");
}

#[tokio::test]
async fn whatever_a_viewer_received_is_there_after_sigkill() {
    let seed = std::env::var("RIVULET_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) << 20 | 1);
    println!("RIVULET_SEED={seed}");
    let mut moments = Moments(seed);
    let upstream = Upstream::start([long_answer()]);
    let profile = Profile::new();
    let custom = ServeOptions::custom(&upstream.base_url());
    // Answers by a scripted upstream, and by the demo as an app's user has it; in pairs, since an answer goes on where
    // it began.
    let options = |round: usize| if round / 2 % 5 == 4 { ServeOptions::demo("tour") } else { custom.clone() };

    let mut serve = Serve::start(&profile, &options(0)).await;
    let mut continue_from: Option<(String, String)> = None;
    let (mut seen, mut unseen) = (0, 0);
    for round in 0..KILLS {
        let uid = format!("kill-{}", round / 2);
        // Every other round goes on with the answer that the round before it cut.
        let before = if let Some((message, text)) = continue_from.take() {
            serve.client.rpc("answer_continue", json!({ "message": message })).await.unwrap();
            text
        } else {
            start_sse(&serve.client, &uid, "Tell me everything.").await;
            String::new()
        };
        let viewers = two_viewers(&serve.client, &uid).await;
        let wait = Duration::from_micros(moments.next(500_000));
        tokio::time::sleep(wait).await;
        serve.process.kill();

        let mut watched = Vec::new();
        for viewer in viewers {
            watched.push(tokio::time::timeout(PATIENCE, viewer).await.expect("the stream ends").unwrap());
        }
        serve = Serve::start(&profile, &options(round + 1)).await;
        for watched in watched.iter().filter(|watched| !watched.message.is_empty()) {
            let answer = stored(&serve.client, &watched.message).await;
            let text = answer["text"].as_str().unwrap();
            assert!(
                text.starts_with(&watched.text),
                "round {round}, killed after {wait:?}: a viewer had {} bytes, {} are stored",
                watched.text.len(),
                text.len()
            );
            assert!(text.starts_with(&before), "round {round}: it went on from what was there");
            assert_eq!(answer["state"], "interrupted", "round {round}");
            seen = seen.max(watched.text.len());
            if round % 2 == 0 {
                continue_from = Some((watched.message.clone(), text.to_owned()));
            }
        }
        unseen += usize::from(watched.iter().all(|watched| watched.text.is_empty()));
    }
    println!("{KILLS} kills; the longest text seen before one: {seen} bytes; {unseen} came before the first text");
    assert!(seen > 0 && unseen < KILLS / 2, "the kills hit running answers");

    serve.end().await;
    for database in databases(&profile) {
        let checked = process::run(profile.command("sqlite3").arg(&database).arg("PRAGMA integrity_check"));
        assert_eq!(String::from_utf8(checked.unwrap()).unwrap().trim(), "ok", "{}", database.display());
    }
}

#[tokio::test]
async fn an_answer_cut_by_sigkill_goes_on_to_its_end() {
    let rest = Script::stream().text(" and the rest.").done();
    let upstream = Upstream::start([Script::stream().text("The first part").silence(), rest]);
    let profile = Profile::new();
    let options = ServeOptions::custom(&upstream.base_url());
    let mut serve = Serve::start(&profile, &options).await;
    start_sse(&serve.client, "one", "Tell me.").await;
    let mut stream = serve.client.events("/api/sse?uid=one", &[]).await.unwrap();
    let mut watched = Watched::default();
    while watched.text != "The first part" {
        watched.apply(&stream.next_within(PATIENCE).await.unwrap());
    }
    serve.process.kill();

    let mut serve = Serve::start(&profile, &options).await;
    // A browser's own reconnect: same stream, from the last number it has.
    let last = watched.last.to_string();
    let mut stream = serve.client.events("/api/sse?uid=one", &[("Last-Event-ID", &last)]).await.unwrap();
    serve.client.rpc("answer_continue", json!({ "message": watched.message })).await.unwrap();
    while watched.end.as_deref() != Some("finished") {
        watched.apply(&stream.next_within(PATIENCE).await.unwrap());
    }
    assert_eq!(watched.text, "The first part and the rest.");
    let answer = stored(&serve.client, &watched.message).await;
    assert_eq!((&answer["state"], &answer["text"]), (&json!("complete"), &json!(watched.text)));
    serve.end().await;
}

fn databases(profile: &Profile) -> Vec<std::path::PathBuf> {
    let files = profile.files().into_iter().filter(|(_, bytes)| bytes.starts_with(b"SQLite format 3\0"));
    let found: Vec<_> = files.map(|(path, _)| path).filter(|path| path.starts_with(profile.data())).collect();
    assert!(!found.is_empty());
    found
}
