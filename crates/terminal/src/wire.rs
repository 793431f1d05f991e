//! What is said over the socket: one JSON object a line, `type` first. A connection begins with a hello of each side,
//! takes one request, and ends with its answer.

use rivulet_protocol::{ApiError, Conversation, ConversationId, Event, MessageId, ProviderId};
use serde::{Deserialize, Serialize};

/// Of this protocol. Another number on the other side means another Rivulet: the two do not talk.
pub const VERSION: u32 = 1;

/// Longest line that the app reads before it was greeted.
pub(crate) const HELLO_BYTES: usize = 4 << 10;
/// Longest request: a question of 4 MiB, of which JSON may write every character in six.
pub(crate) const REQUEST_BYTES: usize = 32 << 20;
/// Longest reply: an answer is at most 64 MiB.
pub(crate) const REPLY_BYTES: usize = 512 << 20;

/// What the program says.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// First.
    Hello {
        /// [`VERSION`].
        version: u32,
    },
    /// Sends a message and follows its answer.
    Ask(Ask),
    /// Follows an answer that runs.
    Tail(Tail),
    /// Lists conversations.
    List(List),
    /// Stops the answer that was asked for on this connection; what came is kept.
    Stop,
    /// A window wants the data folder: whoever holds it without one shall go.
    HandOver,
}

/// What the app says.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// To a hello.
    Hello {
        /// [`VERSION`].
        version: u32,
        /// The app's version.
        app: String,
        /// In which form it runs.
        host: Host,
    },
    /// An answer is followed from here on; its events come next.
    Begun {
        /// Where.
        conversation: ConversationId,
        /// The answer.
        answer: MessageId,
    },
    /// Something happened to it.
    Event {
        /// As everybody else is told it.
        event: Event,
    },
    /// A row of the list.
    Conversation(Box<Conversation>),
    /// All was said.
    Done,
    /// It was not done.
    Refused(ApiError),
}

/// In which form the app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// With its window.
    Window,
    /// `rivulet serve`.
    Serve,
    /// Started by the terminal for itself. Gives way to the others.
    Core,
}

/// A conversation, as a person names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The one whose latest message is the newest.
    Last,
    /// This one.
    Id(ConversationId),
}

/// A question.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ask {
    /// What to say.
    pub text: String,
    /// Where; a new conversation if left out.
    pub conversation: Option<Which>,
    /// A new conversation that never touches the disk.
    pub temporary: bool,
    /// As in `message_send`.
    pub provider: Option<ProviderId>,
    /// As in `message_send`.
    pub model: Option<String>,
}

/// What to follow.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tail {
    /// In this conversation; in any if left out.
    pub conversation: Option<Which>,
    /// Waits for the next answer, and after each one for another.
    pub follow: bool,
}

/// Which rows.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct List {
    /// Only conversations with these words in the title or in a message; all if empty.
    pub words: String,
    /// At most this many.
    pub limit: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rivulet_protocol::EventBody;

    /// What stands here is what another version may say: it is changed with [`VERSION`] only.
    #[test]
    fn the_lines_of_version_1() {
        let ask = r#"{"type":"ask","text":"Why?","conversation":"last","provider":"demo"}"#;
        let read: Request = serde_json::from_str(ask).unwrap();
        let conversation = Some(Which::Last);
        let provider = Some("demo".into());
        assert_eq!(read, Request::Ask(Ask { text: "Why?".into(), conversation, provider, ..Ask::default() }));
        let hello = Reply::Hello { version: VERSION, app: "1.2.3".into(), host: Host::Core };
        let line = serde_json::to_string(&hello).unwrap();
        assert_eq!(line, r#"{"type":"hello","version":1,"app":"1.2.3","host":"core"}"#);
    }

    #[test]
    fn an_event_is_told_as_the_mirror_tells_it() {
        let body = EventBody::Text { text: "a\nb".into(), offset: 3 };
        let event = Event { seq: 7, message: MessageId::new(), body };
        let line = serde_json::to_string(&Reply::Event { event: event.clone() }).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Reply>(&line).unwrap(), Reply::Event { event });
    }
}
