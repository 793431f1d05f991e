//! Providers: the catalog, the user's own endpoints and the one from the command line, with their keys and models.

use crate::Engine;
use rivulet_protocol::*;
use rivulet_providers::{Endpoint, catalog, catalog::CatalogEntry, origin};
use rivulet_store::{ConversationChange, StoredProvider};
use rivulet_vault::Slot;
use std::time::Instant;

/// The provider that answers when nothing was chosen: it needs nothing.
const DEMO: &str = "demo";
/// Its model for a first look.
const DEMO_MODEL: &str = "tour";

/// A provider with everything a request needs but its key.
pub(crate) struct Resolved {
    pub id: ProviderId,
    pub name: String,
    pub base_url: String,
    pub origin: String,
    pub kind: ProviderKind,
    pub catalog: Option<&'static CatalogEntry>,
    pub manual_models: Vec<String>,
}

impl Resolved {
    fn needs_key(&self) -> bool {
        self.catalog.is_some_and(CatalogEntry::needs_key)
    }

    fn slot(&self) -> Slot {
        Slot { provider: self.id.clone(), origin: self.origin.clone() }
    }
}

impl Engine {
    pub(crate) async fn providers(&self) -> Result<Vec<Provider>, ApiError> {
        let keys = self.core.store.key_infos().await?;
        let mut providers = Vec::new();
        for resolved in self.all_resolved().await? {
            providers.push(self.view(resolved, &keys).await?);
        }
        Ok(providers)
    }

    async fn view(&self, provider: Resolved, keys: &[(ProviderId, KeyInfo)]) -> Result<Provider, ApiError> {
        let mine: Vec<&KeyInfo> = keys.iter().filter(|(id, _)| *id == provider.id).map(|(_, info)| info).collect();
        let key = mine.iter().find(|info| info.origin == provider.origin).map(|info| (*info).clone());
        let other = mine.iter().find(|info| info.origin != provider.origin).map(|info| info.origin.clone());
        let models = self.known_models(&provider).await?;
        Ok(Provider {
            needs_key: provider.needs_key(),
            key_for_other_origin: other.filter(|_| key.is_none()),
            key_prefixes: provider.catalog.map(|entry| entry.key_prefixes.clone()).unwrap_or_default(),
            key_url: provider.catalog.and_then(|entry| entry.key_url.clone()),
            id: provider.id,
            name: provider.name,
            base_url: provider.base_url,
            origin: provider.origin,
            kind: provider.kind,
            key,
            models,
        })
    }

    /// The catalog with the user's changes, then the user's own endpoints.
    async fn all_resolved(&self) -> Result<Vec<Resolved>, ApiError> {
        let stored = self.core.store.providers().await?;
        let mut all = Vec::new();
        for entry in catalog::all() {
            let id = ProviderId(entry.id.clone());
            all.push(self.resolve(Some(entry), stored.iter().find(|stored| stored.id == id), id));
        }
        let own = |id: &ProviderId| catalog::all().iter().all(|entry| entry.id != id.0);
        for stored in stored.iter().filter(|stored| own(&stored.id)) {
            all.push(self.resolve(None, Some(stored), stored.id.clone()));
        }
        if let Some(session) = &self.core.session_provider
            && !all.iter().any(|provider| provider.as_ref().is_ok_and(|provider| provider.id == session.id))
        {
            all.push(self.resolve(None, None, session.id.clone()));
        }
        all.into_iter().collect()
    }

    pub(crate) async fn resolved(&self, id: &ProviderId) -> Result<Resolved, ApiError> {
        let entry = catalog::all().iter().find(|entry| entry.id == id.0);
        let stored = self.core.store.providers().await?.into_iter().find(|stored| stored.id == *id);
        let session = self.core.session_provider.as_ref().is_some_and(|session| session.id == *id);
        if entry.is_none() && stored.is_none() && !session {
            return Err(FailureCode::NoProvider.into());
        }
        self.resolve(entry, stored.as_ref(), id.clone())
    }

    fn resolve(
        &self,
        catalog: Option<&'static CatalogEntry>,
        stored: Option<&StoredProvider>,
        id: ProviderId,
    ) -> Result<Resolved, ApiError> {
        let session = self.core.session_provider.as_ref().filter(|session| session.id == id);
        let base_url = if id.0 == DEMO {
            self.core.demo.base_url()
        } else {
            let given = session.and_then(|session| session.base_url.clone());
            let given = given.or_else(|| stored.map(|stored| stored.base_url.clone()));
            given.or_else(|| catalog.map(|entry| entry.base_url.clone())).ok_or(FailureCode::NoProvider)?
        };
        let name = stored.map(|stored| stored.name.clone());
        let name = name.or_else(|| catalog.map(|entry| entry.name.clone())).unwrap_or_else(|| id.0.clone());
        let (url, origin) = origin(&base_url).map_err(ApiError::upstream)?;
        Ok(Resolved {
            name,
            base_url: url.as_str().trim_end_matches('/').to_owned(),
            origin,
            kind: catalog.map_or(ProviderKind::Custom, |entry| entry.kind),
            catalog,
            manual_models: stored.map(|stored| stored.manual_models.clone()).unwrap_or_default(),
            id,
        })
    }

