//! Running a file of test vectors through the part of the app it is for.

pub mod markup;
mod webdriver;

use crate::shell;
use anyhow::{Result, bail};
use std::ffi::OsString;

/// `sse FILE` or `markup FILE`.
pub fn run(args: &[OsString]) -> Result<()> {
    match args {
        // In a program of its own: it needs the HTTP client, which the other chores need not wait for.
        [kind, file] if kind == "sse" => {
            let program = ["run", "--quiet", "--package", "xtask", "--example", "sse_vectors", "--"];
            shell::run(shell::cargo().args(program).arg(std::path::absolute(file)?))
        }
        [kind, file] if kind == "markup" => markup::run(file.as_ref()),
        _ => bail!("usage: cargo xtask vectors sse|markup FILE"),
    }
}
