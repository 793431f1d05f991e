//! Imports and exports as the window asks for them.

use crate::{Bench, Script};
use rivulet_engine::{BoxFuture, Desktop};
use rivulet_protocol::*;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A desktop on which somebody always chooses the same places.
#[derive(Default)]
struct Chooser {
    from: Option<PathBuf>,
    to: Option<PathBuf>,
    offered: Mutex<Vec<String>>,
}

impl Desktop for Chooser {
    fn open_link(&self, _: &str) -> Result<(), ApiError> {
        Ok(())
    }

    fn open_logs(&self) -> Result<(), ApiError> {
        Ok(())
    }

    fn choose_import(&self, _: bool) -> BoxFuture<'_, Option<PathBuf>> {
        Box::pin(async { self.from.clone() })
    }

    fn choose_export(&self, name: String, _: &'static str) -> BoxFuture<'_, Option<PathBuf>> {
        self.offered.lock().unwrap().push(name);
        Box::pin(async { self.to.clone() })
    }

    fn answer_closing(&self, _: ClosingReply) {}

    fn show_window(&self) {}
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../exchange/tests/fixtures").join(name)
}

async fn import(bench: &Bench, path: &Path) -> ImportReport {
    bench.engine.import_from(path.to_owned()).await.unwrap()
}

async fn listed(bench: &Bench) -> Vec<Conversation> {
    let list = ConversationsList::default();
    bench.engine.conversations_list(&Caller::window(), list).await.unwrap().conversations
}

fn everything(form: ExportForm) -> ExportStart {
    ExportStart { conversations: None, form, language: Language::English }
}

fn only(conversation: ConversationId, form: ExportForm) -> ExportStart {
    ExportStart { conversations: Some(vec![conversation]), form, language: Language::English }
}

#[tokio::test]
async fn every_format_comes_in_once() {
    let bench = Bench::start([]).await;
    let mut messages = 0;
    for (name, format) in [
        ("chatgpt.json", ImportFormat::ChatGpt),
        ("claude.json", ImportFormat::Claude),
        ("open_webui.json", ImportFormat::OpenWebUi),
        ("librechat.json", ImportFormat::LibreChat),
        ("chatbox.json", ImportFormat::Chatbox),
        ("nextchat.json", ImportFormat::NextChat),
        ("jan", ImportFormat::Jan),
        ("llama_cpp.json", ImportFormat::LlamaCpp),
    ] {
        let first = import(&bench, &fixture(name)).await;
        assert_eq!((first.format, first.problem, first.stopped), (Some(format), None, false), "{name}");
        assert_eq!((first.new_conversations, first.new_messages), (first.conversations, first.messages), "{name}");
        let again = import(&bench, &fixture(name)).await;
        assert_eq!((again.new_conversations, again.grown_conversations, again.new_messages), (0, 0, 0), "{name}");
        messages += first.messages;
    }
    let mut stored = 0;
    for conversation in listed(&bench).await {
        stored += bench.snapshot(conversation.id).await.messages.len() as u64;
        assert!(!conversation.title.is_empty());
    }
    // Branches are not on the shown paths.
    assert!(stored > messages / 2 && stored < messages);
    let search = Search { query: "不客气".into(), ..Search::default() };
    let found = bench.engine.search(&Caller::window(), search).await.unwrap().hits;
    assert_eq!((found.len(), found[0].title.as_str()), (1, "River names"));
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_says_why() {
    let bench = Bench::start([]).await;
    let dir = tempfile::tempdir().unwrap();
    let good = std::fs::read(fixture("claude.json")).unwrap();
    // Whole conversations stand before what is broken.
    let cut = &good[..good.len() - 30];
    for (name, bytes, problem) in [
        ("cut.json", cut, ImportProblem::CutShort),
        ("other.json", b"{\"a\": 1}", ImportProblem::UnknownFormat),
        ("picture.json", b"\x89PNG", ImportProblem::NotJson),
        ("broken.zip", b"PK\x03\x04 and nothing", ImportProblem::BadZip),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let report = import(&bench, &path).await;
        assert_eq!((report.problem, report.new_messages), (Some(problem), 0), "{name}");
    }
    let missing = import(&bench, Path::new("/nowhere.json")).await;
    assert_eq!(missing.problem, Some(ImportProblem::Unreadable));
    assert!(listed(&bench).await.is_empty());
}

#[tokio::test]
async fn everything_goes_out_and_comes_back_in_another_place() {
    let bench = Bench::start([Script::stream().text("Wide ").text("and slow.").done()]).await;
    let turn = bench.send(None, "How is the river?").await;
    bench.ended(turn.conversation, turn.answer).await;
    import(&bench, &fixture("chatgpt.json")).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("all.zip");
    let report = bench.engine.export_to(file.clone(), everything(ExportForm::Archive)).await.unwrap();
    assert_eq!((report.conversations, report.messages), (3, 9));
    assert_eq!(report.bytes, std::fs::metadata(&file).unwrap().len());
    // No part of it lies about.
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);

    let other = Bench::start([]).await;
    let back = import(&other, &file).await;
    assert_eq!((back.format, back.new_conversations, back.new_messages), (Some(ImportFormat::Rivulet), 3, 9));
    let forget_head = |mut snapshot: Snapshot| {
        snapshot.conversation.head = 0;
        snapshot
    };
    for conversation in listed(&bench).await {
        let (here, there) = (bench.snapshot(conversation.id).await, other.snapshot(conversation.id).await);
        assert_eq!(forget_head(here), forget_head(there));
    }
    assert_eq!(import(&bench, &file).await.new_messages, 0);
}

