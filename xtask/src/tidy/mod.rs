//! The rules no compiler checks. Each file here holds rules of one kind; each breach is a line.

mod catalogues;
mod documents;
mod manifests;
mod sources;

use crate::shell;
use anyhow::{Result, bail};
use std::path::Path;

/// What was found: breaches fail, warnings are only said.
#[derive(Default)]
pub struct Findings {
    breaches: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    fn breach(&mut self, path: &str, what: impl std::fmt::Display) {
        self.breaches.push(format!("{path}: {what}"));
    }

    fn warning(&mut self, path: &str, what: impl std::fmt::Display) {
        self.warnings.push(format!("{path}: {what}"));
    }
}

/// A text file of the repository.
pub struct Source {
    /// From the root, with forward slashes.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// Checks every rule.
pub fn run() -> Result<()> {
    let findings = findings(shell::root())?;
    for warning in &findings.warnings {
        println!("warning: {warning}");
    }
    for breach in &findings.breaches {
        println!("{breach}");
    }
    match findings.breaches.len() {
        0 => Ok(()),
        count => bail!("tidy: {count} to mend"),
    }
}

fn findings(root: &Path) -> Result<Findings> {
    let mut sources = Vec::new();
    walk(root, root, &mut sources)?;
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    let mut findings = Findings::default();
    manifests::check(&sources, &mut findings)?;
    sources::check(&sources, &mut findings);
    catalogues::check(&sources, &mut findings)?;
    documents::check(&sources, &mut findings)?;
    Ok(findings)
}

/// What is made, not written.
const SKIPPED: &[&str] =
    &[".git", "target", "gen", "node_modules", "dist", "dist-vectors", "dist-bench", "paraglide", ".svelte-kit"];

fn walk(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(root, &path, sources)?;
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let path = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            sources.push(Source { path, text });
        }
    }
    Ok(())
}
