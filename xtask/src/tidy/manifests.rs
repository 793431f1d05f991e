//! Cargo.toml files: who may import what, and what each must say.

use super::{Findings, Source};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use toml::{Table, Value};

/// Libraries that only these crates may import. A name ending in `*` stands for all that begin so.
const BANS: &[(&[&str], &[&str])] = &[
    (&["keyring*", "*-keyring-store", "*secret-service*", "zbus", "security-framework"], &["rivulet-vault"]),
    (&["reqwest*", "eventsource-stream"], &["rivulet-providers"]),
    (&["rusqlite*"], &["rivulet-store"]),
    (&["axum*"], &["rivulet-mirror"]),
    (&["zip"], &["rivulet-exchange", "rivulet-attachments"]),
    (&["image", "pdf-extract", "quick-xml"], &["rivulet-attachments"]),
    (&["opendal*", "age", "tar"], &["rivulet-storage"]),
    (&["tauri*"], &["rivulet"]),
];

/// The arrows between the crates: each may import those named beside it, in its product. Tests may also use
/// [`FOR_TESTS`].
const ARROWS: &[(&str, &[&str])] = &[
    ("rivulet-protocol", &[]),
    ("rivulet-demo", &[]),
    ("rivulet-testkit", &[]),
    ("rivulet-vault", &["rivulet-protocol"]),
    ("rivulet-providers", &["rivulet-protocol"]),
    ("rivulet-store", &["rivulet-protocol"]),
    ("rivulet-exchange", &["rivulet-protocol"]),
    ("rivulet-attachments", &[]),
    ("rivulet-storage", &["rivulet-protocol"]),
    (
        "rivulet-engine",
        &[
            "rivulet-protocol",
            "rivulet-vault",
            "rivulet-providers",
            "rivulet-store",
            "rivulet-exchange",
            "rivulet-attachments",
            "rivulet-storage",
            "rivulet-demo",
        ],
    ),
    ("rivulet-mirror", &["rivulet-protocol", "rivulet-engine"]),
    ("rivulet-terminal", &["rivulet-protocol", "rivulet-engine"]),
    (
        "rivulet",
        &[
            "rivulet-protocol",
            "rivulet-vault",
            "rivulet-providers",
            "rivulet-store",
            "rivulet-engine",
            "rivulet-mirror",
            "rivulet-terminal",
            "rivulet-demo",
        ],
    ),
];

/// Free of arrows: chores, end-to-end tests and what plays random bytes look at everything.
const ABOVE_ALL: &[&str] = &["xtask", "rivulet-tests", "rivulet-fuzzing", "rivulet-fuzz"];

const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];

pub fn check(sources: &[Source], findings: &mut Findings) -> Result<()> {
    let mut used = BTreeSet::new();
    let mut versions = Vec::new();
    for source in sources.iter().filter(|source| source.path.ends_with("Cargo.toml")) {
        let manifest: Table = source.text.parse().with_context(|| source.path.clone())?;
        check_package(&source.path, &manifest, findings);
        for (section, for_tests) in [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
        {
            for (name, value) in dependencies(&manifest, section) {
                check_dependency(&source.path, package_name(&manifest), name, value, for_tests, findings);
                used.insert(name.to_owned());
            }
        }
        let workspace = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies")?.as_table());
        versions.extend(workspace.into_iter().flat_map(|table| table.keys().cloned()));
    }
    for name in versions.iter().filter(|name| !used.contains(*name)) {
        findings.breach("Cargo.toml", format!("no package uses `{name}`"));
    }
    Ok(())
}

fn package_name(manifest: &Table) -> &str {
    manifest.get("package").and_then(|package| package.get("name")).and_then(Value::as_str).unwrap_or_default()
}

/// A section's entries, those of `[target.'cfg(..)'.…]` included.
fn dependencies<'a>(manifest: &'a Table, section: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(|targets| targets.values());
    let of_targets = targets.filter_map(move |target| target.get(section));
    let tables = manifest.get(section).into_iter().chain(of_targets).filter_map(Value::as_table);
    tables.flat_map(|table| table.iter().map(|(name, value)| (name.as_str(), value)))
}

