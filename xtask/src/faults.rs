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
/// Names of the wire protocols, the one that is spoken unless a case says another first.
const PROTOCOLS: &[&str] = &["openai_chat", "openai_responses", "anthropic", "gemini", "ollama"];

/// Runs the rows and the page's test; fails if a row or the page does.
pub fn run() -> Result<()> {
    let rows_met = rows_met()?;
    let page = shell::npm().args(["exec", "vitest", "run", SENTENCES]).output().context("npm did not start")?;
    let page_met = page.status.success();
    println!("sentences and steps in both languages: {}", if page_met { "passed" } else { "FAILED" });
    let met = usize::from(rows_met) + usize::from(page_met);
    println!("goals: {met} met, {} missed", 2 - met);
    if met == 2 { Ok(()) } else { bail!("a goal was missed") }
}

/// Runs the rows and prints each: what breaks, in how many cases, of which protocols' streams, and the test behind it.
pub fn rows_met() -> Result<bool> {
    let output = shell::cargo()
        .args(["test", "--package", "rivulet-engine", "--test", "faults", "--no-fail-fast"])
        .output()
        .context("cargo did not start")?;
    let results = results(&String::from_utf8_lossy(&output.stdout));
    if results.is_empty() {
        bail!("the tests did not run:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let known = known()?;
    let mut passed = 0;
    for (number, row) in &known {
        let (test, ok) = results.get(number).map_or(("no test", false), |(test, ok)| (test, *ok));
        passed += usize::from(ok);
        println!("{}  {number:2}  {row}  {test}", if ok { "passed" } else { "FAILED" });
    }
    println!("rows: {passed} passed out of {}", known.len());
    Ok(passed == known.len() && results.len() == known.len())
}

/// Row numbers with their tests and whether they passed, from the lines of the test program:
/// `test part::row_12_name ... ok`.
fn results(output: &str) -> BTreeMap<u64, (String, bool)> {
    let row = |line: &str| {
        let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let number = name.split("::row_").nth(1)?.split('_').next()?.parse().ok()?;
        Some((number, (name.to_owned(), result.trim() == "ok")))
    };
    output.lines().filter_map(row).collect()
}

/// A row as it is printed.
fn row(outcome: &Value) -> String {
    let cases = outcome["cases"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut protocols: BTreeMap<&str, usize> = BTreeMap::new();
    // A case that plays a protocol's own recorded stream begins with its name; the others speak OpenAI's.
    for case in cases.iter().filter_map(|case| case["case"].as_str()) {
        let protocol = case.split_once(": ").map(|(protocol, _)| protocol).filter(|name| PROTOCOLS.contains(name));
        *protocols.entry(protocol.unwrap_or(PROTOCOLS[0])).or_default() += 1;
    }
    let protocols: Vec<_> = protocols.into_iter().map(|(name, count)| format!("{name} {count}")).collect();
    format!("{} ({} cases: {})", outcome["fault"].as_str().unwrap_or_default(), cases.len(), protocols.join(", "))
}

/// The rows that are written down.
fn known() -> Result<BTreeMap<u64, String>> {
    let mut known = BTreeMap::new();
    for entry in fs::read_dir(shell::root().join(OUTCOMES))? {
        let outcome: Value = serde_json::from_str(&fs::read_to_string(entry?.path())?)?;
        known.insert(outcome["row"].as_u64().context("an outcome without a row")?, row(&outcome));
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
        let (first, second) = (("a::row_01_refused".to_owned(), true), ("b::row_12_busy".to_owned(), false));
        assert_eq!(results(output), BTreeMap::from([(1, first), (12, second)]));
    }

    #[test]
    fn a_row_says_whose_streams_it_plays() {
        let outcome = serde_json::json!({ "fault": "cut", "cases": [
            { "case": "ollama: in a line" }, { "case": "TLS: in a record" }, { "case": "ollama: at once" }
        ] });
        assert_eq!(row(&outcome), "cut (3 cases: ollama 2, openai_chat 1)");
    }
}
