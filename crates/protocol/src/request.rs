//! What commands ask and answer, where it is only fields.

use crate::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Declares request and response types that are only fields.
macro_rules! wire {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
            #[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
            #[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
            pub struct $name {
                $($(#[$field_meta])* pub $field: $type,)*
            }
        )*
    };
}

wire! {
    /// No fields.
    Nothing {}
    /// A change of settings: the fields of [`Settings`] to change.
    SettingsUpdate {
        /// An object with some of the fields of [`Settings`].
        patch: Value,
    }
    /// A page of the list.
    ConversationsList {
        /// Skip this many.
        offset: Option<u32>,
        /// At most this many; 100 if left out, 500 at most.
        limit: Option<u32>,
        /// Only those whose title has this in it. Those in the archive are looked through as well then.
        query: Option<String>,
        /// Only those in this project.
        project: Option<ProjectId>,
        /// Only those that are in no project.
        outside_projects: Option<bool>,
        /// Only those in the archive, or (`false`) only those that are not.
        archived: Option<bool>,
        /// Only those with this tag.
        tag: Option<String>,
    }
    /// A new conversation.
    ConversationCreate {
        /// The provider; the default one if left out.
        provider: Option<ProviderId>,
        /// The model; the default one if left out.
        model: Option<String>,
        /// The assistant that leads it; its model answers unless one is named here.
        assistant: Option<AssistantId>,
        /// Never on disk, gone when the app ends. The window only; nobody else sees it.
        temporary: Option<bool>,
        /// The project it is made in. The window only.
        project: Option<ProjectId>,
    }
    /// What to look for in messages.
    Search {
        /// Words, `"phrases"`, the beginning of a word: all of them must be there. Anything may be typed. Without any,
        /// the other fields alone say what is found.
        query: String,
        /// Skip this many.
        offset: Option<u32>,
        /// At most this many; 30 if left out, 200 at most.
        limit: Option<u32>,
        /// Only in this conversation.
        conversation: Option<ConversationId>,
        /// Only what they wrote.
        author: Option<Author>,
        /// Only what this model wrote.
        model: Option<String>,
        /// Only what was written from this time on, in milliseconds since the epoch.
        since: Option<u64>,
        /// Only what was written before this time.
        until: Option<u64>,
        /// Only in conversations of this project. The window only.
        project: Option<ProjectId>,
        /// Only in conversations with this tag. The window only.
        tag: Option<String>,
    }
    /// What was found, newest first.
    SearchPage {
        /// The messages.
        hits: Vec<SearchHit>,
        /// There are more after these.
        has_more: bool,
    }
    /// How far back to look.
    CostsGet {
        /// So many days, the present one among them; 31 if left out, 3,660 at most.
        days: Option<u32>,
    }
    /// A page of the bin.
    BinList {
        /// Skip this many.
        offset: Option<u32>,
        /// At most this many; 100 if left out, 500 at most.
        limit: Option<u32>,
    }
    /// What is in the bin, latest first.
    BinPage {
        /// Conversations and messages.
        entries: Vec<BinEntry>,
        /// There are more after these.
        has_more: bool,
    }
    /// What to delete for ever: everything in the bin if both are left out.
    BinPurge {
        /// A conversation in the bin.
        conversation: Option<ConversationId>,
        /// A message in the bin, with what was below it.
        message: Option<MessageId>,
    }
    /// A page of messages, oldest first.
    MessagePage {
        /// The messages.
        messages: Vec<PathMessage>,
        /// There are older ones.
        has_older: bool,
    }
}

macro_rules! request {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
            #[cfg_attr(feature = "codegen", ts(optional_fields = nullable))]
            pub struct $name {
                $($(#[$field_meta])* pub $field: $type,)*
            }
        )*
    };
}

