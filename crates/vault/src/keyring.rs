//! Calls to the system's keyring: each on a thread of its own, over a connection of its own, with a time limit.
//!
//! The stores block, may wait for a person, have no time limits, and panic when called from an async task. They also
//! keep a lock for the length of a call, so a connection is never shared: a call that hangs holds up no other. Opening
//! the store anew each time costs milliseconds, and is how a keyring that starts late, or again, is found.

use crate::error::cause;
use crate::{VaultError, platform};
use ::keyring::{Entry, Error};
use keyring_core::CredentialStore;
use rivulet_protocol::Secret;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// The `service` attribute of every entry.
const SERVICE: &str = "rivulet";

/// Threads that may wait at once. Calls beyond it wait for one to end, within their own limit, so a keyring that
/// never answers costs this many threads and no more.
const MOST_THREADS: usize = 8;

/// How long a call may take.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Opening the store; also every call where nobody can be asked.
    pub unattended: Duration,
    /// A call during which a person may be asked for a password.
    pub attended: Duration,
}

/// Opens the system's store, or another one in tests.
pub(crate) type Open = dyn Fn() -> ::keyring::Result<Arc<CredentialStore>> + Send + Sync;

pub(crate) struct Keyring {
    open: Arc<Open>,
    labels: bool,
    limits: Limits,
    can_ask: fn() -> bool,
    threads: Arc<Semaphore>,
}

/// One entry, named as people find it in their passwords app.
#[derive(Clone)]
pub(crate) struct Name {
    /// The `username` attribute.
    pub user: String,
    pub label: String,
}

impl Keyring {
    pub fn of_system() -> Self {
        let limits = Limits { unattended: Duration::from_secs(5), attended: Duration::from_secs(120) };
        Self::new(platform::open, platform::LABELS, limits, platform::can_ask)
    }

    pub fn new(
        open: impl Fn() -> ::keyring::Result<Arc<CredentialStore>> + Send + Sync + 'static,
        labels: bool,
        limits: Limits,
        can_ask: fn() -> bool,
    ) -> Self {
        Self { open: Arc::new(open), labels, limits, can_ask, threads: Arc::new(Semaphore::new(MOST_THREADS)) }
    }

    /// Writes, then reads back and compares: some keyrings take a value and lose it.
    pub async fn write(&self, name: Name, value: Secret) -> Result<(), VaultError> {
        self.call(name, "write", move |entry, _| {
            entry.set_password(value.expose()).map_err(Cause::Keyring)?;
            let back = Secret::new(entry.get_password().map_err(Cause::Keyring)?);
            if back.expose() == value.expose() { Ok(()) } else { Err(Cause::Words("it gave back another value")) }
        })
        .await
    }

    /// The value, `None` if no entry matches. That does not prove the keyring unlocked: a locked one may hide entries.
    pub async fn read(&self, name: Name) -> Result<Option<Secret>, VaultError> {
        self.call(name, "read", |entry, _| match entry.get_password() {
            Ok(value) => Ok(Some(Secret::new(value))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(Cause::Keyring(error)),
        })
        .await
    }

    /// Removes every matching entry. None is fine.
    pub async fn remove(&self, name: Name) -> Result<(), VaultError> {
        self.call(name, "remove", |entry, caller| {
            // Finding may ask for a password; by then the caller may be gone, and must find nothing removed later.
            let found = entry.inner.get_credential();
            if !caller.waits() {
                return Ok(());
            }
            match found {
                Ok(_) => absent_is_fine(entry.delete_credential()),
                Err(Error::Ambiguous(all)) => all.iter().try_for_each(|one| absent_is_fine(one.delete_credential())),
                Err(error) => absent_is_fine(Err(error)),
            }
        })
        .await
    }

    /// Whether a value that is written comes back. The entry is removed again.
    pub async fn test(&self) -> Result<(), VaultError> {
        let id = uuid::Uuid::now_v7();
        let name = Name { user: format!("test@{id}"), label: "Rivulet: a test, can be deleted".into() };
        let written = self.write(name.clone(), Secret::new(id.to_string())).await;
        // After a write that failed half-way there may be something to remove, too.
        let half_way = matches!(written, Err(VaultError::Failed { .. }));
        let removed = if written.is_ok() || half_way { self.remove(name).await } else { Ok(()) };
        written.and(removed)
    }

    async fn call<T: Send + 'static>(
        &self,
        name: Name,
        what: &'static str,
        work: impl FnOnce(&Entry, &CallerEnd<T>) -> Result<T, Cause> + Send + 'static,
    ) -> Result<T, VaultError> {
        let can_ask = (self.can_ask)();
        let outcome = self.on_own_thread(name, can_ask, work).await;
        if let Err(error) = &outcome {
            tracing::warn!(what, can_ask, code = ?error.code(), words = error.words(), "a keyring call failed");
        }
        outcome
    }

    async fn on_own_thread<T: Send + 'static>(
        &self,
        name: Name,
        can_ask: bool,
        work: impl FnOnce(&Entry, &CallerEnd<T>) -> Result<T, Cause> + Send + 'static,
    ) -> Result<T, VaultError> {
        let Limits { unattended, attended } = self.limits;
        let limit = if can_ask { attended } else { unattended };
        let permit = timeout(limit, self.threads.clone().acquire_owned()).await.map_err(|_| VaultError::Timeout)?;
        let permit = permit.map_err(VaultError::failed)?;

        let (opened, is_open) = oneshot::channel::<()>();
        let (answer, done) = oneshot::channel();
        let (open, labels) = (self.open.clone(), self.labels);
        let thread = std::thread::Builder::new().name("keyring".into()).spawn(move || {
            let _permit = permit;
            let caller = CallerEnd(answer);
            let entry = entry(&*open, labels, &name);
            // A failure is sent before `opened` ends, so the caller has it when it looks.
            let outcome = match entry {
                Ok(entry) => {
                    let _ = opened.send(());
                    work(&entry, &caller)
                }
                Err(error) => Err(Cause::Keyring(error)),
            };
            let outcome = outcome.map_err(|error| match error {
                Cause::Keyring(error) => cause(error, can_ask),
                Cause::Words(words) => VaultError::failed(words),
            });
            let _ = caller.0.send(outcome);
        });
        thread.map_err(VaultError::failed)?;

        // Opening asks nobody, so a bus that hangs is noticed soon even where a person may be asked later.
        let _ = timeout(unattended, is_open).await.map_err(|_| VaultError::Timeout)?;
        match timeout(limit, done).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(VaultError::failed("the keyring's library gave up")),
            Err(_) => Err(VaultError::Timeout),
        }
    }
}

/// Where a call's outcome goes.
struct CallerEnd<T>(oneshot::Sender<Result<T, VaultError>>);

impl<T> CallerEnd<T> {
    /// The caller has neither run out of time nor been dropped.
    fn waits(&self) -> bool {
        !self.0.is_closed()
    }
}

enum Cause {
    Keyring(Error),
    Words(&'static str),
}

/// `keyring`'s own `Entry::new` opens the store once for the life of the process; this one is in a store just opened.
fn entry(open: &Open, labels: bool, name: &Name) -> ::keyring::Result<Entry> {
    let label = HashMap::from([("label", name.label.as_str())]);
    let inner = open()?.build(SERVICE, &name.user, labels.then_some(&label))?;
    Ok(Entry { inner })
}

fn absent_is_fine(outcome: ::keyring::Result<()>) -> Result<(), Cause> {
    match outcome {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(Cause::Keyring(error)),
    }
}
