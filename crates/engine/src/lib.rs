//! The use cases: start, stop, continue an answer; the log and its cursors.
//!
//! [`Engine`] is the whole core without a desktop and without a web server. The window's bridge and the mirror call
//! its commands ([`rivulet_protocol::dispatch`]) and read logs by [`Cursor`]. It knows nothing of either.

mod answers;
mod api;
mod asides;
mod assistants;
mod attachments;
mod backups;
mod beside;
mod bin;
mod brake;
mod branches;
mod commands;
mod completions;
mod conversations;
mod cost;
mod cursor;
mod drafts;
mod hosts;
mod keys;
mod log;
mod marks;
mod models;
mod names;
mod network;
mod open;
mod pace;
mod pictures;
mod projects;
mod providers;
mod recordings;
mod settings;
mod spending;
mod storage;
mod summaries;
mod temporary;
mod titles;
mod tongue;
mod traces;
mod transfers;
mod turn;
mod wording;

pub use completions::{Completion, Piece};
pub use cursor::Cursor;
pub use hosts::{ApiControl, BoxFuture, Desktop, MirrorControl};
pub use open::{EngineConfig, OpenError, Replay, SessionProvider};
pub use pace::Pace;
pub use rivulet_providers::{ChatMessage, ChatRequest, Delta, Part, Tool, ToolChoice};
pub use rivulet_store::{StoredLink, StoredMirror};

use log::Logs;
use rivulet_demo::Demo;
use rivulet_protocol::{
    ApiError, Caller, CallerRole, ConversationId, DiskProblem, LibraryEvent, MessageId, Notice, Scope, WhenClosed,
};
use rivulet_providers::Client;
use rivulet_store::Store;
use rivulet_vault::Vault;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Chores wait for this long after the start: they have nothing to do with the first picture.
const FIRST_LOOK: Duration = Duration::from_secs(30);

/// How long quitting waits for what is running to end.
const QUIT: Duration = Duration::from_secs(10);

/// The running core. A cheap handle: clones share everything.
#[derive(Clone)]
pub struct Engine {
    core: Arc<Core>,
}

pub(crate) struct Core {
    pub version: String,
    pub data_dir: PathBuf,
    pub store: Store,
    pub temporary: temporary::Temporary,
    pub vault: Vault,
    pub client: Client,
    pub demo: Demo,
    pub logs: Arc<Logs>,
    pub traces: traces::Traces,
    pub today: brake::Today,
    pub transfers: transfers::Transfers,
    pub backups: backups::Backups,
    pub transit: storage::Transit,
    pub library: broadcast::Sender<LibraryEvent>,
    /// Names as they are given to conversations.
    pub named: broadcast::Sender<Arc<str>>,
    pub session_provider: Option<SessionProvider>,
    pub running: Mutex<HashMap<MessageId, RunningTurn>>,
    pub beside: beside::Beside,
    pub tasks: TaskTracker,
    pub quitting: CancellationToken,
    pub mirror: OnceLock<Arc<dyn MirrorControl>>,
    pub api: OnceLock<Arc<dyn ApiControl>>,
    pub api_calls: api::ApiCalls,
    pub desktop: OnceLock<Arc<dyn Desktop>>,
}

/// What is kept of a turn while it runs.
#[derive(Clone)]
pub(crate) struct RunningTurn {
    pub conversation: ConversationId,
    /// Cancelled by a person's stop.
    pub stop: CancellationToken,
    /// Cancelled when nothing more comes; the ending may still wait for the disk.
    pub came: CancellationToken,
    /// Cancelled when the ending is on disk.
    pub ended: CancellationToken,
    /// What it waits for right now.
    waits_for: Arc<Mutex<Option<Notice>>>,
}

impl RunningTurn {
    fn new(conversation: ConversationId) -> Self {
        let [stop, came, ended] = std::array::from_fn(|_| CancellationToken::new());
        Self { conversation, stop, came, ended, waits_for: Arc::default() }
    }

    /// What it waits for right now. A panic cannot leave a whole value half changed.
    pub(crate) fn waits_for(&self) -> std::sync::MutexGuard<'_, Option<Notice>> {
        self.waits_for.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// A cursor on a conversation's log, after number `after`. A number the log does not have starts from the beginning.
    pub async fn watch(&self, caller: &Caller, conversation: ConversationId, after: u64) -> Result<Cursor, ApiError> {
        self.seen_conversation(caller, conversation).await?;
        Cursor::open(&self.core, conversation, after).await
    }

    /// What changes outside of the logs.
    pub fn library(&self) -> broadcast::Receiver<LibraryEvent> {
        self.core.library.subscribe()
    }

