//! What the local API answers: OpenAI's shapes, whatever the provider speaks.

use crate::client::Stream;
use crate::programs::{Programs, hello};
use rivulet_testkit::Script;
use serde_json::{Value, json};

fn streamed() -> Value {
    let mut body = hello();
    body["stream"] = true.into();
    body
}

/// The data of all events of a stream, `[DONE]` as a string.
fn events(stream: &mut Stream) -> Vec<Value> {
    stream.ended();
    let lines = stream.raw.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.map(|data| serde_json::from_str(data).unwrap_or_else(|_| data.into())).collect()
}

fn whole(message: Value, finish: &str) -> Script {
    let usage = json!({
        "prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12,
        "prompt_tokens_details": { "cached_tokens": 3 }, "completion_tokens_details": { "reasoning_tokens": 2 },
    });
    let body = json!({ "choices": [{ "index": 0, "message": message, "finish_reason": finish }], "usage": usage });
    Script::whole(200, "Content-Type: application/json\r\n", &body.to_string())
}

fn call() -> Value {
    json!({ "id": "call_1", "type": "function", "function": { "name": "look", "arguments": "{\"x\":1}" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_named_by_provider_and_found_by_any_of_their_names() {
    let programs = Programs::new([whole(json!({ "content": "Hello." }), "stop")]).await;
    let list = programs.get("/v1/models").json();
    assert_eq!(list["object"], "list");
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"scripted/m") && ids.contains(&"demo/echo"), "{ids:?}");
    let one = json!({ "id": "scripted/m", "object": "model", "created": 0, "owned_by": "scripted" });
    for path in ["/v1/models/scripted/m", "/v1/models/scripted%2Fm", "/v1/models/m"] {
        assert_eq!(programs.get(path).json(), one, "{path}");
    }
    for (name, status) in
        [("m", 200), ("scripted/m", 200), ("scripted/unlisted", 200), ("nothing", 404), ("no/m", 404), ("", 404)]
    {
        let mut body = hello();
        body["model"] = name.into();
        let answer = programs.ask(body);
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
        if status == 404 {
            assert_eq!(answer.json()["error"]["code"], "model_not_found");
        }
    }
    let asked = |index: usize| {
        serde_json::from_str::<Value>(&programs.upstream.requests()[index].body).unwrap()["model"].clone()
    };
    assert_eq!([asked(0), asked(1), asked(2)], ["m", "m", "unlisted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_answer_has_its_shape() {
    let message = json!({ "role": "assistant", "content": "Hello.", "reasoning_content": "A greeting." });
    let programs = Programs::new([whole(message, "length")]).await;
    let answer = programs.ask(hello());
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let mut got = answer.json();
    assert!(got["id"].take().as_str().unwrap().starts_with("chatcmpl-"));
    assert!(got["created"].take().as_u64().unwrap() > 1_600_000_000);
    let message =
        json!({ "role": "assistant", "content": "Hello.", "refusal": null, "reasoning_content": "A greeting." });
    let expected = json!({
        "id": null, "object": "chat.completion", "created": null, "model": "scripted/m",
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": "length" }],
        "usage": {
            "prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12,
            "prompt_tokens_details": { "cached_tokens": 3 }, "completion_tokens_details": { "reasoning_tokens": 2 },
        },
    });
    assert_eq!(got, expected);
    assert_eq!(programs.upstream.requests().len(), 1);
    assert!(programs.upstream.requests()[0].body.contains("\"stream\":false"), "as it was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_its_shape_and_ends_in_done() {
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 7, "completion_tokens": 5 } }).to_string();
    let thought = json!({ "choices": [{ "index": 0, "delta": { "reasoning_content": "So." } }] }).to_string();
    let script = Script::stream().data(&thought).text("One\n").text("two").finish("stop").data(&usage);
    let programs = Programs::new([script.bytes(b"data: [DONE]\n\n").end()]).await;
    let mut body = streamed();
    body["stream_options"] = json!({ "include_usage": true });
    let mut stream = programs.watch(body);
    assert_eq!((stream.status, stream.header("content-type")), (200, Some("text/event-stream; charset=utf-8")));
    let events = events(&mut stream);
    let (done, chunks) = events.split_last().unwrap();
    assert_eq!(done, "[DONE]");
    for chunk in chunks {
        assert_eq!((&chunk["object"], &chunk["model"]), (&json!("chat.completion.chunk"), &json!("scripted/m")));
        assert_eq!((&chunk["id"], &chunk["created"]), (&chunks[0]["id"], &chunks[0]["created"]));
    }
    let (last, chunks) = chunks.split_last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["total_tokens"]), (&json!([]), &json!(12)));
    let choice = |delta: Value, finish: Value| json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]);
    let choices: Vec<_> = chunks.iter().map(|chunk| chunk["choices"].clone()).collect();
    let expected = [
        choice(json!({ "role": "assistant", "content": "" }), Value::Null),
        choice(json!({ "reasoning_content": "So." }), Value::Null),
        choice(json!({ "content": "One\n" }), Value::Null),
        choice(json!({ "content": "two" }), Value::Null),
        choice(json!({}), "stop".into()),
    ];
    assert_eq!(choices, expected);
    assert!(chunks.iter().all(|chunk| chunk.get("usage") == Some(&Value::Null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_comes_in_a_stream_only_if_it_was_asked_for() {
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 7, "completion_tokens": 5 } }).to_string();
    let script = Script::stream().text("Hi").finish("stop").data(&usage).bytes(b"data: [DONE]\n\n").end();
    let programs = Programs::new([script]).await;
    let events = events(&mut programs.watch(streamed()));
    assert!(events.iter().all(|event| event.get("usage").is_none()), "{events:?}");
    assert_eq!(events.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_in_mid_stream_is_an_error_event_and_no_end() {
    let error = json!({ "error": { "message": "the vendor's words" } }).to_string();
    let scripts = [
        Script::stream().text("Hel").reset(),
        Script::stream().text("Hel").end(),
        Script::stream().text("Hel").data(&error).end(),
    ];
    let programs = Programs::new(scripts).await;
    for words in ["", "", "the vendor's words"] {
        let mut stream = programs.watch(streamed());
        assert_eq!(stream.status, 200);
        let events = events(&mut stream);
        let last = events.last().unwrap();
        assert_eq!(last["error"]["code"], "provider_failed", "{last}");
        assert!(last["error"]["message"].as_str().unwrap().contains(words), "{last}");
        assert!(!stream.raw.contains("[DONE]") && stream.raw.contains("Hel"), "{}", stream.raw);
    }
    // The same breaks, when the answer was to come at once.
    let programs = Programs::new([Script::whole(200, "Content-Type: application/json\r\n", &error)]).await;
    let answer = programs.ask(hello());
    assert_eq!((answer.status, answer.body.contains("the vendor's words")), (502, true), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_has_the_fitting_status_and_the_vendors_words() {
    let said = |status: u16, more: &str, code: &str| {
        let body = json!({ "error": { "message": format!("words about {code}"), "code": code } }).to_string();
        Script::whole(status, &format!("Content-Type: application/json\r\n{more}"), &body)
    };
    let cases = [
        (said(400, "", "bad"), 400, "bad_request"),
        (said(401, "", "key"), 502, "key_refused"),
        (said(403, "", "region"), 403, "forbidden"),
        (said(404, "", "model_not_found"), 404, "model_not_found"),
        (said(413, "", "long"), 400, "context_length_exceeded"),
        (said(429, "Retry-After: 7\r\n", "slow"), 429, "rate_limit_exceeded"),
        (said(429, "", "insufficient_quota"), 429, "insufficient_quota"),
        (said(500, "", "mistake"), 502, "provider_failed"),
        (said(503, "", "busy"), 503, "overloaded"),
    ];
    let programs = Programs::new(cases.iter().map(|(script, ..)| script.clone())).await;
    for (_, status, code) in cases {
        let answer = programs.ask(streamed());
        assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (status, Some(code)), "{}", answer.body);
        assert!(answer.json()["error"]["message"].as_str().unwrap().contains("words about"), "{}", answer.body);
        if code == "rate_limit_exceeded" {
            assert_eq!(answer.header("retry-after"), Some("7"));
        }
    }
    assert_eq!(programs.upstream.requests().len(), 9, "nothing is asked twice: programs do that themselves");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_is_400_and_says_why() {
    let programs = Programs::new([whole(json!({ "content": "Hello." }), "stop")]).await;
    let change = |field: &str, value: Value| {
        let mut body = hello();
        body[field] = value;
        body
    };
    let user = |content: Value| change("messages", json!([{ "role": "user", "content": content }]));
    let cases = [
        (json!([]), "not a JSON object"),
        (change("max_tokens", json!(-2)), "whole"),
        (change("max_tokens", json!(0.5)), "whole"),
        (json!({ "model": "scripted/m" }), "messages"),
        (change("messages", json!([])), "no message"),
        (change("messages", json!([{ "role": "robot", "content": "x" }])), "role"),
        (change("messages", json!([{ "role": "tool", "tool_call_id": "no", "content": "x" }])), "tool message"),
        (change("n", json!(2)), "`n`"),
        (change("temperature", json!("hot")), "invalid type"),
        (change("tools", json!([{ "type": "web_search" }])), "functions"),
        (change("tool_choice", json!("perhaps")), "tool_choice"),
        (change("functions", json!([])), "tools"),
        (user(json!([{ "type": "image_url", "image_url": { "url": "http://127.0.0.1/x.png" } }])), "data:"),
        (user(json!([{ "type": "image_url", "image_url": { "url": "data:image/png;base64,***" } }])), "base64"),
        (user(json!([{ "type": "input_audio" }])), "type text"),
    ];
    for (body, word) in cases {
        let answer = programs.ask(body);
        assert_eq!(answer.status, 400, "{word}: {}", answer.body);
        assert!(answer.json()["error"]["message"].as_str().unwrap().contains(word), "{word}: {}", answer.body);
        assert_eq!(answer.json()["error"]["type"], "invalid_request_error");
    }
    assert_eq!(programs.upstream.requests().len(), 0);
    assert_eq!(programs.tokens().await[0].used.requests, 0, "what was not asked costs nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_reaches_the_provider() {
    let programs = Programs::new([whole(json!({ "content": "Hello." }), "stop")]).await;
    let schema = json!({ "type": "json_schema", "json_schema": { "name": "place", "strict": true, "schema": { "type": "object" } } });
    let tool = json!({ "type": "function", "function": { "name": "look", "description": "Looks.", "parameters": { "type": "object" }, "strict": true } });
    let body = json!({
        "model": "m", "temperature": 0.5, "top_p": 0.9, "max_completion_tokens": 99, "stop": "END", "seed": 7,
        "frequency_penalty": 0.1, "presence_penalty": -0.1, "reasoning_effort": "high", "response_format": schema,
        "tools": [tool], "tool_choice": { "type": "function", "function": { "name": "look" } },
        "parallel_tool_calls": false, "logit_bias": { "1": -100 }, "user": null, "top_k": 40,
        "messages": [
            { "role": "developer", "content": "Be brief." },
            { "role": "user", "content": [
                { "type": "text", "text": "What is this?" },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,iVBORw==", "detail": "low" } },
            ] },
            { "role": "assistant", "content": null, "tool_calls": [call()] },
            { "role": "tool", "tool_call_id": "call_1", "content": [{ "type": "text", "text": "A river." }] },
        ],
    });
    let answer = programs.ask(body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let sent: Value = serde_json::from_str(&programs.upstream.requests()[0].body).unwrap();
    let expected = json!({
        "model": "m", "stream": false, "temperature": 0.5, "top_p": 0.9, "max_tokens": 99, "stop": ["END"], "seed": 7,
        "frequency_penalty": 0.1, "presence_penalty": -0.1, "reasoning_effort": "high", "response_format": schema,
        "tools": [tool], "tool_choice": { "type": "function", "function": { "name": "look" } },
        "parallel_tool_calls": false, "logit_bias": { "1": -100 }, "top_k": 40,
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": [
                { "type": "text", "text": "What is this?" },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,iVBORw==" } },
            ] },
            { "role": "assistant", "content": "", "tool_calls": [call()] },
            { "role": "tool", "tool_call_id": "call_1", "content": "A river." },
        ],
    });
    assert_eq!(sent, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_of_other_servers_write_is_read() {
    let answers: Vec<_> = (0..2).map(|_| whole(json!({ "content": "Hello." }), "stop")).collect();
    let programs = Programs::new(answers).await;
    let mut call = call();
    call["function"]["arguments"] = json!({ "x": 1 });
    let messages = json!([
        { "role": "user", "content": [{ "type": "input_text", "text": "Look." }] },
        { "role": "assistant", "content": "", "tool_calls": [call] },
        { "role": "tool", "tool_call_id": "call_1", "content": "A river." },
    ]);
    for (most, sent_as) in [(json!(-1), Value::Null), (json!(64.0), json!(64))] {
        let tool = json!({ "type": "function", "function": { "name": "look" } });
        let body =
            json!({ "model": "m", "max_tokens": most, "messages": messages, "tools": [tool], "tool_choice": "any" });
        let answer = programs.ask(body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let sent: Value = serde_json::from_str(&programs.upstream.requests().last().unwrap().body).unwrap();
        assert_eq!((&sent["max_tokens"], &sent["tool_choice"]), (&sent_as, &json!("required")));
        assert_eq!(sent["messages"][0]["content"], "Look.");
        let arguments = sent["messages"][1]["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(arguments).unwrap(), json!({ "x": 1 }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_call_comes_whole_in_either_form() {
    let delta = json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [
        { "index": 0, "id": "call_1", "type": "function", "function": { "name": "look", "arguments": "{\"x\"" } },
    ] } }] });
    let rest = json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [{ "index": 0, "function": { "arguments": ":1}" } }] } }] });
    let script = Script::stream().data(&delta.to_string()).data(&rest.to_string()).finish("tool_calls");
    let message = json!({ "role": "assistant", "content": null, "tool_calls": [call()] });
    let programs = Programs::new([script.bytes(b"data: [DONE]\n\n").end(), whole(message, "tool_calls")]).await;
    let events = events(&mut programs.watch(streamed()));
    let mut expected = call();
    expected["index"] = 0.into();
    assert_eq!(events[1]["choices"][0]["delta"], json!({ "tool_calls": [expected] }));
    assert_eq!(events[2]["choices"][0]["finish_reason"], "tool_calls");
    let message = programs.ask(hello()).json()["choices"][0]["message"].clone();
    assert_eq!((&message["content"], &message["tool_calls"]), (&Value::Null, &json!([call()])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_goes_away_ends_the_providers_request() {
    let silent = || Script::stream().text("Hello").silence();
    let programs = Programs::new([silent(), Script::raw(Vec::new()).silence(), silent()]).await;
    // In mid-stream.
    let mut stream = programs.watch(streamed());
    while !stream.line().unwrap().contains("Hello") {}
    drop(stream);
    programs.closed(0).await;
    // Before the provider has begun to answer: in a stream, and for a whole answer.
    for (index, body) in [(1, streamed()), (2, hello())] {
        let body = body.to_string();
        let mut socket = crate::client::connect(programs.port);
        let request = format!("{}{body}", programs.post_head(&programs.token.secret, &body));
        std::io::Write::write_all(&mut socket, request.as_bytes()).unwrap();
        programs.asked(index + 1).await;
        drop(socket);
        programs.closed(index).await;
    }
    // The text that was paid for counts, although nobody said how many tokens it was.
    let used = || async { programs.tokens().await[0].used };
    while used().await.tokens == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(used().await.requests, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_model_is_waited_for_with_comments() {
    use rivulet_mirror::Limits;
    let limits = Limits { heartbeat: std::time::Duration::from_millis(30), ..Limits::default() };
    let programs = Programs::with_limits([Script::stream().text("Hello").silence()], limits).await;
    let mut stream = programs.watch(streamed());
    let mut lines = std::iter::from_fn(|| stream.line());
    assert!(lines.by_ref().filter(|line| line == ": waiting").nth(1).is_some());
}
