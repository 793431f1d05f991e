//! A window whose core did not start, because the data folder cannot be opened: it says so and offers the ways out. When
//! one was taken, or what was in the way is gone, the core starts behind the same window.

use crate::window::{self, Opened};
use rivulet_engine::{EngineConfig, OpenError};
use rivulet_protocol::{ApiError, ConversationId, DiskFault, DiskProblem, ErrorCode, Event, Rescue, Rescued, Trouble};
use rivulet_store::{Publish, Store, StoreError, rescue};
use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::{AppHandle, State};

/// What the window's page asks for.
pub struct Waiting {
    start: EngineConfig,
    trouble: Mutex<Option<Trouble>>,
}

impl Waiting {
    /// Looks at why the core did not start.
    pub fn new(start: EngineConfig, error: &StoreError) -> Self {
        let trouble = Mutex::new(Some(rescue::look(&start.data_dir, error)));
        Self { start, trouble }
    }

    /// Nothing when the core has started since.
    pub fn trouble(&self) -> Option<Trouble> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Trouble>> {
        // Replaced in one step: nothing can have been left half done.
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is wrong; nothing when the core has started since.
#[tauri::command]
pub fn trouble(waiting: State<'_, Waiting>) -> Option<Trouble> {
    waiting.trouble()
}

/// Takes a way out of a damaged database.
#[tauri::command]
pub async fn rescue_take(waiting: State<'_, Waiting>, request: Rescue) -> Result<Rescued, ApiError> {
    if waiting.trouble().is_none() {
        return Err(ApiError::new(ErrorCode::Busy, "The conversations are open."));
    }
    let dir = waiting.start.data_dir.clone();
    let rescued = tauri::async_runtime::spawn_blocking(move || rescue::rescue(&dir, &request)).await;
    rescued
        .unwrap_or(Err(StoreError::Closed))
        .inspect_err(|error| tracing::error!(%error, "the database was not rescued"))
        .map_err(|error| {
            ApiError::new(ErrorCode::Storage, "The rescue failed. The damaged file is as it was.").detail(error)
        })
}

/// Opens the data folder again; what is wrong if it still cannot be.
#[tauri::command]
pub async fn rescue_end(app: AppHandle, waiting: State<'_, Waiting>) -> Result<Option<Trouble>, ApiError> {
    if waiting.trouble().is_none() {
        return Ok(None);
    }
    match Opened::open(waiting.start.clone()).await {
        Ok(Some(opened)) => {
            let dir = waiting.start.data_dir.clone();
            let ready = app.clone();
            // Setting up waits for tasks of its own.
            let up = tauri::async_runtime::spawn_blocking(move || window::set_up(&ready, opened, dir)).await;
            up.map_err(|error| ApiError::new(ErrorCode::Internal, "The core did not start.").detail(error))?;
            *waiting.lock() = None;
        }
        Ok(None) => app.exit(0),
        Err(OpenError::Store(error)) => *waiting.lock() = Some(rescue::look(&waiting.start.data_dir, &error)),
        Err(error) => return Err(ApiError::new(ErrorCode::Internal, error.to_string())),
    }
    Ok(waiting.trouble())
}

/// Where there is no window that could offer anything: what is wrong, and where there is a way out.
pub fn in_words(error: OpenError, dir: &Path) -> anyhow::Error {
    let OpenError::Store(error) = error else { return error.into() };
    let dir = dir.display();
    let what = match error.fault() {
        DiskFault::Damaged => {
            "Open the app's window, or run `rivulet rescue`: it keeps the damaged file and offers to restore a \
            backup, to take out what can still be read, or to begin with an empty one."
        }
        DiskFault::Full => "Free some space, then try again.",
        DiskFault::ReadOnly => "Allow writing there, or choose another folder with --data-dir.",
        DiskFault::Locked => "Another program holds the database; close it, then try again.",
        DiskFault::Newer | DiskFault::InUse | DiskFault::Other => {
            return error.into();
        }
    };
    anyhow::anyhow!("{error} (in {dir}). {what}")
}

/// Nobody reads on.
struct Nobody;

impl Publish for Nobody {
    fn committed(&self, _: ConversationId, _: Vec<Event>) {}
    fn disk(&self, _: Option<DiskProblem>) {}
}

/// The same ways out for somebody at a terminal: says which there are, or takes one; what is to be said of that.
pub fn in_terminal(dir: &Path, way: Option<Rescue>) -> anyhow::Result<String> {
    // What is not there is not made by being looked at.
    anyhow::ensure!(dir.is_dir(), "there is no data folder at {}", dir.display());
    let error = match Store::open(dir, Arc::new(Nobody)) {
        Ok(store) => {
            tauri::async_runtime::block_on(store.close());
            return Ok(format!("The database in {} is sound. There is nothing to rescue.", dir.display()));
        }
        Err(error) if error.fault() == DiskFault::Damaged => error,
        Err(error) => return Err(in_words(OpenError::Store(error), dir)),
    };
    let trouble = rescue::look(dir, &error);
    let way = match (way, trouble.backups.first()) {
        (None, _) => return Ok(ways_out(&trouble)),
        (Some(Rescue::Backup { name }), Some(last)) if name == "last" => {
            Rescue::Backup { name: last.file.name.clone() }
        }
        (Some(way), _) => way,
    };
    let Rescued { kept, conversations, messages, lost } = rescue::rescue(dir, &way)?;
    let mut said = format!("Conversations: {conversations}. Messages: {messages}.");
    if lost > 0 {
        write!(said, " Lost, at least: {lost}.")?;
    }
    write!(said, "\nThe damaged file is kept: {kept}")?;
    Ok(said)
}

fn ways_out(trouble: &Trouble) -> String {
    let Trouble { folder, detail, backups, .. } = trouble;
    let mut said = format!("In {folder}: {detail}.\nThe ways out, each of which keeps the damaged file:\n");
    for backup in backups {
        let (name, conversations) = (&backup.file.name, backup.conversations);
        said += &format!("  rivulet rescue --backup {name}   (conversations: {conversations})\n");
    }
    said += "  rivulet rescue --salvage   takes out of it what can still be read\n";
    said + "  rivulet rescue --empty     begins with an empty one"
}
