//! An answer's stream is saved, the demo replays it without a key, and the same answer comes of it.

use super::*;
use rivulet_testkit::Request;
use serde_json::json;
use std::path::Path;

/// In no recording.
const KEY: &str = "sk-canary-0123456789abcdef";

impl Bench {
    async fn speaking(protocol: WireProtocol, scripts: impl IntoIterator<Item = Script>) -> Self {
        let bench = Self::with_key(scripts, KEY).await;
        let save = ProviderSave {
            id: Some("scripted".into()),
            name: "Scripted".into(),
            base_url: bench.upstream.base_url(),
            models: None,
            protocol: Some(protocol),
            headers: None,
            body_patch: None,
            proxy: None,
        };
        bench.engine.provider_save(&Caller::window(), save).await.unwrap();
        bench
    }

    async fn asked_once(&self) -> Message {
        let turn = self.send(None, "What is a river?").await;
        self.ended(turn.conversation, turn.answer).await
    }

    async fn recording(&self, message: MessageId, with_requests: bool) -> String {
        let save = RecordingSave { message, with_requests };
        self.engine.recording_text(&Caller::window(), save).await.unwrap()
    }

    async fn replay(&self, text: &str) -> ReplayStatus {
        self.engine.replay_start(&Caller::window(), ReplayStart { text: text.into() }).await.unwrap()
    }

    async fn speed(&self, times: Option<u32>) {
        let patch = json!({ "replay_speed": times });
        self.engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
    }

    /// What the demo answers.
    async fn replayed(&self) -> Message {
        let asked = MessageSend { provider: Some("demo".into()), ..send(None, "Anything.") };
        let turn = self.engine.message_send(&Caller::window(), asked).await.unwrap();
        self.ended(turn.conversation, turn.answer).await
    }
}

/// What must be the same of an answer and its replay.
fn essence(message: &Message) -> serde_json::Value {
    let failure = message.failure.as_ref().map(|failure| {
        let Failure { code, status, detail, retry_after_ms, .. } = failure;
        json!([code, status, detail, retry_after_ms])
    });
    let Message { text, reasoning, tool_calls, replay, usage, finish_reason, state, .. } = message;
    json!([state, text, reasoning, tool_calls, replay, usage, finish_reason, failure])
}

/// A stream as that vendor shapes it, in pieces of a few bytes.
fn stream(protocol: &str, name: &str) -> Script {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../providers/tests/fixtures").join(protocol);
    let lines = protocol == "ollama";
    let file = folder.join(name).with_extension(if lines { "ndjson" } else { "sse" });
    let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let media_type = if lines { "application/x-ndjson" } else { "text/event-stream" };
    bytes.chunks(61).fold(Script::stream_of(media_type), |script, piece| script.bytes(piece))
}

