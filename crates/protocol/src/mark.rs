//! Marks in a conversation: from where on a model is told what was said.

use crate::{MessageId, ProviderId};
use serde::{Deserialize, Serialize};

/// Stands below an answer. Whoever is asked further down is not told what stands up to here; what system messages say
/// holds on. The last mark on the way to a question counts. Nothing is deleted: without the mark all is told again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Mark {
    /// When it was made, in milliseconds since the epoch: what vendors counted before says nothing of what comes.
    pub at: u64,
    /// What is told instead; nothing if the conversation begins anew.
    pub summary: Option<Summary>,
}

/// What a model is told in the place of older messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Summary {
    /// The text.
    pub text: String,
    /// How many messages it stands for.
    pub messages: u32,
    /// Who wrote it.
    pub provider: Option<ProviderId>,
    /// With which model.
    pub model: Option<String>,
    /// A person changed what the model wrote.
    #[serde(default)]
    pub edited: bool,
}

/// Puts a mark below an answer, or takes it away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct MarkSet {
    /// The answer.
    pub message: MessageId,
    /// The mark; none if left out.
    pub mark: Option<Mark>,
}
