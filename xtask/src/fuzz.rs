//! `fuzz`: random bytes for everything that takes a stranger's bytes, with cargo-fuzz.

use crate::setup::tools;
use crate::shell;
use anyhow::{Result, bail};
use lexopt::{Arg, Parser, ValueExt};
use std::env;
use std::fs;
use std::path::PathBuf;

/// Programs, one a target; what they check is in crates/fuzzing.
const PROGRAMS: &str = "fuzz/fuzz_targets";
/// Found once, small, played by `cargo xtask test` too.
const KEPT: &str = "fuzz/corpus";
const RUNS: u64 = 1_000_000;
/// So many runs watch what bytes are compared with, which finds the words of a protocol. What comes after has found
/// them, and is twice as fast without.
const WATCHED: u64 = 1_000_000;
/// Longer inputs are slower and find little that short ones do not.
const LONGEST: usize = 1024;

/// Plays the named target, or all one after the other.
pub fn run(mut args: Parser) -> Result<()> {
    let (mut wanted, mut runs) = (None, RUNS);
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Long("runs") => runs = args.value()?.parse()?,
            Arg::Value(name) if wanted.is_none() => wanted = Some(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let targets = targets()?;
    if let Some(name) = wanted.as_ref().filter(|name| !targets.contains(name)) {
        bail!("there is no target `{name}`; there are: {}", targets.join(", "));
    }
    if shell::output(shell::program("cargo").args(["+nightly", "--version"])).is_none() {
        bail!("libFuzzer needs a nightly toolchain: `rustup toolchain install nightly` brings it");
    }
    tools::install_fuzz()?;
    // What is played shall be what ships, so the versions are the app's.
    fs::copy(shell::root().join("Cargo.lock"), shell::root().join("fuzz/Cargo.lock"))?;
    for target in targets.iter().filter(|target| wanted.as_ref().is_none_or(|name| name == *target)) {
        play(target, runs.min(WATCHED), &[])?;
        if runs > WATCHED {
            play(target, runs - WATCHED, &["--no-trace-compares"])?;
        }
    }
    Ok(())
}

/// The targets, from the names of their programs.
fn targets() -> Result<Vec<String>> {
    let entries = fs::read_dir(shell::root().join(PROGRAMS))?;
    let names = entries.map(|entry| Ok(PathBuf::from(entry?.file_name())));
    let names: Vec<PathBuf> = names.collect::<Result<_>>()?;
    let stem = |name: &PathBuf| Some(name.file_stem()?.to_string_lossy().into_owned());
    let mut targets: Vec<_> = names.iter().filter_map(stem).collect();
    targets.sort();
    Ok(targets)
}

fn play(target: &str, runs: u64, build: &[&str]) -> Result<()> {
    let folder = shell::target().join("fuzzing");
    let found = folder.join("corpus").join(target);
    // Two builds that would else take each other's place.
    let built = folder.join(if build.is_empty() { "watched" } else { "fast" });
    fs::create_dir_all(&found)?;
    let path = env::var_os("PATH").unwrap_or_default();
    // cargo finds `fuzz` there.
    let path = env::join_paths([tools::folder().join("bin")].into_iter().chain(env::split_paths(&path)))?;
    let mut fuzz = shell::program("cargo");
    fuzz.env("PATH", path).args(["+nightly", "fuzz", "run", "--fuzz-dir", "fuzz"]);
    // No crate of ours may have unsafe code, so there is nothing for the address sanitizer, which takes half the speed.
    fuzz.args(["--sanitizer", "none"]).args(build).arg("--target-dir").arg(built).arg(target).arg(&found);
    fuzz.arg(shell::root().join(KEPT).join(target)).arg("--");
    fuzz.args([format!("-runs={runs}"), format!("-max_len={LONGEST}")]);
    shell::run(fuzz.args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"]))
}
