//! End to end: the real program, a real window, a real browser, faults and kills.
#![cfg(target_os = "linux")]
// Helpers of tests end the test when something is not there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod accessibility;
mod assistants;
mod attachments;
mod bin;
mod clients;
mod closing;
mod context;
mod controls;
mod cost;
mod damaged;
mod disk;
mod faults;
mod finding;
mod first_start;
mod foreign_page;
mod gallery;
mod harness;
mod input_methods;
mod keyboard;
mod keys;
mod kills;
mod looking;
mod mirror;
mod networks;
mod order;
mod palette;
mod panels;
mod pictures;
mod previews;
mod programs;
mod quitting;
mod recordings;
mod reload;
mod returning;
mod screens;
mod settings;
mod single_instance;
mod stop;
mod storage;
mod tabs;
mod temporary;
mod terminal;
mod window_and_browser;
mod writing;

use rivulet_tests::{Client, Page, Reply};
use serde_json::{Value, json};

/// Plain words in several scripts, with characters outside of the BMP: `count` words, no Markdown.
fn words(count: usize) -> String {
    const WORDS: [&str; 8] = ["river", "水往低处流", "🌊", "naïve", "𠮷野家", "água", "👩‍🚀", "still"];
    (0..count).map(|at| format!("{}{at}", WORDS[at % WORDS.len()])).collect::<Vec<_>>().join(" ")
}

/// Starts an answer through the first idea's flow.
async fn start_sse(client: &Client, uid: &str, prompt: &str) -> Reply {
    let reply = client.post("/api/start-sse", json!({ "uid": uid, "prompt": prompt })).await;
    assert_eq!(reply.json()["success"], true, "{reply:?}");
    reply
}

/// The messages of the newest conversation.
async fn newest(client: &Client) -> (Value, Vec<Value>) {
    let list = client.rpc("conversations_list", json!({})).await.expect("a list");
    let id = list["conversations"][0]["id"].clone();
    let snapshot = client.conversation(&id).await;
    (id, snapshot["messages"].as_array().expect("messages").clone())
}

/// The last answer of the newest conversation.
async fn last_answer(client: &Client) -> Value {
    newest(client).await.1.pop().expect("a message")
}

/// The last answer of the newest conversation, asked through the window.
async fn last_answer_in(page: &Page) -> Value {
    let list = page.invoke("conversations_list", json!({})).await.expect("a list");
    let open = json!({ "conversation": list["conversations"][0]["id"] });
    let snapshot = page.invoke("conversation_open", open).await.expect("a snapshot");
    snapshot["messages"].as_array().and_then(|messages| messages.last().cloned()).expect("a message")
}

/// Puts the window past its first start, on this model of the demo.
async fn use_demo(page: &Page, model: &str, rate: u32) {
    let patch = json!({
        "welcomed": true, "default_provider": "demo", "default_model": model, "demo_rate": rate,
    });
    page.invoke("settings_update", json!({ "patch": patch })).await.expect("settings");
    page.driver.refresh().await.expect("a reload");
    page.element("composer").await;
}
