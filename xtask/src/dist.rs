//! The installable package.

use crate::{setup, shell};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// Builds it and answers with its path: a .deb on Linux, a .dmg on macOS, an installer on Windows.
pub fn run() -> Result<PathBuf> {
    setup::run(setup::Wanted { tests: false, dry_run: false })?;
    let (kind, ending) = match std::env::consts::OS {
        "linux" => ("deb", "deb"),
        "macos" => ("dmg", "dmg"),
        "windows" => ("nsis", "exe"),
        other => bail!("there is no package for {other} yet"),
    };
    let folder = shell::target().join("release/bundle").join(kind);
    // What an older version left there must not be taken for the new one.
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    // Builds the page too: `beforeBuildCommand`.
    shell::run(shell::tauri().args(["build", "--ci", "--bundles", kind]))?;
    let package = std::fs::read_dir(&folder)
        .with_context(|| format!("{} was not made", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|found| found == ending))
        .with_context(|| format!("there is no .{ending} in {}", folder.display()))?;
    let size = std::fs::metadata(&package)?.len() as f64 / (1024.0 * 1024.0);
    println!("{} ({size:.1} MiB)", package.display());
    Ok(package)
}
