//! A disk that refuses in the middle of an answer: the answer goes on, a banner says what to do, and nothing is lost.

use crate::last_answer_in;
use rivulet_tests::disk::{Holder, Refusal, Refusing, SmallDisk};
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Desktop, PATIENCE, Window, app, wait_for};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

const BEFORE: &str = "Before it. ";
const WHILE: &str = "While nothing 水往低处流 is written. ";
const AFTER: &str = "And after.";
/// Written and not sent while nothing is written.
const DRAFT: &str = "A thought, 未发送.";
/// An app that quits tries for a while to write what it has.
const QUITS: Duration = Duration::from_secs(60);

/// An upstream whose answers go on when they are told to.
struct Told {
    upstream: Upstream,
    goes_on: watch::Sender<bool>,
    ends: watch::Sender<bool>,
}

impl Told {
    fn new() -> Self {
        let (goes_on, middle) = watch::channel(false);
        let (ends, end) = watch::channel(false);
        let script = || Script::stream().text(BEFORE).until(middle.clone()).text(WHILE).until(end.clone());
        let upstream = Upstream::start([script().text(AFTER).done(), script().text(AFTER).done()]);
        Self { upstream, goes_on, ends }
    }

    fn go_on(&self, how_far: [bool; 2]) {
        self.goes_on.send(how_far[0]).unwrap();
        self.ends.send(how_far[1]).unwrap();
    }
}

async fn open(desktop: &Desktop, binary: &Path) -> Window {
    let window = Window::open_binary(desktop, binary, &[]).await;
    window.loaded().await;
    window
}

/// Asks, and lets the disk refuse when the answer has begun; waits until what comes then is shown, and the banner.
async fn refused_in_mid_answer(window: &Window, told: &Told, refusal: &mut impl Refusal, banner: &[&str]) {
    let page = &window.page;
    told.go_on([false, false]);
    page.send("Tell me.").await;
    page.answer_when("it begins", PATIENCE, |answer| answer.text == BEFORE.trim_end()).await;
    refusal.on().await;
    told.go_on([true, false]);
    page.answer_when("it goes on", PATIENCE, |answer| answer.text.ends_with(WHILE.trim_end())).await;
    wait_for(&format!("the banner: {banner:?}"), PATIENCE, async || {
        let said = if page.shows("banner").await { page.text("banner").await } else { String::new() };
        banner.iter().all(|words| said.contains(words)).then_some(())
    })
    .await;
}

fn is(answer: &Value, state: &str, text: &str) {
    assert_eq!((answer["state"].as_str(), answer["text"].as_str()), (Some(state), Some(text)), "{answer}");
}

/// The disk refuses twice: once it comes back while the app runs, once only after the app has ended.
async fn nothing_is_lost(name: &str, desktop: &Desktop, binary: &Path, refusal: &mut impl Refusal, banner: &[&str]) {
    let told = Told::new();
    let window = open(desktop, binary).await;
    let page = &window.page;
    page.use_upstream(&told.upstream).await;
    refused_in_mid_answer(&window, &told, refusal, banner).await;
    desktop.screenshot(&format!("banner-{name}"));
    refusal.off().await;
    wait_for("the banner goes", PATIENCE, async || (!page.shows("banner").await).then_some(())).await;
    told.go_on([true, true]);
    page.answer_in(1, "complete").await;
    let whole = [BEFORE, WHILE, AFTER].concat();
    is(&last_answer_in(page).await, "complete", &whole);
    assert!(!desktop.profile().data().join("unsaved").exists());

    refused_in_mid_answer(&window, &told, refusal, banner).await;
    // A page that is loaded anew says it too.
    page.driver.refresh().await.unwrap();
    page.element("banner").await;
    page.answer_when("it has all of it", PATIENCE, |answer| answer.text.ends_with(WHILE.trim_end())).await;
    page.fill("composer", DRAFT).await;
    wait_for("the draft is in a file", PATIENCE, async || keeps_a_draft(desktop).then_some(())).await;
    desktop.close_until("it asks", async || page.shows("closing").await.then_some(())).await;
    assert!(page.text("closing").await.contains("the next start takes them in"));
    desktop.screenshot(&format!("closing-{name}"));
    window.close_by_hand_within(desktop, QUITS).await;
    refusal.off().await;

    let window = open(desktop, binary).await;
    is(&last_answer_in(&window.page).await, "interrupted", &[BEFORE, WHILE].concat());
    let draft = window.page.invoke("draft_get", opened(&window).await).await.unwrap();
    assert_eq!(draft["text"], DRAFT);
    assert!(!desktop.profile().data().join("unsaved").exists(), "it is taken in");
    window.close_by_hand(desktop).await;
    let window = open(desktop, binary).await;
    let messages = window.page.invoke("conversation_open", opened(&window).await).await.unwrap();
    is(&messages["messages"][1], "complete", &whole);
    is(&messages["messages"][3], "interrupted", &[BEFORE, WHILE].concat());
    window.close().await;
}

