//! Imports and exports: one at a time, each with its progress and a way to stop it.

use crate::Engine;
use rivulet_exchange::writers::{Export, Words, extension, file_name};
use rivulet_exchange::{Chat, Progress, ReadError, read, read_files, read_with_extras};
use rivulet_protocol::*;
use rivulet_store::{StoreError, Taken};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::task_tracker::TaskTrackerToken;

/// What one transaction takes in: little enough that no answer waits long behind it.
const BATCH_BYTES: usize = 1 << 20;
const BATCH_CHATS: usize = 100;

/// The transfer that runs, if one does.
#[derive(Default)]
pub(crate) struct Transfers(Mutex<Option<Arc<Transfer>>>);

struct Transfer {
    /// Of an import: bytes. It also carries a person's stop.
    reading: Progress,
    step: Mutex<TransferStep>,
    /// Of an export: conversations.
    written: AtomicU64,
    all: AtomicU64,
}

impl Transfer {
    fn set(&self, step: TransferStep) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = step;
    }

    fn progress(&self) -> TransferProgress {
        let step = *self.step.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, total) = match step {
            TransferStep::Exporting => (self.written.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed)),
            TransferStep::Checking | TransferStep::Importing => self.reading.bytes(),
        };
        TransferProgress { step, done, total }
    }
}

impl Transfers {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<Transfer>>> {
        // Set and cleared in one step each: nothing can have been left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the transfer when it goes, however that comes.
struct Running {
    engine: Engine,
    transfer: Arc<Transfer>,
    /// Quitting waits until it is stopped.
    _waited_for: TaskTrackerToken,
    _over: DropGuard,
}

impl Drop for Running {
    fn drop(&mut self) {
        *self.engine.core.transfers.lock() = None;
    }
}

impl Engine {
    /// Asks for a file or folder and imports it; `None` if nothing was chosen.
    pub(crate) async fn import(&self, request: ImportStart) -> Result<Option<ImportReport>, ApiError> {
        match self.desktop()?.choose_import(request.folder).await {
            Some(path) => self.import_from(path).await.map(Some),
            None => Ok(None),
        }
    }

    /// Asks where to and exports.
    pub(crate) async fn export(&self, request: ExportStart) -> Result<ExportReport, ApiError> {
        let many = request.conversations.as_ref().is_none_or(|chosen| chosen.len() != 1);
        let title = match request.conversations.as_deref() {
            Some([one]) => self.seen_conversation(&Caller::window(), *one).await?.title,
            _ => "Rivulet".into(),
        };
        let title = if title.is_empty() { Words::of(request.language).untitled.to_owned() } else { title };
        let name = file_name(&title, request.form, many);
        match self.desktop()?.choose_export(name, extension(request.form, many)).await {
            Some(path) => self.export_to(path, request).await,
            None => Ok(ExportReport::default()),
        }
    }

    pub(crate) fn transfer_status(&self) -> TransferStatus {
        TransferStatus { running: self.core.transfers.lock().as_ref().map(|transfer| transfer.progress()) }
    }

    pub(crate) fn stop_transfer(&self) {
        if let Some(transfer) = &*self.core.transfers.lock() {
            transfer.reading.stop();
        }
    }

    fn begin_transfer(&self, step: TransferStep) -> Result<Running, ApiError> {
        let mut running = self.core.transfers.lock();
        if running.is_some() {
            return Err(ApiError::new(ErrorCode::Busy, "An import or export is running already."));
        }
        let transfer = Arc::new(Transfer {
            reading: Progress::default(),
            step: Mutex::new(step),
            written: AtomicU64::new(0),
            all: AtomicU64::new(0),
        });
        *running = Some(Arc::clone(&transfer));
        let (quitting, over, stop) = (self.quitting(), CancellationToken::new(), transfer.reading.clone());
        let ended = over.clone();
        self.core.tasks.spawn(async move {
            tokio::select! {
                () = quitting.cancelled() => stop.stop(),
                () = ended.cancelled() => {}
            }
        });
        let (_waited_for, _over) = (self.core.tasks.token(), over.drop_guard());
        Ok(Running { engine: self.clone(), transfer, _waited_for, _over })
    }

