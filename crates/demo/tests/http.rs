//! The demo as a client on the wire sees it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use rivulet_demo::Demo;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Against hanging only.
const LONGEST: Duration = Duration::from_secs(60);

struct Client {
    host: String,
    root: String,
}

impl Client {
    fn of(demo: &Demo) -> Self {
        let url = demo.base_url();
        let rest = url.strip_prefix("http://").unwrap();
        let (host, root) = rest.split_at(rest.find('/').unwrap());
        Self { host: host.into(), root: root.into() }
    }

    /// Sends a request as it is and answers with the connection.
    async fn send(&self, head: &str, body: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(&self.host).await.unwrap();
        let length = body.len();
        let request = format!("{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.unwrap();
        BufReader::new(stream)
    }

    async fn chat(&self, body: &Value) -> BufReader<TcpStream> {
        let Self { host, root } = self;
        self.send(&format!("POST {root}/chat/completions HTTP/1.1\r\nHost: {host}"), &body.to_string()).await
    }

    /// The status and, without chunk sizes, the body.
    async fn whole(mut connection: BufReader<TcpStream>) -> (u16, String) {
        let mut bytes = Vec::new();
        timeout(LONGEST, connection.read_to_end(&mut bytes)).await.unwrap().unwrap();
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let body = &bytes[end + 4..];
        let body = if head.contains("transfer-encoding: chunked") { unchunk(body) } else { body.to_vec() };
        (head[9..12].parse().unwrap(), String::from_utf8(body).unwrap())
    }

    async fn status(&self, head: &str, body: &str) -> u16 {
        Self::whole(self.send(head, body).await).await.0
    }

    async fn answer(&self, model: &str, messages: Value) -> Answer {
        let body = json!({
            "model": model, "messages": messages, "stream": true, "stream_options": { "include_usage": true },
        });
        Answer::parse(&Self::whole(self.chat(&body).await).await.1)
    }
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&bytes[end + 2..][..size]);
        bytes = &bytes[end + 2 + size + 2..];
    }
}

#[derive(Default)]
struct Answer {
    text: String,
    reasoning: String,
    /// Chunks with text or reasoning in them.
    tokens: u64,
    finish: String,
    usage: Value,
}

impl Answer {
    fn parse(body: &str) -> Self {
        let mut answer = Self::default();
        let events: Vec<&str> =
            body.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap()).collect();
        assert_eq!(events.last(), Some(&"[DONE]"));
        for event in &events[..events.len() - 1] {
            let chunk: Value = serde_json::from_str(event).unwrap();
            assert_eq!(chunk["object"], "chat.completion.chunk");
            assert!(chunk["id"].is_string() && chunk["created"].is_u64() && chunk["model"].is_string());
            if !chunk["usage"].is_null() {
                assert_eq!(chunk["choices"], json!([]));
                answer.usage = chunk["usage"].clone();
                continue;
            }
            let choice = &chunk["choices"][0];
            for (field, into) in [("content", &mut answer.text), ("reasoning_content", &mut answer.reasoning)] {
                let token = choice["delta"][field].as_str().unwrap_or_default();
                answer.tokens += u64::from(!token.is_empty());
                into.push_str(token);
            }
            if let Some(reason) = choice["finish_reason"].as_str() {
                answer.finish = reason.into();
            }
        }
        answer
    }
}

fn user(text: &str) -> Value {
    json!({ "role": "user", "content": text })
}

fn assistant(text: &str) -> Value {
    json!({ "role": "assistant", "content": text })
}

