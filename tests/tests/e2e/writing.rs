//! What helps while one writes and looks for something, by keyboard: prompts, commands, models, what was asked before,
//! drafts, long texts, finding, and putting things in other words.

use crate::accessibility::press;
use crate::use_demo;
use rivulet_tests::{Desktop, PATIENCE, Page, Window, wait_for};
use serde_json::json;
use thirtyfour::prelude::*;

/// A text as long as a book's chapter, in several scripts and with lines of every length.
const LONG: &str = "const line = 'The river 水往低处流 naïve 🌊 ' + 'x'.repeat(40) + '\\n';
    const text = line.repeat(Math.ceil(200_000 / line.length)).slice(0, 200_000);";

/// What stands in an element: the driver does not read what may be cut off.
const READ: &str = "return document.querySelector(`[data-testid=${arguments[0]}]`)?.textContent ?? ''";

async fn value(page: &Page, id: &str) -> String {
    let script = "return document.querySelector(`[data-testid=${arguments[0]}]`)?.value ?? ''";
    page.script(script, vec![json!(id)]).await.as_str().unwrap().to_owned()
}

async fn holds(page: &Page, text: &str) {
    for _ in 0..200 {
        if value(page, "composer").await == text {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(value(page, "composer").await, text);
}

pub(crate) async fn reads(page: &Page, id: &str, text: &str) {
    wait_for(&format!("{id} reads {text:?}"), PATIENCE, async || {
        page.script(READ, vec![json!(id)]).await.as_str()?.contains(text).then_some(())
    })
    .await;
}

pub(crate) async fn focused(page: &Page, id: &str) {
    wait_for(&format!("{id} has the focus"), PATIENCE, async || {
        (page.script("return document.activeElement.dataset.testid ?? null", vec![]).await == json!(id)).then_some(())
    })
    .await;
}

pub(crate) async fn gone(page: &Page, id: &str) {
    wait_for(&format!("{id} is gone"), PATIENCE, async || (!page.shows(id).await).then_some(())).await;
}

pub(crate) async fn asked(page: &Page) -> Vec<String> {
    let script = "return [...document.querySelectorAll('[data-testid=question]')].map((one) => one.textContent)";
    serde_json::from_value(page.script(script, vec![]).await).unwrap()
}

pub(crate) async fn ask(page: &Page, text: &str) {
    let before = asked(page).await.len();
    page.send(text).await;
    page.answer_in(before + 1, "complete").await;
}

/// A composer with nothing in it, and the caret in it.
async fn empty(page: &Page) {
    page.fill("composer", "").await;
    page.script("document.querySelector('[data-testid=composer]').focus()", vec![]).await;
}

/// A key by itself: the driver's own way to type puts the caret behind the text first.
async fn tap(page: &Page, key: Key) {
    page.driver.action_chain().key_down(key.clone()).key_up(key).perform().await.unwrap();
}

/// Waits until what comes after the first picture is there.
async fn helped(page: &Page) {
    wait_for("the composer's help", PATIENCE, async || {
        empty(page).await;
        press(page, "/").await;
        page.shows("suggest").await.then_some(())
    })
    .await;
    empty(page).await;
}

#[tokio::test]
async fn prompts_commands_models_and_what_was_asked_are_called_from_the_composer() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let prompts = json!([
        { "name": "translate", "folder": "Work", "text": "Put this into {{language=English}}: {{text}}" },
        { "name": "thanks", "folder": "", "text": "Thank you." } ]);
    page.invoke("settings_update", json!({ "patch": { "prompts": prompts } })).await.unwrap();
    use_demo(page, "echo", 1_000_000).await;
    helped(page).await;

    press(page, "/trans").await;
    reads(page, "suggest", "translate").await;
    press(page, Key::Enter).await;
    page.element("prompt-form").await;
    let fields = page.driver.find_all(By::Css("[data-testid=prompt-form] textarea")).await.unwrap();
    assert_eq!(fields[0].prop("value").await.unwrap().as_deref(), Some("English"));
    fields[0].send_keys(Key::Control + "a").await.unwrap();
    fields[0].send_keys("German").await.unwrap();
    fields[1].send_keys("a {{river}}").await.unwrap();
    page.driver.find(By::Css("[data-testid=prompt-form] .strong")).await.unwrap().click().await.unwrap();
    holds(page, "Put this into German: a {{river}}").await;
    focused(page, "composer").await;

    // One without blanks is put in at once; a list that is not wanted goes with Escape, and the field stays.
    empty(page).await;
    press(page, "/tha").await;
    reads(page, "suggest", "thanks").await;
    press(page, Key::Escape).await;
    gone(page, "suggest").await;
    focused(page, "composer").await;
    press(page, "n").await;
    reads(page, "suggest", "thanks").await;
    press(page, Key::Tab).await;
    holds(page, "Thank you.").await;

    // Up brings back what was asked, down what was being written.
    empty(page).await;
    for question in ["First.", "Second.\nWith a line."] {
        ask(page, question).await;
    }
    empty(page).await;
    press(page, "half").await;
    tap(page, Key::Home).await;
    for (key, text) in [(Key::Up, "Second.\nWith a line."), (Key::Up, "First."), (Key::Up, "First.")] {
        tap(page, key).await;
        holds(page, text).await;
    }
    tap(page, Key::End).await;
    tap(page, Key::Down).await;
    holds(page, "Second.\nWith a line.").await;
    tap(page, Key::Down).await;
    holds(page, "half").await;
    tap(page, Key::Home).await;
    tap(page, Key::Up).await;
    tap(page, Key::Up).await;
    holds(page, "First.").await;
    press(page, Key::Enter).await;
    page.answer_in(3, "complete").await;
    ask(page, "Fourth.").await;
    empty(page).await;
    tap(page, Key::Up).await;
    holds(page, "Fourth.").await;

    // A model in the middle of a sentence, which stays.
    empty(page).await;
    press(page, "Tell me @clo").await;
    reads(page, "suggest", "clock").await;
    press(page, Key::Enter).await;
    holds(page, "Tell me ").await;
    reads(page, "model", "clock").await;

    // A command, by its name in the interface's language.
    empty(page).await;
    press(page, "/new").await;
    page.element("suggest").await;
    press(page, Key::Enter).await;
    wait_for("an empty conversation", PATIENCE, async || asked(page).await.is_empty().then_some(())).await;
    holds(page, "").await;
    window.close().await;
}

#[tokio::test]
async fn each_conversation_has_its_draft_and_a_long_text_goes_along_as_a_file() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    ask(page, "One.").await;
    page.click("new").await;
    ask(page, "Two.").await;
    helped(page).await;
    press(page, "of two").await;
    let open = async |title: &str| {
        let row = "[...document.querySelectorAll('[data-testid=conversation]')]
            .find((row) => row.textContent.includes(arguments[0])).click()";
        page.script(row, vec![json!(title)]).await;
        wait_for(title, PATIENCE, async || (asked(page).await == [title]).then_some(())).await;
    };
    open("One.").await;
    holds(page, "").await;
    press(page, "of one").await;
    open("Two.").await;
    holds(page, "of two").await;
    open("One.").await;
    holds(page, "of one").await;
    page.click("new").await;
    holds(page, "").await;

    // The clipboard, as a person fills it.
    let fill = format!(
        "{LONG} const field = document.createElement('textarea'); field.value = text; field.dataset.testid = 'book';
        document.body.append(field); field.select();"
    );
    page.script(&fill, vec![]).await;
    press(page, Key::Control + "c").await;
    page.script("document.querySelector('[data-testid=book]').remove()", vec![]).await;
    empty(page).await;
    press(page, "Sum this up: ").await;
    press(page, Key::Control + "v").await;
    reads(page, "file", "Pasted text").await;
    holds(page, "Sum this up: ").await;
    desktop.screenshot("pasted-text");
    // One click puts it where it would have been; the page stays at hand.
    page.script("[...document.querySelectorAll('.toast .button')].at(-1).click()", vec![]).await;
    wait_for("the text is in the field", PATIENCE, async || {
        let length = "return document.querySelector('[data-testid=composer]').value.length";
        (page.script(length, vec![]).await == json!(200_013)).then_some(())
    })
    .await;
    gone(page, "file").await;
    press(page, Key::End).await;
    for letter in ["a", "b", "c"] {
        press(page, letter).await;
    }
    let end = "return document.querySelector('[data-testid=composer]').value.slice(-3)";
    wait_for("keys are taken", PATIENCE, async || (page.script(end, vec![]).await == json!("abc")).then_some(())).await;
    let high = "const { height } = document.querySelector('[data-testid=composer]').getBoundingClientRect();
        return height <= innerHeight / 2.9;";
    assert_eq!(page.script(high, vec![]).await, json!(true), "it does not push the page away");

    // Whoever wants it so pastes everything into the question, and sends it.
    page.invoke("settings_update", json!({ "patch": { "paste_limit": null } })).await.unwrap();
    page.driver.refresh().await.unwrap();
    helped(page).await;
    press(page, Key::Control + "v").await;
    wait_for("the text is in the field", PATIENCE, async || {
        let length = "return document.querySelector('[data-testid=composer]').value.length";
        (page.script(length, vec![]).await == json!(200_000)).then_some(())
    })
    .await;
    page.click("send").await;
    page.answer_in(1, "complete").await;
    let question = asked(page).await;
    assert_eq!(question[0].encode_utf16().count(), 200_000);
    window.close().await;
}

