//! Backups: one a day by itself, one when a person asks, and back to any of them.

use crate::Engine;
use rivulet_protocol::*;
use rivulet_store::StoreError;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A backup younger than this is today's.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// A computer may have slept through the day's end; a failed backup is tried again.
const LOOK: Duration = Duration::from_secs(15 * 60);

/// What is known of backups besides their files.
#[derive(Default)]
pub(crate) struct Backups {
    running: AtomicBool,
    problem: Mutex<Option<BackupProblem>>,
}

/// One at a time.
pub(crate) struct Running<'a>(&'a Backups);

impl Backups {
    pub(crate) fn begin(&self) -> Result<Running<'_>, ApiError> {
        match self.running.swap(true, Ordering::AcqRel) {
            true => Err(ApiError::new(ErrorCode::Busy, "A backup is being made or restored already.")),
            false => Ok(Running(self)),
        }
    }

    fn problem(&self) -> std::sync::MutexGuard<'_, Option<BackupProblem>> {
        // Replaced in one step: nothing can have been left half done.
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::Release);
    }
}

impl Engine {
    pub(crate) async fn backup_status(&self) -> Result<BackupStatus, ApiError> {
        Ok(BackupStatus {
            folder: self.core.store.backup_folder().display().to_string(),
            backups: self.core.store.backups().await?,
            running: self.core.backups.running.load(Ordering::Acquire),
            problem: self.core.backups.problem().clone(),
        })
    }

    /// Makes a backup; what comes of it is told to the page either way.
    pub(crate) async fn back_up(&self, kind: BackupKind) -> Result<BackupStatus, ApiError> {
        let running = self.core.backups.begin()?;
        let made = self.core.store.back_up(kind).await;
        drop(running);
        let problem = made.as_ref().err().map(|error| BackupProblem { at: now_ms(), detail: error.to_string() });
        *self.core.backups.problem() = problem;
        self.notify(LibraryEvent::Backups);
        made?;
        self.backup_status().await
    }

    pub(crate) async fn restore_backup(&self, name: &str) -> Result<BackupStatus, ApiError> {
        self.put_everything_back(self.core.store.restore_backup(name)).await?;
        self.backup_status().await
    }

    /// Asks for a backup's file, of another computer perhaps, and puts it in the place of everything; `None` if nothing
    /// was chosen.
    pub(crate) async fn restore_chosen_backup(&self) -> Result<Option<BackupStatus>, ApiError> {
        let Some(file) = self.desktop()?.choose_import(false).await else { return Ok(None) };
        self.restore_backup_from(file).await.map(Some)
    }

    /// The same with a file that was chosen.
    pub async fn restore_backup_from(&self, file: PathBuf) -> Result<BackupStatus, ApiError> {
        self.core.store.check_backup(file.clone()).await?;
        self.put_everything_back(self.core.store.restore_file(file)).await?;
        self.backup_status().await
    }

    /// Lets `restore` put a backup in the place of everything. Whoever watches by the mirror is cut off first: what they
    /// may see was said of what was there.
    pub(crate) async fn put_everything_back(
        &self,
        restore: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), ApiError> {
        let running = self.core.backups.begin()?;
        if self.transfer_status().running.is_some() {
            return Err(ApiError::new(ErrorCode::Busy, "An import or export is running."));
        }
        if let Some(mirror) = self.core.mirror.get() {
            mirror.stop().await;
        }
        if let Some(api) = self.core.api.get() {
            api.close().await;
        }
        let turns: Vec<_> = self.core.turns().values().cloned().collect();
        for turn in turns {
            turn.stop.cancel();
            turn.ended.cancelled().await;
        }
        restore.await?;
        drop(running);
        self.keep_api(Some(false), None).await?;
        self.core.logs.forget_all();
        let settings = self.core.store.settings().await?;
        self.core.demo.set_rate(settings.demo_rate);
        self.core.demo.set_replay_speed(settings.replay_speed);
        self.notify(LibraryEvent::Settings);
        self.notify(LibraryEvent::Missed);
        Ok(())
    }

    /// A backup a day, for as long as the app runs.
    pub(crate) fn back_up_daily(&self) {
        self.now_and_then(LOOK, |engine| async move {
            if engine.backup_is_due().await
                && let Err(error) = engine.back_up(BackupKind::Daily).await
            {
                tracing::error!(%error, detail = ?error.detail, "the day's backup failed");
            }
        });
    }

    /// Nothing was backed up for a day, and there is something to back up.
    async fn backup_is_due(&self) -> bool {
        let (Ok(backups), Ok(some)) =
            (self.core.store.backups().await, self.core.store.conversations(0, 1, Default::default()).await)
        else {
            return false;
        };
        let young = backups.iter().any(|backup| backup.made_at + DAY_MS > now_ms());
        !young && !some.conversations.is_empty()
    }
}
