//! Providers: the catalog, the user's own endpoints and the one from the command line, with their keys and models.

use crate::keys::FIRST_KEY;
use crate::{Engine, network};
use rivulet_protocol::*;
use rivulet_providers::catalog::{self, CatalogEntry};
use rivulet_providers::protocols::{self, Protocol};
use rivulet_providers::{Endpoint, TestPlan, origin};
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
    pub protocol: &'static Protocol,
    pub manual_models: Vec<String>,
    pub headers: Vec<HeaderLine>,
    pub body_patch: Option<serde_json::Value>,
    pub proxy: ProxyChoice,
}

impl Resolved {
    pub fn needs_key(&self) -> bool {
        self.catalog.is_some_and(CatalogEntry::needs_key)
    }

    /// Where its key of this number is kept.
    pub fn slot(&self, number: u32) -> Slot {
        Slot { provider: self.id.clone(), origin: self.origin.clone(), number }
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
        let here = mine.iter().filter(|info| info.origin == provider.origin);
        let mut keys_here: Vec<KeyInfo> = here.map(|info| (*info).clone()).collect();
        keys_here.sort_by_key(|info| info.number);
        let more_keys = keys_here.split_off(keys_here.len().min(1));
        let key = keys_here.pop();
        let other = mine.iter().find(|info| info.origin != provider.origin).map(|info| info.origin.clone());
        let models = self.known_models(&provider).await?;
        let proxy_login = network::login_info(&provider.proxy, keys);
        Ok(Provider {
            needs_key: provider.needs_key(),
            needs_address: provider
                .catalog
                .is_some_and(|entry| entry.own_address && entry.base_url == provider.base_url),
            key_for_other_origin: other.filter(|_| key.is_none()),
            key_prefixes: provider.catalog.map(|entry| entry.key_prefixes.clone()).unwrap_or_default(),
            key_url: provider.catalog.and_then(|entry| entry.key_url.clone()),
            billing_url: provider.catalog.and_then(|entry| entry.billing_url.clone().or(entry.key_url.clone())),
            id: provider.id,
            name: provider.name,
            base_url: provider.base_url,
            origin: provider.origin,
            kind: provider.kind,
            protocol: provider.protocol.name,
            protocols: speaks(provider.catalog),
            controls: provider.protocol.controls.to_vec(),
            headers: provider.headers,
            body_patch: provider.body_patch,
            proxy: provider.proxy,
            proxy_login,
            key,
            more_keys,
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
        let chosen = stored.and_then(|stored| stored.protocol).filter(|chosen| speaks(catalog).contains(chosen));
        let chosen = if id.0 == DEMO { self.replayed_protocol() } else { chosen };
        let protocol = chosen.unwrap_or_else(|| catalog.map(|entry| entry.protocol).unwrap_or_default());
        Ok(Resolved {
            name,
            base_url: url.as_str().trim_end_matches('/').to_owned(),
            origin,
            kind: catalog.map_or(ProviderKind::Custom, |entry| entry.kind),
            catalog,
            protocol: protocols::of(protocol),
            manual_models: stored.map(|stored| stored.manual_models.clone()).unwrap_or_default(),
            headers: stored.map(|stored| stored.headers.clone()).unwrap_or_default(),
            body_patch: stored.and_then(|stored| stored.body_patch.clone()),
            proxy: stored.map(|stored| stored.proxy.clone()).unwrap_or_default(),
            id,
        })
    }

    /// Which provider and model answer next: what is asked for, what the conversation has, what its assistant has, what
    /// this run was started with, the default, the demo. A choice that was asked for is kept in the conversation.
    pub(crate) async fn model_choice(
        &self,
        conversation: &Conversation,
        provider: Option<ProviderId>,
        model: Option<String>,
    ) -> Result<(ProviderId, String), ApiError> {
        let asked = provider.is_some() || model.is_some();
        let settings = self.core.store.settings().await?;
        let session = self.core.session_provider.as_ref();
        let led = match conversation.provider {
            Some(_) => None,
            None => self.assistants_model(conversation.assistant).await?,
        };
        let provider = provider
            .or_else(|| conversation.provider.clone())
            .or_else(|| led.as_ref().map(|(provider, _)| provider.clone()))
            .or_else(|| session.map(|session| session.id.clone()))
            .or_else(|| settings.default_provider.clone())
            .unwrap_or_else(|| DEMO.into());
        let same = |other: Option<&ProviderId>| other == Some(&provider);
        let mut model = model
            .or_else(|| conversation.model.clone().filter(|_| same(conversation.provider.as_ref())))
            .or_else(|| led.as_ref().filter(|(led, _)| *led == provider).map(|(_, model)| model.clone()))
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

    /// Everything a request needs, with the provider's best key.
    pub(crate) async fn endpoint(&self, provider: &ProviderId) -> Result<Endpoint, Failure> {
        let key = self.keys_in_turn(provider).await?.first().copied().unwrap_or(FIRST_KEY);
        self.endpoint_with(provider, key).await
    }

    /// Everything a request needs. The key is read here, at the last moment, for the origin the request goes to.
    pub(crate) async fn endpoint_with(&self, provider: &ProviderId, number: u32) -> Result<Endpoint, Failure> {
        let internal = |error: ApiError| {
            *error.failure.unwrap_or_else(|| Box::new(Failure::new(FailureCode::Internal).detail(error.message)))
        };
        let resolved = self.resolved(provider).await.map_err(internal)?;
        let wants_key = resolved.kind != ProviderKind::Demo && self.has_key(&resolved).await.map_err(internal)?;
        let key = if wants_key { self.read_key(&resolved, number).await? } else { None };
        if key.is_none() && resolved.needs_key() {
            return Err(Failure::new(FailureCode::NoKey).host(resolved.origin));
        }
        let (base_url, _) = origin(&resolved.base_url)?;
        let route = self.route(&resolved.proxy).await?;
        let headers = resolved.headers.into_iter().map(|header| (header.name, header.value)).collect();
        let (catalog, protocol, body_patch) = (resolved.catalog, resolved.protocol, resolved.body_patch);
        Ok(Endpoint { base_url, catalog, protocol, key, headers, body_patch, route })
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
        let before = before.unwrap_or_else(|| StoredProvider { id: id.clone(), ..StoredProvider::default() });
        let headers = request.headers.unwrap_or(before.headers);
        own_headers(&headers)?;
        let known = catalog::all().iter().any(|entry| entry.id == id.0);
        let stored = StoredProvider {
            id: id.clone(),
            name: name.to_owned(),
            base_url: url.as_str().trim_end_matches('/').to_owned(),
            catalog: known.then(|| id.0.clone()),
            manual_models: request.models.unwrap_or(before.manual_models),
            protocol: request.protocol.or(before.protocol),
            headers,
            proxy: network::proxy_choice(request.proxy.unwrap_or(before.proxy))?,
            body_patch: request.body_patch.or(before.body_patch).filter(|patch| *patch != serde_json::json!({})),
        };
        self.core.store.save_provider(stored).await?;
        self.forget_unused_logins().await?;
        self.notify(LibraryEvent::Settings);
        let keys = self.core.store.key_infos().await?;
        self.view(self.resolved(&id).await?, &keys).await
    }

    pub(crate) async fn delete_provider(&self, provider: &ProviderId) -> Result<(), ApiError> {
        self.delete_keys(provider, None).await?;
        self.core.store.delete_provider(provider).await?;
        self.forget_unused_logins().await?;
        self.notify(LibraryEvent::Settings);
        Ok(())
    }

    pub(crate) async fn test_provider(&self, request: ProviderTest) -> Result<ConnectionTest, ApiError> {
        let provider = request.provider;
        let began = Instant::now();
        let endpoint = self.endpoint(&provider).await;
        let took_ms = began.elapsed().as_millis() as u64;
        let failure = endpoint.as_ref().err().cloned();
        let mut steps = vec![ConnectionStep { took_ms, failure, ..ConnectionStep::new(ConnectionStepName::Key) }];
        if let Ok(endpoint) = endpoint {
            let known = self.known_models(&self.resolved(&provider).await?).await?;
            let first_token = known.first().filter(|_| request.first_token).map(|model| model.id.clone());
            let plan = TestPlan { knows_models: !known.is_empty(), first_token };
            let tested = self.core.client.test(&endpoint, &plan).await;
            steps.extend(tested.steps);
            if let Some(models) = tested.models {
                self.keep_models(&provider, models).await?;
            }
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

/// What a provider can speak; an endpoint of one's own, anything.
fn speaks(catalog: Option<&CatalogEntry>) -> Vec<WireProtocol> {
    match catalog {
        Some(entry) => std::iter::once(entry.protocol).chain(entry.also.iter().copied()).collect(),
        None => protocols::TABLE.iter().map(|protocol| protocol.name).collect(),
    }
}

/// A header of one's own is kept in the open, so it must not be one that carries a secret, and must be one at all.
fn own_headers(headers: &[HeaderLine]) -> Result<(), ApiError> {
    const SECRET: [&str; 6] = ["authorization", "cookie", "api-key", "apikey", "token", "secret"];
    for HeaderLine { name, value } in headers {
        let lower = name.to_ascii_lowercase();
        if SECRET.iter().any(|part| lower.contains(part)) {
            let words = "A header that carries a key is not kept here. Enter the key as this provider's key.";
            return Err(ApiError::invalid(words));
        }
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let sendable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        if name.is_empty() || !name.bytes().all(token) || !value.bytes().all(sendable) {
            return Err(ApiError::invalid("A header's name has letters, digits and dashes; its value is plain text."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_ones_own_carry_no_secret_and_no_line_end() {
        let header = |name: &str, value: &str| [HeaderLine { name: name.into(), value: value.into() }];
        assert!(own_headers(&header("HTTP-Referer", "https://example.com")).is_ok());
        for (name, value) in [("X-Api-Key", "1"), ("Authorization", "1"), ("a b", "1"), ("", "1"), ("A", "1\r\nB: 2")] {
            assert!(own_headers(&header(name, value)).is_err(), "{name}: {value:?}");
        }
    }
}
