//! The models of each provider: as they were listed, with what else is known of them.

use crate::Engine;
use crate::providers::Resolved;
use rivulet_protocol::*;
use rivulet_providers::catalog::Quirk;
use rivulet_providers::models;

/// A price as its user said it; of what they did not say, nothing is made up.
pub(crate) fn of_own(price: &OwnPrice) -> Price {
    Price { input: price.input, cached: price.cached, output: price.output, ..Price::default() }
}

impl Engine {
    /// What was listed last, then what was typed in by hand and what the catalog knows.
    pub(crate) async fn known_models(&self, provider: &Resolved) -> Result<Vec<Model>, ApiError> {
        let mut models = self.core.store.models(&provider.id).await?;
        let curated = provider.catalog.map(|entry| entry.models.clone()).unwrap_or_default();
        let session = self.core.session_provider.as_ref().filter(|session| session.id == provider.id);
        let session = session.and_then(|session| session.model.clone());
        for id in provider.manual_models.iter().cloned().chain(curated).chain(session) {
            if !models.iter().any(|model| model.id == id) {
                models.push(Model { id, ..Model::default() });
            }
        }
        let settings = self.core.store.settings().await?;
        let (own, windows) = (settings.prices, settings.windows);
        for model in &mut models {
            models::complete(model, &provider.id.0, provider.kind);
            model.price_is_own = false;
            if let Some(price) = own.iter().find(|own| own.provider == provider.id && own.model == model.id) {
                (model.price, model.price_is_own) = (Some(of_own(price)), true);
            }
        }
        for window in windows.into_iter().filter(|window| window.provider == provider.id) {
            for model in models.iter_mut().filter(|model| model.id == window.model) {
                model.context = Some(window.tokens);
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
        let favourites = self.core.store.settings().await?.favourites;
        let mut choices = Vec::new();
        for provider in self.providers().await?.into_iter().filter(usable) {
            for model in provider.models {
                let (id, name) = (provider.id.clone(), provider.name.clone());
                let favourite = favourites.iter().any(|one| one.provider == id && one.model == model.id);
                choices.push(ModelChoice { provider: id, provider_name: name, model, favourite });
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

    pub(crate) async fn fetch_models(&self, provider: &ProviderId) -> Result<Vec<Model>, ApiError> {
        let endpoint = self.endpoint(provider).await.map_err(ApiError::upstream)?;
        let models = match self.core.client.models(&endpoint).await {
            Ok(models) => models,
            // It has no list that can be asked for: what is known of it is what there is.
            Err(failure)
                if !failure.code.is_of_key() && endpoint.catalog.is_some_and(|entry| entry.has(Quirk::NoModelList)) =>
            {
                return self.known_models(&self.resolved(provider).await?).await;
            }
            Err(failure) => return Err(ApiError::upstream(failure)),
        };
        self.keep_models(provider, models).await?;
        self.known_models(&self.resolved(provider).await?).await
    }

    pub(crate) async fn keep_models(&self, provider: &ProviderId, models: Vec<Model>) -> Result<(), ApiError> {
        self.core.store.save_models(provider, models).await?;
        self.notify(LibraryEvent::Settings);
        Ok(())
    }
}