    async fn known_models(&self, provider: &Resolved) -> Result<Vec<Model>, ApiError> {
        let mut models = self.core.store.models(&provider.id).await?;
        let curated = provider.catalog.map(|entry| entry.models.clone()).unwrap_or_default();
        let session = self.core.session_provider.as_ref().filter(|session| session.id == provider.id);
        let session = session.and_then(|session| session.model.clone());
        for id in provider.manual_models.iter().cloned().chain(curated).chain(session) {
            if !models.iter().any(|model| model.id == id) {
                models.push(Model { id, name: None, context: None });
            }
        }
        Ok(models)
    }

    /// What can be chosen right now: providers that have a key or need none, with the models known of them.
    pub(crate) async fn model_choices(&self) -> Result<Vec<ModelChoice>, ApiError> {
        let session = self.core.session_provider.as_ref().map(|session| session.id.clone());
        let usable = |provider: &Provider| {
            provider.key.is_some() || !provider.needs_key || session.as_ref() == Some(&provider.id)
        };
        let mut choices = Vec::new();
        for provider in self.providers().await?.into_iter().filter(usable) {
            for model in provider.models {
                let (id, name) = (provider.id.clone(), provider.name.clone());
                choices.push(ModelChoice { provider: id, provider_name: name, model });
            }
        }
        Ok(choices)
    }

    /// What the command line chose for this run, so that a page shows and asks the same as the engine would by itself.
    pub(crate) async fn started_with(&self) -> Result<Option<ModelChoice>, ApiError> {
        let Some(session) = &self.core.session_provider else { return Ok(None) };
        let mut choices = self.model_choices().await?;
        choices.retain(|choice| {
            choice.provider == session.id && session.model.as_ref().is_none_or(|model| *model == choice.model.id)
        });
        Ok(choices.into_iter().next())
    }

    /// Which provider and model answer next: what is asked for, what the conversation has, what this run was started
    /// with, the default, the demo. A choice that was asked for is kept in the conversation.
    pub(crate) async fn model_choice(
        &self,
        conversation: &Conversation,
        provider: Option<ProviderId>,
        model: Option<String>,
    ) -> Result<(ProviderId, String), ApiError> {
        let asked = provider.is_some() || model.is_some();
        let settings = self.core.store.settings().await?;
        let session = self.core.session_provider.as_ref();
        let provider = provider
            .or_else(|| conversation.provider.clone())
            .or_else(|| session.map(|session| session.id.clone()))
            .or_else(|| settings.default_provider.clone())
            .unwrap_or_else(|| DEMO.into());
        let same = |other: Option<&ProviderId>| other == Some(&provider);
        let mut model = model
            .or_else(|| conversation.model.clone().filter(|_| same(conversation.provider.as_ref())))
            .or_else(|| session.filter(|session| session.id == provider).and_then(|session| session.model.clone()))
            .or_else(|| settings.default_model.clone().filter(|_| same(settings.default_provider.as_ref())));
        if model.is_none() && provider.0 == DEMO {
            model = Some(DEMO_MODEL.into());
        }
        if model.is_none() {
            let resolved = self.resolved(&provider).await?;
            model = self.known_models(&resolved).await?.into_iter().next().map(|model| model.id);
            if model.is_none() {
                model = self.fetch_models(&provider).await?.into_iter().next().map(|model| model.id);
            }
        }
        let model = model.ok_or_else(|| ApiError::invalid("No model is chosen."))?;
        if asked {
            let choice = Some((provider.clone(), model.clone()));
            let change = ConversationChange { model: choice, ..Default::default() };
            self.core.store.update_conversation(conversation.id, change).await?;
        }
        Ok((provider, model))
    }

    pub(crate) async fn choose_model(
        &self,
        caller: &Caller,
        request: ConversationModel,
    ) -> Result<Conversation, ApiError> {
        self.resolved(&request.provider).await?;
        let change = ConversationChange { model: Some((request.provider, request.model)), ..Default::default() };
        self.change(caller, request.conversation, change).await
    }

