//! From the storage: what is there, back in the place of everything, or added to what is here.

use crate::Engine;
use rivulet_protocol::*;
use rivulet_store::{Publish, Store, Taken};
use std::path::PathBuf;
use std::sync::Arc;

/// What one transaction takes in.
const BATCH: usize = 50;

/// Nobody watches a database that is only read once.
struct Unwatched;

impl Publish for Unwatched {
    fn committed(&self, _: ConversationId, _: Vec<Event>) {}
    fn disk(&self, _: Option<DiskProblem>) {}
}

impl Engine {
    /// The backups in the storage, whoever put them there.
    pub(crate) async fn stored_backups(&self) -> Result<Vec<StoredBackup>, ApiError> {
        let storage = self.storage(&self.core.store.storage().await?).await?;
        Ok(storage.backups().await?)
    }

    /// Puts one in the place of everything, by the way a local backup takes.
    pub(crate) async fn restore_stored(&self, request: StorageRef) -> Result<StorageStatus, ApiError> {
        let running = self.core.transit.begin()?;
        let restored = async {
            let folder = self.fetch(&request).await?;
            self.core.store.keep_files_of(&folder).await?;
            self.put_everything_back(self.core.store.restore_file(folder.join("rivulet.db"))).await
        };
        let restored = restored.await;
        self.clear_transit();
        drop(running);
        restored?;
        self.storage_status().await
    }

    /// Adds what is not here. What is here stays as it is, so doing it twice changes nothing.
    pub(crate) async fn merge_stored(&self, request: StorageRef) -> Result<ImportReport, ApiError> {
        let running = self.core.transit.begin()?;
        let merged = async {
            let folder = self.fetch(&request).await?;
            self.core.store.keep_files_of(&folder).await?;
            let opened = tokio::task::spawn_blocking(move || Store::open(&folder, Arc::new(Unwatched))).await;
            let other = opened.map_err(|error| internal(&error))??;
            let merged = self.take_from(&other).await;
            other.close().await;
            merged
        };
        let merged = merged.await;
        self.clear_transit();
        drop(running);
        self.notify(LibraryEvent::Missed);
        merged
    }

    async fn take_from(&self, other: &Store) -> Result<ImportReport, ApiError> {
        let (mut taken, mut report) = (Taken::default(), ImportReport::default());
        for ids in other.conversation_ids().await?.chunks(BATCH) {
            let mut batch = Vec::with_capacity(ids.len());
            for id in ids {
                batch.extend(other.whole(*id).await?);
            }
            report.conversations += batch.len() as u64;
            report.messages += batch.iter().map(|(_, messages)| messages.len() as u64).sum::<u64>();
            taken += self.core.store.take_in(batch).await?;
        }
        report.skip(SkipReason::Conflict, taken.conflicts);
        report.new_conversations = taken.new_conversations;
        report.grown_conversations = taken.grown_conversations;
        report.new_messages = taken.new_messages;
        report.in_bin = taken.in_bin;
        Ok(report)
    }

    /// Fetches and decrypts one into the folder of what is on its way.
    async fn fetch(&self, request: &StorageRef) -> Result<PathBuf, ApiError> {
        let storage = self.storage(&self.core.store.storage().await?).await?;
        let folder = self.fresh_transit_folder().await?;
        storage.fetch(&request.name, &request.passphrase, &folder).await?;
        Ok(folder)
    }
}

fn internal(error: &impl ToString) -> ApiError {
    ApiError::new(ErrorCode::Internal, "The import ended badly.").detail(error.to_string())
}
