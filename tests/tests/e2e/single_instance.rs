//! One app a profile.

use rivulet_tests::{Desktop, PATIENCE, Process, app, wait_for};

#[tokio::test]
async fn a_second_start_shows_the_first_and_ends_with_code_0() {
    let desktop = Desktop::start().await;
    let shown = || desktop.xdotool(&["search", "--onlyvisible", "--name", "^Rivulet"]).ok();
    let mut first = Process::spawn(&desktop.command(app::binary()));
    let window = wait_for("the window", PATIENCE, async || shown()).await;
    // Out of sight.
    desktop.xdotool(&["windowminimize", "--sync", &window]).unwrap();
    wait_for("it is minimized", PATIENCE, async || shown().is_none().then_some(())).await;

    let mut second = Process::spawn(&desktop.command(app::binary()));
    let status = second.ended(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", second.output());
    wait_for("it is shown again", PATIENCE, async || shown()).await;
    wait_for("it has the focus", PATIENCE, async || {
        desktop.xdotool(&["getactivewindow"]).ok().filter(|active| *active == window)
    })
    .await;
    assert!(first.running());
}
