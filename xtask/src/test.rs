//! Everything that must hold, one step after the other, with no screen attached.

use crate::setup::{self, tools};
use crate::{codegen, dist, install_check, run, shell, tidy, vectors};
use anyhow::{Result, bail};
use std::process::Command;
use std::time::{Duration, Instant};

/// Cases that must stay harmless in both engines.
const HOSTILE: &str = "ui/src/markdown/testdata/markup.json";

/// What came of the steps so far.
#[derive(Default)]
struct Report {
    steps: Vec<(&'static str, Duration, Option<String>)>,
}

impl Report {
    /// One step. A failure is kept, and the steps after it run all the same.
    fn step(&mut self, name: &'static str, step: impl FnOnce() -> Result<()>) {
        println!("\n== {name}");
        let start = Instant::now();
        let failure = step().err().map(|error| format!("{error:#}"));
        let time = start.elapsed();
        match &failure {
            None => println!("== {name}: passed in {:.1} s", time.as_secs_f32()),
            Some(failure) => println!("== {name}: FAILED after {:.1} s: {failure}", time.as_secs_f32()),
        }
        self.steps.push((name, time, failure));
    }

    fn end(self) -> Result<()> {
        println!();
        for (name, time, failure) in &self.steps {
            let verdict = if failure.is_none() { "passed" } else { "FAILED" };
            println!("{verdict}  {name:24} {:8.1} s", time.as_secs_f32());
        }
        let failed: Vec<_> =
            self.steps.iter().filter(|(_, _, failure)| failure.is_some()).map(|(name, ..)| *name).collect();
        println!("{} passed, {} failed", self.steps.len() - failed.len(), failed.len());
        if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
    }
}

/// All steps, or with `quick` those that need no window and no package.
pub fn run(quick: bool) -> Result<()> {
    let mut report = Report::default();
    report.step("setup", || setup::run(setup::Wanted { tests: !quick, dry_run: false }));
    report.step("generated types", || codegen::run(true));
    report.step("tidy", tidy::run);
    report.step("rustfmt", || shell::run(shell::cargo().args(["fmt", "--all", "--check"])));
    report.step("ui: types", || shell::run(shell::npm().args(["run", "check"])));
    report.step("ui: lint", || shell::run(shell::npm().args(["run", "lint"])));
    report.step("ui: tests", || shell::run(shell::npm().args(["run", "test"])));
    // Before anything of Rust: the app and the mirror carry the page inside.
    report.step("ui: build", run::page);
    if !quick {
        report.step("ui: hostile Markdown", || vectors::markup::run(&shell::root().join(HOSTILE)));
    }
    report.step("clippy", clippy);
    if quick {
        report.step("tests", || {
            shell::run(shell::cargo().arg("test").args(run::APP).args(["--exclude", "rivulet-tests", "--no-fail-fast"]))
        });
    } else {
        report.step("dependencies", || {
            shell::run(shell::program(tools::path("cargo-deny")).args(["check", "bans", "licenses", "sources"]))
        });
        // The binary first: the tests of the window open it.
        report.step("build", || shell::run(shell::cargo().arg("build").args(run::APP).arg("--all-targets")));
        report.step("tests", || shell::run(&mut tests()));
        let mut package = None;
        report.step("package", || dist::run().map(|path| package = Some(path)));
        if let (true, Some(package)) = (cfg!(target_os = "linux"), package) {
            report.step("installed package", || install_check::run(&package));
        }
    }
    report.step("xtask: tests", || shell::run(shell::cargo().args(["test", "--package", "xtask", "--bins"])));
    report.end()
}

fn clippy() -> Result<()> {
    let lints = ["--", "-D", "warnings"];
    shell::run(shell::cargo().arg("clippy").args(run::APP).arg("--all-targets").args(lints))?;
    shell::run(shell::cargo().args(["clippy", "--package", "xtask", "--all-targets"]).args(lints))
}

/// The tests of all packages, with what they need.
pub fn tests() -> Command {
    let mut tests = shell::cargo();
    tests.arg("test").args(run::APP).arg("--no-fail-fast").envs(tools::for_tests("debug"));
    tests
}
