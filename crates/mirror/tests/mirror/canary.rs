//! A key, a header, a system prompt and a hidden conversation that no answer may ever hold, whatever is asked.

use crate::attacks;
use crate::client::{Site, answer, connect, token_of};
use rivulet_engine::{Engine, EngineConfig, MirrorControl, SessionProvider};
use rivulet_mirror::{Limits, Mirror};
use rivulet_protocol::*;
use rivulet_testkit::{Script, Upstream};
use serde_json::{Value, json};
use std::io::{Read, Write};

const KEY: &str = "sk-CANARYKEY0123456789";
const HEADER: &str = "CANARYHEADER";
const SYSTEM: &str = "CANARYSYSTEM";
/// Of an assistant that leads the shared conversation, and of that conversation's own.
const ASSISTANT: &str = "CANARYASSISTANT";
const OWN: &str = "CANARYOWNPROMPT";
const HIDDEN: &str = "CANARYHIDDEN";
/// The project both conversations are in, what its models are told, and their tag.
const PLACE: &str = "CANARYPLACE";
/// What the links are allowed to see, and strangers are not.
pub const SHARED: &str = "SHAREDWORDS";

/// A site whose provider has secrets, and two conversations, one of them shared.
pub struct Scene {
    pub site: Site,
    pub shared: Value,
    pub hidden: Value,
    pub viewer: String,
    pub limited: String,
    upstream: Upstream,
}

impl Scene {
    pub async fn new() -> Self {
        // The third is a vendor that says the key back.
        let echo = json!({ "error": { "message": format!("Incorrect API key provided: {KEY}") } }).to_string();
        let refusal = Script::whole(401, "Content-Type: application/json\r\n", &echo);
        let said = |text: &str| Script::stream().text(text).done();
        let upstream = Upstream::start([said(SHARED), said(HIDDEN), refusal]);
        let dir = tempfile::tempdir().unwrap();
        let mut config = EngineConfig::new(dir.path());
        let (id, base_url) = (ProviderId("scripted".into()), upstream.base_url());
        let (address, model, key) = (Some(base_url.clone()), Some("m".into()), Some(Secret::new(KEY.to_owned())));
        config.session_provider = Some(SessionProvider { id: id.clone(), base_url: address, model, key });
        let engine = Engine::open(config).await.unwrap();
        let save = json!({
            "id": id, "name": "Scripted", "base_url": base_url,
            "headers": [{ "name": "x-own", "value": HEADER }],
            "body_patch": [{ "op": "add", "path": "/messages/0", "value": { "role": "system", "content": SYSTEM } }],
        });
        engine.provider_save(&Caller::window(), serde_json::from_value(save).unwrap()).await.unwrap();
        let mirror = Mirror::with_limits(engine.clone(), Limits { failures: usize::MAX, ..Limits::default() });
        let port = mirror.start(None).await.unwrap().url.unwrap().rsplit(':').next().unwrap().parse().unwrap();
        let token = token_of(&mirror.serve_link().unwrap());
        let site = Site { engine, mirror, port, token, dir };
        let ask = |uid: &str| {
            let started = site.post("/api/start-sse", json!({ "uid": uid, "prompt": format!("Hi {uid}") }));
            assert_eq!(started.status, 200, "{}", started.body);
            let events = site.watch(&format!("uid={uid}"), "").until_end_of(&started.json()["message"]);
            (started.json()["conversation"].clone(), format!("{events:?}"))
        };
        let (shared, events) = ask("shared");
        assert!(events.contains(SHARED), "{events}");
        let (hidden, events) = ask("hidden");
        assert!(events.contains(HIDDEN), "{events}");
        told_by_an_assistant(&site.engine, &shared).await;
        let (_, events) = ask("shared");
        assert!(events.contains("Incorrect API key provided"), "{events}");
        let save = ProjectSave { project: None, name: PLACE.into(), instructions: Some(PLACE.into()) };
        let project = site.engine.project_save(&Caller::window(), save).await.unwrap().id;
        let arrange = ConversationsArrange {
            conversations: [&shared, &hidden].map(|id| serde_json::from_value(id.clone()).unwrap()).to_vec(),
            move_to: Some(Destination { project: Some(project) }),
            add_tags: Some(vec![PLACE.into()]),
            ..Default::default()
        };
        let placed = site.engine.conversations_arrange(&Caller::window(), arrange).await.unwrap();
        assert_eq!(placed.placements.len(), 2);
        let scope = vec![serde_json::from_value(shared.clone()).unwrap()];
        let [viewer, limited] =
            [LinkRole::Viewer, LinkRole::Participant].map(|role| token_of(&site.link(role, Some(scope.clone()), None)));
        Self { site, shared, hidden, viewer, limited, upstream }
    }
}