    /// Imports what lies at `path`. It is read to its end before anything is changed: a file that cannot be read
    /// changes nothing.
    pub async fn import_from(&self, path: PathBuf) -> Result<ImportReport, ApiError> {
        let running = self.begin_transfer(TransferStep::Checking)?;
        let transfer = Arc::clone(&running.transfer);
        let progress = transfer.reading.clone();
        let checked = {
            let path = path.clone();
            off_the_runtime(move || read_with_extras(&path, &progress, &mut |_| Ok(()))).await?
        };
        let (mut report, extras) = match checked {
            Ok(checked) => checked,
            Err(error) => return Ok(refused(error)),
        };
        transfer.set(TransferStep::Importing);
        // First, so that no conversation waits for who leads it.
        if !extras.assistants.is_empty() {
            report.new_assistants = self.core.store.take_in_assistants(extras.assistants).await?;
        }
        // And so that no message names a file that is still to come.
        if !extras.files.is_empty() {
            match self.take_in_files(path.clone(), &transfer, extras.files).await? {
                Ok(missing) => report.attachments_missing += missing,
                Err(error) => return Ok(refused(error)),
            }
        }
        let taken = self.take_in(path, &transfer, &mut report).await;
        report.skip(SkipReason::Conflict, taken.conflicts);
        report.new_conversations = taken.new_conversations;
        report.grown_conversations = taken.grown_conversations;
        report.new_messages = taken.new_messages;
        report.in_bin = taken.in_bin;
        self.notify(LibraryEvent::Missed);
        Ok(report)
    }

    /// Keeps attachments of an archive; how many are not what they should be.
    async fn take_in_files(
        &self,
        path: PathBuf,
        transfer: &Transfer,
        files: HashSet<FileHash>,
    ) -> Result<Result<u64, ReadError>, ApiError> {
        let (progress, engine, runtime) = (transfer.reading.clone(), self.clone(), Handle::current());
        off_the_runtime(move || {
            let mut problem = None;
            let read = read_files(&path, &progress, &files, &mut |bytes| {
                runtime.block_on(engine.core.store.keep_file(bytes)).map(drop).map_err(|error| {
                    problem = Some(error);
                    ReadError::Stopped
                })
            });
            match problem {
                Some(error) => Err(error.into()),
                None => Ok(read),
            }
        })
        .await?
    }

    /// Reads the file once more and takes in what is in it, a batch at a time. What ends it early stands in the report.
    async fn take_in(&self, path: PathBuf, transfer: &Transfer, report: &mut ImportReport) -> Taken {
        // One batch is read while another is written.
        let (batches, mut ready) = mpsc::channel(1);
        let progress = transfer.reading.clone();
        let reader = tokio::task::spawn_blocking(move || {
            let mut batch = Batch::default();
            read(&path, &progress, &mut |chat| match batch.add(chat) {
                true => send(&batches, &mut batch),
                false => Ok(()),
            })?;
            send(&batches, &mut batch)
        });
        let mut taken = Taken::default();
        while let Some(batch) = ready.recv().await {
            match self.take_in_batch(batch).await {
                Ok(more) => taken += more,
                Err(error) => {
                    tracing::error!(%error, "an import was not taken to its end");
                    report.problem = Some(ImportProblem::NotStored);
                    transfer.reading.stop();
                    break;
                }
            }
        }
        drop(ready);
        match reader.await {
            Ok(Ok(())) => {}
            _ if report.problem.is_some() => {}
            Ok(Err(error)) => {
                report.stopped = error.problem().is_none();
                report.problem = error.problem();
            }
            Err(error) => {
                tracing::error!(%error, "an import ended badly");
                report.problem = Some(ImportProblem::Unreadable);
            }
        }
        taken
    }

    async fn take_in_batch(&self, batch: Batch) -> Result<Taken, StoreError> {
        if !batch.projects.is_empty() {
            self.core.store.take_in_projects(batch.projects.into_values().collect()).await?;
        }
        self.core.store.take_in(batch.chats).await
    }

