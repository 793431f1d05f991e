//! The local API for programs, as the window sees it.

use crate::ApiTokenId;
use serde::{Deserialize, Serialize};

/// The API right now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct LocalApi {
    /// `http://127.0.0.1:PORT/v1` while it listens.
    pub url: Option<String>,
    /// Its tokens, oldest first.
    pub tokens: Vec<ApiToken>,
}

/// What a program shows to be let in, without the secret itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ApiToken {
    /// Its id.
    pub id: ApiTokenId,
    /// What it was made for, in the person's words.
    pub name: String,
    /// When it was made, in milliseconds since the epoch.
    pub created_at: u64,
    /// When it ends by itself.
    pub expires_at: Option<u64>,
    /// What it may use.
    pub budget: ApiBudget,
    /// What was used of the budget.
    pub used: ApiUsage,
    /// What was used since it was made.
    pub used_in_all: ApiUsage,
    /// When it was last used.
    pub last_used: Option<u64>,
}

/// What a token may use. A request that begins within it is answered to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
pub struct ApiBudget {
    /// Requests; `None` is no limit.
    pub requests: Option<u64>,
    /// Tokens of models, read and written; `None` is no limit.
    pub tokens: Option<u64>,
    /// In any so many seconds; `None` is for all of its life.
    pub per_s: Option<u64>,
}

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ApiUsage {
    /// Requests.
    pub requests: u64,
    /// Tokens of models, read and written; estimated where the vendor did not say.
    pub tokens: u64,
}

/// A new token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
pub struct ApiTokenCreate {
    /// What it is for.
    pub name: String,
    /// What it may use.
    pub budget: ApiBudget,
    /// How long it lives, in seconds; until it is revoked if left out.
    pub lives_s: Option<u64>,
}

/// Names a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ApiTokenRef {
    /// Which.
    pub token: ApiTokenId,
}

/// A token that was just made. The only time it leaves the core.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct NewApiToken {
    /// What is known of it.
    pub token: ApiToken,
    /// The token itself: what a program takes as its API key.
    pub secret: String,
}

/// How an answer for a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiOutcome {
    /// The model ended it.
    Finished,
    /// It failed, or was cut off here.
    Failed,
    /// The program went away.
    Left,
}
