//! What the tests share: a folder, a recorder of what was published, a viewer that applies events.

use rivulet_protocol::*;
use rivulet_store::{Append, ConversationChange, Publish, Store, StoreError};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Keeps what the store published. While somebody holds `gate`, the writer waits inside of it.
#[derive(Default)]
pub struct Recorder {
    published: Mutex<HashMap<ConversationId, Vec<Event>>>,
    pub gate: Mutex<()>,
}

impl Publish for Recorder {
    fn committed(&self, conversation: ConversationId, events: Vec<Event>) {
        self.published.lock().unwrap().entry(conversation).or_default().extend(events);
        drop(self.gate.lock().unwrap());
    }

    fn disk(&self, problem: Option<DiskProblem>) {
        panic!("nothing is wrong with the disk: {problem:?}");
    }
}

impl Recorder {
    pub fn events(&self, conversation: ConversationId) -> Vec<Event> {
        self.published.lock().unwrap().get(&conversation).cloned().unwrap_or_default()
    }

    fn heads(&self) -> Vec<(ConversationId, u64)> {
        let published = self.published.lock().unwrap();
        published.iter().filter_map(|(id, events)| Some((*id, events.last()?.seq))).collect()
    }
}

/// An open store in a folder of its own.
pub struct Scene {
    pub dir: TempDir,
    pub recorder: Arc<Recorder>,
    pub store: Store,
}

impl Scene {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let recorder = Arc::new(Recorder::default());
        let store = Store::open(dir.path(), recorder.clone()).unwrap();
        Self { dir, recorder, store }
    }

    /// Forgets the store without closing it, and opens the folder again.
    pub async fn drop_and_reopen(self) -> Self {
        let Self { dir, recorder, store } = self;
        drop(store);
        let store = open_when_free(dir.path(), recorder.clone());
        Self { dir, recorder, store }.read_on().await
    }

    pub async fn close_and_reopen(self) -> Self {
        let Self { dir, recorder, store } = self;
        store.close().await;
        let store = reopen(dir.path(), recorder.clone());
        Self { dir, recorder, store }.read_on().await
    }

    /// What every viewer does when its app is back: endings that were found at the start are published to nobody.
    async fn read_on(self) -> Self {
        for (conversation, seen) in self.recorder.heads() {
            let (missed, _) = self.store.events_after(conversation, seen).await.unwrap();
            self.recorder.committed(conversation, missed);
        }
        self
    }

    pub async fn conversation(&self, title: &str) -> ConversationId {
        let conversation = new_conversation(title);
        let id = conversation.id;
        self.store.create_conversation(conversation, None).await.unwrap();
        id
    }

    /// Adds a question under `parent` and an answer that runs.
    pub async fn ask(&self, conversation: ConversationId, parent: Option<MessageId>) -> (Message, Message) {
        let (question, answer) = turn(parent);
        self.store.begin(conversation, vec![question.clone(), answer.clone()], answer.id).await.unwrap();
        (question, answer)
    }

    /// Another answer to a question.
    pub async fn answer(&self, conversation: ConversationId, question: MessageId) -> Message {
        let answer = Message::new(Some(question), Author::Assistant, MessageState::Running);
        self.store.begin(conversation, vec![answer.clone()], answer.id).await.unwrap();
        answer
    }

    /// Text for a running answer.
    pub fn say(&self, conversation: ConversationId, message: &mut Message, text: &str) {
        let offset = utf16_len(&message.text);
        message.text.push_str(text);
        self.store.append(conversation, message.id, Append::Text { text: text.into(), offset });
    }

    /// Reasoning for a running answer.
    pub fn think(&self, conversation: ConversationId, message: &mut Message, text: &str) {
        let offset = utf16_len(&message.reasoning);
        message.reasoning.push_str(text);
        self.store.append(conversation, message.id, Append::Reasoning { text: text.into(), offset });
    }

    pub async fn finish(&self, conversation: ConversationId, message: &mut Message) {
        self.end(conversation, message, EventBody::Finished { reason: FinishReason::Stop, at: now_ms() }).await;
    }

    /// Ends an answer as `event` says.
    pub async fn end(&self, conversation: ConversationId, message: &mut Message, event: EventBody) {
        apply_ending(message, &event);
        self.store.end(conversation, message.clone(), event).await.unwrap();
    }

    /// Waits until everything that was appended is committed and published.
    pub async fn settle(&self, conversation: ConversationId) {
        self.store.update_conversation(conversation, ConversationChange::default()).await.unwrap();
    }

    pub async fn stored(&self, message: MessageId) -> Message {
        self.store.message(message).await.unwrap().expect("it is stored").1
    }
}

pub fn new_conversation(title: &str) -> Conversation {
    Conversation { title: title.into(), ..Conversation::new(ConversationId::new(), now_ms()) }
}

/// A question and an answer to it.
pub fn turn(parent: Option<MessageId>) -> (Message, Message) {
    let mut question = Message::new(parent, Author::User, MessageState::Complete);
    question.text = "What is new?".into();
    let answer = Message::new(Some(question.id), Author::Assistant, MessageState::Running);
    (question, answer)
}

