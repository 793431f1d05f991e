//! `docs/mirror-safety.md` says which test shows what. That they pass, the test run says; here, that they exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = "../../docs/mirror-safety.md";
const PAGE: &str = "../../ui/src/transport";
const REAL_BROWSER: &str = "../../tests/tests/e2e";

#[test]
fn every_requirement_names_tests_that_exist() {
    let document = fs::read_to_string(DOCUMENT).unwrap();
    let mut numbers = Vec::new();
    for row in document.lines() {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [_, number, _, shown, _] = cells[..] else { continue };
        let Ok(number) = number.parse::<u32>() else { continue };
        numbers.push(number);
        let names: Vec<_> = shown.split(", ").collect();
        let run_here = names.iter().filter(|name| !name.starts_with("e2e")).count();
        assert!(run_here > 0, "{number} needs a test that runs without a browser");
        for name in names {
            assert!(exists(name), "{number}: there is no test {name}");
        }
    }
    assert_eq!(numbers, (1..=33).collect::<Vec<_>>());
}

fn exists(name: &str) -> bool {
    if let Some(title) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        return sources(PAGE).iter().any(|(_, text)| text.contains(&format!("it('{title}'")));
    }
    if let Some(module) = name.strip_prefix("e2e `").and_then(|name| name.strip_suffix('`')) {
        return Path::new(REAL_BROWSER).join(format!("{module}.rs")).exists();
    }
    let path = name.trim_matches('`').replace("tests::", "");
    let (module, function) = path.rsplit_once("::").unwrap_or(("main", &path));
    let tests = [sources("src"), sources("tests/mirror"), sources("tests/alone")].concat();
    tests.iter().any(|(file, text)| file.file_stem().unwrap() == module && text.contains(&format!("fn {function}(")))
}

fn sources(dir: &str) -> Vec<(PathBuf, String)> {
    let files: BTreeSet<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files
        .into_iter()
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}