    /// Exports to a file. It appears under its name when it is whole.
    pub async fn export_to(&self, path: PathBuf, request: ExportStart) -> Result<ExportReport, ApiError> {
        let running = self.begin_transfer(TransferStep::Exporting)?;
        let transfer = Arc::clone(&running.transfer);
        let many = request.conversations.as_ref().is_none_or(|chosen| chosen.len() != 1);
        let assistants = self.assistants_to_export(request.conversations.as_deref()).await?;
        let ids = match request.conversations {
            Some(chosen) => chosen,
            None => self.core.store.conversation_ids().await?,
        };
        transfer.all.store(ids.len() as u64, Ordering::Relaxed);
        let (engine, runtime) = (self.clone(), Handle::current());
        let (form, language) = (request.form, request.language);
        off_the_runtime(move || {
            let part = Part::beside(path)?;
            let mut export = Export::new(part.file.try_clone().map_err(not_written)?, form, many, language);
            for assistant in &assistants {
                export.add_assistant(assistant).map_err(not_written)?;
            }
            for id in ids {
                if transfer.reading.is_stopped() {
                    return Ok(ExportReport::default());
                }
                // One that went to the bin meanwhile is not there.
                if let Some((conversation, messages)) = runtime.block_on(engine.core.store_of(id).whole(id))? {
                    let project = match conversation.place.project {
                        Some(project) => runtime.block_on(engine.core.store.project(project))?,
                        None => None,
                    };
                    let store = engine.core.store_of(id);
                    let mut files = |hash: &FileHash| runtime.block_on(store.file(hash.clone())).ok();
                    export.add(&Chat { conversation, messages, project }, &mut files).map_err(not_written)?;
                }
                transfer.written.fetch_add(1, Ordering::Relaxed);
            }
            let (conversations, messages) = export.counts();
            let attachments_missing = export.lost();
            export.finish(&engine.core.version, now_ms()).map_err(not_written)?;
            let (file, bytes) = part.keep()?;
            Ok(ExportReport { file: Some(file), conversations, messages, bytes, attachments_missing })
        })
        .await?
    }
}

/// Runs what reads and writes files where no other task waits for it.
pub(crate) async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ApiError::new(ErrorCode::Internal, "The transfer ended badly.").detail(error))
}

fn refused(error: ReadError) -> ImportReport {
    tracing::info!(%error, "a file was not imported");
    ImportReport { stopped: error.problem().is_none(), problem: error.problem(), ..ImportReport::default() }
}

pub(crate) fn not_written(error: io::Error) -> ApiError {
    ApiError::new(ErrorCode::FileWrite, "The file could not be written.").detail(error)
}

/// Conversations that wait for one transaction.
#[derive(Default)]
struct Batch {
    chats: Vec<(Conversation, Vec<Message>)>,
    projects: HashMap<ProjectId, Project>,
    bytes: usize,
}

impl Batch {
    /// Whether it is full now.
    fn add(&mut self, chat: Chat) -> bool {
        self.bytes +=
            chat.messages.iter().map(|message| message.text.len() + message.reasoning.len() + 500).sum::<usize>();
        self.projects.extend(chat.project.map(|project| (project.id, project)));
        self.chats.push((chat.conversation, chat.messages));
        self.bytes >= BATCH_BYTES || self.chats.len() >= BATCH_CHATS
    }
}

fn send(to: &mpsc::Sender<Batch>, batch: &mut Batch) -> Result<(), ReadError> {
    let batch = std::mem::take(batch);
    // Nobody takes any more: the store refused.
    if batch.chats.is_empty() { Ok(()) } else { to.blocking_send(batch).map_err(|_| ReadError::Stopped) }
}

/// A file that is not whole yet, beside the place where it shall be. It goes when it is dropped.
pub(crate) struct Part {
    pub file: File,
    path: PathBuf,
    to: PathBuf,
}

impl Part {
    pub fn beside(to: PathBuf) -> Result<Self, ApiError> {
        let mut name = to.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let path = to.with_file_name(name);
        let file = File::create(&path).map_err(not_written)?;
        Ok(Self { file, path, to })
    }

    /// Gives it its name; answers with that and the size.
    pub fn keep(self) -> Result<(String, u64), ApiError> {
        let bytes =
            self.file.metadata().and_then(|data| self.file.sync_all().map(|()| data.len())).map_err(not_written)?;
        std::fs::rename(&self.path, &self.to).map_err(not_written)?;
        Ok((shown(&self.to), bytes))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Not there any more when it was kept.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
