//! The protocols as their vendors speak them: recorded streams, which the decoders' tests review.

use super::scene::Seen;
use super::{Scene, Setup};
use rivulet_protocol::WireProtocol;
use rivulet_testkit::{Script, Upstream};
use std::path::Path;

pub struct Voice {
    pub protocol: WireProtocol,
    pub folder: &'static str,
    media_type: &'static str,
    ending: &'static str,
    /// A whole answer, and its text.
    whole: (&'static str, &'static str),
}

const SSE: &str = "text/event-stream";

pub const VOICES: &[Voice] = &[
    voice(WireProtocol::OpenaiChat, "openai_chat", SSE, "sse", ("openai", "Hello, 世界 🌊")),
    voice(WireProtocol::OpenaiResponses, "openai_responses", SSE, "sse", ("text", "Hello, 世界 👋")),
    voice(WireProtocol::Anthropic, "anthropic", SSE, "sse", ("text", "Hello, 世界 👋")),
    voice(WireProtocol::Gemini, "gemini", SSE, "sse", ("text", "Hello, 世界 👋")),
    voice(WireProtocol::Ollama, "ollama", "application/x-ndjson", "ndjson", ("text", "Hello, 世界 👋")),
];

const fn voice(
    protocol: WireProtocol,
    folder: &'static str,
    media_type: &'static str,
    ending: &'static str,
    whole: (&'static str, &'static str),
) -> Voice {
    Voice { protocol, folder, media_type, ending, whole }
}

impl Voice {
    pub fn of(protocol: WireProtocol) -> &'static Self {
        VOICES.iter().find(|voice| voice.protocol == protocol).unwrap()
    }

    /// The bytes of a recorded stream.
    pub fn recorded(&self, name: &str) -> Vec<u8> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../providers/tests/fixtures");
        std::fs::read(folder.join(self.folder).join(format!("{name}.{}", self.ending))).unwrap()
    }

    /// A recorded stream that ends cleanly, as HTTP has it.
    pub fn plays(&self, name: &str) -> Script {
        self.begins().bytes(&self.recorded(name)).end()
    }

    /// The head of a stream.
    pub fn begins(&self) -> Script {
        Script::stream_of(self.media_type)
    }

    /// A whole answer, and its text.
    pub fn whole(&self) -> (Vec<u8>, &'static str) {
        (self.recorded(self.whole.0), self.whole.1)
    }

    /// Asks an upstream that speaks so.
    pub async fn ask(&self, case: &str, scripts: impl IntoIterator<Item = Script>) -> Seen {
        let upstream = Upstream::start(scripts);
        let setup = Setup { protocol: self.protocol, ..Setup::default() };
        let scene = Scene::start(&upstream.base_url(), setup).await;
        scene.case(format!("{}: {case}", self.folder), &upstream).await
    }
}