    /// Everything a request needs. The key is read here, at the last moment, for the origin the request goes to.
    pub(crate) async fn endpoint(&self, provider: &ProviderId) -> Result<Endpoint, Failure> {
        let internal = |error: ApiError| {
            *error.failure.unwrap_or_else(|| Box::new(Failure::new(FailureCode::Internal).detail(error.message)))
        };
        let resolved = self.resolved(provider).await.map_err(internal)?;
        let wants_key = resolved.kind != ProviderKind::Demo && self.has_key(&resolved).await.map_err(internal)?;
        let key = if wants_key { self.read_key(&resolved).await? } else { None };
        if key.is_none() && resolved.needs_key() {
            return Err(Failure::new(FailureCode::NoKey).host(resolved.origin));
        }
        let (base_url, _) = origin(&resolved.base_url)?;
        Ok(Endpoint { base_url, catalog: resolved.catalog, key, headers: Vec::new() })
    }

    /// Whether to ask the vault at all: a keyring may put up a question, which a server without a key does not need.
    async fn has_key(&self, provider: &Resolved) -> Result<bool, ApiError> {
        let session = self.core.session_provider.as_ref();
        let session = session.is_some_and(|session| session.id == provider.id && session.key.is_some());
        let infos = self.core.store.key_infos().await?;
        let kept = infos.iter().any(|(id, info)| *id == provider.id && info.origin == provider.origin);
        Ok(kept || session || provider.needs_key())
    }

    async fn read_key(&self, provider: &Resolved) -> Result<Option<Secret>, Failure> {
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

    async fn forget_key(&self, provider: ProviderId, info: KeyInfo) -> Result<(), ApiError> {
        let slot = Slot { provider, origin: info.origin };
        match self.core.vault.delete(&slot).await {
            // A key that was only ever in memory is gone with its run, whether or not there is a keyring to ask.
            Err(error) if info.kept_in == KeyPlace::Keyring => return Err(error.into()),
            _ => {}
        }
        Ok(self.core.store.delete_key_info(&slot.provider, &slot.origin).await?)
    }

    pub(crate) async fn save_provider(&self, request: ProviderSave) -> Result<Provider, ApiError> {
        let name = request.name.trim();
        if name.is_empty() || name.chars().count() > 80 {
            return Err(ApiError::invalid("A provider needs a name of at most 80 characters."));
        }
        let (url, _) = origin(request.base_url.trim()).map_err(ApiError::upstream)?;
        let id = request.id.unwrap_or_else(|| ProviderId(format!("own-{}", uuid::Uuid::now_v7().simple())));
        if id.0 == DEMO {
            return Err(ApiError::invalid("The demo's address is its own."));
        }
        let before = self.core.store.providers().await?.into_iter().find(|stored| stored.id == id);
        let manual_models = request.models.or_else(|| before.map(|stored| stored.manual_models)).unwrap_or_default();
        let known = catalog::all().iter().any(|entry| entry.id == id.0);
        let stored = StoredProvider {
            id: id.clone(),
            name: name.to_owned(),
            base_url: url.as_str().trim_end_matches('/').to_owned(),
            catalog: known.then(|| id.0.clone()),
            manual_models,
        };
        self.core.store.save_provider(stored).await?;
        self.notify(LibraryEvent::Settings);
        let keys = self.core.store.key_infos().await?;
        self.view(self.resolved(&id).await?, &keys).await
    }

    pub(crate) async fn delete_provider(&self, provider: &ProviderId) -> Result<(), ApiError> {
        self.delete_key(provider).await?;
        self.core.store.delete_provider(provider).await?;
        self.notify(LibraryEvent::Settings);
        Ok(())
    }

    pub(crate) async fn fetch_models(&self, provider: &ProviderId) -> Result<Vec<Model>, ApiError> {
        let endpoint = self.endpoint(provider).await.map_err(ApiError::upstream)?;
        let models = self.core.client.models(&endpoint).await.map_err(ApiError::upstream)?;
        self.core.store.save_models(provider, models.clone()).await?;
        self.notify(LibraryEvent::Settings);
        Ok(models)
    }

    pub(crate) async fn test_provider(&self, provider: &ProviderId) -> Result<ConnectionTest, ApiError> {
        let began = Instant::now();
        let endpoint = self.endpoint(provider).await;
        let took_ms = began.elapsed().as_millis() as u64;
        let failure = endpoint.as_ref().err().cloned();
        let mut steps = vec![ConnectionStep { step: ConnectionStepName::Key, took_ms, failure }];
        if let Ok(endpoint) = endpoint {
            steps.extend(self.core.client.test(&endpoint).await);
        }
        if steps.iter().all(|step| step.failure.is_none()) {
            // The list just proved to work; having it spares the next click.
            self.fetch_models(provider).await?;
        }
        Ok(ConnectionTest { steps })
    }

    pub(crate) async fn find_local_servers(&self) -> Result<Vec<LocalServer>, ApiError> {
        let found = self.core.client.find_local().await;
        for server in &found {
            self.core.store.save_models(&server.provider, server.models.clone()).await?;
        }
        if !found.is_empty() {
            self.notify(LibraryEvent::Settings);
        }
        Ok(found)
    }
}
