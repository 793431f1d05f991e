//! Order among conversations, as the window and a link have it.

use super::*;
use serde_json::{Value, json};

async fn project(bench: &Bench, name: &str, instructions: &str) -> Project {
    let save = ProjectSave { project: None, name: name.into(), instructions: Some(instructions.into()) };
    bench.engine.project_save(&Caller::window(), save).await.unwrap()
}

async fn arrange(bench: &Bench, change: ConversationsArrange) -> Placements {
    bench.engine.conversations_arrange(&Caller::window(), change).await.unwrap()
}

async fn listed(bench: &Bench, caller: &Caller, list: ConversationsList) -> Vec<Conversation> {
    bench.engine.conversations_list(caller, list).await.unwrap().conversations
}

#[tokio::test(flavor = "multi_thread")]
async fn each_conversation_of_a_project_is_told_its_instructions_first() {
    let bench = Bench::start((0..3).map(|_| Script::stream().text("Yes.").done())).await;
    let river = project(&bench, "Rivers", "Speak of rivers only.").await;
    let create = ConversationCreate { project: Some(river.id), ..Default::default() };
    let made = bench.engine.conversation_create(&Caller::window(), create).await.unwrap();
    assert_eq!(made.place.project, Some(river.id));
    for (save, told) in [(None, true), (Some("  "), false)] {
        if let Some(instructions) = save {
            let save = ProjectSave {
                project: Some(river.id),
                name: "Rivers".into(),
                instructions: Some(instructions.to_owned()),
            };
            bench.engine.project_save(&Caller::window(), save).await.unwrap();
        }
        let turn = bench.send(Some(made.id), "Is it wet?").await;
        bench.ended(turn.conversation, turn.answer).await;
        let asked: Value = serde_json::from_str(&bench.upstream.requests().last().unwrap().body).unwrap();
        let first = json!({ "role": "system", "content": "Speak of rivers only." });
        assert_eq!(asked["messages"][0] == first, told, "{asked}");
    }
    // They are told, and no message of the conversation.
    assert_eq!(bench.snapshot(made.id).await.messages.len(), 4);
    let turn = bench.send(None, "Elsewhere").await;
    bench.ended(turn.conversation, turn.answer).await;
    let asked: Value = serde_json::from_str(&bench.upstream.requests().last().unwrap().body).unwrap();
    assert_eq!(asked["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_told_nothing_of_projects_archive_and_tags() {
    let bench = Bench::start([Script::stream().text("Yes.").done()]).await;
    let river = project(&bench, "Secret river", "Hush.").await;
    let turn = bench.send(None, "Is it wet?").await;
    bench.ended(turn.conversation, turn.answer).await;
    let change = ConversationsArrange {
        conversations: vec![turn.conversation],
        archived: Some(true),
        move_to: Some(Destination { project: Some(river.id) }),
        add_tags: Some(vec!["secret tag".into()]),
        ..Default::default()
    };
    arrange(&bench, change).await;
    let link = Caller { role: CallerRole::Participant, scope: Scope::Some(vec![turn.conversation]), link: None };
    let mut said = Vec::new();
    for (name, request) in [
        ("conversations_list", json!({})),
        ("conversations_list", json!({ "tag": "no such tag", "project": ProjectId::new() })),
        ("conversation_open", json!({ "conversation": turn.conversation })),
        ("conversation_controls", json!({ "conversation": turn.conversation, "controls": { "seed": 1 } })),
        ("branch_select", json!({ "message": turn.answer })),
        ("search", json!({ "query": "wet", "tag": "no such tag", "project": ProjectId::new() })),
    ] {
        let answer = dispatch(&bench.engine, &link, name, request).await.unwrap().to_string();
        assert!(answer.contains(&turn.conversation.to_string()), "{name} knows the conversation: {answer}");
        said.push(answer);
    }
    for answer in said {
        let secret = answer.to_lowercase().contains("secret") || answer.contains(&river.id.to_string());
        assert!(!secret && !answer.contains("\"archived\":true"), "{answer}");
    }
    for name in ["projects_list", "tags_list", "conversations_arrange", "project_save"] {
        let refused = dispatch(&bench.engine, &link, name, json!({})).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Forbidden, "{name}");
    }
    // A link with everything does not list what is in the archive, and makes nothing in a project.
    let all = Caller { role: CallerRole::Participant, scope: Scope::All, link: None };
    assert!(listed(&bench, &all, ConversationsList::default()).await.is_empty());
    let create = ConversationCreate { project: Some(river.id), ..Default::default() };
    let made = bench.engine.conversation_create(&all, create).await.unwrap();
    assert_eq!(bench.snapshot(made.id).await.conversation.place, Place::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_go_to_the_bin_at_once_and_what_runs_in_them_is_stopped() {
    let bench = Bench::start([Script::stream().text("A beginning").silence()]).await;
    let turn = bench.send(None, "Go on and on").await;
    bench.message(turn.conversation, turn.answer, |message| !message.text.is_empty()).await;
    let create = ConversationCreate { temporary: Some(true), ..Default::default() };
    let temporary = bench.engine.conversation_create(&Caller::window(), create).await.unwrap();
    let conversations = vec![turn.conversation, temporary.id];
    let change = ConversationsArrange { conversations, deleted: Some(true), ..Default::default() };
    let placements = arrange(&bench, change).await;
    assert!(listed(&bench, &Caller::window(), ConversationsList::default()).await.is_empty());
    assert_eq!(bench.engine.running_answers(), 0);
    bench.engine.conversations_place(&Caller::window(), placements).await.unwrap();
    let back = listed(&bench, &Caller::window(), ConversationsList::default()).await;
    assert_eq!(back.len(), 1, "what was in memory only is gone");
    assert_eq!(bench.snapshot(turn.conversation).await.messages[1].message.state, MessageState::Stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_everything_carries_projects_tags_and_the_archive_flag() {
    let bench = Bench::start([]).await;
    let river = project(&bench, "Rivers", "Hush.").await;
    let create = ConversationCreate { project: Some(river.id), ..Default::default() };
    let made = bench.engine.conversation_create(&Caller::window(), create).await.unwrap();
    let change = ConversationsArrange {
        conversations: vec![made.id],
        archived: Some(true),
        add_tags: Some(vec!["wet".into()]),
        ..Default::default()
    };
    arrange(&bench, change).await;
    let file = bench.folder.path().join("all.zip");
    let everything = ExportStart { conversations: None, form: ExportForm::Archive, language: Language::English };
    bench.engine.export_to(file.clone(), everything).await.unwrap();
    let other = Bench::start([]).await;
    for _ in 0..2 {
        other.engine.import_from(file.clone()).await.unwrap();
    }
    let projects = other.engine.projects_list(&Caller::window(), Nothing {}).await.unwrap();
    assert_eq!(projects, [Project { conversations: 0, ..river.clone() }]);
    let place = other.snapshot(made.id).await.conversation.place;
    assert_eq!(place, Place { archived: true, project: Some(river.id), tags: vec!["wet".into()] });
}
