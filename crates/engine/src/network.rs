//! The way to providers: proxies with their logins, and certificate authorities of a person's own.

use crate::Engine;
use rivulet_protocol::*;
use rivulet_providers::{Proxy, ProxyServer, Roots, Route};
use rivulet_vault::Slot;

/// Logins of proxies are kept as this "provider's": they belong to the proxy, whichever provider is asked through it.
const PROXY: &str = "proxy";

impl Engine {
    /// The way through this proxy. Its login is read here, at the last moment.
    pub(crate) async fn route(&self, choice: &ProxyChoice) -> Result<Route, Failure> {
        let internal = |error: rivulet_store::StoreError| Failure::new(FailureCode::Internal).detail(error.to_string());
        let files = self.core.store.settings().await.map_err(internal)?.ca_files;
        let proxy = match choice {
            ProxyChoice::System => Proxy::System,
            ProxyChoice::Direct => Proxy::Direct,
            ProxyChoice::Through { address } => {
                let login = self.proxy_login(address).await?;
                Proxy::Through(ProxyServer { address: address.clone(), login })
            }
        };
        Ok(Route { proxy, roots: read_roots(files).await? })
    }

    async fn proxy_login(&self, address: &str) -> Result<Option<(String, Secret)>, Failure> {
        let unavailable = |words: String| Failure::new(FailureCode::KeyUnavailable).detail(words);
        let infos = self.core.store.key_infos().await.map_err(|error| unavailable(error.to_string()))?;
        // A keyring may put up a question, which a proxy without a login does not need.
        if !infos.iter().any(|(id, info)| id.0 == PROXY && info.origin == *address) {
            return Ok(None);
        }
        let kept = self.core.vault.get(&slot(address)).await.map_err(|error| unavailable(error.to_string()))?;
        let login = kept.as_ref().and_then(|login| login.expose().split_once(':'));
        Ok(login.map(|(user, password)| (user.to_owned(), Secret::new(password.to_owned()))))
    }

    pub(crate) async fn set_proxy_login(&self, request: ProxyLoginSet) -> Result<KeyInfo, ApiError> {
        let address = proxy_address(&request.proxy)?;
        let printable = |text: &str| !text.chars().any(char::is_control);
        let (user, password) = (request.user.trim(), request.password.expose());
        if user.is_empty() || user.contains(':') || !printable(user) || !printable(password) {
            return Err(ApiError::invalid("A proxy's user has a name without a colon."));
        }
        let login = Secret::new(format!("{user}:{password}"));
        let info = KeyInfo {
            origin: address.clone(),
            last_four: String::new(),
            kept_in: request.keep,
            set_at: now_ms(),
            last_used: None,
            number: 0,
            label: String::new(),
            problem: None,
        };
        self.core.vault.set(&slot(&address), login, request.keep).await?;
        self.core.store.save_key_info(&PROXY.into(), info.clone()).await?;
        self.notify(LibraryEvent::Settings);
        Ok(info)
    }

    /// A login is kept as long as some provider is asked through its proxy.
    pub(crate) async fn forget_unused_logins(&self) -> Result<(), ApiError> {
        let providers = self.core.store.providers().await?;
        for (id, info) in self.core.store.key_infos().await? {
            let used =
                |choice: &ProxyChoice| matches!(choice, ProxyChoice::Through { address } if *address == info.origin);
            if id.0 == PROXY && !providers.iter().any(|provider| used(&provider.proxy)) {
                let forgotten = self.forget_key(id, info).await;
                if let Err(error) = forgotten {
                    // The keyring may be locked; the next change tries again.
                    tracing::warn!(%error, "a login that no provider needs could not be forgotten");
                }
            }
        }
        Ok(())
    }

    pub(crate) async fn delete_proxy_login(&self, proxy: &str) -> Result<(), ApiError> {
        let address = proxy_address(proxy)?;
        for (id, info) in self.core.store.key_infos().await? {
            if id.0 == PROXY && info.origin == address {
                self.forget_key(id, info).await?;
            }
        }
        self.notify(LibraryEvent::Settings);
        Ok(())
    }
}

fn slot(address: &str) -> Slot {
    Slot { provider: PROXY.into(), origin: address.to_owned(), number: 0 }
}

/// What is known of the login of a proxy.
pub(crate) fn login_info(proxy: &ProxyChoice, keys: &[(ProviderId, KeyInfo)]) -> Option<KeyInfo> {
    let ProxyChoice::Through { address } = proxy else { return None };
    keys.iter().find(|(id, info)| id.0 == PROXY && info.origin == *address).map(|(_, info)| info.clone())
}

/// A choice with its address in the normal form; an address with a login in it is refused.
pub(crate) fn proxy_choice(choice: ProxyChoice) -> Result<ProxyChoice, ApiError> {
    Ok(match choice {
        ProxyChoice::System | ProxyChoice::Direct => choice,
        ProxyChoice::Through { address } => ProxyChoice::Through { address: proxy_address(&address)? },
    })
}

fn proxy_address(given: &str) -> Result<String, ApiError> {
    ProxyServer::address(given)
        .map_err(|failure| ApiError::new(ErrorCode::ProxyAddress, failure.detail.unwrap_or_default()))
}

/// Whether these files can be used, before they are kept.
pub(crate) async fn check_roots(files: Vec<String>) -> Result<(), ApiError> {
    let refused = |failure: Failure| {
        ApiError::new(ErrorCode::CaFile, "A file of certificate authorities cannot be used.")
            .detail(failure.detail.unwrap_or_default())
    };
    read_roots(files).await.map(drop).map_err(refused)
}

/// Reads the files of certificate authorities, each time: they are few and small, and may have changed.
async fn read_roots(files: Vec<String>) -> Result<Roots, Failure> {
    if files.is_empty() {
        return Ok(Roots::default());
    }
    let read = tokio::task::spawn_blocking(move || Roots::read(&files)).await;
    read.unwrap_or_else(|error| Err(Failure::new(FailureCode::Internal).detail(error.to_string())))
}
