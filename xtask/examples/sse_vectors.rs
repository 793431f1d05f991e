//! Runs a file of SSE vectors through the wire guard and eventsource-stream. Called by `cargo xtask vectors sse`.

#![allow(clippy::print_stdout)]

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).context("which file?")?;
    let json = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let _ = json;
    bail!("not yet")
}
