//! The wire protocols. Each is one file with a pure decoder and an encoder, and one line in [`TABLE`].

pub mod anthropic;
mod frame;
pub mod gemini;
pub mod ollama;
pub mod openai_chat;
pub mod openai_responses;

use crate::frames::Framing;
use crate::{ChatRequest, Decoder, Delta, Endpoint, Point};
use rivulet_protocol::{Control, Failure, Model, WireProtocol};
use serde_json::Value;

/// Everything in which one protocol differs from another.
#[derive(Debug)]
pub struct Protocol {
    /// Which.
    pub name: WireProtocol,
    /// How a key is sent, unless the catalog says otherwise.
    pub auth: KeyHeader,
    /// Headers of every request.
    pub headers: &'static [(&'static str, &'static str)],
    /// Where an answer is asked for, below the base URL; a query may follow.
    pub path: fn(&ChatRequest) -> String,
    /// The body of a request.
    pub body: fn(&Endpoint, &ChatRequest) -> Value,
    /// How a streamed answer is cut into events.
    pub framing: Framing,
    /// Reads a streamed answer.
    pub decoder: fn() -> Box<dyn Decoder>,
    /// Reads an answer that was not streamed.
    pub whole: fn(&Value, &mut Vec<Delta>) -> Result<(), Failure>,
    /// Where models are listed, below the base URL.
    pub models_path: &'static str,
    /// Reads the list of models; `None` if it is none.
    pub models: fn(&Value) -> Option<Vec<Model>>,
    /// Where more is said of one model than the list says.
    pub about: Option<About>,
    /// What can be set.
    pub controls: &'static [Control],
    /// How an answer is taken up again that its vendor goes on with by itself; none where it ends with the connection.
    pub background: Option<Background>,
}

/// Answers that go on when the connection breaks, until their end or until that is asked for.
#[derive(Debug)]
pub struct Background {
    /// Where the events behind this number come from, below the base URL.
    pub rest: fn(response: &str, after: u64) -> String,
    /// Where it is told as far as it is, and whole once it has ended.
    pub whole: fn(response: &str) -> String,
    /// Whether what is told there is not the end yet.
    pub runs: fn(&Value) -> bool,
    /// Where its end is asked for.
    pub cancel: fn(response: &str) -> String,
    /// Reads the events behind a point.
    pub decoder: fn(&Point) -> Box<dyn Decoder>,
}

/// Where a server says more of one model, asked with `{"model": …}`.
#[derive(Debug)]
pub struct About {
    /// Below the base URL.
    pub path: &'static str,
    /// Adds what it says.
    pub read: fn(&Value, &mut Model),
}

/// The header that carries a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHeader {
    /// `Authorization: Bearer <key>`.
    Bearer,
    /// The key alone in a header of this name.
    Named(&'static str),
}

/// All protocols.
pub static TABLE: &[&Protocol] =
    &[&openai_chat::PROTOCOL, &openai_responses::PROTOCOL, &anthropic::PROTOCOL, &gemini::PROTOCOL, &ollama::PROTOCOL];

/// The protocol of this name.
pub fn of(name: WireProtocol) -> &'static Protocol {
    TABLE.iter().find(|protocol| protocol.name == name).copied().unwrap_or(&openai_chat::PROTOCOL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_is_in_the_table_once() {
        for (at, protocol) in TABLE.iter().enumerate() {
            assert!(TABLE[..at].iter().all(|other| other.name != protocol.name), "{:?}", protocol.name);
            assert_eq!(of(protocol.name).name, protocol.name);
        }
    }
}
