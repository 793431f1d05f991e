//! `bench faults`: the fault matrix, counted from the results of its tests.

use crate::shell;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// Where the engine's tests write down what came of each fault.
const OUTCOMES: &str = "crates/engine/tests/faults/outcomes";
/// The page's test that makes sentences and steps of it.
const SENTENCES: &str = "src/words/faults.test.ts";

/// Runs the rows and the page's test; fails if a row or the page does.
pub fn run() -> Result<()> {
    let output = shell::cargo()
        .args(["test", "--package", "rivulet-engine", "--test", "faults", "--no-fail-fast"])
        .output()
        .context("cargo did not start")?;
    let results = rows(&String::from_utf8_lossy(&output.stdout));
    if results.is_empty() {
        bail!("the tests did not run:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let known = known()?;
    let mut passed = 0;
    for (number, (fault, cases)) in &known {
        let ok = results.get(number) == Some(&true);
        passed += usize::from(ok);
        println!("{}  {number:2}  {fault} ({cases} cases)", if ok { "passed" } else { "FAILED" });
    }
    let rows_met = passed == known.len() && results.len() == known.len();
    println!("rows: {passed} passed out of {}", known.len());
    let page = shell::npm().args(["exec", "vitest", "run", SENTENCES]).output().context("npm did not start")?;
    let page_met = page.status.success();
    println!("sentences and steps in both languages: {}", if page_met { "passed" } else { "FAILED" });
    let met = usize::from(rows_met) + usize::from(page_met);
    println!("goals: {met} met, {} missed", 2 - met);
    if met == 2 { Ok(()) } else { bail!("a goal was missed") }
}

/// Row numbers and whether their tests passed, from the lines of the test program: `test part::row_12_name ... ok`.
fn rows(output: &str) -> BTreeMap<u64, bool> {
    let row = |line: &str| {
        let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let number = name.split("::row_").nth(1)?.split('_').next()?.parse().ok()?;
        Some((number, result.trim() == "ok"))
    };
    output.lines().filter_map(row).collect()
}

/// The rows that are written down: name and number of cases.
fn known() -> Result<BTreeMap<u64, (String, usize)>> {
    let mut known = BTreeMap::new();
    for entry in fs::read_dir(shell::root().join(OUTCOMES))? {
        let row: Value = serde_json::from_str(&fs::read_to_string(entry?.path())?)?;
        let cases = row["cases"].as_array().map_or(0, Vec::len);
        let number = row["row"].as_u64().context("an outcome without a row")?;
        known.insert(number, (row["fault"].as_str().unwrap_or_default().to_owned(), cases));
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_from_the_tests_own_lines() {
        let output = "running 3 tests\ntest a::row_01_refused ... ok\ntest b::row_12_busy ... FAILED\n\
                      test c::row_12_busy has been running for over 60 seconds\ntest d::other ... ok\n";
        assert_eq!(rows(output), BTreeMap::from([(1, true), (12, false)]));
    }
}
