//! The local API, asked by programs that are not ours: the official packages of PyPI and npm as they are, and the
//! examples of `docs/openai-api.md` as they stand there.

use crate::clients::{Program, example_of, node, python};
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Client, Desktop, PATIENCE, Profile, Serve, ServeOptions, Window, wait_for};
use serde_json::{Value, json};

const DOCUMENT: &str = include_str!("../../../docs/openai-api.md");
const KEY: &str = "sk-a-key-that-stays-inside";

fn json_script(status: u16, more: &str, body: Value) -> Script {
    Script::whole(status, &format!("Content-Type: application/json\r\n{more}"), &body.to_string())
}

fn whole(message: Value, finish: &str) -> Script {
    let usage = json!({ "prompt_tokens": 7, "completion_tokens": 5 });
    json_script(
        200,
        "",
        json!({ "choices": [{ "index": 0, "message": message, "finish_reason": finish }], "usage": usage }),
    )
}

/// What the provider does, request by request: the programs ask in this order.
fn scripts() -> [Script; 8] {
    let call = json!({ "id": "call_1", "type": "function", "function": { "name": "look", "arguments": "{\"x\": 1}" } });
    let mut first = call.clone();
    first["index"] = 0.into();
    let calls = |calls: Value| json!({ "choices": [{ "index": 0, "delta": { "tool_calls": calls } }] }).to_string();
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 7, "completion_tokens": 5 } }).to_string();
    let done = |script: Script| script.data(&usage).bytes(b"data: [DONE]\n\n").end();
    [
        whole(json!({ "role": "assistant", "content": "Hello." }), "stop"),
        done(Script::stream().text("Hello, ").text("水 🌊.").finish("stop")),
        whole(json!({ "role": "assistant", "content": null, "tool_calls": [call] }), "tool_calls"),
        whole(json!({ "role": "assistant", "content": "It is a river." }), "stop"),
        done(Script::stream().data(&calls(json!([first]))).finish("tool_calls")),
        json_script(400, "", json!({ "error": { "message": "no such field", "code": "bad" } })),
        json_script(429, "Retry-After: 7\r\n", json!({ "error": { "message": "slow down" } })),
        Script::stream().text("Hel").reset(),
    ]
}

async fn official(program: impl FnOnce(&Profile) -> Program) {
    let (profile, upstream) = (Profile::new(), Upstream::start(scripts()));
    let options = ServeOptions { api: true, key: Some(KEY.into()), ..ServeOptions::custom(&upstream.base_url()) };
    let mut serve = Serve::start(&profile, &options).await;
    let (url, token) = serve.api.clone().unwrap();
    let said = program(&profile).says(&url, &token).await;
    assert!(!said.contains(KEY));
    let seen: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let expected = json!({
        "models": [true, true, "custom"],
        "whole": ["Hello.", "stop", 12],
        "stream": ["Hello, 水 🌊.", "stop", 12],
        "tool": ["tool_calls", "call_1", "look", { "x": 1 }],
        "answered": "It is a river.",
        "streamed_tool": ["tool_calls", "{\"x\": 1}"],
        "bad": ["BadRequestError", 400, "bad_request"],
        "slow_down": ["RateLimitError", 429, "rate_limit_exceeded"],
        "broken": ["APIError", "provider_failed"],
        "no_model": ["NotFoundError", 404, "model_not_found"],
        "stranger": ["AuthenticationError", 401, "invalid_api_key"],
    });
    assert_eq!(seen, expected);
    let requests = upstream.requests();
    assert_eq!(requests.len(), 8);
    assert!(requests.iter().all(|sent| sent.head.contains(KEY) && !sent.head.contains(&token)));
    // The tool's answer went back beside its call.
    let told: Value = serde_json::from_str(&requests[3].body).unwrap();
    assert_eq!(told["messages"][1]["tool_calls"][0]["id"], "call_1");
    assert_eq!(told["messages"][2], json!({ "role": "tool", "tool_call_id": "call_1", "content": "A river." }));
    serve.end().await;
}

#[tokio::test]
async fn the_official_package_of_pypi_works_unchanged() {
    official(|profile| python(profile, include_str!("programs.py"))).await;
}

#[tokio::test]
async fn the_official_package_of_npm_works_unchanged() {
    official(|profile| node(profile, "import OpenAI from 'openai';", include_str!("programs.mjs"))).await;
}

#[tokio::test]
async fn every_example_has_the_demos_answer_and_a_token_ends_with_its_run() {
    let profile = Profile::new();
    let options = ServeOptions { api: true, ..ServeOptions::demo("echo") };
    let mut serve = Serve::start(&profile, &options).await;
    let (url, token) = serve.api.clone().unwrap();
    let example = |title| example_of(DOCUMENT, title);
    let curl = Program::shell(&profile, &example("curl")).says(&url, &token).await;
    let curl: Value = serde_json::from_str(&curl).unwrap();
    let text = curl["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert!(text.contains("Hello"), "{text}");
    assert_eq!(python(&profile, &example("Python")).says(&url, &token).await, text);
    assert_eq!(node(&profile, "", &example("Node")).says(&url, &token).await, text);
    serve.end().await;
    // The next run is where it was, and has a token of its own.
    let mut serve = Serve::start(&profile, &options).await;
    let (again, next) = serve.api.clone().unwrap();
    assert_eq!(again, url);
    let refused = Program::shell(&profile, &example("curl")).says(&url, &token).await;
    assert!(refused.contains("invalid_api_key"), "{refused}");
    let answered = Program::shell(&profile, &example("curl")).says(&url, &next).await;
    assert!(answered.contains("Hello"), "{answered}");
    serve.end().await;
}

#[tokio::test]
async fn a_person_switches_it_on_makes_a_token_and_ends_it_in_the_settings() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    let page = &window.page;
    crate::use_demo(page, "echo", 1_000).await;
    page.click("open-settings").await;
    page.click("api-switch").await;
    let url = page.text("api-url").await;
    page.fill("api-name", "My editor").await;
    page.fill("api-requests", "1").await;
    page.click("api-create").await;
    let token = page.text("api-secret").await;
    let ask = async || {
        let client = Client::new(&url, Some(&token));
        let body = json!({ "model": "demo/echo", "messages": [{ "role": "user", "content": "Hello" }] });
        client.post("/v1/chat/completions", body).await
    };
    let answered = ask().await;
    assert!(answered.json()["choices"][0]["message"]["content"].as_str().unwrap().contains("Hello"), "{answered:?}");
    let used = async || page.text("api-token").await.contains("1 of 1 requests").then_some(());
    wait_for("its use is listed", PATIENCE, used).await;
    assert_eq!(ask().await.json()["error"]["code"], "insufficient_quota");
    page.click("api-revoke").await;
    wait_for("the token is gone", PATIENCE, async || (!page.shows("api-token").await).then_some(())).await;
    assert_eq!(ask().await.json()["error"]["code"], "invalid_api_key");
    window.close().await;
}