#[tokio::test]
async fn words_are_found_and_things_are_put_in_other_words_without_losing_ones_place() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    for question in ["A heron.", "An otter.", "Two herons."] {
        ask(page, question).await;
    }
    page.click("composer").await;
    press(page, Key::Control + "f").await;
    focused(page, "find-here").await;
    press(page, "HERON").await;
    // Each question and its echo; from the end, where one reads.
    reads(page, "find-count", "4 of 4").await;
    press(page, Key::Enter).await;
    reads(page, "find-count", "3 of 4").await;
    press(page, Key::Shift + Key::Enter).await;
    press(page, Key::Shift + Key::Enter).await;
    reads(page, "find-count", "1 of 4").await;
    press(page, "x").await;
    reads(page, "find-count", "Nothing").await;
    // From elsewhere the same keys lead back to what is looked for.
    page.click("composer").await;
    press(page, Key::Control + "f").await;
    focused(page, "find-here").await;
    press(page, "otter").await;
    reads(page, "find-count", "2 of 2").await;
    desktop.screenshot("find-here");
    press(page, Key::Tab).await;
    press(page, Key::Escape).await;
    gone(page, "find-here").await;
    focused(page, "composer").await;

    // A question in other words stands beside the first one.
    let pencils = page.driver.find_all(By::Css("[data-testid=edit-question]")).await.unwrap();
    pencils[2].click().await.unwrap();
    focused(page, "edit-question-text").await;
    press(page, Key::Control + "a").await;
    press(page, "Never mind.").await;
    press(page, Key::Escape).await;
    gone(page, "edit-question-text").await;
    focused(page, "edit-question").await;
    assert_eq!(asked(page).await[2], "Two herons.");
    press(page, Key::Enter).await;
    focused(page, "edit-question-text").await;
    press(page, Key::Control + "a").await;
    press(page, "Two otters.").await;
    page.click("send-edited").await;
    wait_for("it is asked", PATIENCE, async || {
        (asked(page).await.get(2).map(String::as_str) == Some("Two otters.")).then_some(())
    })
    .await;
    page.answer_in(3, "complete").await;
    focused(page, "composer").await;

    // And an answer.
    let pencils = page.driver.find_all(By::Css("[data-testid=edit-answer]")).await.unwrap();
    pencils[2].click().await.unwrap();
    focused(page, "edit-answer-text").await;
    press(page, Key::Escape).await;
    focused(page, "edit-answer").await;
    press(page, Key::Enter).await;
    focused(page, "edit-answer-text").await;
    press(page, Key::Control + "a").await;
    press(page, "They are **three**.").await;
    page.click("save-answer").await;
    page.answer_when("it is in other words", PATIENCE, |answer| answer.text.contains("They are three.")).await;

    // A conversation's title.
    page.script("document.querySelector('.row-menu').click()", vec![]).await;
    page.element("archive").await;
    page.script("document.querySelector('[role=menuitem]').click()", vec![]).await;
    wait_for("the title's field", PATIENCE, async || {
        let at = "return document.activeElement.matches('.row .field')";
        (page.script(at, vec![]).await == json!(true)).then_some(())
    })
    .await;
    press(page, "Otters").await;
    press(page, Key::Enter).await;
    focused(page, "conversation").await;
    reads(page, "conversation", "Otters").await;
    window.close().await;
}
