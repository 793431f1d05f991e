//! A 400 kB answer as fast as it comes, in the real window.

use crate::screen::{Film, green};
use rivulet_tests::goals::Goals;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Desktop, Page, Window};
use serde_json::json;
use std::time::{Duration, Instant, SystemTime};

/// Deltas of one word each: about 400 kB.
const WORDS: usize = 62_000;

/// Sends it once and compares what is shown and what is stored with what was sent.
pub async fn run(goals: &mut Goals) {
    let words: Vec<String> = (0..WORDS).map(word).collect();
    let sent = words.concat();
    let upstream = Upstream::start([Script::stream().texts(words.into_iter()).done()]);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    page.use_upstream(&upstream).await;
    page.send("As much as you can.").await;
    let begun = Instant::now();
    let before = green(&desktop.pixels());
    // Until it has settled nothing else is asked of the page, so that it has the time for itself.
    let finished = Film::watch(&desktop, &before, Duration::from_secs(180)).map(|film| film.settled());
    let request = upstream.requests().pop().expect("a request");
    let last_byte = instant(request.last_write.expect("bytes were written"));
    let finished = finished.expect("the window shows the answer");

    let shown = page.answer_in(1, "complete").await;
    let stored = page.invoke("conversation_open", json!({ "conversation": conversation(page).await })).await;
    let stored = stored.expect("a snapshot")["messages"][1]["text"].as_str().expect("a text").to_owned();
    goals.figure("long answer: size", format!("{} bytes in {WORDS} deltas", sent.len()));
    goals.figure("long answer: sent within", format!("{:.2} s", (last_byte - begun).as_secs_f64()));
    let pixel = finished.saturating_duration_since(last_byte).as_secs_f64();
    goals.goal("long answer: last byte to finished pixel", format!("{pixel:.2} s"), "at most 0.8 s", pixel <= 0.8);
    let exact = stored == sent;
    goals.goal("long answer: stored as sent, byte for byte", yes(exact), "yes", exact);
    let exact = without_space(&shown.text) == without_space(&sent);
    goals.goal("long answer: no character lost or doubled in the window", yes(exact), "yes", exact);
    window.close().await;
}

/// Every word is another one, so that a loss or a repeat cannot hide. Paragraphs of a dozen.
fn word(at: usize) -> String {
    if at % 12 == 11 { format!("{at:05}\n\n") } else { format!("{at:05} ") }
}

fn yes(exact: bool) -> String {
    if exact { "yes" } else { "no" }.into()
}

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The moment on this process's own clock.
fn instant(time: SystemTime) -> Instant {
    Instant::now() - time.elapsed().unwrap_or_default()
}

async fn conversation(page: &Page) -> serde_json::Value {
    page.invoke("conversations_list", json!({})).await.expect("a list")["conversations"][0]["id"].clone()
}
