//! What must hold whatever bytes a stranger sends. Each target takes bytes and panics if something does not hold.
//!
//! `cargo xtask fuzz` plays them with bytes that libFuzzer makes up (`fuzz/` has the programs); the test of this crate
//! plays the corpus kept in `fuzz/corpus`, so that no target rots.

mod cut;
mod decoders;
mod imports;
mod reference;
mod wire;

/// What is played.
#[derive(Debug)]
pub struct Target {
    /// Of the program and of the corpus' folder.
    pub name: &'static str,
    /// Panics if these bytes break a rule.
    pub play: fn(&[u8]),
}

/// All targets.
pub static TARGETS: &[Target] = &[
    Target { name: "guard", play: wire::guard },
    Target { name: "sse", play: wire::sse },
    Target { name: "openai_chat", play: decoders::openai_chat },
    Target { name: "openai_responses", play: decoders::openai_responses },
    Target { name: "anthropic", play: decoders::anthropic },
    Target { name: "gemini", play: decoders::gemini },
    Target { name: "ollama", play: decoders::ollama },
    Target { name: "imports", play: imports::import },
];

/// Plays the target of this name.
pub fn play(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    assert!(target.is_some(), "there is no target `{name}`");
    if let Some(target) = target {
        (target.play)(bytes);
    }
}
