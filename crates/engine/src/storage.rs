//! A person's own storage: where it is, what it is opened with, how it stands.

mod fetching;
mod sending;

use crate::Engine;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use rivulet_protocol::*;
use rivulet_providers::{Client, Route};
use rivulet_storage::{Http, Storage, StorageError, address};
use rivulet_store::StoredStorage;
use rivulet_vault::Slot;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Its secrets are kept as this "provider's", bound to its address: this one's password, and the passphrase.
const STORAGE: &str = "storage";
const PASSWORD: u32 = 0;
const PASSPHRASE: u32 = 1;
/// Less is guessed from what lies in the storage, which anybody who gets at it can try for years.
const SHORTEST: usize = 12;
/// In the data folder: what is on its way. Gone at the next start, if not before.
const TRANSIT: &str = "transit";

/// Something is on its way to the storage or back.
#[derive(Default)]
pub(crate) struct Transit(AtomicBool);

struct Running<'a>(&'a Transit);

impl Transit {
    fn begin(&self) -> Result<Running<'_>, ApiError> {
        match self.0.swap(true, Ordering::AcqRel) {
            true => Err(ApiError::new(ErrorCode::Busy, "Something is on its way to the storage or back already.")),
            false => Ok(Running(self)),
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

/// The app's HTTP client, and the way it takes.
struct Way {
    client: Client,
    route: Route,
}

impl Http for Way {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Failure>> {
        Box::pin(self.client.carry(&self.route, request))
    }
}

impl Engine {
    pub(crate) async fn storage_status(&self) -> Result<StorageStatus, ApiError> {
        let StoredStorage { place, last, problem, .. } = self.core.store.storage().await?;
        Ok(StorageStatus { place, running: self.core.transit.0.load(Ordering::Acquire), last, problem })
    }

    /// Keeps a place that was found to work, and its secrets bound to it.
    pub(crate) async fn save_storage(&self, request: StorageSave) -> Result<StorageStatus, ApiError> {
        let running = self.core.transit.begin()?;
        let StorageSave { place, password, passphrase, keep } = request;
        let address = address(&place)?;
        let given = |secret: Option<Secret>| secret.filter(|secret| !secret.expose().is_empty());
        let (password, passphrase) = (given(password), given(passphrase));
        if passphrase.as_ref().is_some_and(|passphrase| passphrase.expose().chars().count() < SHORTEST) {
            return Err(ApiError::invalid(format!("A passphrase has at least {SHORTEST} characters.")));
        }
        if passphrase.is_none() {
            self.storage_secret(&address, PASSPHRASE).await?.ok_or_else(no_secret)?;
        }
        let tried = match &password {
            Some(password) => Some(password.clone()),
            None => self.storage_secret(&address, PASSWORD).await?,
        };
        self.storage_at(&place, tried).await?.probe().await?;
        for (number, secret) in [(PASSWORD, password), (PASSPHRASE, passphrase)] {
            if let Some(secret) = secret {
                self.keep_storage_secret(&address, number, secret, keep).await?;
            }
        }
        self.forget_storage_secrets(Some(&address)).await?;
        self.core.store.change_storage(move |kept| set_up(kept, &place)).await?;
        drop(running);
        self.notify(LibraryEvent::Backups);
        self.storage_status().await
    }

    /// Asks for a folder of a person's own.
    pub(crate) async fn choose_storage_folder(&self) -> Result<ChosenFolder, ApiError> {
        let path = self.desktop()?.choose_import(true).await;
        Ok(ChosenFolder { path: path.map(|path| path.display().to_string()) })
    }

    /// Forgets the place and its secrets. What is there stays.
    pub(crate) async fn forget_storage(&self) -> Result<StorageStatus, ApiError> {
        let running = self.core.transit.begin()?;
        self.forget_storage_secrets(None).await?;
        self.core.store.change_storage(|kept| *kept = StoredStorage::default()).await?;
        drop(running);
        self.notify(LibraryEvent::Backups);
        self.storage_status().await
    }

    /// The storage that is set up.
    async fn storage(&self, kept: &StoredStorage) -> Result<Storage, ApiError> {
        let place = kept.place.as_ref().ok_or_else(|| ApiError::not_found("storage"))?;
        let password = self.storage_secret(&address(place)?, PASSWORD).await?;
        let wanted = match place {
            StoragePlace::Folder { .. } => false,
            StoragePlace::Webdav { user, .. } => !user.is_empty(),
            StoragePlace::S3 { .. } => true,
        };
        if wanted && password.is_none() {
            return Err(no_secret());
        }
        self.storage_at(place, password).await
    }

    async fn storage_at(&self, place: &StoragePlace, password: Option<Secret>) -> Result<Storage, ApiError> {
        // The way models are asked by: the system's proxy, and authorities of a person's own.
        let route = self.route(&ProxyChoice::System).await.map_err(ApiError::upstream)?;
        let way = Way { client: self.core.client.clone(), route };
        Ok(Storage::new(place, password, Arc::new(way))?)
    }

    async fn storage_secret(&self, address: &str, number: u32) -> Result<Option<Secret>, ApiError> {
        let infos = self.core.store.key_infos().await?;
        // A keyring may put up a question, which a folder without a password does not need.
        let known = infos.iter().any(|(id, info)| id.0 == STORAGE && info.origin == address && info.number == number);
        if known { Ok(self.core.vault.get(&slot(address, number)).await?) } else { Ok(None) }
    }

    async fn keep_storage_secret(
        &self,
        address: &str,
        number: u32,
        secret: Secret,
        keep: KeyPlace,
    ) -> Result<(), ApiError> {
        let info = KeyInfo {
            origin: address.to_owned(),
            last_four: String::new(),
            kept_in: keep,
            set_at: now_ms(),
            last_used: None,
            number,
            label: String::new(),
            problem: None,
        };
        self.core.vault.set(&slot(address, number), secret, keep).await?;
        Ok(self.core.store.save_key_info(&STORAGE.into(), info).await?)
    }

    /// Forgets the secrets of every place but this one.
    async fn forget_storage_secrets(&self, but: Option<&str>) -> Result<(), ApiError> {
        for (id, info) in self.core.store.key_infos().await? {
            if id.0 == STORAGE && but != Some(info.origin.as_str()) {
                self.forget_key(id, info).await?;
            }
        }
        Ok(())
    }

    fn transit_folder(&self) -> PathBuf {
        self.core.data_dir.join(TRANSIT)
    }

    /// An empty folder that only this user can look into.
    async fn fresh_transit_folder(&self) -> Result<PathBuf, ApiError> {
        let folder = self.transit_folder();
        let made = folder.clone();
        let fresh = tokio::task::spawn_blocking(move || {
            clear(&made)?;
            let mut builder = std::fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(&made)
        });
        let fresh = fresh.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        fresh.map(|()| folder).map_err(|error| StorageError::Disk(error).into())
    }

    /// Removes what is on its way, or was when the app was killed.
    pub(crate) fn clear_transit(&self) {
        if let Err(error) = clear(&self.transit_folder()) {
            tracing::warn!(%error, "what was on its way to or from the storage stays in the data folder");
        }
    }
}

fn clear(folder: &std::path::Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Another place knows nothing of what was sent to the one before.
fn set_up(kept: &mut StoredStorage, place: &StoragePlace) {
    let same = kept.place.as_ref().is_some_and(|before| address(before).ok() == address(place).ok());
    if !same {
        *kept = StoredStorage::default();
    }
    kept.place = Some(place.clone());
    kept.problem = None;
}

fn slot(address: &str, number: u32) -> Slot {
    Slot { provider: STORAGE.into(), origin: address.to_owned(), number }
}

fn no_secret() -> ApiError {
    ApiError::new(ErrorCode::StorageNoSecret, "No passphrase or password is kept for the storage.")
}
