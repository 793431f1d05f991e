//! `bench mirror`: what it needs, its program, and the requirements of the mirror's safety counted from their tests.

use crate::{goals, run, shell};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What the mirror is compared with. Installed for the bench alone; no part of the app.
const H3: &str = "h3@1.15.9";
/// A table: number, what must hold, the tests that show it.
const REQUIREMENTS: &str = "docs/mirror-safety.md";

/// Runs the program, then the tests; fails if a goal is missed.
pub fn run() -> Result<()> {
    // The page is part of the mirror.
    run::page()?;
    let folder = install()?;
    let mut program = shell::cargo();
    program.args(["run", "--quiet", "--release", "--package", "rivulet-mirror", "--example", "bench_mirror"]);
    let (mut met, mut missed) = goals::of(program.args(["--", "all"]).arg(&folder))?;
    let (passed, known, attacks) = requirements()?;
    println!("\nsecurity: requirements passed: {passed} of {known}; attacks tried and failed: {attacks}");
    println!("(by the tests that need no window; `cargo xtask test` also plays those of a real browser)");
    *(if passed == known { &mut met } else { &mut missed }) += 1;
    println!("goals: {met} met, {missed} missed");
    if missed == 0 { Ok(()) } else { bail!("a goal was missed") }
}

fn install() -> Result<PathBuf> {
    let folder = shell::target().join("bench-mirror");
    fs::create_dir_all(&folder)?;
    let mut npm = shell::npm();
    npm.current_dir(&folder).args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix", ".", H3]);
    shell::run(&mut npm)?;
    Ok(folder)
}

/// How many passed, of how many, and how many attacks were tried.
fn requirements() -> Result<(usize, usize, u64)> {
    let output = said(shell::cargo().args([
        "test",
        "--package",
        "rivulet-mirror",
        "--no-fail-fast",
        "--lib",
        "--tests",
        "--",
        "--show-output",
    ]))?;
    let mut passed = passed_tests(&output);
    let attacks = output.lines().find_map(|line| line.strip_suffix(" attacks tried")?.parse().ok());
    let page = said(shell::npm().args(["exec", "vitest", "--", "run", "src/transport", "--reporter=json"]))?;
    passed.extend(passed_titles(&page));
    let document = fs::read_to_string(shell::root().join(REQUIREMENTS))?;
    let rows: Vec<_> = document.lines().filter_map(row).collect();
    let mut held = 0;
    for (number, tests) in &rows {
        let open: Vec<_> = tests.iter().filter(|test| !passed.contains(**test)).collect();
        held += usize::from(open.is_empty());
        if !open.is_empty() {
            println!("FAILED  {number:2}  {open:?}");
        }
    }
    Ok((held, rows.len(), attacks.unwrap_or(0)))
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::null()).output().context("a test program did not start")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// From lines like `test doors::an_unknown_path ... ok`.
fn passed_tests(output: &str) -> BTreeSet<String> {
    let passed = |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... ok")?.to_owned());
    output.lines().filter_map(passed).collect()
}

/// From vitest's report.
fn passed_titles(report: &str) -> BTreeSet<String> {
    let report: Value =
        serde_json::from_str(report.get(report.find('{').unwrap_or(0)..).unwrap_or("")).unwrap_or_default();
    let files = report["testResults"].as_array().into_iter().flatten();
    let tests = files.flat_map(|file| file["assertionResults"].as_array().into_iter().flatten());
    tests
        .filter(|test| test["status"] == "passed")
        .filter_map(|test| Some(test["title"].as_str()?.to_owned()))
        .collect()
}

/// A requirement's number and its tests, but for those in a real browser.
fn row(line: &str) -> Option<(u32, Vec<&str>)> {
    let cells: Vec<_> = line.split('|').map(str::trim).collect();
    let [_, number, _, shown, _] = cells[..] else { return None };
    let names = shown.split(", ").filter(|name| !name.starts_with("e2e")).map(|name| name.trim_matches(['`', '"']));
    Some((number.parse().ok()?, names.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_from_what_the_programs_print() {
        let output = "test a::b ... ok\ntest a::c ... FAILED\n";
        assert_eq!(passed_tests(output), BTreeSet::from(["a::b".to_owned()]));
        let report = r#"{"testResults":[{"assertionResults":[{"title":"x","status":"passed"},{"title":"y","status":"failed"}]}]}"#;
        assert_eq!(passed_titles(report), BTreeSet::from(["x".to_owned()]));
        assert_eq!(row("| 7 | It holds. | `a::b`, e2e `c`, \"says x\" |"), Some((7, vec!["a::b", "says x"])));
    }
}
