//! The pages in which previews are shown: what a model wrote as HTML, SVG or a diagram, drawn in a frame.
//!
//! Such a frame has no origin, so it cannot reach the app, and its policy lets it fetch nothing. The one script that may
//! run in it is the page's own, which has a place inside of the page and is allowed by its hash: scripts of the model's
//! never run. Window and browsers get the same page, each from a place of its own.

use crate::page;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The page of a frame, with the policy it must be served under.
#[derive(Debug)]
pub struct Frame {
    /// The page.
    pub html: Vec<u8>,
    /// Its `Content-Security-Policy`.
    pub policy: String,
}

/// The frame's page of this name (`still.html`, `diagram.html`), if the bundle has it.
pub fn frame(name: &str) -> Option<Frame> {
    let html = page::bundled(&format!("frames/{name}"))?;
    let (_, script) = split(&html, b"<script>")?;
    let (script, _) = split(script, b"</script>")?;
    let hash = STANDARD.encode(Sha256::digest(script));
    // A model's own styles are harmless where nothing can be fetched.
    let policy = format!(
        "sandbox allow-scripts; default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; \
         img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    );
    Some(Frame { html, policy })
}

fn split<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = text.windows(at.len()).position(|window| window == at)?;
    Some((&text[..found], &text[found + at.len()..]))
}
