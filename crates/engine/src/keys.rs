//! Keys: reading one at the last moment for the origin it goes to, storing, forgetting.

use crate::Engine;
use crate::providers::Resolved;
use rivulet_protocol::*;
use rivulet_vault::Slot;

/// The number of the key a provider has if it has only one.
pub(crate) const FIRST_KEY: u32 = 0;

impl Engine {
    /// Whether to ask the vault at all: a keyring may put up a question, which a server without a key does not need.
    pub(crate) async fn has_key(&self, provider: &Resolved) -> Result<bool, ApiError> {
        let session = self.core.session_provider.as_ref();
        let session = session.is_some_and(|session| session.id == provider.id && session.key.is_some());
        let infos = self.core.store.key_infos().await?;
        let kept = infos.iter().any(|(id, info)| *id == provider.id && info.origin == provider.origin);
        Ok(kept || session || provider.needs_key())
    }

    pub(crate) async fn read_key(&self, provider: &Resolved) -> Result<Option<Secret>, Failure> {
        let key = self.core.vault.get(&provider.slot()).await;
        let key = key.map_err(|error| Failure::new(FailureCode::KeyUnavailable).detail(error.to_string()))?;
        if key.is_some() {
            let used = self.core.store.key_used(&provider.id, &provider.origin, now_ms()).await;
            if let Err(error) = used {
                tracing::warn!(%error, "when the key was used could not be noted");
            }
        }
        Ok(key)
    }

    pub(crate) async fn set_key(&self, request: KeySet) -> Result<KeyInfo, ApiError> {
        let provider = self.resolved(&request.provider).await?;
        let key = Secret::new(request.key.expose().trim().to_owned());
        // A header cannot carry anything else, and no vendor's key has anything else.
        if key.expose().is_empty() || !key.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiError::invalid("A key has only letters, digits and signs, and no spaces."));
        }
        let info = KeyInfo {
            origin: provider.origin.clone(),
            last_four: key.last_four(),
            kept_in: request.keep,
            set_at: now_ms(),
            last_used: None,
        };
        self.core.vault.set(&provider.slot(), key, request.keep).await?;
        self.forget_other_origins(&provider).await?;
        self.core.store.save_key_info(&provider.id, info.clone()).await?;
        self.notify(LibraryEvent::Settings);
        Ok(info)
    }

    /// A new key ends the ones that were entered for addresses this provider had before.
    async fn forget_other_origins(&self, provider: &Resolved) -> Result<(), ApiError> {
        for (id, info) in self.core.store.key_infos().await? {
            if id == provider.id && info.origin != provider.origin {
                self.forget_key(id, info).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn delete_key(&self, provider: &ProviderId) -> Result<(), ApiError> {
        for (id, info) in self.core.store.key_infos().await? {
            if id == *provider {
                self.forget_key(id, info).await?;
            }
        }
        self.notify(LibraryEvent::Settings);
        Ok(())
    }

    pub(crate) async fn forget_key(&self, provider: ProviderId, info: KeyInfo) -> Result<(), ApiError> {
        let slot = Slot { provider, origin: info.origin };
        match self.core.vault.delete(&slot).await {
            // A key that was only ever in memory is gone with its run, whether or not there is a keyring to ask.
            Err(error) if info.kept_in == KeyPlace::Keyring => return Err(error.into()),
            _ => {}
        }
        Ok(self.core.store.delete_key_info(&slot.provider, &slot.origin).await?)
    }
}
