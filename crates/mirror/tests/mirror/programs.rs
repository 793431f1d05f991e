//! Who may use the local API, and how much of it.

use crate::client::{Answer, answer, stream};
use rivulet_engine::{ApiControl, Engine, EngineConfig, MirrorControl, SessionProvider};
use rivulet_mirror::{Api, Limits, Mirror};
use rivulet_protocol::*;
use rivulet_testkit::{Script, Upstream};
use serde_json::{Value, json};

pub const KEY: &str = "sk-CANARYKEY0123456789";

/// A core with a provider that has a key, and its local API.
pub struct Programs {
    pub engine: Engine,
    pub upstream: Upstream,
    pub port: u16,
    pub token: NewApiToken,
    dir: tempfile::TempDir,
}

impl Programs {
    pub async fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        Self::with_limits(scripts, Limits { failures: usize::MAX, ..Limits::default() }).await
    }

    pub async fn with_limits(scripts: impl IntoIterator<Item = Script>, limits: Limits) -> Self {
        let upstream = Upstream::start(scripts);
        let dir = tempfile::tempdir().unwrap();
        let mut config = EngineConfig::new(dir.path());
        config.session_provider = Some(SessionProvider {
            id: "scripted".into(),
            base_url: Some(upstream.base_url()),
            model: Some("m".into()),
            key: Some(Secret::new(KEY.to_owned())),
        });
        let engine = Engine::open(config).await.unwrap();
        Api::with_limits(engine.clone(), limits);
        let status = engine.api_start(&Caller::window(), Nothing {}).await.unwrap();
        let port = status.url.unwrap().strip_suffix("/v1").unwrap().rsplit(':').next().unwrap().parse().unwrap();
        let token = make(&engine, ApiBudget::default()).await;
        Self { engine, upstream, port, token, dir }
    }

    pub fn head(&self, line: &str, secret: &str, more: &str) -> String {
        format!("{line} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {secret}\r\n{more}", self.port)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_as(&self.token.secret, path, "")
    }

    pub fn get_as(&self, secret: &str, path: &str, more: &str) -> Answer {
        let head = self.head(&format!("GET {path}"), secret, &format!("{more}Connection: close\r\n\r\n"));
        answer(self.port, head.as_bytes())
    }

    pub fn post_head(&self, secret: &str, body: &str) -> String {
        let more =
            format!("Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        self.head("POST /v1/chat/completions", secret, &more)
    }

    /// Asks for an answer.
    pub fn ask(&self, body: Value) -> Answer {
        self.ask_as(&self.token.secret, body)
    }

    pub fn ask_as(&self, secret: &str, body: Value) -> Answer {
        let body = body.to_string();
        answer(self.port, format!("{}{body}", self.post_head(secret, &body)).as_bytes())
    }

    /// Asks for a stream.
    pub fn watch(&self, body: Value) -> crate::client::Stream {
        let body = body.to_string();
        stream(self.port, &format!("{}{body}", self.post_head(&self.token.secret, &body)))
    }

    /// Until the provider has seen so many requests.
    pub async fn asked(&self, requests: usize) {
        self.until(|upstream| upstream.requests().len() >= requests).await;
    }

    /// Until the provider has seen the connection of this request close.
    pub async fn closed(&self, request: usize) {
        self.until(|upstream| upstream.requests().get(request).is_some_and(|request| request.closed.is_some())).await;
    }

    /// Against hanging only; no test is decided by it.
    async fn until(&self, so: impl Fn(&Upstream) -> bool) {
        for _ in 0..6_000 {
            if so(&self.upstream) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the provider never saw it");
    }

    pub async fn tokens(&self) -> Vec<ApiToken> {
        self.engine.api_status(&Caller::window(), Nothing {}).await.unwrap().tokens
    }
}

pub async fn make(engine: &Engine, budget: ApiBudget) -> NewApiToken {
    let request = ApiTokenCreate { name: "editor".into(), budget, lives_s: None };
    engine.api_token_create(&Caller::window(), request).await.unwrap()
}

pub fn hello() -> Value {
    json!({ "model": "scripted/m", "messages": [{ "role": "user", "content": "Hi" }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_listens_until_it_is_switched_on_and_then_it_comes_back_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(EngineConfig::new(dir.path())).await.unwrap();
    let api = Api::new(engine.clone());
    api.resume().await;
    assert_eq!(api.url(), None);
    let url = engine.api_start(&Caller::window(), Nothing {}).await.unwrap().url.unwrap();
    let token = make(&engine, ApiBudget::default()).await;
    engine.quit().await;
    api.closed().await;
    drop((engine, api));

    let engine = Engine::open(EngineConfig::new(dir.path())).await.unwrap();
    let api = Api::new(engine.clone());
    api.resume().await;
    assert_eq!(api.url(), Some(url), "what stands in an editor's settings is still right");
    assert_eq!(engine.api_caller(&token.secret).await.unwrap(), Some(token.token.id));
    let off = engine.api_stop(&Caller::window(), Nothing {}).await.unwrap();
    assert_eq!((off.url, off.tokens.len()), (None, 1));
    api.resume().await;
    assert_eq!(api.url(), None, "off is remembered too");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_tokens_open_it_and_they_open_nothing_else() {
    let programs = Programs::new([Script::stream().text("Hello.").done()]).await;
    let mirror = Mirror::new(programs.engine.clone());
    mirror.start(None).await.unwrap();
    let link = crate::client::token_of(&mirror.serve_link().unwrap());
    let secret = &programs.token.secret;
    assert!(secret.starts_with("rvk_") && secret.len() == 47, "{secret}");
    assert_eq!(programs.get("/v1/models").status, 200);
    for wrong in ["", "x", &link, KEY, &secret[4..], &secret[..46], &format!("{secret}A"), &secret.to_uppercase()] {
        for (answer, what) in
            [(programs.get_as(wrong, "/v1/models", ""), "models"), (programs.ask_as(wrong, hello()), "ask")]
        {
            assert_eq!(answer.status, 401, "{what} {wrong:?}");
            assert_eq!(answer.json()["error"]["code"], "invalid_api_key");
        }
    }
    let none = format!("GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", programs.port);
    assert_eq!(answer(programs.port, none.as_bytes()).status, 401);
    // In no other place is it looked for.
    let query = none.replace("/v1/models", &format!("/v1/models?api_key={secret}&token={secret}"));
    assert_eq!(answer(programs.port, query.as_bytes()).status, 401);
    let cookie = none.replace("Connection", &format!("Cookie: token={secret}\r\nConnection"));
    assert_eq!(answer(programs.port, cookie.as_bytes()).status, 401);
    // And it is nothing to the mirror.
    let port = mirror.status().url.unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let asked = format!(
        "POST /api/rpc/app_info HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {secret}\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    );
    assert_eq!(answer(port, asked.as_bytes()).status, 401);
    assert_eq!(programs.upstream.requests().len(), 0, "nobody without a token reached the provider");
}

#[tokio::test(flavor = "multi_thread")]
async fn web_pages_and_other_names_are_refused_whatever_they_know() {
    let programs = Programs::new([Script::stream().text("Hello.").done()]).await;
    let (port, secret) = (programs.port, &programs.token.secret);
    let own = format!("http://127.0.0.1:{port}");
    for origin in [own.as_str(), "null", "https://example.com", "app://obsidian.md", "http://localhost:1"] {
        let answer = programs.get_as(secret, "/v1/models", &format!("Origin: {origin}\r\n"));
        assert_eq!(answer.status, 403, "{origin}");
        assert!(answer.json()["error"]["message"].is_string());
    }
    for site in ["same-origin", "same-site", "cross-site"] {
        let answer = programs.get_as(secret, "/v1/models", &format!("Sec-Fetch-Site: {site}\r\n"));
        assert_eq!(answer.status, 403, "{site}");
    }
    for host in
        ["example.com", "localhost", &format!("evil.localhost:{port}"), &format!("0.0.0.0:{port}"), "127.0.0.1:1"]
    {
        let head = format!(
            "GET /v1/models HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {secret}\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(answer(port, head.as_bytes()).status, 421, "{host}");
    }
    let options = programs.head("OPTIONS /v1/models", secret, "Connection: close\r\n\r\n");
    let options = answer(port, options.as_bytes());
    assert_eq!((options.status, options.header("access-control-allow-origin")), (403, None));
    for path in ["/", "/index.html", "/api/rpc/app_info", "/v1", "/v1/chat/completions", "/v1/files"] {
        let answer = programs.get(path);
        assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (404, Some("unknown_url")), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_tokens_in_a_minute_are_too_many_and_the_right_one_still_works() {
    let programs = Programs::with_limits([Script::stream().text("Hello.").done()], Limits::default()).await;
    let seen: Vec<u16> = (0..12).map(|_| programs.get_as("rvk_wrong", "/v1/models", "").status).collect();
    assert_eq!(seen, [vec![401; 10], vec![429; 2]].concat());
    assert_eq!(programs.get("/v1/models").status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_budget_is_said_so_and_what_was_used_is_listed() {
    let counted = |text: &str| {
        let usage = json!({ "choices": [], "usage": { "prompt_tokens": 30, "completion_tokens": 12 } });
        Script::stream().text(text).finish("stop").data(&usage.to_string()).bytes(b"data: [DONE]\n\n").end()
    };
    let programs = Programs::new([counted("Hello."), counted("Again.")]).await;
    let twice = make(&programs.engine, ApiBudget { requests: Some(2), ..ApiBudget::default() }).await;
    let tokens =
        make(&programs.engine, ApiBudget { tokens: Some(40), per_s: Some(3_600), ..ApiBudget::default() }).await;
    let streamed = || {
        let mut body = hello();
        body["stream"] = true.into();
        body
    };
    let ask = |token: &NewApiToken| programs.ask_as(&token.secret, streamed());
    assert_eq!([ask(&twice).status, ask(&twice).status], [200, 200]);
    assert_eq!(ask(&tokens).status, 200, "42 of 40: what began within the budget is answered");
    for token in [&twice, &tokens] {
        let refused = ask(token);
        assert_eq!(refused.status, 429, "{}", refused.body);
        assert_eq!(refused.json()["error"]["code"], "insufficient_quota");
        assert_eq!(refused.json()["error"]["type"], "insufficient_quota");
        assert_eq!(refused.header("x-should-retry"), Some("false"));
    }
    assert_eq!(programs.upstream.requests().len(), 3);
    let used: Vec<_> = programs.tokens().await.iter().map(|token| (token.used.requests, token.used.tokens)).collect();
    assert_eq!(used, [(0, 0), (2, 84), (1, 42)]);
    assert_eq!(programs.ask(streamed()).status, 200, "another token has its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_a_token_ends_what_runs_with_it() {
    let programs = Programs::new([Script::stream().text("Hello").silence()]).await;
    let mut body = hello();
    body["stream"] = true.into();
    let mut stream = programs.watch(body);
    while !stream.line().unwrap().contains("Hello") {}
    let token = programs.token.token.id;
    let left = programs.engine.api_token_revoke(&Caller::window(), ApiTokenRef { token }).await.unwrap();
    assert_eq!(left.tokens, []);
    stream.ended();
    assert!(stream.raw.contains("invalid_api_key") && !stream.raw.contains("[DONE]"), "{}", stream.raw);
    assert_eq!(programs.get("/v1/models").status, 401);
    programs.closed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_it_off_ends_every_request() {
    let programs = Programs::new([Script::stream().text("Hello").silence()]).await;
    let mut body = hello();
    body["stream"] = true.into();
    let mut stream = programs.watch(body);
    while !stream.line().unwrap().contains("Hello") {}
    programs.engine.api_stop(&Caller::window(), Nothing {}).await.unwrap();
    stream.ended();
    assert!(!stream.raw.contains("[DONE]"), "{}", stream.raw);
    assert!(std::net::TcpStream::connect(("127.0.0.1", programs.port)).is_err());
    programs.closed(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_program_ever_sees_a_key_and_no_token_is_on_the_disk() {
    let echo = json!({ "error": { "message": format!("Incorrect API key provided: {KEY}") } }).to_string();
    let refusal = Script::whole(401, "Content-Type: application/json\r\n", &echo);
    let broken = Script::stream().text("Hello").data(&echo).end();
    let programs = Programs::new([refusal, broken.clone(), broken]).await;
    let mut streamed = hello();
    streamed["stream"] = true.into();
    let refused = programs.ask(hello());
    assert_eq!(refused.status, 502, "the provider's 401 is not the program's");
    assert!(refused.body.contains("Incorrect API key provided"), "{}", refused.body);
    let mut seen = vec![refused];
    seen.extend([hello(), streamed].map(|body| programs.ask(body)));
    seen.extend(
        ["/v1/models", "/v1/models/scripted/m", "/v1/models/scripted", "/v1/keys"].map(|path| programs.get(path)),
    );
    assert!(programs.upstream.requests().iter().all(|sent| sent.head.contains(KEY)));
    for answer in &seen {
        assert!(!format!("{}{}", answer.head, answer.body).contains("CANARY"), "{}", answer.body);
    }
    programs.engine.quit().await;
    for file in std::fs::read_dir(programs.dir.path()).unwrap().flatten().filter(|file| file.path().is_file()) {
        let bytes = String::from_utf8_lossy(&std::fs::read(file.path()).unwrap()).into_owned();
        assert!(!bytes.contains(&programs.token.secret) && !bytes.contains(KEY), "{:?}", file.path());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_programs_spend_is_in_the_costs_and_the_days_limit_holds_for_them_too() {
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 1000, "completion_tokens": 500 } }).to_string();
    let script = Script::stream().text("Hello.").finish("stop").data(&usage).bytes(b"data: [DONE]\n\n").end();
    let programs = Programs::new([script]).await;
    let (engine, window) = (&programs.engine, Caller::window());
    let list = json!({ "data": [{ "id": "m", "pricing": { "prompt": "0.000002", "completion": "0.000008" } }] });
    programs.upstream.answer_models(Script::whole(200, "Content-Type: application/json\r\n", &list.to_string()));
    engine.provider_models(&window, ProviderRef { provider: "scripted".into() }).await.unwrap();
    let patch = json!({ "limits": [{ "provider": "scripted", "key": 0, "micros": 7_000 }] });
    engine.settings_update(&window, SettingsUpdate { patch }).await.unwrap();
    let mut body = hello();
    body["stream"] = true.into();
    // 1000 × 2 + 500 × 8 millionths.
    assert!(programs.ask(body.clone()).body.contains("[DONE]"));
    let costs = engine.costs_get(&window, CostsGet { days: None }).await.unwrap();
    assert_eq!(costs.days.iter().map(|day| (day.spent.answers, day.spent.micros)).collect::<Vec<_>>(), [(1, 6_000)]);
    // What is coming counts before the vendor has counted it: the second goes beyond the day's limit as it grows.
    let patch = json!({ "limits": [{ "provider": "scripted", "key": 0, "micros": 6_001 }] });
    engine.settings_update(&window, SettingsUpdate { patch }).await.unwrap();
    let stopped = programs.ask(body);
    assert!(stopped.body.contains("insufficient_quota") && !stopped.body.contains("[DONE]"), "{}", stopped.body);
}
