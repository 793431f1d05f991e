//! Source files: length, names, and what may not stand in them.

use super::{Findings, Source};

/// Lines a file may have: warned from the first number, refused from the second.
const LENGTHS: &[(&str, usize, usize)] = &[(".rs", 400, 800), (".ts", 400, 500), (".svelte", 300, 400)];

/// Written by programs.
const GENERATED: &[&str] =
    &["ui/src/protocol/generated.ts", "Cargo.lock", "ui/package-lock.json", "ui/project.inlang/.meta.json"];

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager", "service", "misc"];

/// The one file of the page that knows it may run in a window of Tauri's.
const HOST: &str = "ui/src/transport/tauri.ts";

/// Put off is not done. Split so that this file may hold them.
const PUT_OFF: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Recorded or foreign data, kept as it came.
const DATA: &[&str] = &["/testdata/", "/tests/vectors/"];

const TEXT: &[&str] = &[".rs", ".ts", ".svelte", ".css", ".html", ".js", ".toml", ".json", ".md", ".yml", ".sql"];

pub fn check(sources: &[Source], findings: &mut Findings) {
    for source in sources {
        let path = source.path.as_str();
        let written_here = !GENERATED.contains(&path) && !DATA.iter().any(|folder| path.contains(folder));
        if !written_here || !TEXT.iter().any(|ending| path.ends_with(ending)) {
            continue;
        }
        length(source, findings);
        names(path, findings);
        lines(source, findings);
        if path.starts_with("ui/src/")
            && path != HOST
            && !path.contains(".test.")
            && source.text.contains("@tauri-apps")
        {
            findings.breach(path, format!("only {HOST} may import @tauri-apps"));
        }
    }
}

fn length(source: &Source, findings: &mut Findings) {
    let Some((_, warned, refused)) = LENGTHS.iter().find(|(ending, ..)| source.path.ends_with(ending)) else { return };
    let lines = source.text.lines().count();
    if lines > *refused {
        findings.breach(&source.path, format!("{lines} lines, more than {refused}: split it where it changes subject"));
    } else if lines > *warned {
        findings.warning(&source.path, format!("{lines} lines, more than {warned}"));
    }
}

fn names(path: &str, findings: &mut Findings) {
    let code = [".rs", ".ts", ".svelte"].iter().any(|ending| path.ends_with(ending));
    let parts = path.split('/').map(|part| part.split('.').next().unwrap_or_default());
    if code && let Some(name) = parts.into_iter().find(|part| EMPTY_NAMES.contains(part)) {
        findings.breach(path, format!("`{name}` says nothing of what is inside"));
    }
}

fn lines(source: &Source, findings: &mut Findings) {
    for (index, line) in source.text.lines().enumerate() {
        let place = format!("{}:{}", source.path, index + 1);
        if line.ends_with([' ', '\t']) {
            findings.breach(&place, "spaces at the end of the line");
        }
        if let Some(word) = PUT_OFF.iter().find(|word| line.contains(**word)) {
            findings.breach(&place, format!("`{word}`: do it, or take it out"));
        }
    }
    if !source.text.is_empty() && !source.text.ends_with('\n') {
        findings.breach(&source.path, "the last line has no end");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(path: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        check(&[Source { path: path.into(), text: text.into() }], &mut findings);
        findings.breaches
    }

    #[test]
    fn long_files_are_refused_by_kind() {
        let text = "x\n".repeat(501);
        assert_eq!(breaches("ui/src/a.ts", &text).len(), 1);
        assert_eq!(breaches("crates/a/src/a.rs", &text).len(), 0);
        assert_eq!(breaches(GENERATED[0], &text).len(), 0);
    }

    #[test]
    fn only_one_file_of_the_page_knows_its_host() {
        let text = "import { invoke } from '@tauri-apps/api/core';\n";
        assert_eq!(breaches("ui/src/chat/Chat.svelte", text).len(), 1);
        assert_eq!(breaches(HOST, text).len(), 0);
    }

    #[test]
    fn empty_names_and_things_put_off_are_refused() {
        assert_eq!(breaches("crates/a/src/utils.rs", "x\n").len(), 1);
        assert_eq!(breaches("crates/a/src/utils/a.rs", "x\n").len(), 1);
        assert_eq!(breaches("crates/a/src/utilisation.rs", "x\n").len(), 0);
        assert_eq!(breaches("a.rs", &format!("// {}\n", PUT_OFF[0])).len(), 1);
        assert_eq!(breaches("a.rs", "x \n"), ["a.rs:1: spaces at the end of the line"]);
    }
}
