//! Why an answer failed: classified once, the vendor's own words kept.

use crate::ProxyUsed;
use serde::{Deserialize, Serialize};

/// Why an answer failed. The interface makes the sentence from `code` and the fields; `detail` folds out below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Failure {
    /// The class.
    pub code: FailureCode,
    /// `host` or `host:port` that was asked.
    pub host: Option<String>,
    /// The HTTP status, if there was one.
    pub status: Option<u16>,
    /// The vendor's or the system's own words, at most 2,000 characters, secrets taken out.
    pub detail: Option<String>,
    /// How long the vendor asks to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The proxy that failed, when one did.
    #[serde(default)]
    pub proxy: Option<ProxyUsed>,
    /// It failed while older messages were summarised: the question itself was not sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "codegen", ts(as = "Option<bool>", optional))]
    pub summarising: bool,
    /// The vendor goes on with the answer: continuing it takes it up where it was, and asks for nothing anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "codegen", ts(as = "Option<bool>", optional))]
    pub goes_on: bool,
}

impl Failure {
    /// A failure of this class with nothing else known.
    pub fn new(code: FailureCode) -> Self {
        Self {
            code,
            host: None,
            status: None,
            detail: None,
            retry_after_ms: None,
            proxy: None,
            summarising: false,
            goes_on: false,
        }
    }

    /// The same with words of the vendor's or the system's.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        self.detail = Some(detail.chars().take(2_000).collect());
        self
    }

    /// The same, naming the host.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }
}

impl FailureCode {
    /// Whether another key of the same provider may fare better: this one was refused, or is used up.
    pub fn is_of_this_key(self) -> bool {
        matches!(self, Self::Unauthorized | Self::Forbidden | Self::Quota | Self::RateLimited)
    }

    /// Whether the key is what the vendor minds.
    pub fn is_of_key(self) -> bool {
        matches!(self, Self::NoKey | Self::KeyUnavailable | Self::Unauthorized | Self::Forbidden)
    }
}

/// The class of a failure: one for each sentence and next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// No key is kept for this provider at this origin.
    NoKey,
    /// The keyring would not give the key.
    KeyUnavailable,
    /// 401.
    Unauthorized,
    /// 403: region, moderation, permissions.
    Forbidden,
    /// 402, or 429 that says the money is gone.
    Quota,
    /// 429.
    RateLimited,
    /// 404 or 400 that names the model.
    ModelNotFound,
    /// 404 for the path.
    NotFound,
    /// 413, or an error that says the input is too long.
    TooLong,
    /// 400 and other refusals of the request.
    BadRequest,
    /// 503, 529, or an error that says so.
    Overloaded,
    /// 500 and its like.
    ServerError,
    /// Nothing listens there.
    ConnectionRefused,
    /// The name has no address.
    NameNotFound,
    /// No connection in time.
    ConnectTimeout,
    /// The handshake, or the certificate in a way of its own.
    Tls,
    /// The certificate is past its time, or this computer's clock is ahead.
    CertificateExpired,
    /// The certificate's time has not come, or this computer's clock is behind.
    CertificateNotYetValid,
    /// Nobody this computer trusts issued the certificate.
    CertificateUntrusted,
    /// The certificate is for another name.
    CertificateName,
    /// A file of certificate authorities in the settings cannot be used.
    CaFile,
    /// The proxy refused or failed.
    Proxy,
    /// The server points elsewhere; that is not followed, for the key's sake.
    Redirected,
    /// A web page came instead of an answer.
    WebPage,
    /// Something came that is not an answer in this protocol.
    NotAStream,
    /// Headers came, then the end, and no event.
    EmptyAnswer,
    /// The connection broke in mid-answer.
    Cut,
    /// The stream ended cleanly but without the protocol's end marker.
    Unfinished,
    /// No headers in time.
    NoResponse,
    /// No byte for too long.
    Silent,
    /// The vendor went on with an answer after the connection broke, and does not have it any more.
    Expired,
    /// Only keep-alives, no content, for too long.
    NoContent,
    /// An event over the size limit.
    TooLarge,
    /// A content encoding we did not ask for.
    Encoding,
    /// Frames that cannot be read.
    Protocol,
    /// An error the vendor sent in mid-stream.
    Vendor,
    /// The network, in a way of its own.
    Network,
    /// What a person allowed to be spent in a day with this key is spent.
    SpendingLimit,
    /// The provider of this conversation is gone, or none is chosen.
    NoProvider,
    /// A defect of ours.
    Internal,
}
