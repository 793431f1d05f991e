//! Small documents: settings, the user's own providers, what is known of keys, lists of models.

use crate::storage::{STORAGE, StoredStorage};
use crate::{Durability, Store, StoreError};
use rivulet_protocol::{
    ConversationId, HeaderLine, KeyInfo, Link, Model, ProviderId, ProxyChoice, Settings, WireProtocol,
};
use rusqlite::{Connection, OptionalExtension};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A provider as the user changed or made it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredProvider {
    /// Its id.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// Its address.
    pub base_url: String,
    /// The catalog entry it changes.
    pub catalog: Option<String>,
    /// Models typed in by hand.
    pub manual_models: Vec<String>,
    /// What it speaks, if the user chose.
    #[serde(default)]
    pub protocol: Option<WireProtocol>,
    /// Headers of the user's own.
    #[serde(default)]
    pub headers: Vec<HeaderLine>,
    /// A change of every request's body.
    #[serde(default)]
    pub body_patch: Option<Value>,
    /// The proxy it is asked through.
    #[serde(default)]
    pub proxy: ProxyChoice,
}

/// The mirror as it was when the app ended, with the links that outlive a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredMirror {
    /// It listened on this port.
    pub port: Option<u16>,
    /// The links, oldest first.
    pub links: Vec<StoredLink>,
}

/// A link that outlives a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredLink {
    /// As it stood, without viewers.
    pub link: Link,
    /// What its tokens are known by: hashes, nothing that could be presented.
    pub fingerprints: Vec<String>,
    /// The conversations that were begun through it.
    pub started: Vec<ConversationId>,
}

#[derive(Serialize, Deserialize)]
struct KeptKey {
    provider: ProviderId,
    #[serde(flatten)]
    info: KeyInfo,
}

impl KeptKey {
    fn is(&self, provider: &ProviderId, origin: &str, number: u32) -> bool {
        self.provider == *provider && self.info.origin == origin && self.info.number == number
    }
}

pub(crate) const SETTINGS: &str = "settings";
const PROVIDERS: &str = "providers";
pub(crate) const KEYS: &str = "keys";
pub(crate) const MIRROR: &str = "mirror";

/// Whether a document that was taken out of a damaged database can be read.
pub(crate) fn is_sound(name: &str, body: &str) -> bool {
    fn reads<T: DeserializeOwned>(body: &str) -> bool {
        serde_json::from_str::<T>(body).is_ok()
    }
    match name {
        SETTINGS => reads::<Settings>(body),
        PROVIDERS => reads::<Vec<StoredProvider>>(body),
        KEYS => reads::<Vec<KeptKey>>(body),
        MIRROR => reads::<StoredMirror>(body),
        STORAGE => reads::<StoredStorage>(body),
        _ => reads::<Value>(body),
    }
}

impl Store {
    /// The settings; what was never set has its default.
    pub async fn settings(&self) -> Result<Settings, StoreError> {
        self.document(SETTINGS.into()).await
    }

    /// Keeps the settings.
    pub async fn save_settings(&self, settings: Settings) -> Result<(), StoreError> {
        self.change(SETTINGS.into(), move |stored| *stored = settings.clone()).await
    }

    /// The mirror as it was kept.
    pub async fn mirror(&self) -> Result<StoredMirror, StoreError> {
        self.document(MIRROR.into()).await
    }

    /// Keeps the mirror for the next run.
    pub async fn save_mirror(&self, mirror: StoredMirror) -> Result<(), StoreError> {
        self.change(MIRROR.into(), move |stored| *stored = mirror.clone()).await
    }

    /// The user's own and changed providers.
    pub async fn providers(&self) -> Result<Vec<StoredProvider>, StoreError> {
        self.document(PROVIDERS.into()).await
    }