/// Each answer is recorded, replayed and compared.
async fn all_come_back(protocol: WireProtocol, streams: &[&str]) {
    let name = serde_json::to_value(protocol).unwrap();
    let name = name.as_str().unwrap();
    let whole = streams.iter().map(|file| stream(name, file).end());
    let scripts: Vec<Script> = whole.chain([stream(name, streams[0]).reset()]).collect();
    let bench = Bench::speaking(protocol, scripts.clone()).await;
    bench.speed(None).await;
    for at in 0..scripts.len() {
        let case = streams.get(at).unwrap_or(&"the first one, cut");
        let answer = bench.asked_once().await;
        let recording = bench.recording(answer.id, true).await;
        assert!(!recording.contains("canary"), "{recording}");
        let status = bench.replay(&recording).await;
        assert_eq!(status.replay.map(|replay| replay.protocol), Some(protocol));
        assert_eq!(essence(&bench.replayed().await), essence(&answer), "{name}: {case}\n{recording}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_openai_s_chat_comes_back() {
    let streams = ["deepseek", "openai-tools", "bad-utf8", "bom-and-cr", "no-end", "openai-error", "xai"];
    all_come_back(WireProtocol::OpenaiChat, &streams).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_openai_s_responses_comes_back() {
    let streams = ["reasoning", "tools-parallel", "out-of-order", "a-gap", "length", "truncated"];
    all_come_back(WireProtocol::OpenaiResponses, &streams).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_anthropic_s_messages_comes_back() {
    let streams = ["thinking", "tools-interleaved", "crlf", "cache", "error-mid", "truncated"];
    all_come_back(WireProtocol::Anthropic, &streams).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_gemini_s_comes_back() {
    let streams = ["thoughts", "tools-in-pieces", "error-in-bare-lines", "safety", "truncated"];
    all_come_back(WireProtocol::Gemini, &streams).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_ollama_s_comes_back() {
    let streams = ["thinking", "tools-parallel", "crlf", "error-mid", "truncated-in-a-line"];
    all_come_back(WireProtocol::Ollama, &streams).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_and_what_it_was_asked_for_again_come_back_in_their_order() {
    let busy = || Script::whole(503, "Content-Type: application/json\r\n", r#"{"error":{"message":"busy"}}"#);
    let told = Script::whole(401, "X-Account: 7\r\n", &format!(r#"{{"error":{{"message":"no such key: {KEY}"}}}}"#));
    let bench =
        Bench::speaking(WireProtocol::OpenaiChat, [busy(), Script::stream().text("At last.").done(), told]).await;
    let (answer, refused) = (bench.asked_once().await, bench.asked_once().await);
    assert_eq!((answer.state, refused.state), (MessageState::Complete, MessageState::Failed));

    let recording = bench.recording(answer.id, true).await;
    let status = bench.replay(&recording).await;
    assert_eq!(status.replay.unwrap().requests, 2);
    for _ in 0..2 {
        assert_eq!(essence(&bench.replayed().await), essence(&answer));
    }
    let recording = bench.recording(refused.id, true).await;
    assert!(!recording.contains("canary") && !recording.contains("x-account"), "{recording}");
    bench.replay(&recording).await;
    let replayed = bench.replayed().await.failure.unwrap();
    assert_eq!((replayed.code, replayed.status), (FailureCode::Unauthorized, Some(401)));
    let Request { body, .. } = bench.upstream.requests().pop().unwrap();
    assert!(body.contains("What is a river?") && recording.contains("What is a river?"));
    assert_eq!(bench.upstream.requests().len(), 3, "a replay asks nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_in_a_recording_however_its_bytes_were_cut_and_the_question_only_if_wanted() {
    let echo = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"You sent {KEY}.\"}}}}]}}\n\n");
    // Byte by byte, and then cut in the middle of it.
    let bytes = echo.bytes().fold(Script::stream(), |script, byte| script.bytes(&[byte]));
    let cut = echo.find("canary").unwrap() + 6;
    let bench = Bench::speaking(WireProtocol::OpenaiChat, [bytes.bytes(&echo.as_bytes()[..cut]).end()]).await;
    let answer = bench.asked_once().await;
    let recording = bench.recording(answer.id, true).await;
    assert!(recording.contains("What is a river?"));
    let pieces = recording.lines().filter_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["text"].as_str().map(str::to_owned)
    });
    let body: String = pieces.collect();
    assert!(body.contains("You sent **************************.") && body.ends_with("You sent *********"), "{body}");
    assert!(!body.contains("sk-") && !recording.contains("canary") && !recording.to_lowercase().contains("bearer"));
    assert!(!recording.contains("127.0.0.1"), "no address is in it: {recording}");
    assert!(!bench.recording(answer.id, false).await.contains("What is a river?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_recording_changes_nothing() {
    let bench = Bench::speaking(WireProtocol::Anthropic, [stream("anthropic", "text").end()]).await;
    let good = bench.recording(bench.asked_once().await.id, false).await;
    let before = bench.replay(&good).await;
    assert_eq!(before.problem, None);
    let cases = [
        ("{}".to_owned(), ReplayProblem::NotARecording),
        (good.replace("\"anthropic\"", "\"telegraph\""), ReplayProblem::Newer),
        (format!("{good}{{}}"), ReplayProblem::Damaged { line: good.lines().count() as u64 + 1 }),
        (" ".repeat((32 << 20) + 1), ReplayProblem::TooLarge),
    ];
    for (text, problem) in cases {
        let status = bench.replay(&text).await;
        assert_eq!((status.replay, status.problem), (before.replay.clone(), Some(problem)));
    }
    let ended = bench.engine.replay_end(&Caller::window(), Nothing {}).await.unwrap();
    assert_eq!(ended, ReplayStatus::default());
    let echo =
        MessageSend { provider: Some("demo".into()), model: Some("echo".into()), ..send(None, "The demo itself") };
    let turn = bench.engine.message_send(&Caller::window(), echo).await.unwrap();
    assert_eq!(bench.ended(turn.conversation, turn.answer).await.text, "The demo itself");
}
