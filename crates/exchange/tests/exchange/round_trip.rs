//! What goes out in our own forms comes back as it was, and what people read is as it should be.

use crate::outline::{chats, fixture};
use rivulet_exchange::writers::{Export, file_name};
use rivulet_exchange::{Chat, Progress, ReadError, read_files, read_with_extras};
use rivulet_protocol::*;
use std::collections::HashSet;
use std::io::Cursor;
use uuid::Uuid;

fn id(n: u128) -> MessageId {
    MessageId(Uuid::from_u128(n))
}

/// A conversation with something in every field there is.
fn everything() -> Chat {
    let mut question = Message::new(None, Author::User, MessageState::Complete);
    question.id = id(1);
    question.created_at = 1_700_000_000_000;
    question.attachments = attachments();
    question.text = "How <b>wide</b> is it? 🌊\n\u{0}end".into();
    let mut answer = Message::new(Some(id(1)), Author::Assistant, MessageState::Complete);
    answer.id = id(2);
    answer.text =
        "# Wide\n\n<script>alert(1)</script>\n\n| a | b |\n|---|---|\n| 1 | [x](javascript:alert(1)) |".into();
    answer.reasoning = "It is a river.\nSo it is wide.".into();
    answer.tool_calls = vec![
        ToolCall {
            id: "c".into(),
            name: "measure".into(),
            arguments: "{\"unit\":\"m\"}".into(),
            result: Some("120".into()),
        },
        ToolCall { id: "d".into(), name: "again".into(), arguments: String::new(), result: None },
    ];
    answer.replay = vec![Replay { protocol: WireProtocol::Anthropic, item: serde_json::json!({"signature": "abc"}) }];
    answer.reasoning_ms = Some(1_200);
    answer.created_at = 1_700_000_001_000;
    answer.ended_at = Some(1_700_000_009_000);
    answer.first_output_ms = Some(300);
    answer.provider = Some("openai".into());
    answer.model = Some("gpt-x".into());
    answer.finish_reason = Some(FinishReason::ToolCalls);
    answer.usage =
        Some(Usage { input_tokens: Some(9), output_tokens: Some(8), reasoning_tokens: Some(3), ..Usage::default() });
    let summary = Summary {
        text: "It is wide.".into(),
        messages: 2,
        provider: Some("openai".into()),
        model: Some("gpt-x".into()),
        edited: true,
    };
    answer.mark = Some(Mark { at: 1_700_000_010_000, summary: Some(summary) });
    let mut other = Message::new(Some(id(1)), Author::Assistant, MessageState::Failed);
    other.id = id(3);
    other.created_at = 1_700_000_002_000;
    other.text = "Wi".into();
    other.mark = Some(Mark { at: 1_700_000_011_000, summary: None });
    other.failure = Some(Failure::new(FailureCode::Cut).host("api.example").detail("reset"));
    let controls =
        Controls { temperature: Some(0.5), stop: Some(vec!["END".into()]), seed: Some(-1), ..Controls::default() };
    let conversation = Conversation {
        id: ConversationId(Uuid::from_u128(7)),
        title: "Rivers / and \"more\"".into(),
        pinned: true,
        created_at: 1_700_000_000_000,
        updated_at: 1_700_000_002_000,
        provider: Some("openai".into()),
        model: Some("gpt-x".into()),
        controls,
        leaf: Some(id(2)),
        head: 0,
        running: false,
        assistant: Some(AssistantId(Uuid::from_u128(5))),
        own_prompt: OwnPrompt(Some("Be brief.".into())),
        temporary: false,
        place: Place {
            archived: true,
            project: Some(ProjectId(Uuid::from_u128(9))),
            tags: vec!["work".into(), "江".into()],
        },
    };
    let project = Project {
        id: ProjectId(Uuid::from_u128(9)),
        name: "Rivers".into(),
        instructions: "Be brief.".into(),
        created_at: 1_700_000_000_000,
        conversations: 0,
    };
    Chat { conversation, messages: vec![question, answer, other], project: Some(project) }
}

