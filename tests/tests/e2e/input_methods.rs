//! Chinese, Japanese and Korean: a key that belongs to the input method does nothing else, wherever one writes.

use crate::accessibility::press;
use crate::use_demo;
use rivulet_tests::{Browser, Desktop, PATIENCE, Page, Profile, Serve, ServeOptions, Window, wait_for};
use serde_json::{Value, json};
use std::time::Duration;
use thirtyfour::cdp::Cdp;
use thirtyfour::prelude::*;

const COMPOSE: &str = include_str!("compose.js");
/// What is typed, as it stands in the field while it is composed, and what is taken.
const TYPED: [(&[&str], &str); 3] = [
    (&["n", "ni", "ni h", "ni hao"], "你好"),
    (&["に", "にほ", "にほn", "にほん"], "日本"),
    (&["ㅎ", "하", "한"], "한"),
];
/// What WebKit gives as the code of a key that the input method took, and the key's own.
const CODES: [u32; 2] = [229, 13];

async fn composer(page: &Page) -> Value {
    page.script("return document.querySelector('[data-testid=composer]').value", vec![]).await
}

async fn questions(page: &Page) -> Vec<String> {
    let script = "return [...document.querySelectorAll('[data-testid=question]')].map((one) => one.textContent)";
    serde_json::from_value(page.script(script, vec![]).await).unwrap()
}

/// A key as Chromium gives it while an input method composes: its code says that it was taken.
async fn key(tools: &Cdp, name: &str, code: u32) {
    for kind in ["rawKeyDown", "keyUp"] {
        let event = json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code });
        tools.send_raw("Input.dispatchKeyEvent", event).await.unwrap();
    }
}

async fn preedit(tools: &Cdp, steps: &[&str]) {
    for step in steps {
        key(tools, "Process", 229).await;
        let end = step.encode_utf16().count();
        let set = json!({ "text": step, "selectionStart": end, "selectionEnd": end });
        tools.send_raw("Input.imeSetComposition", set).await.unwrap();
    }
}

async fn take(tools: &Cdp, text: &str) {
    tools.send_raw("Input.insertText", json!({ "text": text })).await.unwrap();
}

/// Longer ago than any key can be that ended a composition.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(150)).await;
}

/// A browser in which somebody is about to write.
async fn writing() -> (Serve, Browser, Profile) {
    let profile = Profile::new();
    let serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    let browser = Browser::open(&profile, &serve.link()).await;
    browser.page.click("composer").await;
    (serve, browser, profile)
}

#[tokio::test]
async fn in_chromium_enter_takes_a_candidate_and_only_the_next_one_sends() {
    let (mut serve, browser, _profile) = writing().await;
    let page = &browser.page;
    let tools = page.driver.cdp();
    for (nth, (steps, text)) in TYPED.into_iter().enumerate() {
        preedit(&tools, steps).await;
        assert_eq!(composer(page).await, json!(steps.last()), "what is composed stands in the field");
        key(&tools, "Enter", 229).await;
        take(&tools, text).await;
        assert_eq!(composer(page).await, json!(text));
        assert_eq!(questions(page).await.len(), nth, "nothing was sent");
        a_moment().await;
        press(page, Key::Enter).await;
        page.answer_in(nth + 1, "complete").await;
        assert_eq!(questions(page).await[nth], text);
    }

    // Escape drops the candidates, not the place where one writes.
    preedit(&tools, TYPED[1].0).await;
    key(&tools, "Escape", 229).await;
    take(&tools, "").await;
    let focus = "return document.activeElement.dataset.testid";
    assert_eq!(page.script(focus, vec![]).await, json!("composer"));
    // What was asked before does not come over what is composed.
    preedit(&tools, TYPED[0].0).await;
    key(&tools, "ArrowUp", 229).await;
    assert_eq!(composer(page).await, json!("ni hao"));
    take(&tools, "你好").await;

    // The list after an at sign is not for the input method's keys.
    page.fill("composer", "").await;
    page.script("document.querySelector('[data-testid=composer]').focus()", vec![]).await;
    take(&tools, "@").await;
    page.element("suggest").await;
    let model = page.text("model").await;
    preedit(&tools, &["e", "ec"]).await;
    key(&tools, "Enter", 229).await;
    take(&tools, "ec").await;
    assert_eq!((composer(page).await, page.text("model").await), (json!("@ec"), model));
    browser.page.quit().await;
    serve.end().await;
}

