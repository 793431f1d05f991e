//! Assistants: named presets a conversation can be led by.

use crate::{ApiError, AssistantId, Controls, ConversationId, ProviderId};
use serde::{Deserialize, Serialize};

/// A named preset. A conversation that is led by it takes from it what it has not set itself, as the assistant is at
/// that moment: a change of the assistant holds for what comes next in conversations already begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Assistant {
    /// What a list shows of it.
    #[serde(flatten)]
    pub card: AssistantCard,
    /// What the model is told before everything; may be empty.
    #[serde(default)]
    pub prompt: String,
    /// How it answers.
    #[serde(default)]
    pub controls: Controls,
}

/// What is shown of an assistant to whoever may choose it: not what it tells the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct AssistantCard {
    /// Its id.
    pub id: AssistantId,
    /// Its name.
    pub name: String,
    /// An emoji or a letter.
    #[serde(default)]
    pub mark: String,
    /// First questions, shown in a conversation that is empty.
    #[serde(default)]
    pub starters: Vec<String>,
    /// The provider it answers by; whatever is chosen if `None`.
    #[serde(default)]
    pub provider: Option<ProviderId>,
    /// The model it answers by; whatever is chosen if `None`.
    #[serde(default)]
    pub model: Option<String>,
    /// It was deleted: nobody can choose it, and the conversations it leads keep it.
    #[serde(default)]
    pub deleted: bool,
}

/// The most characters of an assistant's name.
pub const ASSISTANT_NAME: usize = 80;
/// Of its mark: an emoji may be put together of several.
pub const ASSISTANT_MARK: usize = 12;
/// Bytes of what it tells the model.
pub const ASSISTANT_PROMPT: usize = 256 << 10;
/// The most starters.
pub const ASSISTANT_STARTERS: usize = 12;
/// The most characters of one.
pub const ASSISTANT_STARTER: usize = 500;
/// The most assistants there can be.
pub const ASSISTANTS: usize = 1000;

impl Assistant {
    /// The same as it can be kept: without signs that cannot be seen in its name, its mark and its starters, and within
    /// the limits. It may come from a stranger's file.
    pub fn sound(mut self) -> Result<Self, ApiError> {
        let card = &mut self.card;
        card.name = plain(&card.name);
        card.mark = plain(&card.mark);
        card.starters = card.starters.iter().map(|starter| plain(starter)).filter(|one| !one.is_empty()).collect();
        let long = |text: &str, most: usize| text.chars().count() > most;
        if card.name.is_empty() || long(&card.name, ASSISTANT_NAME) {
            return Err(ApiError::invalid("An assistant needs a name of at most 80 characters."));
        }
        if long(&card.mark, ASSISTANT_MARK) {
            return Err(ApiError::invalid("An assistant's mark is one emoji or letter."));
        }
        if card.starters.len() > ASSISTANT_STARTERS || card.starters.iter().any(|one| long(one, ASSISTANT_STARTER)) {
            return Err(ApiError::invalid("An assistant has at most 12 starters of at most 500 characters."));
        }
        if self.prompt.len() > ASSISTANT_PROMPT {
            return Err(ApiError::invalid(PROMPT_TOO_LONG));
        }
        // A JSON Schema among them may be of any size.
        if serde_json::to_string(&self.controls).is_ok_and(|json| json.len() > ASSISTANT_PROMPT) {
            return Err(ApiError::invalid("An assistant's JSON Schema has at most 256 KiB."));
        }
        // One without the other names nothing.
        if card.provider.is_none() || card.model.as_ref().is_none_or(|model| model.trim().is_empty()) {
            (card.provider, card.model) = (None, None);
        }
        if card.mark.is_empty() {
            card.mark = card.name.chars().take(1).collect::<String>().to_uppercase();
        }
        Ok(self)
    }
}

/// What is said of instructions beyond [`ASSISTANT_PROMPT`].
pub const PROMPT_TOO_LONG: &str = "Instructions have at most 256 KiB.";

