//! A window whose core did not start, because the data folder cannot be opened: it says so and offers the ways out. When
//! one was taken, or what was in the way is gone, the core starts behind the same window.

use crate::window::{self, Opened};
use rivulet_engine::{EngineConfig, OpenError};
use rivulet_protocol::{ApiError, ErrorCode, Rescue, Rescued, Trouble};
use rivulet_store::{StoreError, rescue};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
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
        rivulet_protocol::DiskFault::Damaged => {
            "Open the app's window: it keeps the damaged file and offers to restore a \
            backup, to take out what can still be read, or to begin with an empty one."
        }
        rivulet_protocol::DiskFault::Full => "Free some space, then try again.",
        rivulet_protocol::DiskFault::ReadOnly => "Allow writing there, or choose another folder with --data-dir.",
        rivulet_protocol::DiskFault::Locked => "Another program holds the database; close it, then try again.",
        rivulet_protocol::DiskFault::Newer
        | rivulet_protocol::DiskFault::InUse
        | rivulet_protocol::DiskFault::Other => {
            return error.into();
        }
    };
    anyhow::anyhow!("{error} (in {dir}). {what}")
}