fn check_package(path: &str, manifest: &Table, findings: &mut Findings) {
    let Some(package) = manifest.get("package") else { return };
    for key in INHERITED {
        if package.get(key).and_then(|value| value.get("workspace")) != Some(&Value::Boolean(true)) {
            findings.breach(path, format!("`{key}.workspace = true` is missing"));
        }
    }
    if manifest.get("lints").and_then(|lints| lints.get("workspace")) != Some(&Value::Boolean(true)) {
        findings.breach(path, "`[lints] workspace = true` is missing");
    }
    if package.get("description").is_none() {
        findings.breach(path, "`description` is missing: what is this package for?");
    }
}

fn check_dependency(path: &str, package: &str, name: &str, value: &Value, for_tests: bool, findings: &mut Findings) {
    if value.get("workspace") != Some(&Value::Boolean(true)) {
        findings
            .breach(path, format!("`{name}` must say `workspace = true`: versions stand in the root manifest only"));
    }
    if ABOVE_ALL.contains(&package) {
        return;
    }
    if name.starts_with("rivulet-") {
        let allowed = ARROWS.iter().find(|(from, _)| *from == package).map(|(_, to)| *to).unwrap_or_default();
        if !for_tests && !allowed.contains(&name) {
            findings.breach(path, format!("{package} may not import {name}: see the arrows in ARCHITECTURE.md"));
        }
    } else if let Some((_, owners)) = BANS.iter().find(|(names, _)| names.iter().any(|pattern| matches(pattern, name)))
        && !owners.contains(&package)
        && !for_tests
    {
        findings.breach(path, format!("only {} may import {name}", owners.join(" and ")));
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => name.contains(pattern.trim_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(manifest: &str) -> Vec<String> {
        let source = Source { path: "Cargo.toml".into(), text: manifest.into() };
        let mut findings = Findings::default();
        check(&[source], &mut findings).unwrap();
        findings.breaches
    }

    const HEAD: &str = "[package]\nname = \"rivulet-engine\"\ndescription = \"x\"\nversion.workspace = true\n\
        edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n[lints]\nworkspace = true\n";

    #[test]
    fn a_manifest_within_the_rules_has_no_breach() {
        let manifest = format!("{HEAD}[dependencies]\nrivulet-store = {{ workspace = true }}\n");
        assert_eq!(breaches(&manifest), Vec::<String>::new());
    }

    #[test]
    fn a_version_that_no_package_uses_is_found() {
        let manifest = format!("{HEAD}[workspace.dependencies]\nserde = \"1\"\nuuid = \"1\"\n");
        let manifest = format!("{manifest}[dependencies]\nuuid = {{ workspace = true }}\n");
        assert_eq!(breaches(&manifest), ["Cargo.toml: no package uses `serde`"]);
    }

    #[test]
    fn a_banned_import_is_found_also_for_one_target_only() {
        for section in ["dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
            let manifest = format!("{HEAD}[{section}]\nkeyring-core = {{ workspace = true }}\n");
            assert_eq!(breaches(&manifest), ["Cargo.toml: only rivulet-vault may import keyring-core"]);
        }
    }

    #[test]
    fn an_arrow_the_wrong_way_is_found() {
        let manifest = format!("{HEAD}[dependencies]\nrivulet-mirror = {{ workspace = true }}\n");
        assert_eq!(breaches(&manifest).len(), 1);
    }

    #[test]
    fn a_version_outside_the_root_and_forgotten_lines_are_found() {
        let manifest = "[package]\nname = \"rivulet-engine\"\n[dependencies]\nserde = \"1\"\n";
        // Four inherited keys, the lints, the description, the version.
        assert_eq!(breaches(manifest).len(), 7);
    }
}
