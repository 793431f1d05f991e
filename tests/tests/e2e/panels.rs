//! What opens over a screen or unfolds in it where `screens` does not come by reads well too: in both themes, in a wide
//! window and in a narrow one.

use crate::accessibility::{Findings, press};
use crate::cost::{counted, use_priced};
use crate::looking::{Host, Looker};
use crate::use_demo;
use rivulet_tests::upstream::Upstream;
use rivulet_tests::{Desktop, PATIENCE, Page, Window, app, wait_for};
use serde_json::json;
use thirtyfour::prelude::*;

/// The app's own icon will do for a picture.
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../icons/128x128.png");
/// Long enough for a storage's passphrase, and no one's.
const PASSPHRASE: &str = "a passphrase of this test";

fn looker<'a>(page: &'a Page, desktop: &'a Desktop) -> Looker<'a> {
    std::fs::create_dir_all(app::screenshots().join("screens")).unwrap();
    Looker { page, host: Host::Window(desktop), findings: Findings::default() }
}

#[tokio::test]
async fn what_opens_in_a_conversation_reads_well() {
    // The model reads 10,000 tokens: the first answer nearly fills that.
    let answers = ["A river.", "Another one.", "A third one."].map(|text| counted(text, 9_700, 40));
    let upstream = Upstream::start(answers);
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_priced(page, &upstream).await;
    let mut looker = looker(page, &desktop);

    page.send("What is this, and why is it so long?").await;
    page.answer_in(1, "complete").await;
    page.element("context-full").await;
    looker.hit("[data-testid=numbers]").await;
    looker.hit("[data-testid=edit-question]").await;
    looker.there("[data-testid=edit-question-text]").await;
    looker.briefly("full conversation, its question being edited").await;
    looker.hit(".question .row .button:not(.strong)").await;

    looker.hit("[data-testid=regenerate]").await;
    page.answer_when("the other answer", PATIENCE, |answer| {
        answer.text.contains("Another") && answer.state == "complete"
    })
    .await;
    looker.hit(".answer [data-testid=message-more]").await;
    looker.hit("[data-testid=begin-anew]").await;
    page.element("context-line").await;
    let chooser = page.driver.find(By::Css("[data-testid=attach-input]")).await.unwrap();
    chooser.send_keys(PICTURE).await.unwrap();
    page.element("no-pictures").await;
    looker.briefly("two answers, a line, a file its model cannot take").await;

    page.click("composer").await;
    // A window that was just made wide again may take the focus away once more.
    wait_for("models are offered", PATIENCE, async || {
        page.fill("composer", "@").await;
        page.shows("suggest").await.then_some(())
    })
    .await;
    looker.briefly("models to choose from while writing").await;
    page.fill("composer", "").await;
    press(page, Key::Control + "k").await;
    page.element("palette").await;
    page.fill("palette", "zzzz").await;
    looker.there(".palette .none").await;
    looker.briefly("palette that finds nothing").await;
    let findings = looker.findings;
    window.close().await;
    findings.none();
}

#[tokio::test]
async fn what_unfolds_in_the_sidebar_reads_well() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    use_demo(page, "echo", 1_000_000).await;
    let mut looker = looker(page, &desktop);
    for title in ["Heron, and why it stands still for so long", "Otter"] {
        let made = page.invoke("conversation_create", json!({})).await.unwrap();
        page.invoke("conversation_rename", json!({ "conversation": made["id"], "title": title })).await.unwrap();
    }
    page.click("project-new").await;
    page.fill("project-name", "Everything about rivers and what lives in them").await;
    page.fill("project-instructions", "Speak of rivers.").await;
    page.click("project-save").await;
    page.element("project").await;

    // From narrow to wide each time: the menu's own button moves.
    looker.hit(".row-menu").await;
    looker.hit("[data-testid=move]").await;
    looker.there("[data-testid=move-to]").await;
    looker.briefly("where a conversation can be moved").await;
    looker.hit("[data-testid=move-to]").await;
    let inside = "return document.querySelectorAll('.folder [data-testid=conversation]').length";
    wait_for("it is inside", PATIENCE, async || (page.script(inside, vec![]).await == json!(1)).then_some(())).await;
    looker.hit("[data-testid=archived]").await;
    looker.hit(".icon.drawer").await;
    looker.briefly("project and archive").await;

    looker.hit(".project-menu").await;
    looker.there("[data-testid=project-edit]").await;
    looker.briefly("project menu").await;
    looker.hit("[data-testid=project-edit]").await;
    looker.there("[data-testid=project-instructions]").await;
    looker.briefly("project being edited").await;
    press(page, Key::Escape).await;
    let gone = "return document.querySelector('[role=dialog]') === null";
    wait_for("it is closed", PATIENCE, async || (page.script(gone, vec![]).await == json!(true)).then_some(())).await;

    looker.hit(".row-menu").await;
    page.click("tags").await;
    for tag in ["wet", "a tag as long as tags may be, to the end"] {
        page.fill("tag-field", tag).await;
        page.click("tag-field").await;
        press(page, Key::Enter).await;
    }
    looker.briefly("tags").await;
    looker.hit("[data-testid=tags-save]").await;
    looker.hit("[data-testid=filter]").await;
    looker.there("[data-testid=filters]").await;
    looker.briefly("search fields").await;
    looker.hit("[data-testid=filter]").await;
    looker.hit(".row-menu").await;
    page.click("select").await;
    looker.there("[data-testid=select-bar]").await;
    looker.briefly("conversations being selected").await;
    let findings = looker.findings;
    window.close().await;
    findings.none();
}