/// Held while a process is started: until it is a program of its own it has this one's files, and with them the lock
/// of each folder that is open, also of one that is closed meanwhile.
static STARTING: Mutex<()> = Mutex::new(());

/// Starts a process.
pub fn start(command: &mut Command) -> Child {
    let _starting = STARTING.lock().unwrap();
    command.spawn().unwrap()
}

/// Opens a folder whose store was closed: it is free at once.
pub fn reopen(dir: &Path, publish: Arc<dyn Publish>) -> Store {
    drop(STARTING.lock().unwrap());
    Store::open(dir, publish).unwrap()
}

/// A store that was dropped lets go of its folder when its writer has written the rest.
pub fn open_when_free(dir: &Path, publish: Arc<dyn Publish>) -> Store {
    let start = Instant::now();
    loop {
        match Store::open(dir, publish.clone()) {
            Err(StoreError::InUse) if start.elapsed() < Duration::from_secs(60) => {
                std::thread::sleep(Duration::from_millis(5));
            }
            opened => return opened.unwrap(),
        }
    }
}

/// What a window or a page knows: it applies events and checks that text joins.
#[derive(Clone, Default)]
pub struct Viewer {
    pub messages: BTreeMap<MessageId, Message>,
    pub position: u64,
    pub resets: usize,
}

impl Viewer {
    pub fn of(events: &[Event]) -> Self {
        let mut viewer = Self::default();
        viewer.apply(events);
        viewer
    }

    pub fn apply(&mut self, events: &[Event]) {
        for event in events {
            assert!(event.seq >= self.position, "{event:?} after {}", self.position);
            self.position = event.seq;
            self.apply_one(event);
        }
    }

    fn apply_one(&mut self, event: &Event) {
        if let EventBody::Started { snapshot } | EventBody::Reset { snapshot } = &event.body {
            assert_eq!(snapshot.id, event.message);
            self.resets += usize::from(matches!(event.body, EventBody::Reset { .. }));
            self.messages.insert(event.message, (**snapshot).clone());
            return;
        }
        let message = self.messages.get_mut(&event.message).expect("it has started");
        match &event.body {
            EventBody::Text { text, offset } => {
                assert_eq!(*offset, utf16_len(&message.text), "a gap or a repeat at {}", event.seq);
                message.text.push_str(text);
            }
            EventBody::Reasoning { text, offset } => {
                assert_eq!(*offset, utf16_len(&message.reasoning), "a gap or a repeat at {}", event.seq);
                message.reasoning.push_str(text);
            }
            EventBody::Usage { usage } => message.usage = Some(*usage),
            EventBody::Cost { cost } => message.cost = Some(*cost),
            ending => apply_ending(message, ending),
        }
    }
}

fn apply_ending(message: &mut Message, ending: &EventBody) {
    let at = match ending {
        EventBody::Finished { reason, at } => {
            message.state = MessageState::Complete;
            message.finish_reason = Some(*reason);
            at
        }
        EventBody::Stopped { at } => {
            message.state = MessageState::Stopped;
            at
        }
        EventBody::Interrupted { at } => {
            message.state = MessageState::Interrupted;
            at
        }
        EventBody::Failed { failure, at } => {
            message.state = MessageState::Failed;
            message.failure = Some(failure.clone());
            at
        }
        _ => return,
    };
    message.ended_at = Some(*at);
}

/// Every way to read a conversation ends at `expected`: live, from every number on, and cut at every event.
pub async fn assert_every_reader_agrees(scene: &Scene, conversation: ConversationId, expected: &[&Message]) {
    let published = scene.recorder.events(conversation);
    let (all, head) = scene.store.events_after(conversation, 0).await.unwrap();
    let fresh = Viewer::of(&all);
    assert_eq!(fresh.resets, 0, "who reads from the start is never reset");
    assert!(fresh.position <= head);
    let snapshot = scene.store.snapshot(conversation, 1_000).await.unwrap().expect("it exists");
    assert_eq!(snapshot.conversation.head, head);
    for expected in expected {
        assert_eq!(fresh.messages[&expected.id], **expected);
        assert_eq!(scene.stored(expected.id).await, **expected);
    }
    for seen in 0..=published.len() {
        let mut viewer = Viewer::of(&published[..seen]);
        let after = viewer.position;
        let (rest, _) = scene.store.events_after(conversation, after).await.unwrap();
        viewer.apply(&rest);
        for expected in expected {
            assert_eq!(viewer.messages[&expected.id], **expected, "read on after {after} of {head}");
        }
    }
    for cut in 0..all.len() {
        let mut viewer = Viewer::of(&all[..cut]);
        let (rest, _) = scene.store.events_after(conversation, viewer.position).await.unwrap();
        viewer.apply(&rest);
        for expected in expected {
            assert_eq!(viewer.messages[&expected.id], **expected, "cut off after {} events", cut);
        }
    }
}
