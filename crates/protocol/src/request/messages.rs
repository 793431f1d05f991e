//! Messages, and the files that go with them.

use crate::*;
use serde::{Deserialize, Serialize};

wire! {
    /// A page of messages, oldest first.
    MessagePage {
        /// The messages.
        messages: Vec<PathMessage>,
        /// There are older ones.
        has_older: bool,
    }
}

request! {
    /// Older messages.
    MessagesBefore {
        /// The conversation.
        conversation: ConversationId,
        /// Those before this one.
        before: MessageId,
        /// At most this many; 40 if left out, 200 at most.
        limit: Option<u32>,
    }
    /// Names a message.
    MessageRef {
        /// Which.
        message: MessageId,
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
    /// What was started.
    Turn {
        /// Where.
        conversation: ConversationId,
        /// The question.
        question: MessageId,
        /// The answer that is running.
        answer: MessageId,
    }
}