/// The one conversation there is, as requests name it.
async fn opened(window: &Window) -> Value {
    let list = window.page.invoke("conversations_list", json!({})).await.unwrap();
    json!({ "conversation": list["conversations"][0]["id"] })
}

/// Whether a draft is in one of the places of what is not stored.
fn keeps_a_draft(desktop: &Desktop) -> bool {
    let folders = std::fs::read_dir(desktop.profile().home()).into_iter().flatten().flatten().map(|entry| entry.path());
    let outside = folders.filter(|folder| folder.display().to_string().contains("rivulet-unsaved-"));
    let places = outside.chain([desktop.profile().data().join("unsaved")]);
    let mut files = places.filter_map(|place| std::fs::read_dir(place).ok()).flatten().flatten();
    files.any(|file| file.file_name().to_string_lossy().starts_with("draft-"))
}

/// The data folder alone refuses: what comes is in the home folder meanwhile.
async fn refused(fault: &'static str, sentence: &str) {
    let desktop = Desktop::start().await;
    let mut refusal = Refusing::new(&desktop, fault, &[desktop.profile().data()]);
    let app = refusal.app().to_owned();
    let home = desktop.profile().home().join("rivulet-unsaved-");
    nothing_is_lost(fault, &desktop, &app, &mut refusal, &[sentence, &home.display().to_string()]).await;
}

#[tokio::test]
async fn a_full_disk() {
    refused("full", "The disk is full").await;
}

#[tokio::test]
async fn a_disk_that_is_really_full() {
    let desktop = Desktop::start().await;
    let mut disk = match SmallDisk::mount(&desktop.profile().data()) {
        Ok(disk) => disk,
        Err(why) => {
            println!("SKIPPED: this needs a disk of its own, and none may be mounted here ({why}). a_full_disk ran.");
            return;
        }
    };
    nothing_is_lost("really-full", &desktop, &app::binary(), &mut disk, &["The disk is full"]).await;
}

#[tokio::test]
async fn a_folder_that_became_read_only() {
    refused("read-only", "may not write in its folder").await;
}

#[tokio::test]
async fn a_database_that_another_program_holds() {
    let desktop = Desktop::start().await;
    let mut holder = Holder::new(&desktop);
    let kept = desktop.profile().data().join("unsaved");
    let banner = ["Another program holds", &kept.display().to_string()];
    nothing_is_lost("locked", &desktop, &app::binary(), &mut holder, &banner).await;
}

#[tokio::test]
async fn where_nothing_can_be_kept_nobody_loses_it_unasked() {
    let desktop = Desktop::start().await;
    let outside = [desktop.profile().home(), PathBuf::from("/tmp")].map(|folder| folder.join("rivulet-unsaved-"));
    let paths = [&[desktop.profile().data()][..], &outside].concat();
    let mut refusal = Refusing::new(&desktop, "full", &paths);
    let told = Told::new();
    let window = open(&desktop, refusal.app()).await;
    let page = &window.page;
    page.use_upstream(&told.upstream).await;
    let patch = json!({ "patch": { "when_closed": "quit" } });
    page.invoke("settings_update", patch).await.unwrap();
    let banner = ["The disk is full", "in memory alone"];
    refused_in_mid_answer(&window, &told, &mut refusal, &banner).await;
    // Although it was said once and for all that it shall quit.
    desktop.close_until("it asks", async || page.shows("closing").await.then_some(())).await;
    assert!(page.text("closing").await.contains("would be lost"));
    desktop.screenshot("closing-in-memory");
    page.click("closing-stay").await;
    refusal.off().await;
    wait_for("the banner goes", PATIENCE, async || (!page.shows("banner").await).then_some(())).await;
    told.go_on([true, true]);
    page.answer_in(1, "complete").await;
    is(&last_answer_in(page).await, "complete", &[BEFORE, WHILE, AFTER].concat());
    window.close().await;
}
