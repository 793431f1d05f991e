//! Opening the app from its sources.

use crate::{setup, shell};
use anyhow::Result;
use std::ffi::OsString;

/// Builds of the app and its tests choose the same packages and features, so that each dependency is compiled once.
pub const APP: &[&str] = &["--workspace", "--exclude", "xtask", "--features", "rivulet/custom-protocol"];

/// Installs what is missing, builds the page and the app with the page inside, and opens it.
pub fn run(release: bool, args: &[OsString]) -> Result<()> {
    setup::run(setup::Wanted { tests: false, dry_run: false })?;
    page()?;
    let mut build = shell::cargo();
    build.arg("build").args(APP).args(["--bin", "rivulet"]);
    if release {
        build.arg("--release");
    }
    shell::run(&mut build)?;
    let profile = if release { "release" } else { "debug" };
    let app = shell::target().join(profile).join(if cfg!(windows) { "rivulet.exe" } else { "rivulet" });
    shell::run(shell::program(app).args(args))
}

/// The app with the page served by Vite: a saved UI file shows at once, a saved Rust file rebuilds.
pub fn dev(args: &[OsString]) -> Result<()> {
    setup::run(setup::Wanted { tests: false, dry_run: false })?;
    shell::run(shell::tauri().arg("dev").args(args))
}

/// Builds ui/dist.
pub fn page() -> Result<()> {
    shell::run(shell::npm().args(["run", "build"]))
}
