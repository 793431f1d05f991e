//! Providers, their keys, and the proxies they are asked through.

use crate::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

request! {
    /// Names a key.
    KeyRef {
        /// Its provider.
        provider: ProviderId,
        /// Which of the provider's keys; all of them if left out.
        number: Option<u32>,
    }
    /// Names a provider.
    ProviderRef {
        /// Which.
        provider: ProviderId,
    }
    /// Tests a provider's connection.
    ProviderTest {
        /// Which.
        provider: ProviderId,
        /// Also asks for the first piece of an answer, which costs a few tokens.
        first_token: bool,
    }
    /// Names a proxy.
    ProxyRef {
        /// Its address.
        proxy: String,
    }
    /// A provider's fields to save.
    ProviderSave {
        /// Left out for a new endpoint of one's own.
        id: Option<ProviderId>,
        /// The name shown.
        name: String,
        /// An http or https address, up to and with `/v1` where the vendor has it.
        base_url: String,
        /// Models typed in by hand, for servers that list none.
        models: Option<Vec<String>>,
        /// What it shall speak, one of its `protocols`; stays as it is if left out.
        protocol: Option<WireProtocol>,
        /// Headers of one's own; stay as they are if left out.
        headers: Option<Vec<HeaderLine>>,
        /// A change of every request's body; stays as it is if left out, `{}` removes it.
        body_patch: Option<Value>,
        /// The proxy it is asked through; stays as it is if left out.
        proxy: Option<ProxyChoice>,
    }
    /// A provider and a model one can choose.
    ModelChoice {
        /// The provider.
        provider: ProviderId,
        /// Its name.
        provider_name: String,
        /// The model.
        model: Model,
        /// It is a favourite.
        favourite: bool,
    }
}

/// A proxy's login to store. Has no `Serialize`, so it cannot be echoed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ProxyLoginSet {
    /// The proxy's address, which the login is bound to.
    pub proxy: String,
    /// The user; without a colon.
    pub user: String,
    /// The password.
    #[cfg_attr(feature = "codegen", ts(type = "string"))]
    pub password: Secret,
    /// Where to keep it. `memory` is chosen by a person when no keyring works.
    pub keep: KeyPlace,
}

/// A key to store. Has no `Serialize`, so it cannot be echoed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct KeySet {
    /// The provider it is for.
    pub provider: ProviderId,
    /// The key.
    #[cfg_attr(feature = "codegen", ts(type = "string"))]
    pub key: Secret,
    /// Where to keep it. `memory` is chosen by a person when no keyring works.
    pub keep: KeyPlace,
    /// Which of the provider's keys it takes the place of, or the next number for a further one; 0 if left out.
    #[serde(default)]
    #[cfg_attr(feature = "codegen", ts(optional = nullable))]
    pub number: Option<u32>,
    /// What a person calls it.
    #[serde(default)]
    #[cfg_attr(feature = "codegen", ts(optional = nullable))]
    pub label: Option<String>,
}
