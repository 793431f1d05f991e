//! Rows 32 to 39: the bytes came well, and what they say is the matter.

use super::Row;
use super::scene::ask;
use super::voices::{VOICES, Voice};
use rivulet_protocol::*;
use rivulet_testkit::Script;

fn responses() -> &'static Voice {
    Voice::of(WireProtocol::OpenaiResponses)
}

#[tokio::test(flavor = "multi_thread")]
async fn row_32_duplicates() {
    let mut row = Row::new(32, "duplicate events");
    let seen = responses().ask("numbers repeat", [responses().plays("repeated")]).await;
    row.saw(seen.complete(FinishReason::Stop, "One two", 1));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_33_out_of_order() {
    let mut row = Row::new(33, "out of order");
    let seen = responses().ask("out of order", [responses().plays("out-of-order")]).await;
    row.saw(seen.complete(FinishReason::Stop, "one two three", 1));
    let seen = responses().ask("a gap", [responses().plays("a-gap")]).await;
    row.saw(seen.failed(FailureCode::Cut, "one ", 1).retried(0));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_34_error_in_mid_stream() {
    let mut row = Row::new(34, "error object mid-stream");
    let cases = [
        (WireProtocol::OpenaiChat, "openai-error", FailureCode::Vendor, "Half an ans"),
        (WireProtocol::OpenaiResponses, "error-flat", FailureCode::Vendor, "Half"),
        (WireProtocol::OpenaiResponses, "failed", FailureCode::Vendor, "Half"),
        (WireProtocol::Anthropic, "error-mid", FailureCode::Vendor, "Half an ans"),
        (WireProtocol::Gemini, "error-chunk", FailureCode::RateLimited, "Half"),
        (WireProtocol::Gemini, "error-in-bare-lines", FailureCode::Overloaded, "Half"),
        (WireProtocol::Ollama, "error-mid", FailureCode::Vendor, "Half"),
    ];
    for (protocol, name, code, text) in cases {
        let voice = Voice::of(protocol);
        row.saw(voice.ask(name, [voice.plays(name)]).await.failed(code, text, 1).retried(0));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_35_malformed_json() {
    let mut row = Row::new(35, "malformed JSON in one frame");
    let bad = |count: usize| (0..count).fold(Script::stream().text("Half"), |script, _| script.data("{\"choices\":["));
    let seen = ask("three", [bad(3).text(" and half").done()]).await;
    row.saw(seen.complete(FinishReason::Stop, "Half and half", 1));
    row.saw(ask("four", [bad(4).text(" and half").done()]).await.failed(FailureCode::Protocol, "Half", 1).retried(0));
    for voice in VOICES.iter().filter(|voice| voice.protocol != WireProtocol::OpenaiChat) {
        let lines = voice.protocol == WireProtocol::Ollama;
        let name = if lines { "damaged-lines" } else { "damaged-frames" };
        let text = if lines { "One two" } else { "Whole" };
        row.saw(voice.ask(name, [voice.plays(name)]).await.complete(FinishReason::Stop, text, 1));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_36_unknown() {
    let mut row = Row::new(36, "unknown event or field");
    let script = Script::stream().bytes(b"event: brand_new\ndata: {\"x\":1}\n\nfield: y\n\n").text("Found.");
    row.saw(ask("openai_chat: unknown", [script.done()]).await.complete(FinishReason::Stop, "Found.", 1));
    for (protocol, text) in [(WireProtocol::OpenaiResponses, "Found."), (WireProtocol::Anthropic, "Found it.")] {
        let voice = Voice::of(protocol);
        row.saw(voice.ask("unknown", [voice.plays("unknown")]).await.complete(FinishReason::Stop, text, 1));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_37_tool_cut() {
    let mut row = Row::new(37, "tool args incomplete at end");
    let cut = [
        (WireProtocol::OpenaiChat, "openai-tools-cut", "Let me look."),
        (WireProtocol::OpenaiResponses, "tools-cut", ""),
        (WireProtocol::Anthropic, "tools-cut", ""),
        (WireProtocol::Gemini, "tools-cut", ""),
    ];
    for (protocol, name, text) in cut {
        let voice = Voice::of(protocol);
        // A call that is not whole is not there at all, so nothing can run it: the answer only was cut by its limit.
        let seen = voice.ask(name, [voice.plays(name)]).await;
        row.saw(seen.complete(FinishReason::Length, text, 1).retried(0));
    }
    let piece =
        r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a"}}]}}]}"#;
    let seen = ask("openai_chat: torn in a call", [Script::stream().text("I look.").data(piece)]).await;
    row.saw(seen.failed(FailureCode::Cut, "I look.", 1).retried(0));
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_38_filtered() {
    let mut row = Row::new(38, "content_filter, refusal, SAFETY");
    let filtered = Script::stream().text("I ").finish("content_filter").bytes(b"data: [DONE]\n\n").end();
    row.saw(ask("openai_chat: filter", [filtered]).await.complete(FinishReason::ContentFilter, "I ", 1));
    let cases = [
        (WireProtocol::OpenaiChat, "openai-refusal", FinishReason::Refusal, "I cannot help with that."),
        (WireProtocol::OpenaiResponses, "refusal", FinishReason::Refusal, "I cannot help with that."),
        (WireProtocol::OpenaiResponses, "filter", FinishReason::ContentFilter, "I "),
        (WireProtocol::Anthropic, "refusal", FinishReason::Refusal, "I can"),
        (WireProtocol::Gemini, "safety", FinishReason::ContentFilter, "I "),
        (WireProtocol::Gemini, "prompt-blocked", FinishReason::ContentFilter, ""),
    ];
    for (protocol, name, reason, text) in cases {
        let voice = Voice::of(protocol);
        row.saw(voice.ask(name, [voice.plays(name)]).await.complete(reason, text, 1));
    }
    row.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_39_length() {
    let mut row = Row::new(39, "length, max_tokens");
    let cut = Script::stream().text("A long").finish("length").bytes(b"data: [DONE]\n\n").end();
    row.saw(ask("openai_chat: length", [cut]).await.complete(FinishReason::Length, "A long", 1));
    for voice in VOICES.iter().filter(|voice| voice.protocol != WireProtocol::OpenaiChat) {
        row.saw(voice.ask("length", [voice.plays("length")]).await.complete(FinishReason::Length, "A long", 1));
    }
    row.end();
}
