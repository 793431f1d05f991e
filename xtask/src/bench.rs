//! Benches are programs of their own; this names them and gives them what they need.

use crate::{faults, mirror, providers, run, setup, shell};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;

struct Bench {
    name: &'static str,
    what: &'static str,
    /// Arguments of `cargo run --release`.
    program: &'static [&'static str],
    /// Whether it opens the window, and so needs the app, a screen and drivers.
    window: bool,
    /// Whether it needs the reference pages.
    pages: bool,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "stream",
        what: "deltas a second from the wire to a viewer",
        program: &["--package", "rivulet-engine", "--example", "bench_stream"],
        window: false,
        pages: false,
    },
    Bench {
        name: "model",
        what: "twenty answers of a real model (URL of a llama.cpp server), counted twice",
        program: &["--package", "rivulet-engine", "--example", "bench_model"],
        window: false,
        pages: false,
    },
    Bench {
        name: ARCHIVE,
        what: "a million messages beside ten thousand: start, list, open, search; imports, exports, backups, kills",
        program: &["--package", "rivulet-engine", "--example", "bench_archive"],
        window: false,
        pages: false,
    },
    Bench {
        name: "window",
        what: "start, memory and long answers in the real window",
        program: &["--package", "rivulet-tests", "--bin", "bench_window"],
        window: true,
        pages: false,
    },
    Bench {
        name: "ui",
        what: "reading: the page in Chromium and the real window, beside reference pages",
        program: &["--package", "rivulet-tests", "--bin", "bench_ui"],
        window: true,
        pages: true,
    },
];

/// Its program is told what came of [`KILLS`] kills.
const ARCHIVE: &str = "archive";
const KILLS: u32 = 200;
const KILLS_TEST: &str = "kills::what_was_acknowledged_is_there_after_a_kill_in_any_kind_of_write";
/// Not a program of its own: it counts what tests say.
const FAULTS: &str = "faults";
/// A program, what it is compared with, and tests that are counted.
const MIRROR: &str = "mirror";
/// The same.
const PROVIDERS: &str = "providers";

/// Runs the bench named first; what follows is passed on.
pub fn run(args: &[OsString]) -> Result<()> {
    let names: String = BENCHES.iter().map(|bench| format!("  {:10} {}\n", bench.name, bench.what)).collect();
    let names = format!(
        "{names}  {PROVIDERS:10} decoders and parsers of event streams, beside others; the fault matrix with its tests\n  \
         {FAULTS:10} what comes of each fault between the app and a model\n  {MIRROR:10} many viewers of one \
         answer, beside a Node server with h3; the mirror's requirements\n"
    );
    let Some((name, rest)) = args.split_first() else {
        print!("{names}");
        return Ok(());
    };
    if name == FAULTS {
        return faults::run();
    }
    if name == PROVIDERS {
        return providers::run();
    }
    if name == MIRROR {
        return mirror::run();
    }
    let Some(bench) = BENCHES.iter().find(|bench| name == bench.name) else {
        bail!("there is no bench `{}`; there are\n{names}", name.display());
    };
    let mut program = shell::cargo();
    program.args(["run", "--quiet", "--release"]).args(bench.program).arg("--").args(rest);
    if bench.window {
        setup::run(setup::Wanted { tests: true, dry_run: false })?;
        run::page()?;
        if bench.pages {
            shell::run(shell::npm().args(["run", "build", "--", "--mode", "bench"]))?;
        }
        // The app and the bare window it is compared with, in one go: the same versions and features.
        let mut build = shell::cargo();
        build.args(["build", "--release", "--package", "rivulet", "--features", "custom-protocol"]);
        shell::run(build.args(["--bin", "rivulet", "--example", "bare_window"]))?;
        program.envs(setup::tools::for_tests("release"));
    }
    if bench.name == ARCHIVE {
        program.env("RIVULET_KILLS_MET", kills()?.to_string());
    }
    shell::run(&mut program)
}

/// Kills a process in the middle of writes, by a test of the store; whether nothing was lost.
fn kills() -> Result<bool> {
    let mut test = shell::cargo();
    test.args(["test", "--package", "rivulet-store", "--test", "store", "--", "--nocapture", "--exact", KILLS_TEST]);
    let output = test.env("RIVULET_KILLS", KILLS.to_string()).output().context("cargo did not start")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find_map(|line| Some(&line[line.find("kills: ")?..]));
    match line {
        Some(line) => println!("{line}"),
        None => println!("{said}{}", String::from_utf8_lossy(&output.stderr)),
    }
    Ok(output.status.success() && line.is_some())
}
