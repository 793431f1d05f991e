//! What a person can set about how a model answers. Each protocol has some of them; the others are neither shown nor
//! sent.

use crate::WhenFull;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a model shall answer. What is left out is the vendor's to choose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
#[serde(default)]
pub struct Controls {
    /// How freely it chooses its words, from 0.
    pub temperature: Option<f64>,
    /// From how much of the probability it chooses, 0 to 1.
    pub top_p: Option<f64>,
    /// Tokens it may write, reasoning included.
    pub max_tokens: Option<u32>,
    /// Texts it stops before.
    pub stop: Option<Vec<String>>,
    /// The same seed gives, at some vendors, the same answer.
    pub seed: Option<i64>,
    /// Against words it used often, -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// Against words it used at all, -2 to 2.
    pub presence_penalty: Option<f64>,
    /// How much it shall reason, in words.
    pub effort: Option<Effort>,
    /// How much it may reason, in tokens.
    pub reasoning_tokens: Option<u32>,
    /// Whether the answer comes as it grows (it does unless this says no) or at once when it is whole.
    pub stream: Option<bool>,
    /// The form of the answer.
    pub response_format: Option<ResponseFormat>,
    /// The vendor goes on with the answer when the connection breaks, so that it can be taken up again. For that it keeps
    /// it for a while, and the question with it. Such an answer always comes as it grows.
    pub background: Option<bool>,
    /// What happens when the conversation no longer fits the model; as the settings say if left out. Ours: no vendor is
    /// told.
    pub when_full: Option<WhenFull>,
}

impl Controls {
    /// These, and where they leave something out, the others.
    pub fn or(self, others: Self) -> Self {
        // Every field by name, so that a new one is not forgotten here.
        let Self {
            temperature,
            top_p,
            max_tokens,
            stop,
            seed,
            frequency_penalty,
            presence_penalty,
            effort,
            reasoning_tokens,
            stream,
            response_format,
            background,
            when_full,
        } = self;
        Self {
            temperature: temperature.or(others.temperature),
            top_p: top_p.or(others.top_p),
            max_tokens: max_tokens.or(others.max_tokens),
            stop: stop.or(others.stop),
            seed: seed.or(others.seed),
            frequency_penalty: frequency_penalty.or(others.frequency_penalty),
            presence_penalty: presence_penalty.or(others.presence_penalty),
            effort: effort.or(others.effort),
            reasoning_tokens: reasoning_tokens.or(others.reasoning_tokens),
            stream: stream.or(others.stream),
            response_format: response_format.or(others.response_format),
            background: background.or(others.background),
            when_full: when_full.or(others.when_full),
        }
    }
}

/// The controls by name: which of them a protocol has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// [`Controls::temperature`].
    Temperature,
    /// [`Controls::top_p`].
    TopP,
    /// [`Controls::max_tokens`].
    MaxTokens,
    /// [`Controls::stop`].
    Stop,
    /// [`Controls::seed`].
    Seed,
    /// [`Controls::frequency_penalty`].
    FrequencyPenalty,
    /// [`Controls::presence_penalty`].
    PresencePenalty,
    /// [`Controls::effort`].
    Effort,
    /// [`Controls::reasoning_tokens`].
    ReasoningTokens,
    /// [`Controls::stream`].
    Stream,
    /// [`Controls::response_format`].
    ResponseFormat,
    /// [`Controls::background`].
    Background,
}

/// How much a model shall reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Not at all, where that can be.
    None,
    /// Hardly.
    Minimal,
    /// A little.
    Low,
    /// As usual.
    Medium,
    /// Much.
    High,
}

impl Effort {
    /// The word the vendors use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The form of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat {
    /// Any text.
    Text,
    /// One JSON value.
    Json,
    /// One JSON value of this shape.
    JsonSchema {
        /// A JSON Schema.
        schema: Value,
    },
}
