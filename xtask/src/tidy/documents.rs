//! ARCHITECTURE.md says why each dependency is there.

use super::{Findings, Source};
use anyhow::{Context, Result};
use toml::Table;

const DOCUMENT: &str = "ARCHITECTURE.md";
const HEADING: &str = "## Dependencies";

pub fn check(sources: &[Source], findings: &mut Findings) -> Result<()> {
    let text = |path: &str| sources.iter().find(|source| source.path == path).map(|source| source.text.as_str());
    let Some(section) = text(DOCUMENT).and_then(|text| text.split_once(HEADING)) else {
        findings.breach(DOCUMENT, format!("the section `{HEADING}` is missing"));
        return Ok(());
    };
    let named = |name: &str| section.1.contains(&format!("`{name}`"));
    let manifest: Table = text("Cargo.toml").context("there is a root manifest")?.parse()?;
    let rust = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies")?.as_table());
    let rust = rust.into_iter().flat_map(|table| table.keys()).filter(|name| !name.starts_with("rivulet-"));
    let package: serde_json::Value = serde_json::from_str(text("ui/package.json").unwrap_or("{}"))?;
    let npm = ["dependencies", "devDependencies"].into_iter().filter_map(|section| package[section].as_object());
    for name in rust.chain(npm.flat_map(|table| table.keys())).filter(|name| !named(name)) {
        findings.breach(DOCUMENT, format!("`{name}` is not in \"Dependencies\": why is it needed?"));
    }
    Ok(())
}
