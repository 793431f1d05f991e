//! Putting the core together.

use crate::keys::FIRST_KEY;
use crate::log::Logs;
use crate::names::NAMED_AT_ONCE;
use crate::{Core, Engine, recordings};
use rivulet_demo::Demo;
use rivulet_demo::recording::RecordingError;
use rivulet_protocol::{KeyPlace, ProviderId, Secret};
use rivulet_providers::{Client, Limits};
use rivulet_store::{Store, StoreError};
use rivulet_vault::{Slot, Vault};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Between two slices of older messages that are indexed.
const INDEX_PAUSE: Duration = Duration::from_millis(20);

/// What the core is started with.
#[derive(Clone)]
pub struct EngineConfig {
    /// Where conversations and settings are kept.
    pub data_dir: PathBuf,
    /// The app's version.
    pub version: String,
    /// Limits of the connections to vendors.
    pub limits: Limits,
    /// A provider given on the command line, for this run.
    pub session_provider: Option<SessionProvider>,
    /// A recording that the demo replays in this run.
    pub replay: Option<Replay>,
}

impl EngineConfig {
    /// With everything but the folder as usual.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            limits: Limits::default(),
            session_provider: None,
            replay: None,
        }
    }
}

/// A recording for the demo to replay.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The file's text.
    pub text: String,
    /// How often as fast as it was recorded, `Some(None)` as fast as it goes; the settings' speed if left out.
    pub speed: Option<Option<u32>>,
}

/// A provider for this run only: it is the default one, and neither it nor its key is stored.
#[derive(Clone, Debug)]
pub struct SessionProvider {
    /// A catalog id, or `custom`.
    pub id: ProviderId,
    /// Its address; the catalog's if left out.
    pub base_url: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Its key; kept in memory.
    pub key: Option<Secret>,
}

/// Why the core did not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The demo's server.
    #[error("the built-in demo could not listen on this computer: {0}")]
    Demo(std::io::Error),
    /// The recording to replay.
    #[error(transparent)]
    Replay(#[from] RecordingError),
    /// The HTTP client or the provider from the command line.
    #[error("{0}")]
    Provider(String),
}

impl Engine {
    /// Opens the data folder and starts everything that runs in the background. Must be called within a tokio runtime.
    pub async fn open(config: EngineConfig) -> Result<Self, OpenError> {
        let (library, _) = broadcast::channel(256);
        let logs = Arc::new(Logs::new(library.clone()));
        let publish = Arc::clone(&logs);
        let data_dir = config.data_dir.clone();
        let store = tokio::task::spawn_blocking(move || Store::open(&data_dir, publish))
            .await
            .map_err(|error| OpenError::Provider(error.to_string()))??;
        let demo = Demo::start().await.map_err(OpenError::Demo)?;
        let settings = store.settings().await?;
        demo.set_rate(settings.demo_rate);
        demo.set_replay_speed(settings.replay_speed);
        if let Some(replay) = config.replay {
            demo.replay(Some(recordings::read(&replay.text)?));
            if let Some(speed) = replay.speed {
                demo.set_replay_speed(speed);
            }
        }
        let client = Client::new(config.limits).map_err(|failure| {
            OpenError::Provider(failure.detail.unwrap_or_else(|| "the HTTP client could not be made".into()))
        })?;
        let core = Core {
            version: config.version,
            data_dir: config.data_dir,
            store,
            temporary: Default::default(),
            vault: Vault::new(),
            client,
            demo,
            logs,
            traces: Default::default(),
            today: Default::default(),
            transfers: Default::default(),
            backups: Default::default(),
            transit: Default::default(),
            library,
            named: broadcast::channel(NAMED_AT_ONCE).0,
            session_provider: config.session_provider,
            running: Mutex::default(),
            beside: Default::default(),
            tasks: TaskTracker::new(),
            quitting: CancellationToken::new(),
            mirror: OnceLock::new(),
            api: OnceLock::new(),
            api_calls: Default::default(),
            desktop: OnceLock::new(),
        };
        let engine = Self { core: Arc::new(core) };
        engine.forget_memory_keys().await?;
        engine.keep_session_key().await?;
        engine.see_to_left().await?;
        engine.index_older_messages();
        engine.empty_bin_by_itself();
        engine.back_up_daily();
        engine.clear_transit();
        engine.send_daily();
        Ok(engine)
    }

    /// Messages from before the search had an index, a slice at a time, so that no answer waits behind them.
    fn index_older_messages(&self) {
        let engine = self.clone();
        let quitting = self.quitting();
        self.core.tasks.spawn(async move {
            while !quitting.is_cancelled() {
                match engine.core.store.index_some().await {
                    Ok(true) => tokio::time::sleep(INDEX_PAUSE).await,
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, "older messages could not be indexed");
                        break;
                    }
                }
            }
        });
    }

    /// Keys that were kept in memory are gone with the run that had them; what was noted of them goes too.
    async fn forget_memory_keys(&self) -> Result<(), OpenError> {
        for (provider, info) in self.core.store.key_infos().await? {
            if info.kept_in == KeyPlace::Memory {
                self.core.store.delete_key_info(&provider, &info.origin, info.number).await?;
            }
        }
        Ok(())
    }

    async fn keep_session_key(&self) -> Result<(), OpenError> {
        let Some(session) = &self.core.session_provider else { return Ok(()) };
        let provider = self.resolved(&session.id).await.map_err(|error| OpenError::Provider(error.message))?;
        let Some(key) = session.key.clone() else { return Ok(()) };
        let slot = Slot { provider: session.id.clone(), origin: provider.origin, number: FIRST_KEY };
        // Lent, not set: what the keyring holds for this provider stays as it is.
        self.core.vault.lend(&slot, key);
        Ok(())
    }
}
