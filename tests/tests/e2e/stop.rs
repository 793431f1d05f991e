//! Stop means stop: the upstream's connection is closed.

use crate::{last_answer, start_sse};
use rivulet_tests::http::Watched;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{PATIENCE, Profile, Serve, ServeOptions, wait_for};
use serde_json::json;
use std::time::{Duration, Instant};

const STOPS: usize = 15;

#[tokio::test]
async fn a_stop_closes_the_connection_and_keeps_what_came() {
    let flowing = (0..30_000).fold(Script::stream(), |script, _| script.text("on ").wait(Duration::from_millis(2)));
    let upstream = Upstream::start([flowing]);
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::custom(&upstream.base_url())).await;
    let mut times = Vec::new();
    for round in 0..STOPS {
        let uid = format!("stop-{round}");
        start_sse(&serve.client, &uid, "Go on.").await;
        let mut stream = serve.client.events(&format!("/api/sse?uid={uid}"), &[]).await.unwrap();
        let mut watched = Watched::default();
        while watched.text.is_empty() {
            watched.apply(&stream.next_within(PATIENCE).await.unwrap());
        }
        let asked = Instant::now();
        assert!(serve.client.post("/api/stop", json!({ "uid": uid })).await.status.is_success());
        let closed = wait_for("the upstream sees the end", PATIENCE, async || upstream.requests()[round].closed).await;
        times.push(closed.saturating_duration_since(asked));
        watched.to_the_end(&mut stream, PATIENCE).await;
        assert_eq!(watched.end.as_deref(), Some("stopped"));
        let answer = last_answer(&serve.client).await;
        assert_eq!((&answer["state"], &answer["text"]), (&json!("stopped"), &json!(watched.text)));
    }
    times.sort();
    println!("stop to closed connection: p50 {:?}, worst {:?} of {STOPS}", times[STOPS / 2], times[STOPS - 1]);
    // A guard against hanging; how fast it is stands in the line above.
    assert!(times[STOPS / 2] < Duration::from_secs(1));
    serve.end().await;
}
