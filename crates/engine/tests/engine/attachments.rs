//! Files that go with a message: to the model as its protocol has them, to nobody else.

use crate::{Bench, send};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rivulet_engine::Engine;
use rivulet_protocol::*;
use rivulet_testkit::Script;

/// A PNG of one grey pixel.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

async fn add(engine: &Engine, name: &str, data: String) -> Result<Attachment, ApiError> {
    engine.attachment_add(&Caller::window(), AttachmentAdd { name: name.into(), data, temporary: None }).await
}

#[tokio::test]
async fn a_picture_and_a_text_reach_the_model_before_the_question_and_can_be_read_back() {
    let bench = Bench::start([Script::stream().text("One grey pixel.").done()]).await;
    let picture = add(&bench.engine, "dot.png", PIXEL.into()).await.unwrap();
    assert_eq!((picture.kind, picture.width, picture.height), (AttachmentKind::Picture, Some(1), Some(1)));
    let text = add(&bench.engine, "notes.md", BASE64_STANDARD.encode("# Notes of 河流")).await.unwrap();
    let request = MessageSend { attachments: Some(vec![picture.clone(), text]), ..send(None, "What is it?") };
    let turn = bench.engine.message_send(&Caller::window(), request).await.unwrap();
    bench.ended(turn.conversation, turn.answer).await;

    let sent: serde_json::Value = serde_json::from_str(&bench.upstream.requests()[0].body).unwrap();
    let parts = sent["messages"][0]["content"].as_array().unwrap();
    let url = parts[0]["image_url"]["url"].as_str().unwrap();
    assert!(url.starts_with("data:image/png;base64,"), "{url}");
    assert_eq!(parts[1]["text"], "<file name=\"notes.md\">\n# Notes of 河流\n</file>");
    assert_eq!(parts[2]["text"], "What is it?");

    let request = AttachmentRef { message: turn.question, hash: picture.hash };
    let read = bench.engine.attachment_read(&Caller::window(), request).await.unwrap();
    assert_eq!(url, format!("data:{};base64,{}", read.media_type, read.data));
}

#[tokio::test]
async fn a_spreadsheet_tells_its_sheets_and_its_size_and_goes_as_text() {
    let bench = Bench::start([Script::stream().text("Two rivers.").done()]).await;
    let file = include_bytes!("../../../attachments/tests/fixtures/rivers.xlsx");
    let sheets = add(&bench.engine, "rivers.xlsx", BASE64_STANDARD.encode(file)).await.unwrap();
    assert_eq!((sheets.kind, sheets.pages), (AttachmentKind::Spreadsheet, Some(3)));
    assert_eq!(sheets.bytes, file.len() as u64);
    let request = MessageSend { attachments: Some(vec![sheets.clone()]), ..send(None, "How many?") };
    let turn = bench.engine.message_send(&Caller::window(), request).await.unwrap();
    bench.ended(turn.conversation, turn.answer).await;
    let sent: serde_json::Value = serde_json::from_str(&bench.upstream.requests()[0].body).unwrap();
    let content = sent["messages"][0]["content"].as_str().unwrap();
    let text = content.strip_suffix("\n\nHow many?").unwrap();
    assert!(text.starts_with("<file name=\"rivers.xlsx\">\n## Rivers\nName\tLength\tSeen\nElbe\t1094\t"), "{text}");
    assert_eq!(sheets.tokens, (text.len() - "<file name=\"rivers.xlsx\">\n\n</file>".len()) as u64 / 4);
}

#[tokio::test]
async fn a_file_alone_is_a_message_named_after_it() {
    let bench = Bench::start([Script::stream().text("Read.").done()]).await;
    let text = add(&bench.engine, "notes.md", BASE64_STANDARD.encode("Notes")).await.unwrap();
    let request = MessageSend { attachments: Some(vec![text]), ..send(None, "") };
    let turn = bench.engine.message_send(&Caller::window(), request).await.unwrap();
    assert_eq!(bench.snapshot(turn.conversation).await.conversation.title, "notes.md");
}

#[tokio::test]
async fn a_lost_or_changed_file_is_said_to_the_person_and_to_the_model() {
    let bench = Bench::start([Script::stream().text("One.").done(), Script::stream().text("Two.").done()]).await;
    let text = add(&bench.engine, "notes.md", BASE64_STANDARD.encode("Notes")).await.unwrap();
    let request = MessageSend { attachments: Some(vec![text.clone()]), ..send(None, "Read it.") };
    let turn = bench.engine.message_send(&Caller::window(), request.clone()).await.unwrap();
    bench.ended(turn.conversation, turn.answer).await;
    let digits = text.hash.as_str();
    let kept = bench.folder.path().join("attachments").join(&digits[..2]).join(digits);
    std::fs::write(&kept, "something else").unwrap();

    let named = AttachmentRef { message: turn.question, hash: text.hash.clone() };
    let read = bench.engine.attachment_read(&Caller::window(), named).await;
    assert_eq!(read.unwrap_err().code, ErrorCode::FileLost);
    let again = bench.engine.message_send(&Caller::window(), request).await;
    assert_eq!(again.unwrap_err().code, ErrorCode::FileLost, "it is not sent as if it were there");
    let next = bench.send(Some(turn.conversation), "And now?").await;
    bench.ended(next.conversation, next.answer).await;
    let sent = bench.upstream.requests()[1].body.clone();
    assert!(sent.contains("[notes.md: the file is not there any more.]"), "{sent}");
    // The same file, attached again, heals it.
    add(&bench.engine, "notes.md", BASE64_STANDARD.encode("Notes")).await.unwrap();
    assert_eq!(std::fs::read(&kept).unwrap(), b"Notes");
}