    /// Keeps a provider, in the place of the one with its id.
    pub async fn save_provider(&self, provider: StoredProvider) -> Result<(), StoreError> {
        self.change(PROVIDERS.into(), move |stored: &mut Vec<StoredProvider>| {
            match stored.iter_mut().find(|other| other.id == provider.id) {
                Some(other) => *other = provider.clone(),
                None => stored.push(provider.clone()),
            }
        })
        .await
    }

    /// Forgets a provider.
    pub async fn delete_provider(&self, provider: &ProviderId) -> Result<(), StoreError> {
        let provider = provider.clone();
        self.change(PROVIDERS.into(), move |stored: &mut Vec<StoredProvider>| {
            stored.retain(|other| other.id != provider);
        })
        .await
    }

    /// The models a provider last listed.
    pub async fn models(&self, provider: &ProviderId) -> Result<Vec<Model>, StoreError> {
        self.document(format!("models/{provider}")).await
    }

    /// Keeps a provider's list of models.
    pub async fn save_models(&self, provider: &ProviderId, models: Vec<Model>) -> Result<(), StoreError> {
        self.change(format!("models/{provider}"), move |stored| *stored = models.clone()).await
    }

    /// What is known of the kept keys.
    pub async fn key_infos(&self) -> Result<Vec<(ProviderId, KeyInfo)>, StoreError> {
        let keys: Vec<KeptKey> = self.document(KEYS.into()).await?;
        Ok(keys.into_iter().map(|key| (key.provider, key.info)).collect())
    }

    /// Notes that a key is kept.
    pub async fn save_key_info(&self, provider: &ProviderId, info: KeyInfo) -> Result<(), StoreError> {
        let provider = provider.clone();
        self.change(KEYS.into(), move |keys: &mut Vec<KeptKey>| {
            keys.retain(|key| !key.is(&provider, &info.origin, info.number));
            keys.push(KeptKey { provider: provider.clone(), info: info.clone() });
        })
        .await
    }

    /// Notes that a key is no longer kept.
    pub async fn delete_key_info(&self, provider: &ProviderId, origin: &str, number: u32) -> Result<(), StoreError> {
        let (provider, origin) = (provider.clone(), origin.to_owned());
        self.change(KEYS.into(), move |keys: &mut Vec<KeptKey>| {
            keys.retain(|key| !key.is(&provider, &origin, number));
        })
        .await
    }

    /// Changes what is noted of a key, if it is kept.
    pub async fn change_key_info(
        &self,
        provider: &ProviderId,
        origin: &str,
        number: u32,
        change: impl Fn(&mut KeyInfo) + Send + 'static,
    ) -> Result<(), StoreError> {
        let (provider, origin) = (provider.clone(), origin.to_owned());
        self.change(KEYS.into(), move |keys: &mut Vec<KeptKey>| {
            if let Some(key) = keys.iter_mut().find(|key| key.is(&provider, &origin, number)) {
                change(&mut key.info);
            }
        })
        .await
    }

    pub(crate) async fn document<T: DeserializeOwned + Default + Send + 'static>(
        &self,
        name: String,
    ) -> Result<T, StoreError> {
        self.read(move |connection| read(connection, &name)).await
    }

    /// Reads, changes and writes a document in one transaction.
    pub(crate) async fn change<T: DeserializeOwned + Serialize + Default>(
        &self,
        name: String,
        change: impl Fn(&mut T) + Send + 'static,
    ) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            let mut document: T = read(work.connection, &name)?;
            change(&mut document);
            let body = serde_json::to_string(&document)?;
            work.connection.execute("INSERT OR REPLACE INTO document (name, body) VALUES (?1, ?2)", (&name, body))?;
            Ok(())
        })
        .await
    }
}

fn read<T: DeserializeOwned + Default>(connection: &Connection, name: &str) -> Result<T, StoreError> {
    let mut select = connection.prepare_cached("SELECT body FROM document WHERE name = ?1")?;
    let body: Option<String> = select.query_row([name], |row| row.get(0)).optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?.unwrap_or_default())
}
