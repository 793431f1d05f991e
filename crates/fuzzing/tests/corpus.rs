//! The kept corpus and the recorded streams through every target.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rivulet_fuzzing::TARGETS;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Plays every file of the folder, and counts them.
fn play_all(name: &str, folder: &Path) -> usize {
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file() && path.extension().is_none_or(|ending| ending != "snap" && ending != "base64"));
    for file in &files {
        // Told only if the test fails: which file it was.
        println!("{name}: {}", file.display());
        rivulet_fuzzing::play(name, &std::fs::read(file).unwrap());
    }
    files.len()
}

#[test]
fn the_kept_corpus_breaks_no_rule() {
    for target in TARGETS {
        let played = play_all(target.name, &root().join("fuzz/corpus").join(target.name));
        assert!(played >= 10, "the corpus of {} has {played} files", target.name);
    }
}

#[test]
fn what_long_runs_found_breaks_no_rule() {
    let mut played = 0;
    for target in TARGETS {
        let found = root().join("fuzz/corpus").join(target.name).join("found.base64");
        for line in std::fs::read_to_string(found).unwrap_or_default().lines() {
            println!("{}: {line}", target.name);
            rivulet_fuzzing::play(target.name, &STANDARD.decode(line).unwrap());
            played += 1;
        }
    }
    assert!(played >= 1000, "{played} inputs are kept");
}

#[test]
fn recorded_streams_and_exports_break_no_rule() {
    let streams = root().join("crates/providers/tests/fixtures");
    for target in TARGETS {
        let own = streams.join(target.name);
        if own.is_dir() {
            for name in [target.name, "guard", "sse"] {
                assert!(play_all(name, &own) >= 10);
            }
        }
    }
    assert!(play_all("imports", &root().join("crates/exchange/tests/fixtures")) >= 8);
}

#[test]
fn every_target_has_its_program() {
    let programs = root().join("fuzz/fuzz_targets");
    let mut found: Vec<_> = programs.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    let mut wanted: Vec<_> = TARGETS.iter().map(|target| programs.join(format!("{}.rs", target.name))).collect();
    wanted.sort();
    assert_eq!(found, wanted);
}
