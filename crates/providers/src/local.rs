//! Model servers on this computer.

use crate::catalog::CatalogEntry;
use crate::protocols;
use futures_util::future::join_all;
use rivulet_protocol::{LocalServer, ProviderId, ProviderKind};
use serde_json::Value;
use std::time::Duration;

/// A server on this computer answers at once or is not there.
const PATIENCE: Duration = Duration::from_millis(1500);
/// No list of models is larger.
const LIST_BYTES: usize = 4 << 20;

/// Asks the usual ports of the local servers in the catalog, all at once.
pub(crate) async fn find(client: &reqwest::Client, catalog: &[CatalogEntry]) -> Vec<LocalServer> {
    let mut asked = Vec::new();
    for entry in catalog.iter().filter(|entry| entry.kind == ProviderKind::Local) {
        asked.push(ask(client, entry, entry.base_url.clone()));
        for port in &entry.ports {
            let other =
                url::Url::parse(&entry.base_url).ok().and_then(|mut url| url.set_port(Some(*port)).ok().map(|()| url));
            asked.extend(other.map(|url| ask(client, entry, url.as_str().trim_end_matches('/').to_owned())));
        }
    }
    join_all(asked).await.into_iter().flatten().collect()
}

async fn ask(client: &reqwest::Client, entry: &CatalogEntry, base_url: String) -> Option<LocalServer> {
    let protocol = protocols::of(entry.protocol);
    let get = async {
        let mut response = client.get(format!("{base_url}/{}", protocol.models_path)).send().await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            body.extend_from_slice(&chunk);
            if body.len() > LIST_BYTES {
                return None;
            }
        }
        serde_json::from_slice::<Value>(&body).ok()
    };
    let list = tokio::time::timeout(PATIENCE, get).await.ok().flatten()?;
    let models = (protocol.models)(&list).filter(|models| !models.is_empty())?;
    Some(LocalServer { provider: ProviderId(entry.id.clone()), name: entry.name.clone(), base_url, models })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rivulet_testkit::{Script, Upstream};

    #[tokio::test]
    async fn only_what_lists_models_is_a_model_server() {
        let found = Upstream::start([]);
        let other = |script| {
            let upstream = Upstream::start([]);
            upstream.answer_models(script);
            upstream
        };
        let others = [
            other(Script::whole(200, "Content-Type: text/html\r\n", "<html>A dev server</html>")),
            other(Script::whole(200, "Content-Type: application/json\r\n", r#"{"hello":"world"}"#)),
            other(Script::whole(200, "Content-Type: application/json\r\n", r#"{"data":[]}"#)),
            other(Script::whole(404, "", "")),
            other(Script::raw("")),
        ];
        let entry = |id: &str, upstream: &Upstream| {
            let text = format!("id = '{id}'\nname = 'S'\nkind = 'local'\nbase_url = '{}'", upstream.base_url());
            toml::from_str::<CatalogEntry>(&text).unwrap()
        };
        let mut catalog: Vec<_> = others.iter().map(|upstream| entry("other", upstream)).collect();
        catalog.push(entry("found", &found));
        // A cloud's address is never asked.
        catalog.push(CatalogEntry { kind: ProviderKind::Cloud, ..entry("cloud", &found) });
        let servers = find(&reqwest::Client::builder().no_proxy().build().unwrap(), &catalog).await;
        let servers: Vec<_> = servers.iter().map(|server| (server.provider.0.as_str(), server.models.len())).collect();
        assert_eq!(servers, [("found", 1)]);
    }
}