#[tokio::test]
async fn a_korean_syllable_that_enter_ends_is_sent_by_that_enter() {
    let (mut serve, browser, _profile) = writing().await;
    let page = &browser.page;
    let tools = page.driver.cdp();
    preedit(&tools, TYPED[2].0).await;
    // The method takes the syllable and gives the key back: it comes twice.
    key(&tools, "Enter", 229).await;
    take(&tools, "한").await;
    tools
        .send_raw(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" }),
        )
        .await
        .unwrap();
    page.answer_in(1, "complete").await;
    assert_eq!(questions(page).await, ["한"], "whole, and once");
    assert_eq!(composer(page).await, json!(""), "nothing is left behind");
    browser.page.quit().await;
    serve.end().await;
}

#[tokio::test]
async fn in_the_window_no_key_of_an_input_method_does_anything_else() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    let compose = async |steps: &[&str], text: &str, key: &str, code: u32| {
        page.script(COMPOSE, vec![json!(steps), json!(text), json!(key), json!(code)]).await
    };

    page.click("composer").await;
    let mut asked = 0;
    for (steps, text) in TYPED {
        for code in CODES {
            let kept = compose(steps, text, "Enter", code).await;
            assert_eq!(kept, json!(true), "no line comes of it");
            // Korean ends its syllable by itself: an Enter that comes as one is meant.
            if text == "한" && code == 13 {
                asked += 1;
                page.answer_in(asked, "complete").await;
                assert_eq!(questions(page).await[asked - 1], text);
                continue;
            }
            assert_eq!(composer(page).await, json!(text));
            assert_eq!(questions(page).await.len(), asked, "{text} is not sent by the Enter that took it");
            page.fill("composer", "").await;
        }
    }
    a_moment().await;

    // In the title of a conversation.
    page.script("document.querySelector('.row-menu').click()", vec![]).await;
    page.element("archive").await;
    page.script("document.querySelector('[role=menuitem]').click()", vec![]).await;
    wait_for("the title's field", PATIENCE, async || (title(page).await == json!("한")).then_some(())).await;
    for code in CODES {
        compose(TYPED[1].0, "日本", "Enter", code).await;
        assert_eq!(title(page).await, json!("日本"), "the title is still written");
        page.script("document.activeElement.select()", vec![]).await;
        compose(TYPED[1].0, "", "Escape", if code == 13 { 27 } else { code }).await;
        assert_eq!(title(page).await, json!(""), "nor given up");
    }
    compose(&["河"], "河川", "Enter", 229).await;
    a_moment().await;
    press(page, Key::Enter).await;
    wait_for("the title is kept", PATIENCE, async || {
        (page.script("return document.querySelector('h1').textContent", vec![]).await == json!("河川")).then_some(())
    })
    .await;

    // In the bar that finds, which would go to another place, or away.
    page.click("composer").await;
    press(page, Key::Control + "f").await;
    page.element("find-here").await;
    compose(TYPED[2].0, "한", "Enter", 229).await;
    let count = async |text: &str| {
        wait_for(text, PATIENCE, async || (page.text("find-count").await == text).then_some(())).await;
    };
    count("2 of 2").await;
    compose(&["ㅎ"], "", "Enter", 229).await;
    count("2 of 2").await;
    compose(&["ㅎ"], "", "Escape", 229).await;
    assert!(page.shows("find-here").await);
    a_moment().await;
    press(page, Key::Escape).await;

    // Where a question is put in other words: what was written would be lost.
    page.script("document.querySelector('.question [data-testid=edit-question]').click()", vec![]).await;
    page.element("edit-question-text").await;
    compose(TYPED[0].0, "你好", "Escape", 229).await;
    compose(TYPED[0].0, "你好", "Escape", 27).await;
    assert!(page.shows("edit-question-text").await, "it is still written");
    a_moment().await;
    press(page, Key::Escape).await;

    // In the palette, where Enter does the first thing there is, and in a sheet, which Escape closes.
    a_moment().await;
    press(page, Key::Control + "k").await;
    page.element("palette").await;
    compose(TYPED[0].0, "", "Enter", 229).await;
    compose(TYPED[0].0, "", "Escape", 229).await;
    compose(TYPED[0].0, "", "Escape", 27).await;
    assert!(page.shows("palette").await);
    a_moment().await;
    press(page, Key::Escape).await;
    page.click("project-new").await;
    page.click("project-name").await;
    compose(TYPED[1].0, "日本", "Escape", 229).await;
    assert!(page.shows("project-name").await);
    window.close().await;
}

async fn title(page: &Page) -> Value {
    page.script("return document.querySelector('.row .field')?.value ?? null", vec![]).await
}