request! {
    /// Names a key.
    KeyRef {
        /// Its provider.
        provider: ProviderId,
        /// Which of the provider's keys; all of them if left out.
        number: Option<u32>,
    }
    /// What was written and not sent.
    Draft {
        /// Where; the conversation that does not exist yet if left out.
        conversation: Option<ConversationId>,
        /// The text; none if empty. At most 4 MiB.
        text: String,
    }
    /// Names a place for a draft.
    DraftRef {
        /// Where; the conversation that does not exist yet if left out.
        conversation: Option<ConversationId>,
    }
    /// Names a conversation.
    ConversationRef {
        /// Which.
        conversation: ConversationId,
    }
    /// Opens a conversation.
    ConversationOpen {
        /// Which.
        conversation: ConversationId,
        /// At most this many messages from the end; 40 if left out, 200 at most.
        limit: Option<u32>,
    }
    /// Older messages.
    MessagesBefore {
        /// The conversation.
        conversation: ConversationId,
        /// Those before this one.
        before: MessageId,
        /// At most this many; 40 if left out, 200 at most.
        limit: Option<u32>,
    }
    /// A new title.
    ConversationRename {
        /// Which.
        conversation: ConversationId,
        /// At most 200 characters.
        title: String,
    }
    /// Pins or unpins.
    ConversationPin {
        /// Which.
        conversation: ConversationId,
        /// Pinned or not.
        pinned: bool,
    }
    /// Chooses provider and model.
    ConversationModel {
        /// Which.
        conversation: ConversationId,
        /// The provider.
        provider: ProviderId,
        /// The model.
        model: String,
    }
    /// Sets the controls.
    ConversationControls {
        /// Which.
        conversation: ConversationId,
        /// All of them; what is left out is the vendor's to choose.
        controls: Controls,
    }
    /// Names a message.
    MessageRef {
        /// Which.
        message: MessageId,
    }
    /// Something in the bin.
    BinEntry {
        /// The conversation, or the one the message is in.
        conversation: ConversationId,
        /// The message; the whole conversation is in the bin if there is none.
        message: Option<MessageId>,
        /// The conversation's title.
        title: String,
        /// How the message begins.
        text: String,
        /// When it was deleted, in milliseconds since the epoch. It leaves the bin for ever 30 days later.
        deleted_at: u64,
        /// How many messages come back with it, itself included.
        messages: u32,
    }
    /// An answer in other words.
    MessageEdit {
        /// The answer.
        message: MessageId,
        /// What it shall say.
        text: String,
    }
    /// A message to send.
    MessageSend {
        /// The conversation; a new one is made if left out.
        conversation: Option<ConversationId>,
        /// Follows this message instead of the leaf (editing: the parent of the edited one).
        parent: Option<MessageId>,
        /// Starts a new branch at the root when true and `parent` is left out (editing the first message).
        at_root: Option<bool>,
        /// What to say; may be empty if a file goes with it.
        text: String,
        /// The files that go with it, as `attachment_add` answered them. Only from the app's own window.
        attachments: Option<Vec<Attachment>>,
        /// For this and what comes next; the conversation's own if left out.
        provider: Option<ProviderId>,
        /// For this and what comes next; the conversation's own if left out.
        model: Option<String>,
    }
    /// A file to go with a message.
    AttachmentAdd {
        /// Its name.
        name: String,
        /// Its bytes, in base64. At most 32 MB of them.
        data: String,
        /// It goes with a message of a temporary conversation, and never touches the disk.
        temporary: Option<bool>,
    }
    /// Names a file of a message.
    AttachmentRef {
        /// The message it goes with.
        message: MessageId,
        /// The file.
        hash: FileHash,
    }
    /// A file.
    AttachmentData {
        /// `image/png` and its like.
        media_type: String,
        /// Its bytes, in base64.
        data: String,
    }
    /// Answers again.
    AnswerRegenerate {
        /// The answer (or the question) to answer again.
        message: MessageId,
        /// Another provider.
        provider: Option<ProviderId>,
        /// Another model.
        model: Option<String>,
    }
    /// A message that was found, with the place where.
    SearchHit {
        /// The conversation it is in.
        conversation: ConversationId,
        /// That one's title.
        title: String,
        /// The message.
        message: MessageId,
        /// Who wrote it.
        author: Author,
        /// When it began, in milliseconds since the epoch.
        created_at: u64,
        /// What stands before what was found, on one line.
        before: String,
        /// What was found, as it stands there.
        found: String,
        /// What stands after it.
        after: String,
    }
    /// What was started.
    Turn {
        /// Where.
        conversation: ConversationId,
        /// The question.
        question: MessageId,
        /// The answer that is running.
        answer: MessageId,
    }
    /// Names a provider.
    ProviderRef {
        /// Which.
        provider: ProviderId,
    }
    /// Tests a provider's connection.
    ProviderTest {
        /// Which.
        provider: ProviderId,
        /// Also asks for the first piece of an answer, which costs a few tokens.
        first_token: bool,
    }
    /// Names a proxy.
    ProxyRef {
        /// Its address.
        proxy: String,
    }
    /// A provider's fields to save.
    ProviderSave {
        /// Left out for a new endpoint of one's own.
        id: Option<ProviderId>,
        /// The name shown.
        name: String,
        /// An http or https address, up to and with `/v1` where the vendor has it.
        base_url: String,
        /// Models typed in by hand, for servers that list none.
        models: Option<Vec<String>>,
        /// What it shall speak, one of its `protocols`; stays as it is if left out.
        protocol: Option<WireProtocol>,
        /// Headers of one's own; stay as they are if left out.
        headers: Option<Vec<HeaderLine>>,
        /// A change of every request's body; stays as it is if left out, `{}` removes it.
        body_patch: Option<Value>,
        /// The proxy it is asked through; stays as it is if left out.
        proxy: Option<ProxyChoice>,
    }
    /// A provider and a model one can choose.
    ModelChoice {
        /// The provider.
        provider: ProviderId,
        /// Its name.
        provider_name: String,
        /// The model.
        model: Model,
        /// It is a favourite.
        favourite: bool,
    }
    /// A new link.
    LinkCreate {
        /// What it allows.
        role: LinkRole,
        /// What it is for.
        label: String,
        /// The conversations it shows; all if left out.
        conversations: Option<Vec<ConversationId>>,
        /// Messages it may send; no limit if left out.
        messages: Option<u32>,
        /// Tokens its answers may take, read and written; no limit if left out. The answer that goes beyond is the last.
        tokens: Option<u64>,
        /// How long it lives, in seconds; until the mirror stops if left out.
        lives_s: Option<u64>,
        /// Still good after the app has ended and started again.
        lasting: Option<bool>,
    }
    /// Names a backup.
    BackupRef {
        /// Its file's name.
        name: String,
    }
    /// Names a link.
    LinkRef {
        /// Which.
        link: LinkId,
    }
    /// An address to open.
    LinkOpen {
        /// http, https or mailto.
        url: String,
    }
    /// Asks for a picture.
    PictureFetch {
        /// http or https.
        url: String,
    }
    /// What this is.
    AppInfo {
        /// The version.
        version: String,
        /// Who asks.
        role: Role,
        /// Where conversations and settings are kept; only told to the window.
        data_dir: Option<String>,
        /// `linux`, `macos` or `windows`.
        platform: String,
        /// The provider and model this run was started with; they answer unless others are chosen. Not told to viewers.
        started_with: Option<ModelChoice>,
    }
}

/// A proxy's login to store. Has no `Serialize`, so it cannot be echoed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct ProxyLoginSet {
    /// The proxy's address, which the login is bound to.
    pub proxy: String,
    /// The user; without a colon.
    pub user: String,
    /// The password.
    #[cfg_attr(feature = "codegen", ts(type = "string"))]
    pub password: Secret,
    /// Where to keep it. `memory` is chosen by a person when no keyring works.
    pub keep: KeyPlace,
}

/// A key to store. Has no `Serialize`, so it cannot be echoed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS))]
pub struct KeySet {
    /// The provider it is for.
    pub provider: ProviderId,
    /// The key.
    #[cfg_attr(feature = "codegen", ts(type = "string"))]
    pub key: Secret,
    /// Where to keep it. `memory` is chosen by a person when no keyring works.
    pub keep: KeyPlace,
    /// Which of the provider's keys it takes the place of, or the next number for a further one; 0 if left out.
    #[serde(default)]
    #[cfg_attr(feature = "codegen", ts(optional = nullable))]
    pub number: Option<u32>,
    /// What a person calls it.
    #[serde(default)]
    #[cfg_attr(feature = "codegen", ts(optional = nullable))]
    pub label: Option<String>,
}
