//! `cargo xtask bench model URL [MODEL]`: twenty answers of a real model, asked through the whole core.
//!
//! `URL` is a llama.cpp server's OpenAI-compatible address, such as `http://127.0.0.1:8080/v1`. A tap on the wire reads
//! what the server itself says of each answer. Beside the answers it has `/tokenize`, which counts the stored text once
//! more: a lost or doubled piece would show there. (That count can be a little lower: a text is not always cut again
//! into the tokens it was written in.)

// A bench's table is its output.
#![allow(clippy::print_stdout)]

mod goals;

use goals::Goals;
use rivulet_engine::{Engine, EngineConfig, SessionProvider};
use rivulet_protocol::{
    Caller, Commands, ConversationOpen, EventBody, FinishReason, Message, MessageSend, MessageState, ProviderId,
};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc;

const PROMPTS: [&str; 20] = [
    "Say hello in one short sentence.",
    "What is a river?",
    "Count from one to ten.",
    "Write a haiku about rain.",
    "Name three colours.",
    "What is 2 + 2?",
    "Explain rain to a child.",
    "Write one line of Python that prints a list.",
    "Say good morning in Chinese: 早上好.",
    "Who wrote Hamlet?",
    "Give me a recipe for tea.",
    "What is the capital of France?",
    "Translate `water` into German.",
    "Write a table with two rows in Markdown.",
    "What do bees make?",
    "Finish the sentence: The sea is",
    "List the days of the week.",
    "Tell me a very short story.",
    "What is a prime number?",
    "Say goodbye with an emoji.",
];

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let mut arguments = std::env::args().skip(1);
    let Some(base_url) = arguments.next() else { return Err("usage: bench model URL [MODEL]".into()) };
    let model = arguments.next().unwrap_or_else(|| "default".into());
    let (tapped, said) = tap(&base_url)?;
    let folder = tempfile::tempdir()?;
    let mut config = EngineConfig::new(folder.path());
    config.session_provider =
        Some(SessionProvider { id: ProviderId("bench".into()), base_url: Some(tapped), model: Some(model), key: None });
    let engine = Engine::open(config).await?;
    println!("{:>2} {:>6} {:>6} {:>12} {:>10} {:>7}  prompt", "", "in", "out", "server says", "recounted", "ended");
    let (mut equal, mut whole) = (0, 0);
    for (n, prompt) in PROMPTS.into_iter().enumerate() {
        let answer = ask(&engine, prompt).await?;
        let usage = answer.usage.ok_or("no usage is stored")?;
        let (input, out) = (usage.input_tokens.unwrap_or(0), usage.output_tokens.unwrap_or(0));
        let wire = said.recv()?;
        let servers = (count(&wire, "prompt_tokens"), count(&wire, "completion_tokens"));
        // An answer that ends by itself has one token more: the one that ends it.
        let end = u64::from(answer.finish_reason == Some(FinishReason::Stop));
        let recounted = tokens(&base_url, &answer.text)? + end;
        whole += u32::from(answer.state == MessageState::Complete);
        equal += u32::from(servers == (Some(input), Some(out)));
        let ended = if end == 1 { "stop" } else { "other" };
        let servers = format!("{} {}", servers.0.unwrap_or(0), servers.1.unwrap_or(0));
        println!("{:>2} {input:>6} {out:>6} {servers:>12} {recounted:>10} {ended:>7}  {prompt}", n + 1);
    }
    let all = PROMPTS.len() as u32;
    let mut goals = Goals::default();
    goals.check(&format!("{whole} of {all} answers are complete"), whole == all);
    goals.check(&format!("{equal} of {all} counts are the server's own"), equal == all);
    engine.quit().await;
    Ok(goals.end())
}

/// Asks in a new conversation, and reads what is stored when the answer has ended.
async fn ask(engine: &Engine, prompt: &str) -> Result<Message, Failure> {
    let caller = Caller::window();
    let request = MessageSend {
        conversation: None,
        parent: None,
        at_root: None,
        text: prompt.into(),
        attachments: None,
        provider: None,
        model: None,
    };
    let turn = engine.message_send(&caller, request).await?;
    let mut cursor = engine.watch(&caller, turn.conversation, 0).await?;
    'answer: while let Some(batch) = cursor.next().await {
        for event in batch.events {
            match event.body {
                EventBody::Finished { .. } => break 'answer,
                EventBody::Failed { failure, .. } => return Err(format!("{failure:?}").into()),
                _ => {}
            }
        }
    }
    let stored =
        engine.conversation_open(&caller, ConversationOpen { conversation: turn.conversation, limit: None }).await?;
    stored.messages.into_iter().next_back().map(|path| path.message).ok_or_else(|| "no answer is stored".into())
}

/// An address before the server's; what came back on each connection that asked for an answer is handed on.
fn tap(base_url: &str) -> Result<(String, mpsc::Receiver<String>), Failure> {
    let (server, path) = (host(base_url).to_owned(), base_url.split(host(base_url)).nth(1).unwrap_or_default());
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let tapped = format!("http://{}{path}", listener.local_addr()?);
    let (say, said) = mpsc::channel();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (server, say) = (server.clone(), say.clone());
            std::thread::spawn(move || pass_on(client, &server, &say));
        }
    });
    Ok((tapped, said))
}

fn pass_on(mut client: TcpStream, server: &str, say: &mpsc::Sender<String>) -> std::io::Result<()> {
    let mut server = TcpStream::connect(server)?;
    let (mut asking, mut to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut asking, &mut to_server));
    let (mut wire, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = server.read(&mut piece) {
        wire.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&wire);
        if text.contains("data: [DONE]") {
            let _ = say.send(text.into_owned());
            wire.clear();
        }
        client.write_all(&piece[..read])?;
    }
    // The other thread holds this socket too: without this the client would go on using it.
    client.shutdown(Shutdown::Both)
}

/// The last number of this name.
fn count(wire: &str, name: &str) -> Option<u64> {
    let (_, rest) = wire.rsplit_once(&format!("\"{name}\":"))?;
    rest.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()
}

fn host(base_url: &str) -> &str {
    base_url.trim_start_matches("http://").split('/').next().unwrap_or_default()
}

/// How many tokens the server makes of a text.
fn tokens(base_url: &str, text: &str) -> Result<u64, Failure> {
    let host = host(base_url);
    let body = json!({ "content": text }).to_string();
    let mut socket = TcpStream::connect(host)?;
    write!(
        socket,
        "POST /tokenize HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut response = String::new();
    socket.read_to_string(&mut response)?;
    let (_, body) = response.split_once("\r\n\r\n").ok_or("no response")?;
    let counted: Value = serde_json::from_str(body)?;
    Ok(counted["tokens"].as_array().ok_or("the server has no /tokenize")?.len() as u64)
}
