//! Order among conversations: the archive, projects, tags, many at once, a narrowed search, drafts that outlive a kill.

use crate::accessibility::{CUT, Findings, axe};
use crate::use_demo;
use rivulet_tests::{Desktop, PATIENCE, Page, Window, wait_for};
use serde_json::{Value, json};

const ROW: &str =
    "const row = [...document.querySelectorAll('.list .row')].find((row) => row.querySelector('[data-conversation]')
    && row.textContent.includes(arguments[0]));";

async fn made(page: &Page, title: &str) {
    let made = page.invoke("conversation_create", json!({})).await.unwrap();
    page.invoke("conversation_rename", json!({ "conversation": made["id"], "title": title })).await.unwrap();
}

/// Waits until the sidebar shows these and no others.
async fn shown(page: &Page, wanted: &[&str]) {
    let titles =
        "return [...document.querySelectorAll('[data-testid=conversation] .title')].map((row) => row.textContent)
        .sort()";
    wait_for(&format!("{wanted:?} are shown"), PATIENCE, async || {
        (page.script(titles, vec![]).await == json!(wanted)).then_some(())
    })
    .await;
}

async fn menu(page: &Page, title: &str, item: &str) {
    page.script(&format!("{ROW} row.querySelector('.row-menu').click();"), vec![json!(title)]).await;
    page.click(item).await;
}

async fn undo(page: &Page) {
    page.script("[...document.querySelectorAll('.toast .button')].at(-1).click();", vec![]).await;
}

async fn looked_at(page: &Page, screen: &str, findings: &mut Findings) {
    findings.add(screen, &page.script(CUT, vec![]).await);
    axe(page, screen, findings).await;
}

async fn projects(page: &Page) -> Vec<Value> {
    page.invoke("projects_list", json!({})).await.unwrap().as_array().unwrap().clone()
}

#[tokio::test]
async fn conversations_are_put_in_order_and_each_act_is_taken_back_as_one() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    let mut findings = Findings::default();
    use_demo(page, "echo", 1_000_000).await;
    for title in ["Heron", "Otter", "Reed"] {
        made(page, title).await;
    }
    shown(page, &["Heron", "Otter", "Reed"]).await;

    menu(page, "Heron", "archive").await;
    shown(page, &["Otter", "Reed"]).await;
    undo(page).await;
    shown(page, &["Heron", "Otter", "Reed"]).await;
    menu(page, "Heron", "archive").await;
    shown(page, &["Otter", "Reed"]).await;
    page.click("archived").await;
    shown(page, &["Heron", "Otter", "Reed"]).await;
    looked_at(page, "archive", &mut findings).await;
    menu(page, "Heron", "archive").await;
    page.click("archived").await;
    shown(page, &["Heron", "Otter", "Reed"]).await;

    page.click("project-new").await;
    page.fill("project-name", "Rivers").await;
    page.fill("project-instructions", "Speak of rivers.").await;
    looked_at(page, "project form", &mut findings).await;
    page.click("project-save").await;
    page.element("project").await;
    menu(page, "Heron", "move").await;
    page.click("move-to").await;
    let inside = async |wanted: u64| {
        wait_for(&format!("{wanted} are in the project"), PATIENCE, async || {
            (projects(page).await[0]["conversations"] == json!(wanted)).then_some(())
        })
        .await;
    };
    inside(1).await;
    let drag = format!(
        "{ROW} const from = row.querySelector('[data-conversation]');
        const to = document.querySelector('[data-testid=project]');
        const dataTransfer = new DataTransfer();
        const send = (at, kind) => at.dispatchEvent(new DragEvent(kind, {{ bubbles: true, cancelable: true, dataTransfer }}));
        send(from, 'dragstart'); send(to, 'dragover'); send(to, 'drop'); send(from, 'dragend');"
    );
    page.script(&drag, vec![json!("Otter")]).await;
    inside(2).await;
    shown(page, &["Heron", "Otter", "Reed"]).await;
    looked_at(page, "project", &mut findings).await;
    desktop.screenshot("projects");
    page.script("document.querySelector('.project-menu').click();", vec![]).await;
    page.click("project-delete").await;
    wait_for("it is gone", PATIENCE, async || projects(page).await.is_empty().then_some(())).await;
    shown(page, &["Heron", "Otter", "Reed"]).await;
    undo(page).await;
    wait_for("it is back", PATIENCE, async || (projects(page).await.len() == 1).then_some(())).await;
    inside(2).await;
    // Folded, for it was gone.
    shown(page, &["Reed"]).await;
    page.click("project").await;

    menu(page, "Reed", "tags").await;
    page.fill("tag-field", "wet").await;
    looked_at(page, "tags form", &mut findings).await;
    page.click("tags-save").await;
    page.click("filter").await;
    page.fill("filter-tag", "WET").await;
    shown(page, &["Reed"]).await;
    looked_at(page, "search fields", &mut findings).await;
    page.fill("filter-model", "%'\"() no such model").await;
    shown(page, &[]).await;
    page.click("filter").await;
    shown(page, &["Heron", "Otter", "Reed"]).await;

    let choose = format!(
        "{ROW} row.querySelector('[data-conversation]').dispatchEvent(new MouseEvent('click', {{ bubbles: true, ctrlKey: true }}));"
    );
    for title in ["Heron", "Reed"] {
        page.script(&choose, vec![json!(title)]).await;
    }
    page.element("select-bar").await;
    looked_at(page, "selecting", &mut findings).await;
    desktop.screenshot("selecting");
    page.click("delete-chosen").await;
    shown(page, &["Otter"]).await;
    undo(page).await;
    shown(page, &["Heron", "Otter", "Reed"]).await;

    page.fill("composer", "half a thought").await;
    wait_for("the draft is kept", PATIENCE, async || {
        let draft = page.invoke("draft_get", json!({})).await.unwrap();
        (draft["text"] == "half a thought").then_some(())
    })
    .await;
    window.kill().await;
    let window = Window::open(&desktop).await;
    let written = "return document.querySelector('[data-testid=composer]')?.value";
    wait_for("the draft is there", PATIENCE, async || {
        (window.page.script(written, vec![]).await == json!("half a thought")).then_some(())
    })
    .await;
    window.close().await;
    findings.none();
}
