//! A real engine in a folder of its own, one question to a scripted upstream, and the notes taken of what came of it.

use rivulet_engine::{Engine, EngineConfig, SessionProvider};
use rivulet_protocol::*;
use rivulet_providers::Limits;
use rivulet_testkit::{Authority, Listen, Script, Upstream};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Long enough for anything on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// In no message, event or error.
pub const KEY: &str = "sk-canary-0123456789abcdef";
/// The provider of these tests.
const PROVIDER: &str = "scripted";

/// Limits that a test can wait for.
pub fn limits() -> Limits {
    Limits {
        header: Duration::from_secs(20),
        byte_idle: Duration::from_millis(1500),
        content_idle: Duration::from_millis(2500),
        stall_notice: Duration::from_millis(300),
        goodbye: Duration::from_millis(300),
        ..Limits::default()
    }
}

/// What is otherwise than usual.
pub struct Setup {
    pub limits: Limits,
    pub protocol: WireProtocol,
    pub proxy: ProxyChoice,
    pub ca: Option<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { limits: limits(), protocol: WireProtocol::OpenaiChat, proxy: ProxyChoice::System, ca: None }
    }
}

impl Setup {
    pub fn trusting(authority: &Authority) -> Self {
        Self { ca: Some(authority.pem().to_owned()), ..Self::default() }
    }
}

/// A core whose provider is at `base_url`.
pub struct Scene {
    pub engine: Engine,
    folder: tempfile::TempDir,
}

impl Scene {
    pub async fn start(base_url: &str, setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path().join("data"), base_url, setup.limits).await;
        let save = ProviderSave {
            id: Some(PROVIDER.into()),
            name: "Scripted".into(),
            base_url: base_url.into(),
            models: None,
            protocol: Some(setup.protocol),
            headers: None,
            body_patch: None,
            proxy: Some(setup.proxy),
        };
        engine.provider_save(&Caller::window(), save).await.unwrap();
        if let Some(pem) = setup.ca {
            let file = folder.path().join("ca.pem");
            std::fs::write(&file, pem).unwrap();
            let patch = serde_json::json!({ "ca_files": [file] });
            engine.settings_update(&Caller::window(), SettingsUpdate { patch }).await.unwrap();
        }
        Self { engine, folder }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Asks, and does not wait.
    pub async fn send(&self, conversation: Option<ConversationId>) -> Turn {
        let (text, provider, model) = ("Why?".into(), None, None);
        let send = MessageSend { conversation, parent: None, at_root: None, text, attachments: None, provider, model };
        self.engine.message_send(&Caller::window(), send).await.unwrap()
    }

    /// The answer when it is as wanted, and how often viewers were told that it is asked for again.
    pub async fn message(&self, turn: &Turn, wanted: impl Fn(&Message) -> bool) -> (Message, Vec<Notice>) {
        message(&self.engine, turn.conversation, turn.answer, wanted).await
    }

    pub async fn ended(&self, turn: &Turn) -> (Message, Vec<Notice>) {
        self.message(turn, |message| message.state != MessageState::Running).await
    }