#[tokio::test]
async fn what_unfolds_at_the_first_start_and_in_the_settings_reads_well() {
    let shelf = tempfile::tempdir().unwrap();
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let mut looker = looker(page, &desktop);
    page.click("paste-key").await;
    page.fill("key-input-any", "of-no-known-shape").await;
    page.element("key-provider").await;
    page.click("use-local").await;
    let asked = "return document.querySelector('[data-testid=use-local]').disabled";
    wait_for("it has looked", PATIENCE, async || (page.script(asked, vec![]).await == json!(false)).then_some(()))
        .await;
    looker.briefly("key of nobody known, no server").await;
    page.click("welcome-restore").await;
    page.element("bring-backup").await;
    looker.briefly("what another computer kept").await;
    page.click("bring-back").await;

    use_demo(page, "echo", 1_000_000).await;
    page.send("Show me.").await;
    page.answer_in(1, "complete").await;
    page.invoke("backup_create", json!({})).await.unwrap();
    page.invoke(
        "assistant_save",
        json!({ "name": "River guide", "mark": "R", "prompt": "", "controls": {}, "starters": [] }),
    )
    .await
    .unwrap();
    page.click("open-settings").await;
    for opened in ["edit-openai", "proxy-through", "proxy-login", "storage-s3", "restore", "api-switch"] {
        looker.hit(&format!("[data-testid={opened}]")).await;
    }
    page.fill("api-name", "An editor").await;
    looker.hit("[data-testid=api-create]").await;
    looker.there("[data-testid=api-secret]").await;
    page.fill("ca-path", "/nowhere.pem").await;
    looker.hit("[data-testid=ca-add]").await;
    looker.there("[data-testid=ca-problem]").await;
    page.script("document.querySelectorAll('.settings details').forEach((one) => { one.open = true; })", vec![]).await;
    looker.briefly("settings, unfolded").await;

    looker.hit("[data-testid=storage-folder]").await;
    page.fill("storage-path", shelf.path().to_str().unwrap()).await;
    page.fill("storage-passphrase", PASSPHRASE).await;
    looker.hit("[data-testid=storage-save]").await;
    let never = page.text("storage-last").await;
    looker.hit("[data-testid=storage-send]").await;
    // A passphrase is made slow to try, and slower where nothing is optimised.
    wait_for("it is sent", 4 * PATIENCE, async || (page.text("storage-last").await != never).then_some(())).await;
    page.click("storage-list").await;
    looker.hit("[data-testid=storage-open]").await;
    looker.hit("[data-testid=storage-forget]").await;
    looker.hit("[data-keys=new]").await;
    looker.briefly("settings, storage in a folder").await;
    page.script(
        "document.querySelector('.settings header input').setAttribute('data-testid', 'search-settings')",
        vec![],
    )
    .await;
    page.fill("search-settings", "zzzz").await;
    looker.there(".settings .page > .quiet").await;
    looker.briefly("settings that find nothing").await;
    let findings = looker.findings;
    window.close().await;
    findings.none();
}
