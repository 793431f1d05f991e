//! `fuzz`: random bytes for everything that takes a stranger's bytes, with cargo-fuzz.

use crate::setup::tools;
use crate::shell;
use anyhow::{Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lexopt::{Arg, Parser, ValueExt};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs, one a target; what they check is in crates/fuzzing.
const PROGRAMS: &str = "fuzz/fuzz_targets";
/// Played by `cargo xtask test` too: inputs with a name, and in [`FOUND`] those without.
const KEPT: &str = "fuzz/corpus";
/// What long runs found, an input a line: the fewest that reach what all of them reach.
const FOUND: &str = "found.base64";
const RUNS: u64 = 1_000_000;
/// So many runs watch what bytes are compared with, which finds the words of a protocol. What comes after has found
/// them, and is twice as fast without.
const WATCHED: u64 = 1_000_000;
/// Longer inputs are slower and find little that short ones do not.
const LONGEST: usize = 1024;

/// Plays the named target, or all one after the other.
pub fn run(mut args: Parser) -> Result<()> {
    let (mut wanted, mut runs, mut keeps) = (None, RUNS, false);
    while let Some(arg) = args.next()? {
        match arg {
            Arg::Long("keep") => keeps = true,
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
        if keeps {
            keep(target)?;
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
    let found = folder("corpus", target)?;
    unpack(target, &found)?;
    let mut fuzz = program(target, build)?;
    fuzz.arg(&found).arg(shell::root().join(KEPT).join(target)).arg("--");
    fuzz.args([format!("-runs={runs}"), format!("-max_len={LONGEST}")]);
    shell::run(fuzz.args(["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"]))
}

/// Puts the fewest of all that was found into the repository.
fn keep(target: &str) -> Result<()> {
    let fewest = folder("fewest", target)?;
    fs::remove_dir_all(&fewest)?;
    fs::create_dir(&fewest)?;
    let mut merge = program(target, &["--no-trace-compares"])?;
    merge.arg(&fewest).arg(folder("corpus", target)?).args(["--", "-set_cover_merge=1", "-use_counters=0"]);
    shell::run(&mut merge)?;
    let inputs = fs::read_dir(&fewest)?.map(|entry| Ok(STANDARD.encode(fs::read(entry?.path())?)));
    let mut lines: Vec<String> = inputs.collect::<Result<_>>()?;
    lines.sort();
    Ok(fs::write(shell::root().join(KEPT).join(target).join(FOUND), lines.join("\n") + "\n")?)
}

fn unpack(target: &str, into: &Path) -> Result<()> {
    let Ok(kept) = fs::read_to_string(shell::root().join(KEPT).join(target).join(FOUND)) else { return Ok(()) };
    for (number, line) in kept.lines().enumerate() {
        fs::write(into.join(format!("kept-{number}")), STANDARD.decode(line)?)?;
    }
    Ok(())
}

/// A folder for this target, made if it is not there.
fn folder(name: &str, target: &str) -> Result<PathBuf> {
    let folder = shell::target().join("fuzzing").join(name).join(target);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The target's program, built in this way.
fn program(target: &str, build: &[&str]) -> Result<Command> {
    let path = env::var_os("PATH").unwrap_or_default();
    // cargo finds `fuzz` there.
    let path = env::join_paths([tools::folder().join("bin")].into_iter().chain(env::split_paths(&path)))?;
    // Two builds that would else take each other's place.
    let built = shell::target().join("fuzzing").join(if build.is_empty() { "watched" } else { "fast" });
    let mut fuzz = shell::program("cargo");
    fuzz.env("PATH", path).args(["+nightly", "fuzz", "run", "--fuzz-dir", "fuzz"]);
    // No crate of ours may have unsafe code, so there is nothing for the address sanitizer, which takes half the speed.
    fuzz.args(["--sanitizer", "none"]).args(build).arg("--target-dir").arg(built).arg(target);
    Ok(fuzz)
}