/// What lies behind a hash in these tests: the picture and the text of a PDF are there, the PDF itself is lost.
fn file(hash: &FileHash) -> Option<Vec<u8>> {
    [PICTURE, PDF_TEXT].into_iter().find(|bytes| FileHash::of(bytes) == *hash).map(<[u8]>::to_vec)
}

const PICTURE: &[u8] = b"\x89PNG of a river";
const PDF_TEXT: &[u8] = b"The river is wide.";

fn attachments() -> Vec<Attachment> {
    let picture = Attachment {
        hash: FileHash::of(PICTURE),
        name: "river <1>.png".into(),
        media_type: "image/png".into(),
        kind: AttachmentKind::Picture,
        bytes: PICTURE.len() as u64,
        text: None,
        width: Some(4),
        height: Some(3),
        pages: None,
        tokens: 1,
    };
    let pdf = Attachment {
        hash: FileHash::of(b"lost"),
        name: "Report.pdf".into(),
        media_type: "application/pdf".into(),
        kind: AttachmentKind::Pdf,
        text: Some(FileHash::of(PDF_TEXT)),
        pages: Some(2),
        ..picture.clone()
    };
    vec![picture, pdf]
}

fn written(chats: &[Chat], form: ExportForm, many: bool, language: Language) -> Vec<u8> {
    let mut export = Export::new(Cursor::new(Vec::new()), form, many, language);
    for chat in chats {
        export.add(chat, &mut file).unwrap();
    }
    export.finish("1.2.3", 1_700_000_100_000).unwrap().into_inner()
}

fn read_back(bytes: &[u8], name: &str) -> Result<Vec<Chat>, ReadError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    chats(&path).map(|(chats, _)| chats)
}

#[test]
fn an_archive_comes_back_without_loss() {
    let mut second = everything();
    second.conversation.id = ConversationId(Uuid::from_u128(8));
    second.messages.clear();
    second.conversation.leaf = None;
    let all = [everything(), second];
    let archive = written(&all, ExportForm::Archive, true, Language::English);
    assert_eq!(read_back(&archive, "a.zip").unwrap(), all);
    // The same conversations give the same bytes.
    assert_eq!(archive, written(&all, ExportForm::Archive, true, Language::SimplifiedChinese));
    assert_eq!(archive, written(&all, ExportForm::Json, true, Language::English));
}

#[test]
fn an_archive_has_the_attachments_it_names_and_nothing_else_is_taken_for_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zip");
    let mut second = everything();
    second.conversation.id = ConversationId(Uuid::from_u128(8));
    let archive = written(&[everything(), second], ExportForm::Archive, true, Language::English);
    std::fs::write(&path, &archive).unwrap();
    let taken = |wanted: &HashSet<FileHash>| {
        let mut files = Vec::new();
        let missing = read_files(&path, &Progress::default(), wanted, &mut |bytes| {
            files.push(bytes);
            Ok(())
        });
        (missing, files)
    };
    let (report, extras) = read_with_extras(&path, &Progress::default(), &mut |_| Ok(())).unwrap();
    // The PDF is lost, in both; its text would help nobody.
    assert_eq!((extras.files.len(), report.attachments_missing), (1, 2));
    let (missing, files) = taken(&extras.files);
    assert_eq!((missing.unwrap(), files), (0, vec![PICTURE.to_vec()]));
    let name = format!("attachments/{}", FileHash::of(PICTURE).as_str());
    let zip = zip::ZipArchive::new(Cursor::new(&archive)).unwrap();
    assert!(zip.file_names().any(|at| at.is_ok_and(|at| at == name)));

    // Other bytes under the same name.
    let mut forged = zip::ZipWriter::new(Cursor::new(Vec::new()));
    forged.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut forged, b"something else").unwrap();
    std::fs::write(&path, forged.finish().unwrap().into_inner()).unwrap();
    let (missing, files) = taken(&extras.files);
    assert_eq!((missing.unwrap(), files.len()), (1, 0));
}

#[test]
fn json_of_one_conversation_comes_back_without_loss() {
    let json = written(&[everything()], ExportForm::Json, false, Language::English);
    assert_eq!(read_back(&json, "a.json").unwrap(), [everything()]);
}

