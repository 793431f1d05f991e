//! A database that was damaged between two starts: the window says so, and there are ways out of it. Nothing is deleted.

use crate::accessibility::{CUT, Findings, axe, press};
use crate::use_demo;
use rivulet_tests::{Desktop, PATIENCE, Page, Process, Window, app, wait_for};
use serde_json::json;
use std::path::PathBuf;
use thirtyfour::prelude::*;

const SAID: &str = "The river remembers.";

fn database(desktop: &Desktop) -> PathBuf {
    desktop.profile().data().join("rivulet.db")
}

/// A conversation in German, and with a backup if there shall be one; then the app ends.
async fn filled(desktop: &Desktop, backup: bool) {
    let window = Window::open(desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    page.send(SAID).await;
    page.answer_in(1, "complete").await;
    if backup {
        page.invoke("backup_create", json!({})).await.unwrap();
    }
    window.close_by_hand(desktop).await;
}

/// Opens the app over a database that is damaged now, in its trouble.
async fn open_in_trouble(desktop: &Desktop) -> Window {
    let window = Window::open_binary(desktop, &app::binary(), &[]).await;
    window.page.element("trouble").await;
    window
}

/// The conversation is there again, as it was.
async fn is_there(page: &Page) {
    let list = page.invoke("conversations_list", json!({})).await.unwrap();
    let open = json!({ "conversation": list["conversations"][0]["id"] });
    let opened = page.invoke("conversation_open", open).await.unwrap();
    assert_eq!(opened["messages"][0]["text"], SAID);
    assert_eq!(opened["messages"][1]["state"], "complete");
}

#[tokio::test]
async fn a_backup_is_restored_by_the_keyboard_and_the_damaged_file_is_kept() {
    let desktop = Desktop::start().await;
    filled(&desktop, true).await;
    let damaged = b"This was a database once. ".repeat(4000);
    std::fs::write(database(&desktop), &damaged).unwrap();
    let window = open_in_trouble(&desktop).await;
    let page = &window.page;
    assert!(page.text("trouble-title").await.contains("damaged"));
    assert_eq!(std::fs::read(database(&desktop)).unwrap(), damaged, "nothing happens before a choice");
    // The heading has the focus; the way is one of the next things.
    let focused = "return document.activeElement?.dataset.testid ?? ''";
    for _ in 0..12 {
        if page.script(focused, vec![]).await == json!("rescue-backup") {
            break;
        }
        press(page, Key::Tab).await;
    }
    press(page, Key::Enter).await;
    let kept = PathBuf::from(page.text("rescued-kept").await);
    assert_eq!(std::fs::read(&kept).unwrap(), damaged);
    assert!(page.text("rescued-counts").await.contains("Conversations: 1."));
    desktop.screenshot("rescued");
    page.reloads(async || page.click("rescue-open").await).await;
    is_there(page).await;
    // It is an app as any other: it answers, and opens again.
    page.send("And now?").await;
    page.answer_in(1, "complete").await;
    window.close_by_hand(&desktop).await;
    let window = Window::open(&desktop).await;
    assert_eq!(std::fs::read(&kept).unwrap(), damaged);
    window.close().await;
}

#[tokio::test]
async fn without_a_backup_it_is_taken_out_of_the_damaged_file() {
    let desktop = Desktop::start().await;
    filled(&desktop, false).await;
    let mut damaged = std::fs::read(database(&desktop)).unwrap();
    damaged[..100].fill(0);
    std::fs::write(database(&desktop), &damaged).unwrap();
    let window = open_in_trouble(&desktop).await;
    let page = &window.page;
    assert!(!page.shows("rescue-backup").await);
    page.click("rescue-salvage").await;
    let kept = PathBuf::from(page.text("rescued-kept").await);
    assert_eq!(std::fs::read(&kept).unwrap(), damaged);
    assert!(!page.shows("rescued-lost").await);
    page.reloads(async || page.click("rescue-open").await).await;
    is_there(page).await;
    // The search has it too, once the words are put in order again.
    wait_for("it is found", PATIENCE, async || {
        let found = page.invoke("search", json!({ "query": "remembers " })).await.unwrap();
        (!found["hits"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    window.close().await;
}

#[tokio::test]
async fn damage_while_an_answer_runs_is_said_and_the_answer_goes_on() {
    let desktop = Desktop::start().await;
    // Once closed, what was said is in the file and not in the log beside it.
    filled(&desktop, false).await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 20).await;
    page.send(&"On and on it flows. ".repeat(200)).await;
    page.answer_when("it runs", PATIENCE, |answer| answer.text.len() > 40).await;
    // In place: what the app has read of it before stays in its memory.
    let garbage = vec![0xA5; std::fs::metadata(database(&desktop)).unwrap().len() as usize];
    let mut file = std::fs::File::options().write(true).open(database(&desktop)).unwrap();
    std::io::Write::write_all(&mut file, &garbage).unwrap();
    wait_for("the banner", PATIENCE, async || {
        // Many at once, so that somebody has to read the file.
        let read = "const done = arguments[0];
            const one = () => window.__TAURI_INTERNALS__.invoke('conversations_list', { request: {} });
            Promise.allSettled(Array.from({ length: 24 }, one)).then(() => done(true));";
        page.driver.execute_async(read, vec![]).await.ok()?;
        page.shows("banner").await.then_some(())
    })
    .await;
    assert!(page.text("banner").await.contains("is damaged"));
    let mut findings = Findings::default();
    for theme in ["light", "dark"] {
        page.script("document.documentElement.dataset.theme = arguments[0]", vec![json!(theme)]).await;
        findings.add("banner", &page.script(CUT, vec![]).await);
        axe(page, &format!("banner, {theme}"), &mut findings).await;
        desktop.screenshot(&format!("banner-damaged-{theme}"));
    }
    findings.none();
    let before = page.answers().await[0].text.len();
    let shown = page.answer_when("it goes on", PATIENCE, |answer| answer.text.len() > before + 40).await.text;
    window.close_by_hand(&desktop).await;
    // The next start says it before anything else, and has what was shown: from the log beside the file, or from the file
    // of what the database did not take.
    let window = open_in_trouble(&desktop).await;
    window.page.click("rescue-salvage").await;
    let counts = window.page.text("rescued-counts").await;
    assert!(!counts.contains("Conversations: 0."), "{counts}");
    window.page.reloads(async || window.page.click("rescue-open").await).await;
    let list = window.page.invoke("conversations_list", json!({})).await.unwrap();
    let mut said = Vec::new();
    for conversation in list["conversations"].as_array().unwrap() {
        let open = json!({ "conversation": conversation["id"] });
        let opened = window.page.invoke("conversation_open", open).await.unwrap();
        said.extend(opened["messages"].as_array().unwrap().iter().map(|message| message["text"].clone()));
    }
    let is_whole = |text: &serde_json::Value| text.as_str().is_some_and(|text| text.starts_with(&shown));
    assert!(said.iter().any(is_whole), "shown: {shown}\nthere: {said:?}");
    window.close().await;
}

#[tokio::test]
async fn its_screens_are_for_everyone() {
    let desktop = Desktop::start().await;
    filled(&desktop, true).await;
    std::fs::write(database(&desktop), b"This was a database once. ".repeat(4000)).unwrap();
    let window = open_in_trouble(&desktop).await;
    let page = &window.page;
    let mut findings = Findings::default();
    for step in ["trouble", "rescued"] {
        for (theme, language) in
            [("light", "en"), ("dark", "zh-CN"), ("dark", "en"), ("light", "zh-CN"), ("light", "de")]
        {
            page.script("document.documentElement.dataset.theme = arguments[0]", vec![json!(theme)]).await;
            let speak = "document.querySelector(`button[lang=\"${arguments[0]}\"]`).click()";
            page.script(speak, vec![json!(language)]).await;
            wait_for("it is spoken", PATIENCE, async || {
                let spoken = page.script("return document.documentElement.lang", vec![]).await;
                (spoken == json!(language)).then_some(())
            })
            .await;
            for width in [1180, 590, 360] {
                desktop.resize(width);
                wait_for("the width is taken", PATIENCE, async || {
                    (page.script("return innerWidth", vec![]).await == json!(width)).then_some(())
                })
                .await;
                let name = format!("{step}-{theme}-{language}-{width}");
                findings.add(&name, &page.script(CUT, vec![]).await);
                if width != 590 {
                    axe(page, &name, &mut findings).await;
                    desktop.settled().await;
                    desktop.screenshot(&name);
                }
            }
        }
        if step == "trouble" {
            page.click("rescue-empty").await;
            page.element("rescued-kept").await;
        }
    }
    window.close().await;
    findings.none();
}

#[tokio::test]
async fn a_terminal_says_it_in_a_sentence() {
    let desktop = Desktop::start().await;
    filled(&desktop, true).await;
    let damaged = b"This was a database once. ".repeat(4000);
    std::fs::write(database(&desktop), &damaged).unwrap();
    for arguments in [&["serve"][..], &["list"], &["ask", "Hello?"]] {
        let mut process = Process::spawn(desktop.command(app::binary()).args(arguments));
        // `ask` takes what is piped to it.
        drop(process.stdin());
        let status = process.ended(PATIENCE).await;
        let said = process.output();
        assert_eq!(status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("is damaged") && said.contains("Open the app's window"), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    }
    assert_eq!(std::fs::read(database(&desktop)).unwrap(), damaged);
    let rescue = async |arguments: &[&str]| {
        let mut process = Process::spawn(desktop.command(app::binary()).arg("rescue").args(arguments));
        let status = process.ended(PATIENCE).await;
        (status.code(), process.output())
    };
    let (code, said) = rescue(&[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("is damaged") && said.contains("-asked.db   (conversations: 1)"), "{said}");
    assert_eq!(std::fs::read(database(&desktop)).unwrap(), damaged, "nothing happens before a choice");
    let (code, said) = rescue(&["--backup", "last"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Conversations: 1. Messages: 2."), "{said}");
    let kept = said.trim_end().rsplit(' ').next().unwrap();
    assert_eq!(std::fs::read(kept).unwrap(), damaged);
    let (code, said) = rescue(&[]).await;
    assert!(code == Some(0) && said.contains("is sound"), "{said}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_and_a_newer_version_are_told() {
    let desktop = Desktop::start().await;
    filled(&desktop, true).await;
    // A newer version left it: nothing is offered but that version.
    let newer = |version: i64| {
        let mut bytes = std::fs::read(database(&desktop)).unwrap();
        bytes[60..64].copy_from_slice(&i32::try_from(version).unwrap().to_be_bytes());
        std::fs::write(database(&desktop), &bytes).unwrap();
        bytes
    };
    let own = std::fs::read(database(&desktop)).unwrap();
    let bytes = newer(999);
    let window = open_in_trouble(&desktop).await;
    assert!(window.page.text("trouble-title").await.contains("newer"));
    assert!(!window.page.shows("rescue-salvage").await);
    assert_eq!(std::fs::read(database(&desktop)).unwrap(), bytes);
    desktop.screenshot("trouble-newer");
    // What was in the way is gone: the same window goes on.
    std::fs::write(database(&desktop), own).unwrap();
    window.page.reloads(async || window.page.click("trouble-again").await).await;
    is_there(&window.page).await;
    window.close_by_hand(&desktop).await;

    // Nobody may make a folder there, not even root.
    let window = Window::open_binary(&desktop, &app::binary(), &["--data-dir", "/proc/rivulet"]).await;
    let title = window.page.text("trouble-title").await;
    assert!(title.contains("folder"), "{title}");
    desktop.screenshot("trouble-folder");
    window.page.click("trouble-again").await;
    assert_eq!(window.page.text("trouble-title").await, title);
    window.close().await;
}
