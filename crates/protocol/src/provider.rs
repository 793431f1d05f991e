//! Providers, their models, and the keys kept for them (never a key itself).

use crate::{Control, ErrorCode, Failure, FailureCode, ProviderId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A provider as the interface shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Provider {
    /// Its id.
    pub id: ProviderId,
    /// Its name.
    pub name: String,
    /// Without a slash at the end.
    pub base_url: String,
    /// Scheme, host and port of `base_url`: what its key is bound to.
    pub origin: String,
    /// A part of the address is the person's own and is not filled in yet.
    pub needs_address: bool,
    /// What kind it is.
    pub kind: ProviderKind,
    /// What it speaks.
    pub protocol: WireProtocol,
    /// What it could speak instead, this one included.
    pub protocols: Vec<WireProtocol>,
    /// What can be set of its answers.
    pub controls: Vec<Control>,
    /// Headers of the user's own, sent with every request.
    pub headers: Vec<HeaderLine>,
    /// A change of every request's body: JSON Merge Patch if it is an object, JSON Patch if it is an array.
    pub body_patch: Option<Value>,
    /// The proxy it is asked through.
    pub proxy: ProxyChoice,
    /// The login kept for that proxy, if there is one.
    pub proxy_login: Option<KeyInfo>,
    /// A key must be kept before it answers.
    pub needs_key: bool,
    /// The key kept for `origin`, if there is one.
    pub key: Option<KeyInfo>,
    /// Further keys kept for `origin`: asked in turn when one before is refused or used up.
    pub more_keys: Vec<KeyInfo>,
    /// A key is kept for another origin than the present one: it must be entered again.
    pub key_for_other_origin: Option<String>,
    /// Keys of this vendor begin so; to recognise a pasted key. Longest match wins.
    pub key_prefixes: Vec<String>,
    /// Where a person gets a key.
    pub key_url: Option<String>,
    /// Where a person adds credit.
    pub billing_url: Option<String>,
    /// Models known so far.
    pub models: Vec<Model>,
}

/// What kind of provider it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// The built-in demo.
    Demo,
    /// A vendor from the catalog.
    Cloud,
    /// A server on this computer.
    Local,
    /// An endpoint of the user's own.
    Custom,
}

/// The protocols that can be spoken with a model's server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WireProtocol {
    /// OpenAI's Chat Completions, and what is compatible with it.
    #[default]
    OpenaiChat,
    /// OpenAI's Responses.
    OpenaiResponses,
    /// Anthropic's Messages.
    Anthropic,
    /// Google's `streamGenerateContent`.
    Gemini,
    /// Ollama's own `/api/chat`.
    Ollama,
}

/// A header of a request. Never a secret: those have a place of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct HeaderLine {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Model {
    /// The name the vendor wants in a request.
    pub id: String,
    /// The name a person reads, if it is another.
    pub name: Option<String>,
    /// Tokens it can read, where known.
    pub context: Option<u64>,
    /// The most tokens it writes, where known.
    #[serde(default)]
    pub max_output: Option<u64>,
    /// What it costs, where known.
    #[serde(default)]
    pub price: Option<Price>,
    /// That price is the user's own word.
    #[serde(default)]
    pub price_is_own: bool,
    /// What it can do.
    #[serde(default)]
    pub abilities: Abilities,
}

/// What a model can do; `None` where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Abilities {
    /// Looks at pictures.
    pub pictures: Option<bool>,
    /// Reads a PDF as it is.
    pub documents: Option<bool>,
    /// Reasons before it answers.
    pub reasoning: Option<bool>,
    /// Asks for tools.
    pub tools: Option<bool>,
}

/// What a model costs, in millionths of a US dollar for a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Price {
    /// Tokens read.
    pub input: u64,
    /// Tokens read from the vendor's cache; as `input` if left out.
    pub cached: Option<u64>,
    /// Tokens read and put into the vendor's cache; as `input` if left out.
    pub cache_write: Option<u64>,
    /// Tokens written, reasoning included.
    pub output: u64,
    /// What requests with much input cost instead.
    pub long: Option<LongPrice>,
}

