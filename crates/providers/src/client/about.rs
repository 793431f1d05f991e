//! What a server says of each model, where its list says little.

use super::{Client, Endpoint};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use rivulet_protocol::Model;
use serde_json::{Value, json};

/// So many are asked about.
const MODELS: usize = 64;

impl Client {
    /// Adds what the server says of each model. What it does not say is left as it is.
    pub(super) async fn ask_about(&self, endpoint: &Endpoint, models: &mut [Model]) {
        let Some(about) = &endpoint.protocol.about else { return };
        // One after the other: only servers on this computer say more, and they answer at once.
        for model in models.iter_mut().take(MODELS) {
            if let Some(said) = self.about(endpoint, about.path, &model.id).await {
                (about.read)(&said, model);
            }
        }
    }

    async fn about(&self, endpoint: &Endpoint, path: &str, model: &str) -> Option<Value> {
        let http = self.http(endpoint).ok()?;
        let request = http.post(endpoint.url(path)).header(ACCEPT, "application/json");
        let request = request.header(CONTENT_TYPE, "application/json").body(json!({ "model": model }).to_string());
        let response = self.send(endpoint, request.timeout(self.limits.whole), None).await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        serde_json::from_str(&self.whole(response).await.ok()?).ok()
    }
}