#[tokio::test]
async fn a_link_sends_no_files_and_reads_none_of_a_conversation_it_was_not_given() {
    let bench = Bench::start([Script::stream().text("One.").done()]).await;
    let text = add(&bench.engine, "notes.md", BASE64_STANDARD.encode("Notes")).await.unwrap();
    let request = MessageSend { attachments: Some(vec![text.clone()]), ..send(None, "Read it.") };
    let turn = bench.engine.message_send(&Caller::window(), request.clone()).await.unwrap();
    bench.ended(turn.conversation, turn.answer).await;
    let guest = Caller { role: CallerRole::Participant, scope: Scope::Some(Vec::new()), link: None };
    let sent = bench.engine.message_send(&guest, request).await;
    assert_eq!(sent.unwrap_err().code, ErrorCode::Forbidden);
    let named = AttachmentRef { message: turn.question, hash: text.hash };
    let read = bench.engine.attachment_read(&guest, named.clone()).await;
    assert_eq!(read.unwrap_err().code, ErrorCode::NotFound);
    let shared = Caller { scope: Scope::Some(vec![turn.conversation]), ..guest };
    assert!(bench.engine.attachment_read(&shared, named).await.is_ok());
}

#[tokio::test]
async fn files_go_out_with_an_archive_and_come_back_with_it() {
    let bench = Bench::start([Script::stream().text("One grey pixel.").done()]).await;
    let picture = add(&bench.engine, "dot.png", PIXEL.into()).await.unwrap();
    let lost = add(&bench.engine, "lost.md", BASE64_STANDARD.encode("Lost")).await.unwrap();
    let request = MessageSend { attachments: Some(vec![picture.clone(), lost.clone()]), ..send(None, "What is it?") };
    let turn = bench.engine.message_send(&Caller::window(), request).await.unwrap();
    bench.ended(turn.conversation, turn.answer).await;
    let digits = lost.hash.as_str();
    std::fs::remove_file(bench.folder.path().join("attachments").join(&digits[..2]).join(digits)).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let export = async |form, name: &str| {
        let file = folder.path().join(name);
        let start = ExportStart { conversations: Some(vec![turn.conversation]), form, language: Language::English };
        let report = bench.engine.export_to(file.clone(), start).await.unwrap();
        (report.attachments_missing, std::fs::read(file).unwrap())
    };
    let (missing, page) = export(ExportForm::Html, "a.html").await;
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("src=\"data:image/png;base64,") && page.contains("lost.md"), "{page}");
    assert_eq!(missing, 0, "a page only names it");
    assert_eq!(export(ExportForm::Archive, "a.zip").await.0, 1);

    let other = Bench::start([]).await;
    let report = other.engine.import_from(folder.path().join("a.zip")).await.unwrap();
    assert_eq!((report.new_messages, report.attachments_missing), (2, 1));
    let read = async |hash: &FileHash| {
        let request = AttachmentRef { message: turn.question, hash: hash.clone() };
        other.engine.attachment_read(&Caller::window(), request).await
    };
    let here = AttachmentRef { message: turn.question, hash: picture.hash.clone() };
    let here = bench.engine.attachment_read(&Caller::window(), here).await.unwrap();
    assert_eq!(read(&picture.hash).await.unwrap().data, here.data);
    assert_eq!(read(&lost.hash).await.unwrap_err().code, ErrorCode::FileLost);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_its_reason() {
    let bench = Bench::start([]).await;
    let refused = async |data: String| add(&bench.engine, "file", data).await.unwrap_err().code;
    assert_eq!(refused("no base64!".into()).await, ErrorCode::Invalid);
    assert_eq!(refused(BASE64_STANDARD.encode(b"MZ\x90\0")).await, ErrorCode::FileUnknown);
    assert_eq!(refused(BASE64_STANDARD.encode(b"%PDF-1.7 and no more")).await, ErrorCode::FileDamaged);
    assert_eq!(refused(BASE64_STANDARD.encode(vec![b'a'; 3 << 20])).await, ErrorCode::FileTooLarge);
}

#[tokio::test]
async fn a_file_of_a_temporary_conversation_is_in_memory_only() {
    let bench = Bench::start([Script::stream().text("Read.").done()]).await;
    let (window, data) = (Caller::window(), BASE64_STANDARD.encode("Notes"));
    let add = AttachmentAdd { name: "notes.md".into(), data, temporary: Some(true) };
    let text = bench.engine.attachment_add(&window, add).await.unwrap();
    let make = ConversationCreate { temporary: Some(true), ..Default::default() };
    let conversation = bench.engine.conversation_create(&window, make).await.unwrap().id;
    let request = MessageSend { attachments: Some(vec![text.clone()]), ..send(Some(conversation), "Read it.") };
    let turn = bench.engine.message_send(&window, request.clone()).await.unwrap();
    bench.ended(turn.conversation, turn.answer).await;
    assert!(bench.upstream.requests()[0].body.contains("Notes"));
    let named = AttachmentRef { message: turn.question, hash: text.hash };
    assert!(bench.engine.attachment_read(&window, named).await.is_ok());
    assert!(!bench.folder.path().join("attachments").exists());
    let kept = bench.engine.message_send(&window, MessageSend { conversation: None, ..request }).await;
    assert_eq!(kept.unwrap_err().code, ErrorCode::FileLost, "it does not get into another conversation");
}
