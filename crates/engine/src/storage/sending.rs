//! To the storage: by the day and when a person asks, and what is out of date there goes.

use super::{PASSPHRASE, no_secret};
use crate::Engine;
use rivulet_protocol::*;
use rivulet_storage::{Storage, StorageError, address, name_at, seal};
use rivulet_store::{StoredStorage, outdated};
use std::time::Duration;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// After a failure: soon enough for a network that comes back, and no storm of wrong passwords.
const AGAIN_MS: u64 = 60 * 60 * 1000;
const LOOK: Duration = Duration::from_secs(15 * 60);
/// What this app put there is noted up to here; it is far beyond what the calendar keeps.
const NOTED: usize = 200;

impl Engine {
    /// Sends a backup to the storage a day, for as long as the app runs.
    pub(crate) fn send_daily(&self) {
        let quitting = self.quitting();
        self.now_and_then(LOOK, move |engine| {
            let quitting = quitting.clone();
            async move {
                tokio::select! {
                    // What is there of it is removed by the next one.
                    () = quitting.cancelled() => {}
                    sent = engine.send_if_due(now_ms()) => if let Err(error) = sent {
                        tracing::error!(%error, detail = ?error.detail, "the day's backup did not get to the storage");
                    }
                }
            }
        });
    }

    /// What is done now and then: sends a backup if the last one is a day old, and the last failure an hour. `now` is in
    /// milliseconds since the epoch. A clock that jumped makes it due rather than never. Whether one was sent.
    pub async fn send_if_due(&self, now: u64) -> Result<bool, ApiError> {
        let kept = self.core.store.storage().await?;
        let old = |at: Option<u64>, age: u64| at.is_none_or(|at| now.abs_diff(at) >= age);
        let due = old(kept.last.as_ref().map(|last| last.made_at), DAY_MS)
            && old(kept.problem.as_ref().map(|problem| problem.at), AGAIN_MS);
        let some = self.core.store.conversations(0, 1, rivulet_store::Listed::default()).await?;
        if kept.place.is_none() || !due || some.conversations.is_empty() {
            return Ok(false);
        }
        self.send_backup(BackupKind::Daily, now).await.map(|_| true)
    }

    /// Sends a backup now; what comes of it is told to the page either way.
    pub(crate) async fn send_backup(&self, kind: BackupKind, now: u64) -> Result<StorageStatus, ApiError> {
        let running = self.core.transit.begin()?;
        self.notify(LibraryEvent::Backups);
        let sent = self.try_send(kind, now).await;
        self.clear_transit();
        let problem = sent.as_ref().err().map(|error| StorageProblem { at: now, error: error.clone() });
        self.core.store.change_storage(move |kept| kept.problem = problem.clone()).await?;
        drop(running);
        self.notify(LibraryEvent::Backups);
        sent?;
        self.storage_status().await
    }

    async fn try_send(&self, kind: BackupKind, now: u64) -> Result<(), ApiError> {
        let kept = self.core.store.storage().await?;
        let storage = self.storage(&kept).await?;
        let place = kept.place.as_ref().ok_or_else(|| ApiError::not_found("storage"))?;
        let passphrase = self.storage_secret(&address(place)?, PASSPHRASE).await?.ok_or_else(no_secret)?;
        self.clear_begun(&storage, &kept).await?;

        let folder = self.fresh_transit_folder().await?;
        let made = self.local_backup(kind).await?;
        let files = self.core.store.files_of(made.clone()).await?;
        let (sealed_file, locked) = (folder.join("sealed.age"), passphrase.clone());
        let to = sealed_file.clone();
        let sealed = tokio::task::spawn_blocking(move || seal(&made, &files, &to, &locked)).await;
        let sealed = sealed.map_err(|error| StorageError::Failed(error.to_string()))??;

        let name = name_at(now);
        let begun = name.clone();
        // Before anything is there: whatever ends this, the next one knows what to remove.
        self.core.store.change_storage(move |kept| kept.begun.push(begun.clone())).await?;
        let stored = match storage.upload(&name, &sealed_file, sealed, &passphrase).await {
            Ok(stored) => stored,
            Err(error) => {
                self.clear_begun(&storage, &self.core.store.storage().await?).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "what was begun in the storage is removed by the next one");
                });
                return Err(error.into());
            }
        };
        let new = stored.clone();
        self.core
            .store
            .change_storage(move |kept| {
                kept.begun.retain(|name| *name != new.name);
                kept.sent.insert(0, new.clone());
                kept.sent.truncate(NOTED);
                kept.last = Some(new.clone());
            })
            .await?;
        self.remove_outdated(&storage, &stored).await;
        Ok(())
    }

    /// A backup of this moment, beside the ones the day makes.
    async fn local_backup(&self, kind: BackupKind) -> Result<std::path::PathBuf, ApiError> {
        let _turn = self.core.backups.begin()?;
        let made = self.core.store.back_up(kind).await?;
        self.notify(LibraryEvent::Backups);
        Ok(self.core.store.backup_folder().join(made.name))
    }

    /// Removes what earlier runs began and did not end.
    async fn clear_begun(&self, storage: &Storage, kept: &StoredStorage) -> Result<(), ApiError> {
        for name in kept.begun.clone() {
            storage.remove(&name).await?;
            self.core.store.change_storage(move |kept| kept.begun.retain(|begun| *begun != name)).await?;
        }
        Ok(())
    }

    /// Of what this app put there, what the calendar does not keep goes. The one just made stays, whatever the clock
    /// says; one that cannot be removed now is tried again with the next.
    async fn remove_outdated(&self, storage: &Storage, new: &StoredBackup) {
        let removed = async {
            let mut sent = self.core.store.storage().await?.sent;
            sent.sort_by_key(|sent| std::cmp::Reverse(sent.made_at));
            let as_file = |StoredBackup { name, made_at, bytes }: StoredBackup| BackupFile {
                name,
                kind: BackupKind::Daily,
                made_at,
                bytes,
            };
            let all: Vec<BackupFile> = sent.into_iter().map(as_file).collect();
            for old in outdated(&all).into_iter().filter(|old| old.name != new.name) {
                storage.remove(&old.name).await?;
                let name = old.name.clone();
                self.core.store.change_storage(move |kept| kept.sent.retain(|sent| sent.name != name)).await?;
            }
            Ok::<_, ApiError>(())
        };
        if let Err(error) = removed.await {
            tracing::warn!(%error, "a backup that is out of date stays in the storage");
        }
    }
}