#[tokio::test]
async fn echo_is_the_same_to_the_byte_and_counts_its_tokens() {
    let demo = Demo::start().await.unwrap();
    let client = Client::of(&demo);
    for text in ["", "plain", "\u{0}\r\n\t\"\\ 👩‍👩‍👧 日本語 e\u{301}", &"long 中 ".repeat(20_000)] {
        let answer = client.answer("echo", json!([user("before"), assistant("before"), user(text)])).await;
        assert!(answer.text == text, "{} bytes came back of {}", answer.text.len(), text.len());
        assert_eq!(answer.finish, "stop");
        assert_eq!(answer.usage["completion_tokens"], answer.tokens);
        let parts = ["prompt_tokens", "completion_tokens"].map(|part| answer.usage[part].as_u64().unwrap());
        assert_eq!(answer.usage["total_tokens"], parts[0] + parts[1]);
    }
}

#[tokio::test]
async fn the_tour_reasons_first_and_speaks_the_readers_language() {
    let demo = Demo::start().await.unwrap();
    let client = Client::of(&demo);
    let english = client.answer("tour", json!([user("Hello")])).await;
    let chinese = client.answer("tour", json!([user("请展示一下")])).await;
    assert!(english.text.is_ascii() && !english.reasoning.is_empty());
    assert!(chinese.text.contains("导览") && !chinese.reasoning.is_empty());
    for text in [&english.text, &chinese.text] {
        for sign in ["## ", "**", "- [x]", "|", "```rust", "```python", "```sql", "> ", "[^1]:", "$e^", "$$\n", "]("] {
            assert!(text.contains(sign), "no {sign} in the tour");
        }
    }
}

#[tokio::test]
async fn an_answer_that_was_cut_goes_on_where_it_stopped() {
    let demo = Demo::start().await.unwrap();
    let client = Client::of(&demo);
    let whole = client.answer("tour", json!([user("你好")])).await.text;
    for cut in [1, 40, whole.chars().count() - 1, whole.chars().count()] {
        let said: String = whole.chars().take(cut).collect();
        for tail in
            [json!([user("你好"), assistant(&said)]), json!([user("你好"), assistant(&said), user("Continue.")])]
        {
            let rest = client.answer("tour", tail).await;
            assert!(said.clone() + &rest.text == whole, "cut at {cut}");
            assert_eq!(rest.reasoning, "");
        }
    }
    let rest = client.answer("echo", json!([user("one two"), assistant("one"), user("Continue exactly")])).await;
    assert_eq!(rest.text, " two");
    // A question that only happens to begin so.
    assert_eq!(client.answer("echo", json!([user("Continue?")])).await.text, "Continue?");
}

#[tokio::test]
async fn limits_end_an_answer_with_their_reason() {
    let demo = Demo::start().await.unwrap();
    let client = Client::of(&demo);
    let mut body = json!({ "model": "echo", "messages": [user("123456789")], "stream": true, "max_tokens": 2 });
    let streamed = Answer::parse(&Client::whole(client.chat(&body).await).await.1);
    assert_eq!((streamed.text.as_str(), streamed.finish.as_str()), ("12345678", "length"));
    assert!(streamed.usage.is_null(), "usage that was not asked for");
    body["stream"] = json!(false);
    let whole: Value = serde_json::from_str(&Client::whole(client.chat(&body).await).await.1).unwrap();
    assert_eq!(whole["object"], "chat.completion");
    assert_eq!(whole["choices"][0]["message"]["content"], "12345678");
    assert_eq!(whole["choices"][0]["finish_reason"], "length");
    assert_eq!(whole["usage"]["completion_tokens"], 2);
}

#[tokio::test]
async fn the_clock_tells_each_second_once() {
    let demo = Demo::start().await.unwrap();
    // The rate is not the clock's.
    demo.set_rate(Some(1));
    let body = json!({ "model": "clock", "messages": [user("?")], "stream": true });
    let mut connection = Client::of(&demo).chat(&body).await;
    let (mut text, mut line) = (String::new(), String::new());
    while text.matches("UTC").count() < 3 {
        line.clear();
        assert!(timeout(LONGEST, connection.read_line(&mut line)).await.unwrap().unwrap() > 0);
        let Some(chunk) = line.strip_prefix("data: ") else { continue };
        let chunk: Value = serde_json::from_str(chunk).unwrap();
        text.push_str(chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default());
    }
    let mut lines: Vec<&str> = text.split_whitespace().filter(|word| *word != "UTC").collect();
    assert!(lines.iter().all(|time| time.len() == 8 && time.matches(':').count() == 2), "{text:?}");
    lines.dedup();
    assert_eq!(lines.len(), 3, "{text:?}");
}

