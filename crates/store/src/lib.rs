//! SQLite: conversations, the message tree, the event log, settings.
//!
//! One writer thread owns the write connection and commits whatever is pending as one transaction (`writer`). Readers
//! have connections of their own (`reader`). What was committed is published to the engine right after the commit,
//! and nothing is published before: a viewer never sees what a crash could take back.

mod api;
mod asked;
mod assistants;
mod attachments;
mod backup;
mod bin;
mod conversations;
mod documents;
mod drafts;
mod ending;
mod error;
mod exchange;
mod fields;
mod footprint;
mod health;
mod log;
mod messages;
mod opening;
mod places;
mod projects;
mod queue;
mod reader;
pub mod rescue;
mod rotation;
mod schema;
mod search;
mod spending;
mod storage;
mod unsaved;
mod words;
mod work;
mod writer;

pub use api::{ApiUse, ApiUseEnd};
pub use asked::{Asked, Left, Point};
pub use bin::Binned;
pub use conversations::{ConversationChange, Led, Listed};
pub use documents::{StoredLink, StoredMirror, StoredProvider};
pub use error::StoreError;
pub use exchange::Taken;
pub use queue::Append;
pub use rotation::outdated;
pub use spending::Spending;
pub use storage::StoredStorage;

use attachments::Files;
use health::Health;
use queue::{Item, Job, Lasting, Queue};
use reader::Readers;
use rivulet_protocol::{ConversationId, DiskProblem, Event, MessageId};
use rusqlite::Connection;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use unsaved::UnsavedFiles;
use work::Work;

/// In the data folder.
const FILE: &str = "rivulet.db";
const BACKUPS: &str = "backups";
const FILES: &str = "attachments";

/// What the store tells the engine, on the writer thread and right after a commit: must be quick.
pub trait Publish: Send + Sync + 'static {
    /// These events of a conversation are on disk, in order.
    fn committed(&self, conversation: ConversationId, events: Vec<Event>);
    /// What is wrong when the disk refuses writes or damage is found, `None` when it takes them again.
    fn disk(&self, problem: Option<DiskProblem>);
}

/// The open database. A cheap handle: clones share everything.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Arc<Queue>,
    readers: Readers,
    health: Arc<Health>,
    backups: PathBuf,
    files: Files,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens (or makes) the database in `dir`, brings it up to date (a backup comes first), and marks answers that were running when the
    /// app last ended as interrupted, unless their vendor goes on with them. Blocks; the folder gets mode 0700 and the files 0600.
    pub fn open(dir: &Path, publish: Arc<dyn Publish>) -> Result<Self, StoreError> {
        let lock = schema::claim(dir)?;
        let connection = opening::open(dir)?;
        Self::start(lock, dir, connection, publish)
    }

    /// Opens a database that is nowhere but in memory and goes with its last handle. It has no backups.
    pub fn in_memory(publish: Arc<dyn Publish>) -> Result<Self, StoreError> {
        let name = PathBuf::from(format!("file:/rivulet-{}?vfs=memdb", uuid::Uuid::now_v7()));
        let connection = schema::open_in_memory(&name)?;
        Self::run(None, name, PathBuf::new(), Files::default(), connection, publish)
    }

    fn start(lock: File, dir: &Path, connection: Connection, publish: Arc<dyn Publish>) -> Result<Self, StoreError> {
        let files = Files::Folder(dir.join(FILES));
        Self::run(Some(lock), dir.join(FILE), dir.join(BACKUPS), files, connection, publish)
    }

    fn run(
        lock: Option<File>,
        file: PathBuf,
        backups: PathBuf,
        files: Files,
        connection: Connection,
        publish: Arc<dyn Publish>,
    ) -> Result<Self, StoreError> {
        let (queue, health) = (Arc::new(Queue::default()), Arc::new(Health::new(publish)));
        let (thread_queue, thread_health) = (Arc::clone(&queue), Arc::clone(&health));
        let dir = lock.is_some().then(|| file.parent().map(Path::to_owned)).flatten();
        let writer = std::thread::Builder::new()
            .name("rivulet-store".into())
            .spawn(move || {
                let unsaved = UnsavedFiles::of(dir.clone());
                let clean = writer::run(connection, &thread_queue, &thread_health, unsaved);
                if let Some(dir) = dir.filter(|_| clean) {
                    footprint::closed(&dir);
                }
                // Not before the last write: two processes never write one data folder.
                drop(lock);
            })
            .map_err(StoreError::Thread)?;
        let readers = Readers::new(file);
        let shared = Shared { queue, readers, health, backups, files, writer: Mutex::new(Some(writer)) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What the disk refuses just now.
    pub fn disk(&self) -> Option<DiskProblem> {
        self.shared.health.problem()
    }

    /// Adds to a running answer. Never blocks and never fails: it waits in memory for the next commit, and what comes
    /// meanwhile is joined to it.
    pub fn append(&self, conversation: ConversationId, message: MessageId, append: Append) {
        self.shared.queue.append(conversation, message, append);
    }

    /// The same with several additions, up to a point of an answer that its vendor goes on with: they and the point
    /// reach the disk together, before anybody sees them.
    pub fn append_up_to(&self, conversation: ConversationId, message: MessageId, appends: Vec<Append>, point: Point) {
        self.shared.queue.append_up_to(conversation, message, appends, point);
    }

    /// Writes what is pending, marks the end as a clean one and closes. Later calls fail.
    pub async fn close(&self) {
        self.shared.queue.close();
        let writer = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            let joined = tokio::task::spawn_blocking(move || writer.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the writer thread ended badly");
            }
        }
    }

    /// Runs `write` in the next transaction and answers when that is on disk.
    async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        write: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.push(durability, None, write).await
    }

    async fn push<T: Send + 'static>(
        &self,
        durability: Durability,
        lasting: Option<Lasting>,
        write: impl Fn(&mut Work<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let slot = Arc::new(Mutex::new(None));
        let filled = Arc::clone(&slot);
        let job = Job {
            durability,
            lasting,
            run: Box::new(move |work| {
                let value = write(work)?;
                *filled.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            }),
            reply: Some(reply),
        };
        if !self.shared.queue.push(Item::Job(job)) {
            return Err(StoreError::Closed);
        }
        answer.await.map_err(|_| StoreError::Closed)??;
        let value = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or(StoreError::Closed)
    }

    /// Runs `read` on a connection that cannot write, inside one read transaction.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || {
            let result = shared.readers.with(read);
            if let Err(error) = &result {
                shared.health.failed(error);
            }
            result
        });
        task.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Forgotten rather than closed: what is pending is still written, but the end is not marked as a clean one.
        self.queue.abandon();
    }
}

/// How a job's transaction reaches the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Durability {
    /// In the operating system's hands: survives the process, not a power cut.
    Normal,
    /// Synced.
    Synced,
}
