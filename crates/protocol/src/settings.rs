//! Settings: one document, defaults filled in.

use crate::ProviderId;
use serde::{Deserialize, Serialize};

/// What a person can set. Stored as one JSON document; a field that is missing there has its default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(default)]
pub struct Settings {
    /// `None` follows the system.
    pub language: Option<Language>,
    /// Light, dark or the system's.
    pub theme: Theme,
    /// Which key sends a message.
    pub send_key: SendKey,
    /// The demo model's speed in tokens a second; `None` is as fast as it goes.
    pub demo_rate: Option<u32>,
    /// Provider of new conversations.
    pub default_provider: Option<ProviderId>,
    /// Model of new conversations.
    pub default_model: Option<String>,
    /// The mirror's port; `None` takes a free one.
    pub mirror_port: Option<u16>,
    /// PEM files of certificate authorities that are trusted besides the system's.
    pub ca_files: Vec<String>,
    /// The first start is over.
    pub welcomed: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: None,
            theme: Theme::System,
            send_key: SendKey::Enter,
            demo_rate: Some(60),
            default_provider: None,
            default_model: None,
            mirror_port: None,
            ca_files: Vec::new(),
            welcomed: false,
        }
    }
}

/// The interface's languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    SimplifiedChinese,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system says.
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// Which key sends a message; the other one makes a new line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SendKey {
    /// Enter sends, Shift+Enter makes a line.
    Enter,
    /// Ctrl+Enter (Cmd+Enter) sends, Enter makes a line.
    ModEnter,
}
