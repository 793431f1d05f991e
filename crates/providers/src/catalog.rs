//! The catalog of endpoints: data, in `catalog.toml`.

use rivulet_protocol::{ProviderKind, WireProtocol};
use serde::Deserialize;
use std::sync::LazyLock;

/// An endpoint we know.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogEntry {
    /// Its id; stays for ever.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub base_url: String,
    /// What kind it is.
    #[serde(default = "cloud")]
    pub kind: ProviderKind,
    /// The address has a part that is the person's own, and must be filled in before anything else.
    #[serde(default)]
    pub own_address: bool,
    /// What it speaks.
    #[serde(default)]
    pub protocol: WireProtocol,
    /// What it can speak instead, at the same address.
    #[serde(default)]
    pub also: Vec<WireProtocol>,
    /// How it wants its key; by default a cloud's as its protocol has it, a local server's only if there is one.
    pub auth: Option<Auth>,
    /// How its keys begin.
    #[serde(default, rename = "prefixes")]
    pub key_prefixes: Vec<String>,
    /// Where a person gets one.
    pub key_url: Option<String>,
    /// Where a person adds credit, if it is not there.
    pub billing_url: Option<String>,
    /// What it does otherwise than the protocol says.
    #[serde(default)]
    pub quirks: Vec<Quirk>,
    /// Models it has although it lists none.
    #[serde(default)]
    pub models: Vec<String>,
    /// Other ports a local server is found on.
    #[serde(default)]
    pub ports: Vec<u16>,
}

impl CatalogEntry {
    /// A key must be there before it answers.
    pub fn needs_key(&self) -> bool {
        match self.auth {
            None => self.kind == ProviderKind::Cloud,
            Some(auth) => matches!(auth, Auth::Bearer | Auth::ApiKey),
        }
    }

    /// Whether it has this quirk.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }
}

/// How a key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// `Authorization: Bearer`, always.
    Bearer,
    /// `api-key`, always (Azure's).
    ApiKey,
    /// As its protocol has it, if there is a key.
    Optional,
    /// Never.
    None,
}

/// What an endpoint does otherwise than its protocol says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quirk {
    /// Refuses `stream_options`.
    NoStreamOptions,
    /// Knows the limit of an answer as `max_completion_tokens`.
    MaxCompletionTokens,
    /// Wants the reasoning before a tool call back, as `reasoning_content`.
    ReasoningBack,
    /// Has no list of models that can be asked for.
    NoModelList,
}

fn cloud() -> ProviderKind {
    ProviderKind::Cloud
}

#[derive(Deserialize)]
struct Catalog {
    provider: Vec<CatalogEntry>,
}

/// All endpoints we know.
pub fn all() -> &'static [CatalogEntry] {
    static CATALOG: LazyLock<Vec<CatalogEntry>> = LazyLock::new(|| {
        let parsed: Result<Catalog, _> = toml::from_str(include_str!("catalog.toml"));
        // The file is part of the program and a test reads it, so that it cannot be unreadable here.
        parsed.map(|catalog| catalog.provider).unwrap_or_default()
    });
    &CATALOG
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_catalog_is_readable_and_its_entries_are_sound() {
        let catalog: Catalog = toml::from_str(include_str!("catalog.toml")).unwrap();
        assert!(catalog.provider.len() >= 24);
        let ids: HashSet<_> = catalog.provider.iter().map(|entry| &entry.id).collect();
        assert_eq!(ids.len(), catalog.provider.len(), "an id stands twice");
        for entry in &catalog.provider {
            let (_, origin) = crate::origin(&entry.base_url).unwrap();
            let https = origin.starts_with("https://");
            assert_eq!(https, entry.kind == ProviderKind::Cloud, "{}", entry.id);
            assert_eq!(entry.needs_key(), entry.kind == ProviderKind::Cloud, "{}", entry.id);
        }
    }
}
