//! Keys in the OS keyring.
//!
//! A key goes in by [`Vault::set`] and comes out by [`Vault::get`] for the one place that puts it into a request's
//! header. It is bound to a [`Slot`]: a provider and the origin it was entered for. This is the only crate that
//! imports keyring.

mod error;
mod keyring;
mod platform;
#[cfg(test)]
mod tests;

pub use error::VaultError;

use keyring::{Keyring, Name};
use rivulet_protocol::{KeyPlace, KeyringStatus, ProviderId, Secret};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a key is kept for. In the keyring: service `rivulet`, user `{provider}@{origin}`, with `#2` and so on
/// behind it for further keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The provider.
    pub provider: ProviderId,
    /// Scheme, host and port of the address the key may be sent to.
    pub origin: String,
    /// Which of the provider's keys; the first one is 0.
    pub number: u32,
}

impl Slot {
    fn name(&self) -> Name {
        let Self { provider, origin, number } = self;
        match number {
            0 => {
                Name { user: format!("{provider}@{origin}"), label: format!("Rivulet: key for {provider} ({origin})") }
            }
            _ => {
                let count = number.saturating_add(1);
                let label = format!("Rivulet: key {count} for {provider} ({origin})");
                Name { user: format!("{provider}@{origin}#{count}"), label }
            }
        }
    }
}

/// Where keys are kept: the system's keyring, and memory for those that shall not outlive this run.
///
/// Clones share one vault. No call blocks the async runtime, and each ends within a time limit: 5 s where nobody can
/// be asked for a password, 120 s where the keyring may put up a question.
#[derive(Clone)]
pub struct Vault(Arc<Shared>);

struct Shared {
    memory: Mutex<HashMap<Slot, Secret>>,
    keyring: Keyring,
    /// Changes take turns, so that two of the same slot cannot mix.
    changes: tokio::sync::Mutex<()>,
}

impl Default for Vault {
    fn default() -> Self {
        Self::new()
    }
}

impl Vault {
    /// A vault over the system's keyring. Nothing is opened yet.
    pub fn new() -> Self {
        Self::over(Keyring::of_system())
    }

    fn over(keyring: Keyring) -> Self {
        Self(Arc::new(Shared { memory: Mutex::default(), keyring, changes: tokio::sync::Mutex::default() }))
    }

    /// Keeps `key` for `slot` in `place`, and nowhere else.
    ///
    /// In the keyring it is read back and compared before this succeeds. A key kept in memory takes the place of one
    /// in the keyring; if that one cannot be removed now, it is left, and unseen for the rest of this run.
    pub async fn set(&self, slot: &Slot, key: Secret, place: KeyPlace) -> Result<(), VaultError> {
        let _turn = self.0.changes.lock().await;
        match place {
            KeyPlace::Keyring => {
                self.0.keyring.write(slot.name(), key).await?;
                self.memory().remove(slot);
            }
            KeyPlace::Memory => {
                self.memory().insert(slot.clone(), key);
                // Best effort: with no keyring at all, memory is the way out. The failure is in the log.
                let _ = self.0.keyring.remove(slot.name()).await;
            }
        }
        Ok(())
    }

    /// Keeps `key` in memory for this run and does not touch the keyring: for a key that was handed over at the start.
    pub fn lend(&self, slot: &Slot, key: Secret) {
        self.memory().insert(slot.clone(), key);
    }

    /// The key for `slot`: from memory, else from the keyring, which may ask a person to unlock it.
    pub async fn get(&self, slot: &Slot) -> Result<Option<Secret>, VaultError> {
        let in_memory = self.memory().get(slot).cloned();
        match in_memory {
            Some(key) => Ok(Some(key)),
            None => self.0.keyring.read(slot.name()).await,
        }
    }

    /// Forgets the key for `slot` in both places, and doubles of it in the keyring. An absent one is fine, and so is
    /// an absent keyring when the key was in memory.
    pub async fn delete(&self, slot: &Slot) -> Result<(), VaultError> {
        let _turn = self.0.changes.lock().await;
        let was_in_memory = self.memory().remove(slot).is_some();
        match self.0.keyring.remove(slot.name()).await {
            Err(VaultError::Missing | VaultError::NoBus) if was_in_memory => Ok(()),
            outcome => outcome,
        }
    }

    /// Whether the keyring works right now: a test value is written, read back and removed.
    pub async fn status(&self) -> KeyringStatus {
        let problem = self.0.keyring.test().await.err();
        KeyringStatus {
            name: platform::NAME.into(),
            problem: problem.as_ref().map(VaultError::code),
            detail: problem.and_then(|problem| problem.words().map(str::to_owned)),
        }
    }

    // A panic cannot leave a map of whole entries half-changed, so a poisoned lock is as good as any.
    fn memory(&self) -> MutexGuard<'_, HashMap<Slot, Secret>> {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