#[tokio::test]
async fn pages_and_strangers_are_refused() {
    let demo = Demo::start().await.unwrap();
    let client = Client::of(&demo);
    let Client { host, root } = &client;
    let models = format!("GET {root}/models HTTP/1.1");
    let (status, list) = Client::whole(client.send(&format!("{models}\r\nHost: {host}"), "").await).await;
    assert_eq!(status, 200);
    let list: Value = serde_json::from_str(&list).unwrap();
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["tour", "echo", "clock"]);

    for origin in ["https://evil.example", "null", &format!("http://{host}")] {
        assert_eq!(client.status(&format!("{models}\r\nHost: {host}\r\nOrigin: {origin}"), "").await, 403);
    }
    let port = host.split_once(':').unwrap().1;
    for foreign in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", &format!("localhost:{port}")] {
        assert_eq!(client.status(&format!("{models}\r\nHost: {foreign}"), "").await, 403, "{foreign}");
    }
    let own = format!("Host: {host}");
    assert_eq!(client.status(&format!("GET /v1/models HTTP/1.1\r\n{own}"), "").await, 404);
    assert_eq!(client.status(&format!("GET /{}/v1/models HTTP/1.1\r\n{own}", "0".repeat(32)), "").await, 404);
    assert_eq!(client.status(&format!("GET {root}/chat/completions HTTP/1.1\r\n{own}"), "").await, 405);
    let chat = format!("POST {root}/chat/completions HTTP/1.1\r\n{own}");
    assert_eq!(client.status(&chat, "{").await, 400);
    assert_eq!(client.status(&chat, &json!({ "model": "gpt", "messages": [] }).to_string()).await, 404);

    let other = Demo::start().await.unwrap();
    assert_ne!(Client::of(&other).root, *root);
}

#[tokio::test]
async fn a_reader_that_stops_stops_the_answer_and_a_dropped_demo_ends_it() {
    let demo = Demo::start().await.unwrap();
    let client = Client::of(&demo);
    let body = json!({ "model": "flood:1000000000000", "messages": [user("?")], "stream": true });
    let mut connection = client.chat(&body).await;
    let mut some = vec![0; 1 << 20];
    timeout(LONGEST, connection.read_exact(&mut some)).await.unwrap().unwrap();
    // Nothing is read for now; another answer is not held up by that.
    assert_eq!(client.answer("echo", json!([user("still here")])).await.text, "still here");
    drop(demo);
    let ended = async { while connection.read(&mut some).await.is_ok_and(|count| count > 0) {} };
    timeout(LONGEST, ended).await.unwrap();
    assert!(TcpStream::connect(&client.host).await.is_err(), "somebody still listens");
}

/// Prints how fast the demo can be: `cargo test --release -p rivulet-demo -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a test"]
async fn speed() {
    let demo = Demo::start().await.unwrap();
    let count = 1_000_000;
    let body = json!({ "model": format!("flood:{count}"), "messages": [user("?")], "stream": true });
    let start = Instant::now();
    let mut connection = Client::of(&demo).chat(&body).await;
    let (mut bytes, mut buffer) = (0, vec![0; 1 << 16]);
    loop {
        match connection.read(&mut buffer).await.unwrap() {
            0 => break,
            read => bytes += read,
        }
    }
    let took = start.elapsed().as_secs_f64();
    println!("{:.0} tokens/s, {bytes} bytes", f64::from(count) / took);
}
