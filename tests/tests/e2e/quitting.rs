//! A clean end: running answers are marked, nothing that was seen is lost.

use crate::{last_answer, start_sse};
use rivulet_tests::http::Watched;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{PATIENCE, Profile, Serve, ServeOptions};
use std::time::Instant;

#[tokio::test]
async fn sigterm_in_mid_answer_ends_with_code_0_and_keeps_the_answer() {
    let upstream = Upstream::start([Script::stream().text("So far").silence()]);
    let profile = Profile::new();
    let options = ServeOptions::custom(&upstream.base_url());
    let mut serve = Serve::start(&profile, &options).await;
    start_sse(&serve.client, "term", "Tell me.").await;
    let mut stream = serve.client.events("/api/sse?uid=term", &[]).await.unwrap();
    let mut watched = Watched::default();
    while watched.text != "So far" {
        watched.apply(&stream.next_within(PATIENCE).await.unwrap());
    }
    let asked = Instant::now();
    serve.end().await;
    println!("SIGTERM to end: {:?}", asked.elapsed());
    while let Some(event) = stream.next_within(PATIENCE).await {
        watched.apply(&event);
    }
    assert_eq!(watched.end.as_deref(), Some("interrupted"), "viewers are told before the end");
    assert_eq!(serve.process.stdout().lines().count(), 1, "one line on standard output");

    let mut serve = Serve::start(&profile, &options).await;
    let answer = last_answer(&serve.client).await;
    assert_eq!(answer["state"], "interrupted");
    assert_eq!(answer["text"], "So far");
    serve.end().await;
}