/// One line, without control characters and without signs that turn the direction of what stands around them.
fn plain(text: &str) -> String {
    let unseen = |sign: char| matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let line: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    line.chars().filter(|sign| !unseen(*sign)).collect::<String>().trim().to_owned()
}

/// Instructions of a conversation's own. They stay in the core: whoever is shown the conversation is told only whether
/// there are any. The window asks for them with `conversation_manner`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnPrompt(pub Option<String>);

impl Serialize for OwnPrompt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(self.0.is_some())
    }
}

impl<'de> Deserialize<'de> for OwnPrompt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self(None))
    }
}

/// What a conversation is answered by, beside what is said in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Manner {
    /// Instructions of its own; the assistant's hold if there are none.
    pub prompt: Option<String>,
    /// The assistant that leads it.
    pub assistant: Option<Assistant>,
}

/// An assistant's fields to save.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
pub struct AssistantSave {
    /// Left out for a new one.
    pub id: Option<AssistantId>,
    /// Its name.
    pub name: String,
    /// An emoji or a letter; the name's first letter if empty.
    pub mark: String,
    /// What the model is told before everything.
    pub prompt: String,
    /// The provider; whatever is chosen if left out.
    pub provider: Option<ProviderId>,
    /// The model; whatever is chosen if left out.
    pub model: Option<String>,
    /// How it answers.
    pub controls: Controls,
    /// First questions.
    pub starters: Vec<String>,
}

/// Names an assistant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct AssistantRef {
    /// Which.
    pub assistant: AssistantId,
}

/// The order of the assistants.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct AssistantsOrder {
    /// The first ones, in their order; what is not named here stands behind them as before.
    pub assistants: Vec<AssistantId>,
}

/// Chooses who leads a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
pub struct ConversationAssistant {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The assistant; what the conversation set itself is let go for it, so that choosing the same one again is the way
    /// back to what that says. None if left out, and the conversation keeps what is its own.
    pub assistant: Option<AssistantId>,
}

/// Gives a conversation instructions of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
pub struct ConversationPrompt {
    /// Which conversation.
    pub conversation: ConversationId,
    /// What the model is told before everything, an empty text for nothing at all; the assistant's instructions if left
    /// out.
    pub prompt: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assistant(name: &str, mark: &str) -> Assistant {
        let card = AssistantCard {
            id: AssistantId::new(),
            name: name.into(),
            mark: mark.into(),
            starters: Vec::new(),
            provider: None,
            model: None,
            deleted: false,
        };
        Assistant { card, prompt: String::new(), controls: Controls::default() }
    }

    #[test]
    fn names_are_one_line_that_can_be_seen() {
        let kept = assistant(" Ex\u{202e}pert\n\u{7} ", "").sound().unwrap();
        assert_eq!((kept.card.name.as_str(), kept.card.mark.as_str()), ("Expert", "E"));
        assert_eq!(assistant("Family", "👨‍👩‍👧‍👦").sound().unwrap().card.mark, "👨‍👩‍👧‍👦");
        assert!(assistant("\n\u{202e}", "x").sound().is_err());
        assert!(assistant("x", "a whole sentence").sound().is_err());
        assert!(assistant(&"x".repeat(ASSISTANT_NAME + 1), "x").sound().is_err());
    }

    #[test]
    fn what_is_beyond_the_limits_is_refused() {
        let mut many = assistant("x", "x");
        many.card.starters = vec!["Why?".into(); ASSISTANT_STARTERS + 1];
        assert!(many.sound().is_err());
        let mut long = assistant("x", "x");
        long.prompt = "x".repeat(ASSISTANT_PROMPT + 1);
        assert!(long.sound().is_err());
        let mut half = assistant("x", "x");
        half.card.model = Some("m".into());
        assert_eq!(half.sound().unwrap().card.model, None, "a model without its provider");
    }

    #[test]
    fn own_instructions_do_not_cross_a_boundary() {
        let said = serde_json::to_string(&OwnPrompt(Some("in confidence".into()))).unwrap();
        assert_eq!(said, "true");
        assert_eq!(serde_json::from_str::<OwnPrompt>(&said).unwrap(), OwnPrompt(None));
    }
}
