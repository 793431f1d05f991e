//! The OpenAPI document says what the server does, and the examples of `docs/mirror-api.md` work.

use crate::client::{Site, site};
use rivulet_protocol::command::required_role;
use rivulet_protocol::{COMMAND_NAMES, CallerRole};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

fn document(site: &Site) -> Value {
    assert_eq!(site.get("/api/openapi.json", "").status, 401);
    let got = site.get_as(&site.token, "/api/openapi.json");
    assert_eq!((got.status, got.header("content-type")), (200, Some("application/json")));
    got.json()
}

/// `METHOD path` of all operations.
fn operations(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_has_every_route_and_no_other() {
    let site = site().await;
    let document = document(&site);
    assert_eq!(document["openapi"], "3.1.0");
    // As the router has them; the page at `/` is no part of the API.
    let source = std::fs::read_to_string("src/routes.rs").unwrap();
    let mut routes = BTreeSet::new();
    for line in source.lines() {
        let Some((path, handler)) = line.trim().strip_prefix(".route(\"").and_then(|line| line.split_once("\", "))
        else {
            continue;
        };
        let method = if handler.starts_with("get(") { "GET" } else { "POST" };
        if path == "/api/rpc/{command}" {
            let callable = COMMAND_NAMES.iter().filter(|name| required_role(name) < Some(CallerRole::Window));
            routes.extend(callable.map(|name| format!("{method} /api/rpc/{name}")));
        } else if path != "/" {
            routes.insert(format!("{method} {path}"));
        }
    }
    assert!(routes.len() > 10, "{routes:?}");
    assert_eq!(operations(&document), routes);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_described_operation_is_there_and_needs_what_it_says() {
    let site = site().await;
    let document = document(&site);
    let mut ids = BTreeSet::new();
    for operation in operations(&document) {
        let (method, path) = operation.split_once(' ').unwrap();
        let described = &document["paths"][path][method.to_lowercase()];
        assert!(ids.insert(described["operationId"].as_str().unwrap().to_owned()), "{operation}");
        assert!(described["summary"].is_string() && described["responses"]["200"].is_object(), "{operation}");
        let (stranger, other) = if method == "GET" {
            (site.get(path, ""), site.post_as(&site.token, path, "{}"))
        } else {
            (site.post_as("guess", path, "{}"), site.get_as(&site.token, path))
        };
        assert!(matches!(stranger.status, 401 | 429), "{operation} for a stranger: {}", stranger.status);
        assert_eq!(other.status, 405, "{operation} by the other method");
    }
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_has_the_described_form() {
    let site = site().await;
    let document = document(&site);
    let schemas = &document["components"]["schemas"];
    let started = site.start("described", "hi");
    has_required(&schemas["Started"], &started);
    let ticket = site.post("/api/ticket", json!({ "uid": "described" })).json();
    let form = &document["paths"]["/api/ticket"]["post"]["responses"]["200"]["content"]["application/json"]["schema"];
    has_required(form, &ticket);
    let refused = site.post("/api/start-sse", json!({ "uid": "a b", "prompt": "x" })).json();
    has_required(&schemas["NotStarted"], &refused);
    has_required(&schemas["Error"], &refused["error"]);
    let types = schemas["Event"]["properties"]["type"]["enum"].as_array().unwrap();
    for event in site.watch("uid=described", "").until_end_of(&started["message"]) {
        has_required(&schemas["Event"], &event.data);
        assert!(types.contains(&json!(event.name)), "{event:?}");
        assert_eq!((event.data["type"].as_str(), event.data["seq"].as_u64()), (Some(event.name.as_str()), event.id));
    }
}

fn has_required(schema: &Value, value: &Value) {
    for name in schema["required"].as_array().unwrap() {
        assert!(value.get(name.as_str().unwrap()).is_some(), "{name} in {value}");
    }
    let names = schema["properties"].as_object().unwrap();
    let open = schema["properties"].get("type").is_some();
    assert!(open || value.as_object().unwrap().keys().all(|name| names.contains_key(name)), "{value}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_with_curl_works_as_it_stands() {
    let site = site().await;
    let page = std::fs::read_to_string("../../docs/mirror-api.md").unwrap();
    let example = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-euc", example]).env("TOKEN", &site.token).env("URL", format!("http://127.0.0.1:{}", site.port));
    let run = shell.output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("\"success\":true") && said.contains("event: finished"), "{said} {run:?}");
}
