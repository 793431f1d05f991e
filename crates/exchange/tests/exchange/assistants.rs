//! Assistants in files of their own and in archives, and files that only look like that.

use rivulet_exchange::writers::Export;
use rivulet_exchange::writers::archive::write_assistant;
use rivulet_exchange::{Progress, ReadError, read_with_extras};
use rivulet_protocol::*;
use serde_json::{Value, json};
use std::io::Cursor;
use uuid::Uuid;

fn everything() -> Assistant {
    let card = AssistantCard {
        id: AssistantId(Uuid::from_u128(5)),
        name: "River guide".into(),
        mark: "👩‍🚀".into(),
        starters: vec!["How wide is it?".into(), "有多宽？".into()],
        provider: Some("openai".into()),
        model: Some("gpt-x".into()),
        deleted: true,
    };
    let controls = Controls {
        temperature: Some(0.5),
        top_p: Some(0.9),
        max_tokens: Some(10),
        stop: Some(vec!["END".into()]),
        seed: Some(-1),
        frequency_penalty: Some(0.1),
        presence_penalty: Some(-0.1),
        effort: Some(Effort::High),
        reasoning_tokens: Some(7),
        stream: Some(false),
        response_format: Some(ResponseFormat::JsonSchema { schema: json!({ "type": "object" }) }),
        background: Some(true),
        when_full: Some(WhenFull::Automatic),
    };
    Assistant { card, prompt: "You know rivers.\n\nBe brief. 🌊".into(), controls }
}

fn alone(assistant: &Assistant) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_assistant(assistant, &mut bytes).unwrap();
    bytes
}

fn read_back(bytes: &[u8]) -> Result<(ImportReport, Vec<Assistant>), ReadError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.json");
    std::fs::write(&path, bytes).unwrap();
    read_with_extras(&path, &Progress::default(), &mut |_| Ok(())).map(|(report, extras)| (report, extras.assistants))
}

#[test]
fn an_assistant_comes_back_without_loss_alone_and_in_an_archive() {
    let (report, back) = read_back(&alone(&everything())).unwrap();
    assert_eq!((back, report.assistants, report.conversations), (vec![everything()], 1, 0));
    let mut second = everything();
    second.card.id = AssistantId(Uuid::from_u128(4));
    let mut export = Export::new(Cursor::new(Vec::new()), ExportForm::Archive, true, Language::English);
    for assistant in [&everything(), &second] {
        export.add_assistant(assistant).unwrap();
    }
    let archive = export.finish("1.2.3", 1).unwrap().into_inner();
    let (report, back) = read_back(&archive).unwrap();
    assert_eq!(back, [everything(), second], "in their order");
    assert_eq!((report.format, report.skipped), (Some(ImportFormat::Rivulet), Vec::new()));
}

fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(&alone(&everything())).unwrap();
    change(&mut value);
    value.to_string().into_bytes()
}

#[test]
fn what_is_left_out_has_its_default_and_what_is_unknown_is_passed_over() {
    let file = json!({ "version": 1, "later": [1], "format": "rivulet-assistant",
        "assistant": { "id": Uuid::from_u128(1), "name": "Plain", "api_key": "sk-1", "tools": ["all"] } });
    let (_, back) = read_back(file.to_string().as_bytes()).unwrap();
    assert_eq!((back[0].card.name.as_str(), back[0].card.mark.as_str()), ("Plain", "P"));
    assert!(!serde_json::to_string(&back).unwrap().contains("sk-1"));
}

#[test]
fn a_file_that_means_harm_or_is_broken_is_refused() {
    let newer = changed(|file| file["version"] = json!(2));
    assert!(matches!(read_back(&newer), Err(ReadError::TooNew(2))));
    let stranger = changed(|file| file["format"] = json!("other-assistant"));
    assert!(matches!(read_back(&stranger), Err(ReadError::UnknownFormat)));
    let whole = alone(&everything());
    assert!(matches!(read_back(&whole[..whole.len() - 9]), Err(ReadError::CutShort)));
    assert!(matches!(read_back(b"{\"format\": \"rivulet-assistant\", "), Err(ReadError::CutShort)));
    let deep = format!("{{\"format\":\"rivulet-assistant\",\"assistant\":{}", "[".repeat(10_000));
    assert!(matches!(read_back(deep.as_bytes()), Err(ReadError::TooDeep)));
    let field = |field: &'static str, value: Value| changed(|file| file["assistant"][field] = value);
    for (name, broken) in [
        ("no name", field("name", json!("\u{202e}\n"))),
        ("a name as long as a book", field("name", json!("x".repeat(10_000)))),
        ("a mark that is a page", field("mark", json!("x".repeat(10_000)))),
        ("too many starters", field("starters", json!(vec!["x"; 10_000]))),
        ("a prompt of a megabyte", field("prompt", json!("x".repeat(1 << 20)))),
        ("an id that is none", field("id", json!("../../etc"))),
        ("controls that are none", field("controls", json!({ "temperature": "hot" }))),
        (
            "a schema of a megabyte",
            field("controls", json!({ "response_format": { "type": "json_schema", "schema": "x".repeat(1 << 20) } })),
        ),
    ] {
        assert!(matches!(read_back(&broken), Err(ReadError::Empty)), "{name}");
    }
}