    /// Tells every host that something outside of the logs changed.
    pub fn notify(&self, event: LibraryEvent) {
        // Nobody listening is fine.
        let _ = self.core.library.send(event);
    }

    /// Cancelled when the app begins to quit.
    pub fn quitting(&self) -> CancellationToken {
        self.core.quitting.clone()
    }

    /// Whether the caller may see this conversation.
    pub fn may_see(&self, caller: &Caller, conversation: ConversationId) -> bool {
        if self.core.temporary.has(conversation) {
            return caller.role == CallerRole::Window;
        }
        match (&caller.scope, caller.link) {
            (Scope::All, _) => true,
            (Scope::Some(shared), link) => {
                shared.contains(&conversation)
                    || link.is_some_and(|link| {
                        self.core.mirror.get().is_some_and(|mirror| mirror.link_sees(link, conversation))
                    })
            }
        }
    }

    /// Hands over the mirror. Once, by whoever puts the app together.
    pub fn set_mirror(&self, mirror: Arc<dyn MirrorControl>) {
        let _ = self.core.mirror.set(mirror);
    }

    /// Hands over the local API. Once, by whoever puts the app together.
    pub fn set_api(&self, api: Arc<dyn ApiControl>) {
        let _ = self.core.api.set(api);
    }

    /// Hands over the desktop. Once; without a window there is none.
    pub fn set_desktop(&self, desktop: Arc<dyn Desktop>) {
        let _ = self.core.desktop.set(desktop);
    }

    /// Brings the window to the front, where there is one.
    pub fn show_window(&self) {
        if let Some(desktop) = self.core.desktop.get() {
            desktop.show_window();
        }
    }

    /// What closing the window shall do to answers that are being written; asked where that cannot be read.
    pub async fn when_closed(&self) -> WhenClosed {
        self.core.store.settings().await.map(|settings| settings.when_closed).unwrap_or_default()
    }

    /// The port a person chose for the mirror.
    pub async fn mirror_port(&self) -> Option<u16> {
        self.core.store.settings().await.ok().and_then(|settings| settings.mirror_port)
    }

    /// The mirror as it was when the app ended; nothing if that cannot be read.
    pub async fn mirror_kept(&self) -> StoredMirror {
        self.core.store.mirror().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the mirror's links could not be read");
            StoredMirror::default()
        })
    }

    /// Keeps the mirror for the app's next run.
    pub async fn keep_mirror(&self, mirror: StoredMirror) -> Result<(), ApiError> {
        Ok(self.core.store.save_mirror(mirror).await?)
    }

    /// How many viewers a person allows the mirror at once.
    pub async fn mirror_viewers(&self) -> Option<u32> {
        self.core.store.settings().await.ok().and_then(|settings| settings.mirror_viewers)
    }

    /// Does `work` every now and then for as long as the app runs, and not while it is still being opened.
    pub(crate) fn now_and_then<Work: Future<Output = ()> + Send>(
        &self,
        every: Duration,
        work: impl Fn(Self) -> Work + Send + 'static,
    ) {
        let engine = self.clone();
        let quitting = self.quitting();
        self.core.tasks.spawn(async move {
            let mut wait = FIRST_LOOK;
            loop {
                tokio::select! {
                    () = quitting.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
                wait = every;
                work(engine.clone()).await;
            }
        });
    }

    /// The answers that are running, in no order: where, and which.
    pub fn running(&self) -> Vec<(ConversationId, MessageId)> {
        self.core.turns().iter().map(|(answer, turn)| (turn.conversation, *answer)).collect()
    }

    /// What the disk refuses just now.
    pub fn disk(&self) -> Option<DiskProblem> {
        self.core.store.disk()
    }

    /// Whether nothing more comes of the answers that are being written: they wait for a disk that refuses.
    pub fn waits_for_the_disk(&self) -> bool {
        let came = self.core.turns().values().filter(|turn| turn.came.is_cancelled()).count();
        self.disk().is_some() && came == self.being_written()
    }

    /// How many answers are running.
    pub fn running_answers(&self) -> usize {
        self.core.turns().len()
    }

    /// Ends cleanly: running answers are marked interrupted, everything is on disk when this returns.
    pub async fn quit(&self) {
        self.core.quitting.cancel();
        self.core.tasks.close();
        // The end of an answer waits for a disk that refuses; quitting does not wait with it: the store keeps it in a file.
        if tokio::time::timeout(QUIT, self.core.tasks.wait()).await.is_err() {
            tracing::error!("not everything came to its end in time");
        }
        self.core.temporary.close().await;
        self.core.store.close().await;
    }
}

impl Core {
    /// The table of running turns. A panic while it was held cannot have left it half changed.
    pub fn turns(&self) -> std::sync::MutexGuard<'_, HashMap<MessageId, RunningTurn>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
