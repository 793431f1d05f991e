//! A page that is loaded again in mid-answer.

use crate::{last_answer_in, use_demo, words};
use rivulet_tests::{Desktop, PATIENCE, Window};
use std::time::Duration;

#[tokio::test]
async fn a_reload_in_mid_answer_shows_the_same_answer_still_running() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 40).await;
    page.send(&words(200)).await;
    let before = page.answer_when("text flows", PATIENCE, |answer| answer.text.len() > 60).await;
    page.driver.refresh().await.unwrap();
    let after = page.answer_when("it is back", PATIENCE, |answer| !answer.text.is_empty()).await;
    assert_eq!((&*after.message, &*after.state), (&*before.message, "running"));
    assert!(after.text.starts_with(&before.text), "{before:?} {after:?}");

    let done = page.answer_when("it is complete", Duration::from_secs(60), |answer| answer.state == "complete").await;
    assert_eq!(done.message, before.message);
    let stored = last_answer_in(page).await;
    let text = stored["text"].as_str().unwrap();
    // The last words are drawn with the frame after the end is known.
    page.answer_when("no gap and no repeat", PATIENCE, |answer| answer.text == text).await;
    assert_eq!(page.answers().await.len(), 1);
    window.close().await;
}