/// What a request with much input costs, in the same measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct LongPrice {
    /// Requests with more tokens of input than this.
    pub above: u64,
    /// As in [`Price`].
    pub input: u64,
    /// As in [`Price`].
    pub cached: Option<u64>,
    /// As in [`Price`].
    pub cache_write: Option<u64>,
    /// As in [`Price`].
    pub output: u64,
}

/// What is known of a kept key. Never the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct KeyInfo {
    /// The origin it is bound to.
    pub origin: String,
    /// Its last four characters; empty for short keys.
    pub last_four: String,
    /// Where it is kept.
    pub kept_in: KeyPlace,
    /// When it was entered, in milliseconds since the epoch.
    pub set_at: u64,
    /// When a request last used it.
    pub last_used: Option<u64>,
    /// Which of its provider's keys it is; the only one is 0.
    #[serde(default)]
    pub number: u32,
    /// What a person calls it; empty if they gave no name.
    #[serde(default)]
    pub label: String,
    /// Why it was no good when it was last used; `None` if it was.
    #[serde(default)]
    pub problem: Option<KeyProblem>,
}

/// Why a key was no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct KeyProblem {
    /// What the vendor said.
    pub code: FailureCode,
    /// When, in milliseconds since the epoch.
    pub at: u64,
}

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    /// The OS keyring.
    Keyring,
    /// Memory, until the app quits.
    Memory,
}

/// Whether the keyring works right now, by writing and reading back a test value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct KeyringStatus {
    /// What the system's keyring is called here: `Secret Service`, `macOS Keychain`, `Windows Credential Manager`.
    pub name: String,
    /// What is wrong with it; `None` when the test value came back.
    pub problem: Option<ErrorCode>,
    /// The system's own words on the problem.
    pub detail: Option<String>,
}

/// A local server that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct LocalServer {
    /// The catalog's id of that kind of server.
    pub provider: ProviderId,
    /// Its name.
    pub name: String,
    /// Where it answers.
    pub base_url: String,
    /// What it offers.
    pub models: Vec<Model>,
}

/// Which proxy a provider is asked through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ProxyChoice {
    /// The one the system or the environment names; none for servers on this computer.
    #[default]
    System,
    /// None, whatever the system says.
    Direct,
    /// This one.
    Through {
        /// `http://`, `https://`, `socks5://` or `socks5h://`, host and port. Never with a login in it.
        address: String,
    },
}

/// A proxy that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ProxyUsed {
    /// Its address, without a login.
    pub address: String,
    /// Who named it.
    pub from: ProxySource,
}

/// Who named a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ProxySource {
    /// The provider's settings.
    Provider,
    /// The system or the environment.
    System,
}

/// A server's certificate, as far as a person can judge by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Certificate {
    /// Who issued it: organisation and name.
    pub issuer: String,
    /// Whose it is.
    pub subject: String,
    /// The names and addresses it is for.
    pub names: Vec<String>,
    /// From when it is valid, in milliseconds since the epoch.
    pub not_before: u64,
    /// Until when.
    pub not_after: u64,
}

/// The report of a connection test: the steps in order, up to the first that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ConnectionTest {
    /// The steps that were taken.
    pub steps: Vec<ConnectionStep>,
}

/// One step of a connection test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ConnectionStep {
    /// Which.
    pub step: ConnectionStepName,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// `None` when it went well.
    pub failure: Option<Failure>,
    /// What was found: addresses, the version of TLS.
    pub detail: Option<String>,
    /// The proxy, in its step.
    pub proxy: Option<ProxyUsed>,
    /// The certificate that was shown, also when it was refused.
    pub certificate: Option<Certificate>,
    /// How many models were listed; `None` in their step means that this server lists none.
    pub models: Option<u32>,
}

impl ConnectionStep {
    /// A step that was taken in no time and went well.
    pub fn new(step: ConnectionStepName) -> Self {
        Self { step, took_ms: 0, failure: None, detail: None, proxy: None, certificate: None, models: None }
    }
}

/// The steps of a connection test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStepName {
    /// Reading the key from where it is kept.
    Key,
    /// The host's name (or the proxy's) has an address.
    Name,
    /// A connection stands.
    Tcp,
    /// The proxy lets us through.
    Proxy,
    /// The connection is encrypted, and the other side is who it should be.
    Tls,
    /// The vendor takes the key.
    Auth,
    /// The list of models came.
    Models,
    /// The first piece of an answer came.
    FirstToken,
}
