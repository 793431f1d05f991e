//! What each protocol is asked (`fixtures/requests/*.snap`): one conversation with everything in it, told to all.

#![allow(missing_docs, clippy::unwrap_used)]

use rivulet_protocol::{Author, Controls, Effort, Replay, ResponseFormat, ToolCall, WireProtocol};
use rivulet_providers::protocols::{self, Protocol};
use rivulet_providers::{ChatMessage, ChatRequest, Endpoint, Part, Tool, ToolChoice, catalog, origin};
use serde_json::{Value, json};
use std::path::Path;

fn rich(protocol: WireProtocol) -> Vec<ChatMessage> {
    let mut question = ChatMessage::text(Author::User, "What is in these?");
    let (png, pdf) = (&b"\x89PNG"[..], &b"%PDF-1.7"[..]);
    question.parts.push(Part::Image { media_type: "image/png".into(), data: png.into() });
    let (name, media_type) = ("report.pdf".to_owned(), "application/pdf".to_owned());
    question.parts.push(Part::Document { name, media_type, data: pdf.into() });
    let mut called = ChatMessage::text(Author::Assistant, "I look.");
    called.reasoning = "A tool knows.".into();
    let call = |id: &str, arguments: &str, result: Option<&str>| ToolCall {
        id: id.into(),
        name: "look".into(),
        arguments: arguments.into(),
        result: result.map(str::to_owned),
    };
    // The second has no result: nobody ran it, and no vendor takes it back so.
    called.tool_calls = vec![call("call_1", r#"{"x":1}"#, Some("A river.")), call("call_2", "{}", None)];
    called.replay = replay(protocol);
    // Another vendor's signature is of no use here.
    called.replay.push(Replay { protocol: other(protocol), item: json!({ "foreign": true }) });
    vec![
        ChatMessage::text(Author::System, "Be brief."),
        question,
        called,
        ChatMessage::text(Author::Assistant, "A river."),
        ChatMessage::text(Author::User, "水?"),
    ]
}

fn other(protocol: WireProtocol) -> WireProtocol {
    if protocol == WireProtocol::Ollama { WireProtocol::Anthropic } else { WireProtocol::Ollama }
}

/// Items as the protocol's own decoder makes them.
fn replay(protocol: WireProtocol) -> Vec<Replay> {
    let items = match protocol {
        WireProtocol::Anthropic => {
            vec![json!({ "type": "thinking", "thinking": "A tool knows.", "signature": "c2ln" })]
        }
        WireProtocol::Gemini => vec![json!({ "of": "call_1", "thoughtSignature": "c2ln" })],
        WireProtocol::OpenaiResponses => {
            vec![json!({ "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2ln" })]
        }
        WireProtocol::OpenaiChat | WireProtocol::Ollama => Vec::new(),
    };
    items.into_iter().map(|item| Replay { protocol, item }).collect()
}

fn everything_set() -> Controls {
    Controls {
        temperature: Some(0.5),
        top_p: Some(0.9),
        max_tokens: Some(3000),
        stop: Some(vec!["END".into()]),
        seed: Some(7),
        frequency_penalty: Some(0.25),
        presence_penalty: Some(0.75),
        effort: Some(Effort::Low),
        reasoning_tokens: None,
        stream: None,
        response_format: Some(ResponseFormat::JsonSchema { schema: json!({ "type": "object" }) }),
        background: None,
        when_full: None,
    }
}

fn endpoint(protocol: &'static Protocol) -> Endpoint {
    let (base_url, _) = origin("https://models.example/v1").unwrap();
    Endpoint { protocol, ..Endpoint::new(base_url) }
}

fn snapshot(name: &str, value: &Value) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/requests"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, serde_json::to_string_pretty(&sorted(value)).unwrap()));
}

/// With the fields of every object in alphabetical order, however serde_json was built.
fn sorted(value: &Value) -> Value {
    let mut value = value.clone();
    value.sort_all_objects();
    value
}

#[test]
fn every_protocol_tells_the_whole_conversation_its_own_way() {
    for protocol in protocols::TABLE {
        let name = serde_json::to_value(protocol.name).unwrap().as_str().unwrap().to_owned();
        let ask = |controls| ChatRequest {
            model: "model-1".into(),
            messages: rich(protocol.name),
            controls,
            ..ChatRequest::default()
        };
        let (plain, set) = (ask(Controls::default()), ask(everything_set()));
        snapshot(&name, &(protocol.body)(&endpoint(protocol), &set));
        // What is not set is not sent: the second body has nothing that only a control brings.
        let body = (protocol.body)(&endpoint(protocol), &plain).to_string();
        for word in ["temperature", "top", "seed", "penalty", "Penalty", "END", "schema"] {
            assert!(!body.contains(word), "{name} sends {word} unasked: {body}");
        }
        assert!(!body.contains("foreign"), "{name} sends another vendor's item");
        assert!(!body.contains("call_2"), "{name} sends a call without a result");
        assert!(body.contains("Be brief.") && body.contains("水?") && body.contains("A river."), "{name}: {body}");
        assert!(!(protocol.path)(&plain).starts_with('/'), "{name}");
    }
}

#[test]
fn every_protocol_tells_of_tools_its_own_way() {
    let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let tool = |name: &str, parameters| Tool {
        name: name.into(),
        description: Some("Looks.".into()),
        parameters,
        strict: None,
    };
    let tools = vec![tool("look", Some(parameters)), tool("now", None)];
    for protocol in protocols::TABLE {
        let name = serde_json::to_value(protocol.name).unwrap().as_str().unwrap().to_owned();
        let ask = |tool_choice| ChatRequest {
            model: "model-1".into(),
            messages: vec![ChatMessage::text(Author::User, "Where?")],
            tools: tools.clone(),
            tool_choice,
            parallel_tools: Some(false),
            ..ChatRequest::default()
        };
        let told = |choice| (protocol.body)(&endpoint(protocol), &ask(choice));
        let mut all = json!({ "unasked": told(None) });
        let choices = [ToolChoice::Auto, ToolChoice::None, ToolChoice::Required, ToolChoice::Named("look".into())];
        for choice in choices {
            let body = told(Some(choice.clone()));
            let said: serde_json::Map<_, _> = ["tools", "tool_choice", "toolConfig"]
                .into_iter()
                .filter_map(|field| Some((field.to_owned(), body.get(field)?.clone())))
                .filter(|(field, _)| field != "tools" || protocol.name == WireProtocol::Ollama)
                .collect();
            all[format!("{choice:?}")] = said.into();
        }
        snapshot(&format!("{name}_tools"), &all);
        let none = ChatRequest { tools: Vec::new(), ..ask(Some(ToolChoice::Required)) };
        assert!(!(protocol.body)(&endpoint(protocol), &none).to_string().contains("tool"), "{name}");
    }
}

#[test]
fn only_their_own_protocol_is_told_fields_without_a_word_here() {
    let extra = json!({ "logit_bias": { "50256": -100 }, "response_format": { "type": "grammar" } });
    for protocol in protocols::TABLE {
        let request = ChatRequest { extra: extra.as_object().unwrap().clone(), ..ChatRequest::default() };
        let body = (protocol.body)(&endpoint(protocol), &request);
        let told = (body.get("logit_bias").is_some(), body["response_format"]["type"] == "grammar");
        let own = protocol.name == WireProtocol::OpenaiChat;
        assert_eq!(told, (own, own), "{:?}", protocol.name);
    }
}

#[test]
fn a_users_patch_has_the_last_word() {
    let mut endpoint = endpoint(protocols::of(WireProtocol::OpenaiChat));
    let ask = ChatRequest {
        model: "m".into(),
        controls: Controls { seed: Some(1), ..Default::default() },
        ..ChatRequest::default()
    };
    endpoint.body_patch = Some(json!({ "seed": null, "provider": { "order": ["x"] } }));
    let body = endpoint.body(&ask).unwrap();
    assert_eq!((body.get("seed"), &body["provider"]), (None, &json!({ "order": ["x"] })));
    endpoint.body_patch = Some(json!([{ "op": "replace", "path": "/model", "value": "n" }]));
    assert_eq!(endpoint.body(&ask).unwrap()["model"], "n");
    endpoint.body_patch = Some(json!([{ "op": "remove", "path": "/not/there" }]));
    assert!(endpoint.body(&ask).is_err());
}

#[test]
fn catalog_entries_speak_with_their_own_accent() {
    let entry = |id: &str| catalog::all().iter().find(|entry| entry.id == id).unwrap();
    let body = |id: &str| {
        let protocol = protocols::of(entry(id).protocol);
        let endpoint = Endpoint { catalog: Some(entry(id)), ..endpoint(protocol) };
        let controls = Controls { max_tokens: Some(9), ..Controls::default() };
        (protocol.body)(
            &endpoint,
            &ChatRequest { model: "m".into(), messages: rich(protocol.name), controls, ..ChatRequest::default() },
        )
    };
    assert!(body("openai").get("max_completion_tokens").is_some() && body("openai").get("max_tokens").is_none());
    assert!(body("zhipu").get("stream_options").is_none() && body("zhipu").get("max_tokens").is_some());
    let back = |id: &str| body(id)["messages"].as_array().unwrap().iter().any(|m| m.get("reasoning_content").is_some());
    assert!(back("moonshot") && !back("groq"), "reasoning goes back where it is wanted, and only there");
}
