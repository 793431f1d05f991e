//! The harness itself: what the other tests stand on must be what it says.

use rivulet_tests::{Browser, Desktop, PATIENCE, Profile, process, wait_for};
use serde_json::json;

#[tokio::test]
async fn a_desktop_has_a_keyring_and_a_screen_and_leaves_nothing_behind() {
    let desktop = Desktop::start().await;
    assert_eq!(desktop.secret_tool_lookup(&[("rivulet-tests", "ready")]).as_deref(), Some("ready"));
    assert_eq!(desktop.secret_tool_lookup(&[("rivulet-tests", "absent")]), None);
    let before = desktop.pixels();
    // The window manager's own menu.
    desktop.xdotool(&["mousemove", "200", "200", "click", "3"]).unwrap();
    wait_for("the screen changes", PATIENCE, async || (desktop.pixels() != before).then_some(())).await;
    assert!(desktop.screenshot("harness").metadata().unwrap().len() > 0);

    let marker = format!("XDG_RUNTIME_DIR={}", desktop.profile().runtime().display());
    assert!(!with_environment(&marker).is_empty());
    drop(desktop);
    assert_eq!(with_environment(&marker), Vec::<u32>::new());
}

#[tokio::test]
async fn a_desktop_without_keyring_has_none() {
    let desktop = Desktop::without_keyring().await;
    assert_eq!(desktop.secret_tool_lookup(&[("rivulet-tests", "ready")]), None);
}

#[tokio::test]
async fn a_browser_runs_scripts() {
    let profile = Profile::new();
    let browser = Browser::open(&profile, "data:text/html;charset=utf-8,<p data-testid=here>水 🌊").await;
    assert_eq!(browser.page.text("here").await, "水 🌊");
    assert_eq!(browser.page.script("return arguments[0] + 1", vec![json!(1)]).await, json!(2));
    browser.page.quit().await;
}

fn with_environment(pair: &str) -> Vec<u32> {
    let has = |id: &u32| {
        let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|one| one == pair.as_bytes())
    };
    process::ids().filter(has).collect()
}