    /// Waits for a notice of this kind.
    pub async fn noticed(&self, turn: &Turn, wanted: impl Fn(&Notice) -> bool) -> Notice {
        let mut cursor = self.engine.watch(&Caller::window(), turn.conversation, 0).await.unwrap();
        let read = async {
            loop {
                for event in cursor.next().await.unwrap().events {
                    match event.body {
                        EventBody::Notice { notice } if wanted(&notice) => return notice,
                        EventBody::Failed { failure, .. } => panic!("it failed first: {failure:?}"),
                        _ => {}
                    }
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.unwrap()
    }

    pub async fn stop(&self, turn: &Turn) {
        self.engine.answer_stop(&Caller::window(), MessageRef { message: turn.answer }).await.unwrap();
    }

    /// Asks, waits for the end, and takes a note.
    pub async fn case(&self, case: impl Into<String>, upstream: &Upstream) -> Seen {
        let before = upstream.requests().len();
        let (message, notices) = self.ended(&self.send(None).await).await;
        Seen::of(case, upstream.requests().len() - before, &message, &notices)
    }
}

pub async fn open(folder: PathBuf, base_url: &str, limits: Limits) -> Engine {
    let mut config = EngineConfig::new(folder);
    config.limits = limits;
    let (base_url, model) = (Some(base_url.to_owned()), Some("test-model".into()));
    let key = Some(Secret::new(KEY.into()));
    config.session_provider = Some(SessionProvider { id: PROVIDER.into(), base_url, model, key });
    Engine::open(config).await.unwrap()
}

/// The message, when it is as wanted, with the notices its log has up to then.
pub async fn message(
    engine: &Engine,
    conversation: ConversationId,
    id: MessageId,
    wanted: impl Fn(&Message) -> bool,
) -> (Message, Vec<Notice>) {
    let mut cursor = engine.watch(&Caller::window(), conversation, 0).await.unwrap();
    let mut notices = Vec::new();
    let read = async {
        loop {
            // First the log, then the message: what ends it later is still to come from the log.
            while cursor.position() < cursor.head() {
                notices.extend(cursor.next().await.unwrap().events.into_iter().filter_map(notice_in));
            }
            let open = ConversationOpen { conversation, limit: None };
            let snapshot = engine.conversation_open(&Caller::window(), open).await.unwrap();
            let found = snapshot.messages.into_iter().map(|path| path.message).find(|message| message.id == id);
            if let Some(message) = found.filter(|message| wanted(message)) {
                return message;
            }
            notices.extend(cursor.next().await.unwrap().events.into_iter().filter_map(notice_in));
        }
    };
    let message = tokio::time::timeout(PATIENCE, read).await.unwrap();
    (message, notices)
}

fn notice_in(event: Event) -> Option<Notice> {
    if let EventBody::Notice { notice } = event.body { Some(notice) } else { None }
}

/// An upstream on `localhost` with this certificate.
pub fn secure(identity: rivulet_testkit::Identity) -> Listen {
    Listen { host: "localhost", identity: Some(identity), ..Listen::default() }
}

/// Asks an upstream that answers so, with everything as usual.
pub async fn ask(case: impl Into<String>, scripts: impl IntoIterator<Item = Script>) -> Seen {
    let upstream = Upstream::start(scripts);
    Scene::start(&upstream.base_url(), Setup::default()).await.case(case, &upstream).await
}

pub fn json(status: u16, body: &str) -> Script {
    Script::whole(status, "Content-Type: application/json\r\n", body)
}

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    pub case: String,
    /// How often the model was asked.
    pub requests: usize,
    /// How often viewers were told that it is asked again.
    pub retries: usize,
    pub state: MessageState,
    pub text: String,
    pub finish_reason: Option<FinishReason>,
    pub failure: Option<Failure>,
}

impl Seen {
    pub fn of(case: impl Into<String>, requests: usize, message: &Message, notices: &[Notice]) -> Self {
        assert!(!format!("{message:?} {notices:?}").contains(KEY), "the key is in a message");
        let retries = notices.iter().filter(|notice| matches!(notice, Notice::Retrying { .. })).count();
        Self {
            case: case.into(),
            requests,
            retries,
            state: message.state,
            text: message.text.chars().take(200).collect(),
            finish_reason: message.finish_reason,
            failure: message.failure.clone(),
        }
    }

    /// It failed so, with this text kept and so many requests.
    #[track_caller]
    pub fn failed(self, code: FailureCode, text: &str, requests: usize) -> Self {
        let seen = (self.state, self.failure.as_ref().map(|failure| failure.code), self.text.as_str(), self.requests);
        assert_eq!(seen, (MessageState::Failed, Some(code), text, requests), "{self:#?}");
        self
    }

    /// It is complete, with this text and so many requests.
    #[track_caller]
    pub fn complete(self, reason: FinishReason, text: &str, requests: usize) -> Self {
        let seen = (self.state, self.finish_reason, self.text.as_str(), self.requests);
        assert_eq!(seen, (MessageState::Complete, Some(reason), text, requests), "{self:#?}");
        self
    }

    /// Viewers were told so often that it is asked again.
    #[track_caller]
    pub fn retried(self, times: usize) -> Self {
        assert_eq!(self.retries, times, "{self:#?}");
        self
    }

    #[track_caller]
    pub fn detail(self, part: &str) -> Self {
        let detail = self.failure.as_ref().and_then(|failure| failure.detail.as_deref()).unwrap_or_default();
        assert!(detail.contains(part), "{self:#?}");
        self
    }

    /// What stays the same from run to run and on every system: ports and the system's own words do not.
    fn lasting(mut self) -> Self {
        if let Some(failure) = &mut self.failure {
            let told = matches!(failure.code, FailureCode::WebPage | FailureCode::Redirected | FailureCode::Encoding);
            failure.detail = failure.detail.take().filter(|_| told).map(|words| without_ports(&words));
            failure.host = failure.host.as_deref().map(without_ports);
            if let Some(proxy) = &mut failure.proxy {
                proxy.address = without_ports(&proxy.address);
            }
        }
        self
    }
}

/// `127.0.0.1:34567` becomes `127.0.0.1:1`.
fn without_ports(text: &str) -> String {
    let mut parts = text.split(':');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        out.push(':');
        out.push_str(if digits >= 3 { "1" } else { &part[..digits] });
        out.push_str(&part[digits..]);
    }
    out
}

/// A row of the matrix.
#[derive(PartialEq, Debug, Serialize, Deserialize)]
pub struct Row {
    row: u32,
    fault: String,
    cases: Vec<Seen>,
}

impl Row {
    pub fn new(row: u32, fault: &str) -> Self {
        Self { row, fault: fault.into(), cases: Vec::new() }
    }

    pub fn saw(&mut self, seen: Seen) {
        self.cases.push(seen.lasting());
    }

    /// Compares with what is written down, from which the page's tests make sentences.
    #[track_caller]
    pub fn end(self) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/faults/outcomes");
        let file = folder.join(format!("{:02}.json", self.row));
        if std::env::var_os("RIVULET_OUTCOMES").is_some() {
            std::fs::write(&file, serde_json::to_string_pretty(&self).unwrap() + "\n").unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        let written: Row = serde_json::from_str(&written).unwrap();
        assert_eq!(self, written, "{} differs", file.display());
    }
}