#[tokio::test]
async fn one_conversation_goes_out_in_each_form() {
    let bench = Bench::start([Script::stream().text("A <b>wide</b> answer.").done()]).await;
    let turn = bench.send(None, "How is the river?").await;
    bench.ended(turn.conversation, turn.answer).await;
    let dir = tempfile::tempdir().unwrap();
    for (form, holds) in [
        (ExportForm::Markdown, "A <b>wide</b> answer."),
        (ExportForm::Html, "A &lt;b&gt;wide&lt;/b&gt; answer."),
        (ExportForm::Json, "\"format\": \"rivulet-conversation\""),
    ] {
        let file = dir.path().join("one");
        let report = bench.engine.export_to(file.clone(), only(turn.conversation, form)).await.unwrap();
        assert_eq!((report.conversations, report.file), (1, Some(file.display().to_string())));
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(holds) && text.contains("How is the river?"), "{text}");
    }
    let nowhere = dir.path().join("no/such/folder/file.md");
    let refused = bench.engine.export_to(nowhere, only(turn.conversation, ExportForm::Markdown)).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::FileWrite);
}

#[tokio::test]
async fn the_window_is_asked_where_and_may_choose_nothing() {
    let bench = Bench::start([Script::stream().text("Yes.").done()]).await;
    let turn = bench.send(None, "Is it / wide?").await;
    bench.ended(turn.conversation, turn.answer).await;
    let caller = Caller::window();
    let desktop = Arc::new(Chooser { from: Some(fixture("claude.json")), ..Chooser::default() });
    bench.engine.set_desktop(desktop.clone());
    let nothing = bench.engine.export_start(&caller, only(turn.conversation, ExportForm::Html)).await.unwrap();
    assert_eq!(nothing, ExportReport::default());
    bench.engine.export_start(&caller, everything(ExportForm::Archive)).await.unwrap();
    assert_eq!(*desktop.offered.lock().unwrap(), ["Is it wide.html", "Rivulet.zip"]);
    let report = bench.engine.import_start(&caller, ImportStart { folder: false }).await.unwrap().unwrap();
    assert_eq!(report.new_conversations, 2);
}

#[tokio::test]
async fn one_at_a_time_and_a_stop_ends_it() {
    let bench = Bench::start([]).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("many.json");
    let one = |n: usize| {
        format!(
            "{{\"uuid\":\"u{n}\",\"name\":\"n{n}\",\"chat_messages\":[{{\"uuid\":\"m\",\"sender\":\"human\",\"text\":\"{}\"}}]}}",
            "word ".repeat(2_000)
        )
    };
    let all: Vec<String> = (0..2_000).map(one).collect();
    std::fs::write(&path, format!("[{}]", all.join(","))).unwrap();
    let caller = Caller::window();
    let mut library = bench.engine.library();
    let engine = bench.engine.clone();
    let running = tokio::spawn(async move { engine.import_from(path).await.unwrap() });
    // It has begun to take in when something is stored.
    while listed(&bench).await.is_empty() {
        tokio::task::yield_now().await;
    }
    let status = bench.engine.transfer_status(&caller, Nothing {}).await.unwrap().running.unwrap();
    assert_eq!(status.step, TransferStep::Importing);
    assert!(status.done <= status.total && status.total > 10_000_000);
    let second = bench.engine.import_from(fixture("claude.json")).await;
    assert_eq!(second.unwrap_err().code, ErrorCode::Busy);
    bench.engine.transfer_stop(&caller, Nothing {}).await.unwrap();
    let report = running.await.unwrap();
    assert!(report.stopped && report.problem.is_none(), "{report:?}");
    assert!(report.new_conversations > 0 && report.new_conversations < 2_000, "{report:?}");
    assert_eq!(library.recv().await.unwrap(), LibraryEvent::Missed);
    assert_eq!(bench.engine.transfer_status(&caller, Nothing {}).await.unwrap().running, None);
    // What was stopped can be begun again.
    assert_eq!(import(&bench, &fixture("claude.json")).await.new_conversations, 2);
}
