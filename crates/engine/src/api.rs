//! The local API for programs: its switch, its tokens, and the models it offers. What a program asks of one is in
//! `completions.rs`; HTTP is the mirror's.

use crate::Engine;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rivulet_protocol::*;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// What every token begins with, so that one that was left lying about is known for what it is.
const PREFIX: &str = "rvk_";
/// What the token of `rivulet serve` is called.
const SERVE: &str = "rivulet serve";
/// Larger numbers in a budget are no budget, and no database's.
const MOST: u64 = 1 << 53;

/// The calls that run, by their token: a revoked one takes its calls with it.
#[derive(Default)]
pub(crate) struct ApiCalls {
    revoked: Mutex<HashMap<ApiTokenId, CancellationToken>>,
}

impl ApiCalls {
    /// Cancelled when the token is revoked.
    pub fn revoked(&self, token: ApiTokenId) -> CancellationToken {
        self.lock().entry(token).or_default().clone()
    }

    fn revoke(&self, token: ApiTokenId) {
        if let Some(calls) = self.lock().remove(&token) {
            calls.cancel();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ApiTokenId, CancellationToken>> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Whose secret this is, if it is a good token's.
    pub async fn api_caller(&self, secret: &str) -> Result<Option<ApiTokenId>, ApiError> {
        Ok(self.core.store.api_token_of(secret, now_ms()).await?)
    }

    /// The models programs can ask, by provider.
    pub async fn api_models(&self) -> Result<Vec<ModelChoice>, ApiError> {
        self.model_choices().await
    }

    /// Whether the local API was left on, and the port it had.
    pub async fn api_left(&self) -> Result<(bool, Option<u16>), ApiError> {
        let settings = self.core.store.settings().await?;
        Ok((settings.api, settings.api_port))
    }

    /// Opens the local API for `rivulet serve` and whoever started it: its address and a token. The token of the run
    /// before ends, and the switch stays as it was left.
    pub async fn serve_api(&self) -> Result<(String, NewApiToken), ApiError> {
        let port = self.api()?.open(self.api_left().await?.1).await?;
        self.keep_api(None, Some(port)).await?;
        for token in self.core.store.api_tokens(now_ms()).await?.into_iter().filter(|token| token.name == SERVE) {
            self.end_api_token(token.id).await?;
        }
        let request = ApiTokenCreate { name: SERVE.into(), budget: ApiBudget::default(), lives_s: None };
        let token = self.create_api_token(request).await?;
        let url = self.api()?.url().ok_or_else(|| ApiError::new(ErrorCode::Gone, "The local API is off."))?;
        Ok((url, token))
    }

    pub(crate) async fn api_status(&self) -> Result<LocalApi, ApiError> {
        let url = self.core.api.get().and_then(|api| api.url());
        Ok(LocalApi { url, tokens: self.core.store.api_tokens(now_ms()).await? })
    }

    pub(crate) async fn start_api(&self) -> Result<LocalApi, ApiError> {
        let port = self.api()?.open(self.api_left().await?.1).await?;
        self.keep_api(Some(true), Some(port)).await?;
        self.api_status().await
    }

    pub(crate) async fn stop_api(&self) -> Result<LocalApi, ApiError> {
        self.api()?.close().await;
        self.keep_api(Some(false), None).await?;
        self.api_status().await
    }

    /// The switch is kept, and the port it took: programs have it in their settings.
    pub(crate) async fn keep_api(&self, on: Option<bool>, port: Option<u16>) -> Result<(), ApiError> {
        let mut settings = self.core.store.settings().await?;
        settings.api = on.unwrap_or(settings.api);
        settings.api_port = port.or(settings.api_port);
        self.core.store.save_settings(settings).await?;
        self.notify(LibraryEvent::Settings);
        self.notify(LibraryEvent::Api);
        Ok(())
    }

    pub(crate) async fn create_api_token(&self, request: ApiTokenCreate) -> Result<NewApiToken, ApiError> {
        let name: String = request.name.trim().chars().filter(|c| !c.is_control()).take(100).collect();
        let ApiBudget { requests, tokens, per_s } = request.budget;
        if [requests, tokens, per_s, request.lives_s].into_iter().flatten().any(|number| number == 0 || number > MOST) {
            return Err(ApiError::invalid("A budget and a time are at least 1."));
        }
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| ApiError::new(ErrorCode::Internal, "The system gave no random numbers.").detail(error))?;
        let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        let now = now_ms();
        let token = ApiToken {
            id: ApiTokenId::new(),
            name,
            created_at: now,
            expires_at: request.lives_s.map(|lives| now.saturating_add(lives.saturating_mul(1000)).min(MOST)),
            budget: request.budget,
            used: ApiUsage::default(),
            used_in_all: ApiUsage::default(),
            last_used: None,
        };
        self.core.store.save_api_token(token.clone(), &Secret::new(secret.clone())).await?;
        self.notify(LibraryEvent::Api);
        Ok(NewApiToken { token, secret })
    }

    pub(crate) async fn revoke_api_token(&self, token: ApiTokenId) -> Result<LocalApi, ApiError> {
        self.end_api_token(token).await?;
        self.notify(LibraryEvent::Api);
        self.api_status().await
    }

    async fn end_api_token(&self, token: ApiTokenId) -> Result<(), ApiError> {
        if !self.core.store.revoke_api_token(token, now_ms()).await? {
            return Err(ApiError::not_found("token"));
        }
        self.core.api_calls.revoke(token);
        Ok(())
    }

    /// The provider and model a program names: `provider/model`, or a model alone if only one provider has it, or the
    /// provider that answers when nothing is chosen.
    pub async fn api_model(&self, name: &str) -> Result<(ProviderId, String), ApiError> {
        let choices = self.model_choices().await?;
        let alone: Vec<_> = choices.iter().filter(|choice| choice.model.id == name).collect();
        if let Some((provider, model)) = name.split_once('/') {
            let usable = choices.iter().any(|choice| choice.provider.0 == provider);
            // Some vendors' own names look like ours: theirs counts if ours leads nowhere. A model that no list has may
            // still be there.
            if !model.is_empty() && (usable || (alone.is_empty() && self.resolved(&provider.into()).await.is_ok())) {
                return Ok((provider.into(), model.to_owned()));
            }
        }
        let found = match alone[..] {
            [] => return Err(no_model(name, "Models are named `provider/model`; /v1/models lists them.")),
            [only] => only,
            _ => {
                let usual = self.usual_provider().await?;
                let usual = alone.iter().find(|choice| Some(&choice.provider) == usual.as_ref());
                usual.ok_or_else(|| no_model(name, "Several providers have it: name one, as `provider/model`."))?
            }
        };
        Ok((found.provider.clone(), found.model.id.clone()))
    }

    /// The provider that answers when nothing is chosen.
    async fn usual_provider(&self) -> Result<Option<ProviderId>, ApiError> {
        let session = self.core.session_provider.as_ref().map(|session| session.id.clone());
        Ok(session.or(self.core.store.settings().await?.default_provider))
    }
}

fn no_model(name: &str, what: &str) -> ApiError {
    let name: String = name.chars().take(200).collect();
    ApiError::new(ErrorCode::NotFound, format!("There is no model \"{name}\" to be asked here. {what}"))
}
