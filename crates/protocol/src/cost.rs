//! What answers cost.

use crate::ProviderId;
use serde::{Deserialize, Serialize};

/// What an answer took, counted when it ended: a later change of a price changes nothing in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Cost {
    /// Tokens read.
    pub input_tokens: u64,
    /// The part of the input that came from the vendor's cache.
    pub cached_tokens: u64,
    /// Tokens written, reasoning included.
    pub output_tokens: u64,
    /// Millionths of a US dollar; `None` where the price is not known.
    pub micros: Option<u64>,
    /// The tokens were estimated by the length of the text, for the vendor did not count them to the end.
    pub estimated: bool,
}

impl Cost {
    /// Both together. The money of both is known only if that of each is.
    pub fn plus(self, more: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(more.input_tokens),
            cached_tokens: self.cached_tokens.saturating_add(more.cached_tokens),
            output_tokens: self.output_tokens.saturating_add(more.output_tokens),
            micros: self.micros.zip(more.micros).map(|(one, other)| one.saturating_add(other)),
            estimated: self.estimated || more.estimated,
        }
    }
}

/// What several answers took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Spent {
    /// How many answers.
    pub answers: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// The part of them that came from the vendor's cache.
    pub cached_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Millionths of a US dollar, of the answers whose price was known.
    pub micros: u64,
    /// How many answers had a price that is not known.
    pub unpriced: u64,
    /// How many answers are counted by an estimate.
    pub estimated: u64,
}

/// What a model was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// An answer.
    #[default]
    Answer,
    /// A conversation's title.
    Title,
    /// A summary of older messages.
    Summary,
}

/// What was spent with one key on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct DaySpent {
    /// The day of the person's own clock: `2026-03-29`.
    pub day: String,
    /// The provider.
    pub provider: ProviderId,
    /// The number of its key.
    pub key: u32,
    /// What it was spent for.
    pub purpose: Purpose,
    /// What was spent.
    #[serde(flatten)]
    pub spent: Spent,
}

/// What was spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Costs {
    /// The present day.
    pub today: String,
    /// Days with something spent, latest first.
    pub days: Vec<DaySpent>,
    /// When the prices that come with the app were looked up: `2026-09-01`.
    pub prices_of: String,
}
