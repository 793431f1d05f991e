//! The HTTP client. What it must keep true: a key goes to the origin it was entered for and nowhere else, in a header
//! and in no message; nothing is sent twice behind the caller's back.

mod about;
mod background;
mod carry;
mod connection;
mod limits;
mod ways;

pub use background::Rest;
pub use connection::{TestPlan, Tested};
pub use limits::Limits;

use crate::catalog::{self, Auth, CatalogEntry};
use crate::frames::Framing;
use crate::network::{self, Proxy, Route};
use crate::protocols::{KeyHeader, Protocol};
use crate::stream::AnswerStream;
use crate::{ChatRequest, RawEnd, Tape, classify, local};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue,
};
use reqwest::{RequestBuilder, Response};
use rivulet_protocol::{Failure, FailureCode, LocalServer, Model, Secret};
use serde_json::Value;
use url::Url;
use ways::Ways;

/// So many of a key's first characters say no more than whose key it is.
const KEY_PART: usize = 6;

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
    /// The way there.
    pub route: Route,
}

impl Endpoint {
    /// A keyless endpoint that speaks OpenAI's Chat Completions.
    pub fn new(base_url: Url) -> Self {
        let protocol = &crate::protocols::openai_chat::PROTOCOL;
        Self {
            base_url,
            catalog: None,
            protocol,
            key: None,
            headers: Vec::new(),
            body_patch: None,
            route: Route::default(),
        }
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

    /// Whether this is asked for as an answer that its vendor goes on with when the connection breaks.
    pub fn goes_on(&self, request: &ChatRequest) -> bool {
        self.protocol.background.is_some() && request.controls.background == Some(true)
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

    /// A connection that did not come about failed at the proxy, if there is one: it is the only one we talk to.
    fn blame_proxy(&self, failure: &mut Failure) {
        use FailureCode::{ConnectTimeout, ConnectionRefused, NameNotFound, Proxy};
        if matches!(failure.code, Proxy | ConnectTimeout | ConnectionRefused | NameNotFound)
            && let Some(proxy) = self.route.proxy_used(&self.base_url)
        {
            failure.code = Proxy;
            failure.proxy = Some(proxy);
        }
    }

    /// The failure with the name of the host, unless it has one.
    pub fn named(&self, failure: Failure) -> Failure {
        Failure { host: failure.host.or_else(|| Some(self.host())), ..failure }
    }

    /// Names the host, and takes the key out of whatever the vendor echoed.
    pub(crate) fn name(&self, mut failure: Failure) -> Failure {
        failure.host = Some(self.host());
        self.blame_proxy(&mut failure);
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
    ways: Ways,
    limits: Limits,
}

impl Client {
    /// A client with these limits.
    pub fn new(limits: Limits) -> Result<Self, Failure> {
        let ways = Ways::default();
        ways.way(&Route::default(), &limits)?;
        Ok(Self { ways, limits })
    }

    /// How long and how much it waits for.
    pub fn limits(&self) -> &Limits {
        &self.limits
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
        let background = endpoint.goes_on(request);
        let framing = if request.streams() || background { endpoint.protocol.framing } else { Framing::Whole };
        let http = self.http(endpoint)?.post(endpoint.url(&(endpoint.protocol.path)(request)));
        let http = http.header(CONTENT_TYPE, "application/json").body(body);
        Ok(self.answer(endpoint, http, framing, tape).await?.in_background(background))
    }

    /// An answer from its head on.
    async fn answer(
        &self,
        endpoint: &Endpoint,
        http: RequestBuilder,
        framing: Framing,
        tape: Option<&Tape>,
    ) -> Result<AnswerStream, Failure> {
        let response = self.send(endpoint, http.header(ACCEPT, framing.accept()), tape).await?;
        let status = response.status();
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let answered = framing.of_response(media_type, endpoint.protocol.framing).filter(|_| status.is_success());
        if let Some(framing) = answered {
            return Ok(AnswerStream::new(response, framing, endpoint.clone(), self.limits, tape.cloned()));
        }
        Err(self.refused(endpoint, response, tape).await)
    }

    /// Why a response is no answer.
    async fn refused(&self, endpoint: &Endpoint, response: Response, tape: Option<&Tape>) -> Failure {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = classify::body_start(response, &self.limits).await;
        if let Some(tape) = tape {
            tape.piece(endpoint, body.as_bytes());
            tape.ended(RawEnd::Complete);
            tape.closed(endpoint);
        }
        endpoint.name(classify::response(status, &headers, &body))
    }

    /// The models an endpoint lists.
    pub async fn models(&self, endpoint: &Endpoint) -> Result<Vec<Model>, Failure> {
        let response = self.list(endpoint).await?;
        let mut models = self.read_models(endpoint, response).await?;
        self.ask_about(endpoint, &mut models).await;
        Ok(models)
    }

    /// The head of the response to a request for the models.
    async fn list(&self, endpoint: &Endpoint) -> Result<Response, Failure> {
        let address = endpoint.url(endpoint.protocol.models_path);
        let request = self.http(endpoint)?.get(address).header(ACCEPT, "application/json");
        self.send(endpoint, request.timeout(self.limits.whole), None).await
    }

    async fn read_models(&self, endpoint: &Endpoint, response: Response) -> Result<Vec<Model>, Failure> {
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

    /// Model servers on this computer.
    pub async fn find_local(&self) -> Vec<LocalServer> {
        match self.ways.way(&Route { proxy: Proxy::Direct, ..Route::default() }, &self.limits) {
            Ok(http) => local::find(&http, catalog::all()).await,
            Err(_) => Vec::new(),
        }
    }

    /// The HTTP client for an endpoint: this computer is never asked through the system's proxy.
    fn http(&self, endpoint: &Endpoint) -> Result<reqwest::Client, Failure> {
        let mut route = endpoint.route.clone();
        if matches!(route.proxy, Proxy::System) && network::is_this_computer(&endpoint.base_url) {
            route.proxy = Proxy::Direct;
        }
        self.ways.way(&route, &self.limits).map_err(|failure| endpoint.name(failure))
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
        let http = self.http(endpoint)?;
        let sent = http.execute(request);
        let response = match tokio::time::timeout(self.limits.header, sent).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                if let Some(tape) = tape {
                    tape.ended(RawEnd::Cut);
                }
                return Err(endpoint.name(classify::request(&error)));
            }
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

#[cfg(test)]
mod tests;

/// Reads a JSON value's text field.
pub(crate) fn text_field<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
