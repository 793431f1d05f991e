//! The HTTP client. What it must keep true: a key goes to the origin it was entered for and nowhere else, in a header
//! and in no message; nothing is sent twice behind the caller's back.

use crate::catalog::{self, Auth, CatalogEntry};
use crate::frames::Framing;
use crate::protocols::{KeyHeader, Protocol};
use crate::sse::SseLimits;
use crate::stream::AnswerStream;
use crate::{ChatRequest, Tape, classify, local};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue,
};
use reqwest::{RequestBuilder, Response};
use rivulet_protocol::{ConnectionStep, ConnectionStepName, Failure, FailureCode, LocalServer, Model, Secret};
use serde_json::Value;
use std::time::{Duration, Instant};
use url::Url;

/// So many of a key's first characters say no more than whose key it is.
const KEY_PART: usize = 6;

/// How long and how much is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For the head of the response, after the connection stands. Slow models think before they answer.
    pub header: Duration,
    /// Without a byte.
    pub byte_idle: Duration,
    /// Without content, although keep-alives come.
    pub content_idle: Duration,
    /// Without a byte once the model said why it ends: some servers never close the connection.
    pub goodbye: Duration,
    /// For an answer that is not streamed: a list of models.
    pub whole: Duration,
    /// For the body of an error.
    pub error_body: Duration,
    /// The longest line and event.
    pub sse: SseLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            header: Duration::from_secs(300),
            byte_idle: Duration::from_secs(120),
            content_idle: Duration::from_secs(600),
            goodbye: Duration::from_secs(10),
            whole: Duration::from_secs(30),
            error_body: Duration::from_secs(5),
            sse: SseLimits::default(),
        }
    }
}

/// Where a request goes, and with what.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Up to and with `/v1`, where the vendor has it.
    pub base_url: Url,
    /// What is known of it.
    pub catalog: Option<&'static CatalogEntry>,
    /// What it speaks.
    pub protocol: &'static Protocol,
    /// Its key.
    pub key: Option<Secret>,
    /// Headers of the user's own. They are sent last, so that they win over ours.
    pub headers: Vec<(String, String)>,
    /// A change of every request's body: JSON Merge Patch if it is an object, JSON Patch if it is an array.
    pub body_patch: Option<Value>,
}

impl Endpoint {
    /// A keyless endpoint that speaks OpenAI's Chat Completions.
    pub fn new(base_url: Url) -> Self {
        let protocol = &crate::protocols::openai_chat::PROTOCOL;
        Self { base_url, catalog: None, protocol, key: None, headers: Vec::new(), body_patch: None }
    }

