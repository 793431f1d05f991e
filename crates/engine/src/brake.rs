//! The spending brake: how much is spent today with each key, answers that are still coming among it, and whether
//! that is more than a person allowed.

use crate::{Core, Engine};
use rivulet_protocol::{Failure, FailureCode, MessageId, ProviderId};
use rivulet_store::StoreError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A provider, and the number of its key.
type Key = (ProviderId, u32);

/// What is spent today with the keys that were used. Nobody else writes the sums on disk, so they are read once a day.
#[derive(Default)]
pub(crate) struct Today(Mutex<HashMap<Key, Sums>>);

#[derive(Default)]
struct Sums {
    day: String,
    /// By answers that have ended.
    ended: u64,
    /// By those that are coming, estimated.
    coming: HashMap<MessageId, u64>,
}

impl Today {
    /// A panic cannot leave a map of whole numbers half changed.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Sums>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer's hold on the brake.
pub(crate) struct Brake {
    core: Arc<Core>,
    key: Key,
    message: MessageId,
    /// In millionths of a dollar.
    limit: Option<u64>,
}

impl Engine {
    /// The brake for an answer that is asked for with this key.
    pub(crate) async fn brake(&self, provider: &ProviderId, key: u32, message: MessageId) -> Result<Brake, Failure> {
        let unread = |error: StoreError| Failure::new(FailureCode::Internal).detail(error.to_string());
        let limits = self.core.store.settings().await.map_err(unread)?.limits;
        let limit = limits.iter().find(|limit| limit.provider == *provider && limit.key == key);
        let (day, micros) = self.core.store.spent_today(provider, key).await.map_err(unread)?;
        let brake = Brake {
            core: Arc::clone(&self.core),
            key: (provider.clone(), key),
            message,
            limit: limit.map(|limit| limit.micros),
        };
        brake.with(|sums| {
            if sums.day != day {
                (sums.day, sums.ended) = (day, micros);
            }
        });
        Ok(brake)
    }
}

impl Brake {
    /// The number of the key.
    pub fn key(&self) -> u32 {
        self.key.1
    }

    /// The answer costs so much by now, as far as one can tell; whether the limit still allows that.
    pub fn allows(&self, micros: Option<u64>) -> bool {
        let spent = self.with(|sums| {
            sums.coming.insert(self.message, micros.unwrap_or(0));
            sums.coming.values().fold(sums.ended, |sum, coming| sum.saturating_add(*coming))
        });
        match (self.limit, micros) {
            (None, _) => true,
            (Some(limit), Some(_)) => spent <= limit,
            // Who knows what it costs: not once everything is spent.
            (Some(limit), None) => spent < limit,
        }
    }

    /// The answer has ended, and its cost is on disk.
    pub fn ended(&self, micros: Option<u64>) {
        self.with(|sums| {
            sums.coming.remove(&self.message);
            sums.ended = sums.ended.saturating_add(micros.unwrap_or(0));
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Sums) -> T) -> T {
        work(self.core.today.lock().entry(self.key.clone()).or_default())
    }
}