#[test]
fn every_format_can_go_through_the_archive() {
    for name in
        ["chatgpt.json", "claude.json", "open_webui.json", "librechat.json", "chatbox.json", "nextchat.json", "jan"]
    {
        let (before, _) = chats(&fixture(name)).unwrap();
        let archive = written(&before, ExportForm::Archive, true, Language::English);
        let mut after = read_back(&archive, "a.zip").unwrap();
        after.sort_by_key(|chat| before.iter().position(|other| other.conversation.id == chat.conversation.id));
        assert_eq!(after, before, "{name}");
    }
}

#[test]
fn an_answer_that_ran_comes_back_interrupted() {
    let mut chat = everything();
    chat.messages[2].state = MessageState::Running;
    let json = written(&[chat], ExportForm::Json, false, Language::English);
    assert_eq!(read_back(&json, "a.json").unwrap()[0].messages[2].state, MessageState::Interrupted);
}

#[test]
fn a_newer_archive_and_a_broken_one_are_told() {
    let json = String::from_utf8(written(&[everything()], ExportForm::Json, false, Language::English)).unwrap();
    let newer = json.replacen("\"version\": 1", "\"version\": 2", 1);
    assert!(matches!(read_back(newer.as_bytes(), "a.json"), Err(ReadError::TooNew(2))));
    let other = newer.replacen("\"messages\"", "\"turns\"", 1);
    assert!(matches!(read_back(other.as_bytes(), "a.json"), Err(ReadError::TooNew(2))));
    // A child before its parent, and an id twice.
    for (from, to) in [(id(1).to_string(), id(9).to_string()), (id(3).to_string(), id(2).to_string())] {
        let broken = json.replacen(&from, &to, 1);
        assert!(matches!(read_back(broken.as_bytes(), "a.json"), Err(ReadError::Empty)), "{from}");
    }
}

#[test]
fn documents_for_people() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let text = |form, language| String::from_utf8(written(&[everything()], form, false, language)).unwrap();
    settings.bind(|| {
        insta::assert_snapshot!("document_markdown", text(ExportForm::Markdown, Language::English));
        let page = text(ExportForm::Html, Language::SimplifiedChinese);
        // The style is a file of its own, and reviewed there.
        let (head, rest) = page.split_once("<style>").unwrap();
        let (_, body) = rest.split_once("</style>").unwrap();
        insta::assert_snapshot!("document_html", format!("{head}{body}"));
    });
}

#[test]
fn a_reader_sees_what_models_are_not_told() {
    let mut chat = everything();
    let mut after = Message::new(Some(id(2)), Author::User, MessageState::Complete);
    after.id = id(4);
    after.created_at = 1_700_000_020_000;
    after.text = "And how deep?".into();
    chat.messages.push(after);
    chat.conversation.leaf = Some(id(4));
    let text = |chat: &Chat, form, language| {
        String::from_utf8(written(std::slice::from_ref(chat), form, false, language)).unwrap()
    };
    let below = |text: String, from: &str| text.split_once(from).unwrap().1.to_owned();
    let mut told = Vec::new();
    for summary in [true, false] {
        let mark = chat.messages[1].mark.as_mut().unwrap();
        if !summary {
            mark.summary = None;
        }
        told.push(below(text(&chat, ExportForm::Markdown, Language::German), "</script>"));
        told.push(below(text(&chat, ExportForm::Html, Language::English), "</table>"));
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("document_marks", told.join("\n=====\n")));
}

#[test]
fn several_documents_are_a_zip_with_a_name_for_each() {
    let zip = written(&[everything(), everything()], ExportForm::Markdown, true, Language::English);
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let names: Vec<String> = (0..zip.len()).map(|at| zip.by_index(at).unwrap().name().unwrap().into_owned()).collect();
    assert_eq!(names, ["Rivers and more.md", "Rivers and more 2.md"]);
    assert_eq!(file_name("Rivers / x", ExportForm::Html, false), "Rivers x.html");
    assert_eq!(file_name("", ExportForm::Archive, true), "chat.zip");
}
