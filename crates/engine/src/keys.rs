//! Keys: reading one at the last moment for the origin it goes to, storing, forgetting.

use crate::Engine;
use crate::providers::Resolved;
use rivulet_protocol::*;
use rivulet_vault::Slot;

/// The number of the key a provider has if it has only one.
pub(crate) const FIRST_KEY: u32 = 0;
/// The most keys of one provider.
const KEYS: u32 = 16;
/// The longest name of a key, in characters.
const LABEL: usize = 60;
/// A key that was no good is asked after the others for so long, in milliseconds; then it may be good again.
const BAD_FOR: u64 = 60 * 60 * 1_000;

impl Engine {
    /// Whether to ask the vault at all: a keyring may put up a question, which a server without a key does not need.
    pub(crate) async fn has_key(&self, provider: &Resolved) -> Result<bool, ApiError> {
        let session = self.core.session_provider.as_ref();
        let session = session.is_some_and(|session| session.id == provider.id && session.key.is_some());
        let infos = self.core.store.key_infos().await?;
        let kept = infos.iter().any(|(id, info)| *id == provider.id && info.origin == provider.origin);
        Ok(kept || session || provider.needs_key())
    }

    pub(crate) async fn read_key(&self, provider: &Resolved, number: u32) -> Result<Option<Secret>, Failure> {
        let key = self.core.vault.get(&provider.slot(number)).await;
        let key = key.map_err(|error| Failure::new(FailureCode::KeyUnavailable).detail(error.to_string()))?;
        if key.is_some() {
            let now = |key: &mut KeyInfo| key.last_used = Some(now_ms());
            let used = self.core.store.change_key_info(&provider.id, &provider.origin, number, now).await;
            if let Err(error) = used {
                tracing::warn!(%error, "when the key was used could not be noted");
            }
        }
        Ok(key)
    }

    /// The numbers of a provider's keys in the order they are asked: those that were good before those that were not.
    pub(crate) async fn keys_in_turn(&self, provider: &ProviderId) -> Result<Vec<u32>, Failure> {
        let unread = |error: ApiError| Failure::new(FailureCode::Internal).detail(error.message);
        let origin = self.resolved(provider).await.map_err(unread)?.origin;
        let infos = self.core.store.key_infos().await.map_err(|error| unread(error.into()))?;
        let now = now_ms();
        let mine = infos.into_iter().filter(|(id, info)| id == provider && info.origin == origin);
        let mut keys: Vec<(bool, u32)> = mine
            .map(|(_, info)| {
                (info.problem.is_some_and(|problem| now.saturating_sub(problem.at) < BAD_FOR), info.number)
            })
            .collect();
        keys.sort_unstable();
        Ok(if keys.is_empty() { vec![FIRST_KEY] } else { keys.into_iter().map(|(_, number)| number).collect() })
    }

    /// Notes how a key fared. That it is good, as it was, needs no note.
    pub(crate) async fn key_fared(&self, provider: &ProviderId, number: u32, failure: Option<FailureCode>) {
        let problem = failure.map(|code| KeyProblem { code, at: now_ms() });
        let noted = async {
            let origin = self.resolved(provider).await?.origin;
            let infos = self.core.store.key_infos().await?;
            let known =
                infos.iter().find(|(id, info)| id == provider && info.origin == origin && info.number == number);
            let changes = known.is_some_and(|(_, info)| info.problem.is_some() || problem.is_some());
            if changes {
                let change = move |key: &mut KeyInfo| key.problem = problem;
                self.core.store.change_key_info(provider, &origin, number, change).await?;
                self.notify(LibraryEvent::Settings);
            }
            Ok::<_, ApiError>(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, "how a key fared could not be noted");
        }
    }

    pub(crate) async fn set_key(&self, request: KeySet) -> Result<KeyInfo, ApiError> {
        let provider = self.resolved(&request.provider).await?;
        let key = Secret::new(request.key.expose().trim().to_owned());
        // A header cannot carry anything else, and no vendor's key has anything else.
        if key.expose().is_empty() || !key.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiError::invalid("A key has only letters, digits and signs, and no spaces."));
        }
        let number = request.number.unwrap_or(FIRST_KEY);
        if number >= KEYS {
            return Err(ApiError::invalid(format!("A provider has at most {KEYS} keys.")));
        }
        let info = KeyInfo {
            origin: provider.origin.clone(),
            last_four: key.last_four(),
            kept_in: request.keep,
            set_at: now_ms(),
            last_used: None,
            number,
            label: request.label.unwrap_or_default().trim().chars().take(LABEL).collect(),
            problem: None,
        };
        self.core.vault.set(&provider.slot(number), key, request.keep).await?;
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

    /// Forgets the key of this number, or all of them.
    pub(crate) async fn delete_keys(&self, provider: &ProviderId, number: Option<u32>) -> Result<(), ApiError> {
        for (id, info) in self.core.store.key_infos().await? {
            if id == *provider && number.is_none_or(|number| number == info.number) {
                self.forget_key(id, info).await?;
            }
        }
        self.notify(LibraryEvent::Settings);
        Ok(())
    }

    pub(crate) async fn forget_key(&self, provider: ProviderId, info: KeyInfo) -> Result<(), ApiError> {
        let slot = Slot { provider, origin: info.origin, number: info.number };
        match self.core.vault.delete(&slot).await {
            // A key that was only ever in memory is gone with its run, whether or not there is a keyring to ask.
            Err(error) if info.kept_in == KeyPlace::Keyring => return Err(error.into()),
            _ => {}
        }
        Ok(self.core.store.delete_key_info(&slot.provider, &slot.origin, slot.number).await?)
    }
}
