//! Conversations: the list, the search, the bin, drafts.

use crate::*;
use serde::{Deserialize, Serialize};

wire! {
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
}

request! {
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
}
