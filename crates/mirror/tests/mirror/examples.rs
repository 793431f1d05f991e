//! The examples of `docs/mirror-api.md`, run as they stand there.

use crate::client::{Seen, site, text_of};
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};

const DOCUMENT: &str = "../../docs/mirror-api.md";

/// The first piece of code of this language.
fn example(language: &str) -> String {
    let document = fs::read_to_string(DOCUMENT).unwrap();
    let (_, rest) = document.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_shells_example_shows_the_answer_and_ends_by_itself() {
    let site = site().await;
    let output = Command::new("timeout")
        .args(["60", "sh", "-c", &example("sh")])
        .env("URL", format!("http://127.0.0.1:{}", site.port))
        .env("TOKEN", &site.token)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    // curl prints the answer to the start without a line's end.
    let mut values = serde_json::Deserializer::from_str(&said).into_iter::<Value>();
    let started = values.next().unwrap().unwrap();
    assert_eq!(started["success"], true, "{said}");
    let message = started["message"].as_str().unwrap();
    let shown = text_of(&events(&said[values.byte_offset()..]), message);
    assert!(shown.contains("Hello"), "{said}");
    assert!(said.ends_with("event: finished\n"), "{said}");
    let stored = site.watch("uid=curl", "").until_end_of(&started["message"]);
    assert_eq!(shown, text_of(&stored, message));
}

fn events(lines: &str) -> Vec<Seen> {
    let (mut seen, mut name) = (Vec::new(), "");
    for line in lines.lines() {
        match line.split_once(": ") {
            Some(("event", given)) => name = given,
            Some(("data", json)) => {
                seen.push(Seen { id: None, name: name.to_owned(), data: serde_json::from_str(json).unwrap() });
            }
            _ => {}
        }
    }
    seen
}
