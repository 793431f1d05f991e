//! Settings: one document, defaults filled in.

use crate::{ProviderId, WhenClosed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Pasted text of more characters than this goes along as a file; `None` never does.
    pub paste_limit: Option<u32>,
    /// The demo model's speed in tokens a second; `None` is as fast as it goes.
    pub demo_rate: Option<u32>,
    /// How often as fast as it was recorded the demo replays; `None` is as fast as it goes.
    pub replay_speed: Option<u32>,
    /// Provider of new conversations.
    pub default_provider: Option<ProviderId>,
    /// Model of new conversations.
    pub default_model: Option<String>,
    /// The mirror's port; `None` takes a free one.
    pub mirror_port: Option<u16>,
    /// How many event streams the mirror serves at once; `None` is 128. Holds from its next start.
    pub mirror_viewers: Option<u32>,
    /// The local API for programs is on.
    pub api: bool,
    /// The local API's port, so that programs find it again; `None` until its first start has taken a free one.
    pub api_port: Option<u16>,
    /// PEM files of certificate authorities that are trusted besides the system's.
    pub ca_files: Vec<String>,
    /// The one colour of what acts or runs.
    pub accent: Accent,
    /// A font family of the computer for all that is read; `None` is the system's own.
    pub font: Option<String>,
    /// Size of all text, in percent of the usual.
    pub text_size: u16,
    /// How much air there is.
    pub density: Density,
    /// A style sheet of one's own, after all others.
    pub stylesheet: String,
    /// What a screen reader is told of an answer that grows.
    pub announce: Announce,
    /// At least so many seconds between two announcements.
    pub announce_seconds: u16,
    /// Keys of actions, where they are not the usual ones: `"new"` to `"Mod+Shift+O"`; none if empty.
    pub shortcuts: BTreeMap<String, String>,
    /// The library of prompts.
    pub prompts: Vec<Prompt>,
    /// Models that are shown first.
    pub favourites: Vec<Favourite>,
    /// How much may be spent in a day.
    pub limits: Vec<SpendingLimit>,
    /// What models cost by the user's own word. It wins over every other.
    pub prices: Vec<OwnPrice>,
    /// The model that names conversations; without one they are named after what was said first.
    pub title_model: Option<ModelName>,
    /// The model that writes summaries of older messages; without one it is the conversation's own.
    pub summary_model: Option<ModelName>,
    /// What happens when a conversation no longer fits its model, where it says nothing itself.
    pub when_full: WhenFull,
    /// How much models read, where a person knows better than their vendors' lists.
    pub windows: Vec<ModelWindow>,
    /// What closing the window does to answers that are being written.
    pub when_closed: WhenClosed,
    /// The first start is over.
    pub welcomed: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: None,
            theme: Theme::System,
            send_key: SendKey::Enter,
            paste_limit: Some(10_000),
            demo_rate: Some(60),
            replay_speed: Some(1),
            default_provider: None,
            default_model: None,
            mirror_port: None,
            mirror_viewers: None,
            api: false,
            api_port: None,
            ca_files: Vec::new(),
            accent: Accent::River,
            font: None,
            text_size: 100,
            density: Density::Usual,
            stylesheet: String::new(),
            announce: Announce::Sentences,
            announce_seconds: 3,
            shortcuts: BTreeMap::new(),
            prompts: Vec::new(),
            favourites: Vec::new(),
            limits: Vec::new(),
            prices: Vec::new(),
            title_model: None,
            summary_model: None,
            when_full: WhenFull::Ask,
            windows: Vec::new(),
            when_closed: WhenClosed::Ask,
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
    /// Traditional Chinese.
    #[serde(rename = "zh-TW")]
    TraditionalChinese,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
    /// Korean.
    #[serde(rename = "ko")]
    Korean,
    /// German.
    #[serde(rename = "de")]
    German,
    /// French.
    #[serde(rename = "fr")]
    French,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
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

/// The colour of what acts or runs; each in a shade for either theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Accent {
    /// The usual one, between blue and green.
    River,
    /// Blue.
    Sky,
    /// Violet.
    Iris,
    /// Green.
    Moss,
    /// Brown.
    Clay,
    /// None: ink.
    Ink,
}

/// How much air there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Density {
    /// Less.
    Compact,
    /// As designed.
    Usual,
    /// More.
    Airy,
}

/// What a screen reader is told of an answer that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Announce {
    /// Its sentences, as they are complete.
    Sentences,
    /// That it began and that it ended.
    Ends,
    /// Nothing.
    Off,
}

/// A model that is shown first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Favourite {
    /// Its provider.
    pub provider: ProviderId,
    /// Its name there.
    pub model: String,
}

/// A model, and who has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ModelName {
    /// Its provider.
    pub provider: ProviderId,
    /// Its name there.
    pub model: String,
}

/// How much a model reads, as a person says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ModelWindow {
    /// Its provider.
    pub provider: ProviderId,
    /// Its name there.
    pub model: String,
    /// So many tokens.
    pub tokens: u64,
}

/// What happens when the next request would nearly fill what its model reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// Nothing: everything is sent, and the vendor may refuse it.
    Off,
    /// The page says so before anything is sent, and offers a summary.
    #[default]
    Ask,
    /// The oldest messages are summarised before the question is sent.
    Automatic,
}

/// How much may be spent in a day with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct SpendingLimit {
    /// The provider.
    pub provider: ProviderId,
    /// The number of its key.
    pub key: u32,
    /// Millionths of a US dollar.
    pub micros: u64,
}

/// What a model costs by its user's own word, in millionths of a US dollar for a million tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct OwnPrice {
    /// The provider.
    pub provider: ProviderId,
    /// The model.
    pub model: String,
    /// Tokens read.
    pub input: u64,
    /// Tokens read from the vendor's cache; as `input` if left out.
    pub cached: Option<u64>,
    /// Tokens written, reasoning included.
    pub output: u64,
}

/// A prompt of the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct Prompt {
    /// What it is called by, after `/`.
    pub name: String,
    /// The folder it stands in; empty for none.
    #[serde(default)]
    pub folder: String,
    /// The text. `{{name}}` is a variable, `{{name=value}}` one with a value to begin with.
    pub text: String,
}
