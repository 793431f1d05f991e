//! Runs a file of SSE vectors through the wire guard and eventsource-stream. Called by `cargo xtask vectors sse`.

#![allow(clippy::print_stdout)]

use anyhow::{Context, Result, bail};
use rivulet_providers::vectors;

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).context("which file?")?;
    let json = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let report = vectors::run_sse(&json).map_err(anyhow::Error::msg)?;
    for name in &report.failed {
        println!("{name}");
    }
    println!("{} passed, {} failed", report.passed, report.failed.len());
    if report.failed.is_empty() { Ok(()) } else { bail!("{} failed", report.failed.len()) }
}