/// The conversation has an assistant, and then instructions of its own beside that.
async fn told_by_an_assistant(engine: &Engine, conversation: &Value) {
    let window = Caller::window();
    let saved = AssistantSave { name: "Guide".into(), prompt: ASSISTANT.into(), ..AssistantSave::default() };
    let saved = engine.assistant_save(&window, saved).await.unwrap();
    let chosen = json!({ "conversation": conversation, "assistant": saved.card.id });
    engine.conversation_assistant(&window, serde_json::from_value(chosen).unwrap()).await.unwrap();
    let own = json!({ "conversation": conversation, "prompt": OWN });
    engine.conversation_prompt(&window, serde_json::from_value(own).unwrap()).await.unwrap();
}

/// Whatever comes back, or the beginning of a stream.
pub fn raw(port: u16, request: &[u8]) -> String {
    let mut socket = connect(port);
    let _ = socket.write_all(request);
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = socket.read(&mut piece) {
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes);
        if text.contains("text/event-stream") && (text.contains("event: ") || text.contains(": named")) {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_and_no_stream_ever_shows_a_secret() {
    let scene = Scene::new().await;
    let Scene { site, shared, hidden, viewer, limited, upstream } = &scene;
    // They are real: the provider was sent all of them.
    let sent = format!("{:?}", upstream.requests().iter().map(|sent| (&sent.head, &sent.body)).collect::<Vec<_>>());
    assert!([KEY, HEADER, SYSTEM, OWN].iter().all(|secret| sent.contains(secret)), "{sent}");
    let mut answers = 0;
    let mut check = |token: &str, what: &str, text: &str| {
        answers += 1;
        // Whoever sees all sees the hidden conversation, and still no secret.
        let hidden = (token != site.token).then_some(HIDDEN);
        for secret in [KEY, HEADER, SYSTEM, ASSISTANT, OWN, PLACE].into_iter().chain(hidden) {
            assert!(!text.contains(secret), "{what}: {text}");
        }
    };
    for token in [&site.token, viewer, limited] {
        for conversation in [shared, hidden] {
            let id = conversation.as_str().unwrap();
            let body = json!({
                "conversation": id, "message": id, "before": id, "query": "CANARY", "text": "x", "provider": "scripted",
                "id": "scripted", "limit": 50, "controls": {}, "title": "x", "url": "http://x/", "from": id,
            });
            for name in COMMAND_NAMES {
                let path = format!("/api/rpc/{name}");
                for body in [body.to_string(), json!({ "conversation": id }).to_string(), "{}".into()] {
                    check(token, name, &site.post_as(token, &path, &body).body);
                }
            }
            for path in ["/api/start-sse", "/api/stop", "/api/ticket"] {
                check(token, path, &site.post_as(token, path, &body.to_string()).body);
            }
            for query in [format!("conversation={id}"), "uid=shared".into(), "uid=hidden".into(), "library=1".into()] {
                let mut stream = site.watch_as(token, &format!("{query}&pace=0"), "");
                if query != "library=1" && stream.status == 200 && (query != "uid=hidden" || token != limited) {
                    stream.event();
                    stream.event();
                }
                check(token, &query, &format!("{}{}", stream.head, stream.raw));
            }
        }
    }
    // A change of the place is a change of the conversation, and told as one.
    for token in [&site.token, viewer, limited] {
        let mut stream = site.watch_as(token, "library=1&pace=0", "");
        let pin = ConversationPin { conversation: serde_json::from_value(shared.clone()).unwrap(), pinned: true };
        site.engine.conversation_pin(&Caller::window(), pin).await.unwrap();
        stream.event();
        assert!(stream.raw.contains(shared.as_str().unwrap()), "{}", stream.raw);
        check(token, "library", &stream.raw);
    }
    assert!(answers > 500, "{answers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_attack_gets_a_word() {
    let scene = Scene::new().await;
    let port = scene.site.port;
    let list = |token: &str| scene.site.post_as(token, "/api/rpc/conversations_list", "{}").body;
    let before = list(&scene.site.token);
    let attacks = attacks::all(&scene);
    assert!(attacks.len() >= 100, "{}", attacks.len());
    for (name, request) in &attacks {
        let text = raw(port, request);
        for secret in [KEY, HEADER, SYSTEM, HIDDEN, SHARED] {
            assert!(!text.contains(secret), "{name}: {text}");
        }
        assert!(!text.contains("X-Injected"), "{name}: {text}");
        // Refusals, or nothing at all.
        assert!(!text.contains("HTTP/1.1 2"), "{name}: {text}");
    }
    assert_eq!(list(&scene.site.token), before, "nothing was changed");
    // The same request without an attack in it does get words: the attacks failed by themselves.
    let open = json!({ "conversation": scene.shared }).to_string();
    let good = scene.site.post_head(&scene.viewer, "/api/rpc/conversation_open", open.len());
    assert!(answer(port, format!("{good}{open}").as_bytes()).body.contains(SHARED));
    assert!(scene.site.mirror.status().links.len() == 3);
    // Counted by `cargo xtask bench mirror`.
    println!("{} attacks tried", attacks.len());
}