    /// The address of `path`, which may end in a query.
    fn url(&self, path: &str) -> Url {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = self.base_url.clone();
        url.set_path(&format!("{}/{path}", self.base_url.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }

    /// The body of a request, with the user's change.
    pub fn body(&self, request: &ChatRequest) -> Result<Value, Failure> {
        let mut body = (self.protocol.body)(self, request);
        match &self.body_patch {
            None | Some(Value::Null) => {}
            Some(Value::Array(_)) => {
                let wrong = |words: String| self.name(Failure::new(FailureCode::BadRequest).detail(words));
                let patch = self.body_patch.clone().unwrap_or_default();
                let patch: json_patch::Patch =
                    serde_json::from_value(patch).map_err(|error| wrong(error.to_string()))?;
                json_patch::patch(&mut body, &patch).map_err(|error| wrong(error.to_string()))?;
            }
            Some(patch) => json_patch::merge(&mut body, patch),
        }
        Ok(body)
    }

    /// The header its key is sent in.
    fn key_header(&self) -> KeyHeader {
        match self.catalog.and_then(|entry| entry.auth) {
            Some(Auth::Bearer) => KeyHeader::Bearer,
            Some(Auth::ApiKey) => KeyHeader::Named("api-key"),
            Some(Auth::Optional | Auth::None) | None => self.protocol.auth,
        }
    }

    fn host(&self) -> String {
        let host = self.base_url.host_str().unwrap_or_default();
        self.base_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The text with the key taken out, whoever put it there.
    pub(crate) fn without_key(&self, text: &str) -> String {
        match &self.key {
            Some(key) if !key.expose().is_empty() => text.replace(key.expose(), "•••"),
            _ => text.to_owned(),
        }
    }

    /// Names the host, and takes the key out of whatever the vendor echoed.
    pub(crate) fn name(&self, mut failure: Failure) -> Failure {
        failure.host = Some(self.host());
        if let (Some(key), Some(detail)) = (&self.key, &mut failure.detail)
            && !key.expose().is_empty()
        {
            *detail = detail.replace(key.expose(), "…");
            drop_cut_key(detail, key.expose());
        }
        failure
    }
}

/// Words are cut to a length before they come here, and the cut may go through a key: takes its first part out.
fn drop_cut_key(detail: &mut String, key: &str) {
    let parts = (KEY_PART..key.len()).rev().filter_map(|at| key.get(..at));
    if let Some(part) = parts.into_iter().find(|part| detail.ends_with(part)) {
        detail.truncate(detail.len() - part.len());
        detail.push('…');
    }
}

/// A base URL in its normal form, and its origin: `https://api.openai.com`, the port left out when it is the usual one.
pub fn origin(base_url: &str) -> Result<(Url, String), Failure> {
    let wrong = |words: &str| Failure::new(FailureCode::NotFound).detail(words);
    let mut url = Url::parse(base_url.trim()).map_err(|_| wrong("This is not a web address."))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("Only http and https addresses are asked."));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("An address must not have a user name or a password in it; keys have a place of their own."));
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    let origin = url.origin().ascii_serialization();
    Ok((url, origin))
}

/// Asks models. A cheap handle.
#[derive(Clone, Debug)]
pub struct Client {
    /// For the world: through the system's proxy.
    http: reqwest::Client,
    /// For this computer: never through a proxy.
    loopback: reqwest::Client,
    limits: Limits,
}

impl Client {
    /// A client with these limits.
    pub fn new(limits: Limits) -> Result<Self, Failure> {
        let build = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| Failure::new(FailureCode::Internal).detail(error.to_string()))
        };
        Ok(Self { http: build(builder(&limits))?, loopback: build(builder(&limits).no_proxy())?, limits })
    }

    /// Asks a model; ready when a good head has come. Dropping the stream closes the connection.
    pub async fn stream(&self, endpoint: &Endpoint, request: &ChatRequest) -> Result<AnswerStream, Failure> {
        self.stream_on(endpoint, request, None).await
    }

    /// The same, written down on a tape.
    pub async fn stream_on(
        &self,
        endpoint: &Endpoint,
        request: &ChatRequest,
        tape: Option<&Tape>,
    ) -> Result<AnswerStream, Failure> {
        let body = endpoint.body(request)?.to_string();
        let framing = if request.streams() { endpoint.protocol.framing } else { Framing::Whole };
        let http = self.client(endpoint).post(endpoint.url(&(endpoint.protocol.path)(request)));
        let http = http.header(ACCEPT, framing.accept()).header(CONTENT_TYPE, "application/json").body(body);
        let response = self.send(endpoint, http, tape).await?;
        let status = response.status();
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !status.is_success() || !framing.takes(media_type) {
            let headers = response.headers().clone();
            let body = classify::body_start(response, &self.limits).await;
            return Err(endpoint.name(classify::response(status, &headers, &body)));
        }
        Ok(AnswerStream::new(response, framing, endpoint.clone(), self.limits, tape.cloned()))
    }

    /// The models an endpoint lists.
    pub async fn models(&self, endpoint: &Endpoint) -> Result<Vec<Model>, Failure> {
        let request =
            self.client(endpoint).get(endpoint.url(endpoint.protocol.models_path)).header(ACCEPT, "application/json");
        let response = self.send(endpoint, request.timeout(self.limits.whole), None).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            let body = classify::body_start(response, &self.limits).await;
            return Err(endpoint.name(classify::response(status, &headers, &body)));
        }
        let body = self.whole(response).await.map_err(|failure| endpoint.name(failure))?;
        match serde_json::from_str(&body).ok().and_then(|value| (endpoint.protocol.models)(&value)) {
            Some(models) => Ok(models),
            None => Err(endpoint.name(classify::response(status, &headers, &body))),
        }
    }

    /// Tests an endpoint, step by step, up to the first that fails.
    pub async fn test(&self, endpoint: &Endpoint) -> Vec<ConnectionStep> {
        let began = Instant::now();
        let models = self.models(endpoint).await;
        let took_ms = began.elapsed().as_millis() as u64;
        let step = |step, failure: Option<Failure>| ConnectionStep { step, took_ms, failure };
        let failure = models.err();
        let at = match failure.as_ref().map(|failure| (failure.code, failure.status)) {
            None => ConnectionStepName::Models,
            Some((FailureCode::Unauthorized | FailureCode::Forbidden | FailureCode::Quota, _)) => {
                ConnectionStepName::Auth
            }
            // A status came, so the server was reached.
            Some((_, Some(_))) => ConnectionStepName::Models,
            Some((_, None)) => ConnectionStepName::Reach,
        };
        let mut steps = Vec::new();
        for name in [ConnectionStepName::Reach, ConnectionStepName::Auth, ConnectionStepName::Models] {
            if name == at {
                steps.push(step(name, failure));
                break;
            }
            // One request carries all steps, so only the last has a time of its own.
            steps.push(ConnectionStep { step: name, took_ms: 0, failure: None });
        }
        steps
    }

    /// Model servers on this computer.
    pub async fn find_local(&self) -> Vec<LocalServer> {
        local::find(&self.loopback, catalog::all()).await
    }

    fn client(&self, endpoint: &Endpoint) -> &reqwest::Client {
        let on_this_computer = match endpoint.base_url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if on_this_computer { &self.loopback } else { &self.http }
    }

    async fn send(
        &self,
        endpoint: &Endpoint,
        mut request: RequestBuilder,
        tape: Option<&Tape>,
    ) -> Result<Response, Failure> {
        request = request.header(ACCEPT_ENCODING, "identity");
        for (name, value) in endpoint.protocol.headers {
            request = request.header(*name, *value);
        }
        for (name, value) in &endpoint.headers {
            request = request.header(name, value);
        }
        let keyless = endpoint.catalog.is_some_and(|entry| entry.auth == Some(Auth::None));
        if let Some(key) = endpoint.key.as_ref().filter(|_| !keyless) {
            let (name, value) = match endpoint.key_header() {
                KeyHeader::Bearer => (AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", key.expose()))),
                KeyHeader::Named(name) => (HeaderName::from_static(name), HeaderValue::from_str(key.expose())),
            };
            let mut value = value.map_err(|_| endpoint.name(Failure::new(FailureCode::Unauthorized)))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let request = request.build().map_err(|error| endpoint.name(classify::request(&error)))?;
        if let Some(tape) = tape {
            tape.asked(endpoint, &request);
        }
        let sent = self.client(endpoint).execute(request);
        let response = match tokio::time::timeout(self.limits.header, sent).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(endpoint.name(classify::request(&error))),
            Err(_) => return Err(endpoint.name(Failure::new(FailureCode::NoResponse))),
        };
        if let Some(tape) = tape {
            tape.answered(endpoint, &response);
        }
        // We asked for none and can read none. An error's status says enough without its body.
        let encoded = response.headers().get(CONTENT_ENCODING).filter(|value| *value != "identity");
        match encoded {
            Some(encoding) if response.status().is_success() => {
                let words = String::from_utf8_lossy(encoding.as_bytes()).into_owned();
                Err(endpoint.name(Failure::new(FailureCode::Encoding).detail(words)))
            }
            Some(_) => Err(endpoint.name(classify::response(response.status(), response.headers(), ""))),
            None => Ok(response),
        }
    }

    async fn whole(&self, mut response: Response) -> Result<String, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| classify::request(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > self.limits.sse.event {
                return Err(Failure::new(FailureCode::TooLarge));
            }
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

fn builder(limits: &Limits) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("Rivulet/", env!("CARGO_PKG_VERSION")))
        // A redirect would take the conversation, and with some vendors' headers the key, to another host.
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(limits.connect)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        .pool_idle_timeout(Duration::from_secs(30))
}

#[cfg(test)]
mod tests;

/// Reads a JSON value's text field.
pub(crate) fn text_field<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
