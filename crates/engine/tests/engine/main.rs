//! The engine with a real store on a folder of its own and an upstream that does what a test tells it.

#![allow(missing_docs, clippy::unwrap_used)]

mod answers;
mod assistants;
mod attachments;
mod background;
mod backups;
mod beside;
mod branches;
mod costs;
mod keys;
mod marks;
mod models;
mod network;
mod projects;
mod recordings;
mod requests;
mod storage;
mod summaries;
mod temporary;
mod titles;
mod transfers;

use rivulet_engine::{Engine, EngineConfig, SessionProvider};
use rivulet_protocol::*;
use rivulet_testkit::{Script, Upstream};
use std::time::Duration;

/// Long enough for anything on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A core whose provider is a scripted upstream.
struct Bench {
    engine: Engine,
    upstream: Upstream,
    folder: tempfile::TempDir,
}

impl Bench {
    async fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::start(scripts);
        let engine = open(&folder, &upstream, None).await;
        Self { engine, upstream, folder }
    }

    async fn with_key(scripts: impl IntoIterator<Item = Script>, key: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream::start(scripts);
        let engine = open(&folder, &upstream, Some(Secret::new(key.into()))).await;
        Self { engine, upstream, folder }
    }

    async fn send(&self, conversation: Option<ConversationId>, text: &str) -> Turn {
        let request = send(conversation, text);
        self.engine.message_send(&Caller::window(), request).await.unwrap()
    }

    /// The answer when it has ended.
    async fn ended(&self, conversation: ConversationId, answer: MessageId) -> Message {
        self.message(conversation, answer, |message| message.state != MessageState::Running).await
    }

    /// The message as the log tells it, when it is as wanted.
    async fn message(&self, conversation: ConversationId, id: MessageId, wanted: impl Fn(&Message) -> bool) -> Message {
        let mut cursor = self.engine.watch(&Caller::window(), conversation, 0).await.unwrap();
        let read = async {
            loop {
                let open = ConversationOpen { conversation, limit: None };
                let snapshot = self.engine.conversation_open(&Caller::window(), open).await.unwrap();
                let found = snapshot.messages.into_iter().map(|path| path.message).find(|message| message.id == id);
                if let Some(message) = found.filter(|message| wanted(message)) {
                    return message;
                }
                cursor.next().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, read).await.unwrap()
    }

    async fn snapshot(&self, conversation: ConversationId) -> Snapshot {
        let open = ConversationOpen { conversation, limit: None };
        self.engine.conversation_open(&Caller::window(), open).await.unwrap()
    }
}

async fn open(folder: &tempfile::TempDir, upstream: &Upstream, key: Option<Secret>) -> Engine {
    let mut config = EngineConfig::new(folder.path());
    let (base_url, model) = (Some(upstream.base_url()), Some("test-model".into()));
    config.session_provider = Some(SessionProvider { id: "scripted".into(), base_url, model, key });
    Engine::open(config).await.unwrap()
}

fn send(conversation: Option<ConversationId>, text: &str) -> MessageSend {
    MessageSend {
        conversation,
        parent: None,
        at_root: None,
        text: text.into(),
        attachments: None,
        provider: None,
        model: None,
    }
}
