//! Programs that the tests need and no package has: built by cargo once, kept in target/tools.

use crate::shell;
use anyhow::Result;
use std::path::PathBuf;

struct Tool {
    name: &'static str,
    version: &'static str,
    why: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool { name: "tauri-driver", version: "^2", why: "lets a WebDriver client open the app" },
    Tool { name: "cargo-deny", version: "^0.20", why: "checks licences, sources and bans of the dependencies" },
];

/// For `cargo xtask fuzz` alone.
const FUZZ: Tool = Tool { name: "cargo-fuzz", version: "^0.13", why: "builds and runs the programs in fuzz/" };

/// Builds what the tests miss of them.
pub fn install(dry_run: bool) -> Result<()> {
    TOOLS.iter().try_for_each(|tool| tool.install(dry_run))
}

/// Builds cargo-fuzz if it is missing.
pub fn install_fuzz() -> Result<()> {
    FUZZ.install(false)
}

impl Tool {
    fn install(&self, dry_run: bool) -> Result<()> {
        if path(self.name).is_file() {
            return Ok(());
        }
        println!("setup: {} is missing and is built once by cargo: {}.", self.name, self.why);
        if dry_run {
            return Ok(());
        }
        let mut install = shell::cargo();
        install.args(["install", "--quiet", "--locked", self.name, "--version", self.version, "--root"]).arg(folder());
        // One folder for all, so that what they share is compiled once.
        install.arg("--target-dir").arg(folder().join("build"));
        shell::run(&mut install)
    }
}

/// Where a tool is, or will be.
pub fn path(name: &str) -> PathBuf {
    let ending = if cfg!(windows) { ".exe" } else { "" };
    folder().join("bin").join(format!("{name}{ending}"))
}

/// What tests that open the window are told by environment: the app built as `profile`, and the drivers.
pub fn for_tests(profile: &str) -> Vec<(&'static str, PathBuf)> {
    let app = shell::target().join(profile).join(if cfg!(windows) { "rivulet.exe" } else { "rivulet" });
    let mut all = vec![
        ("RIVULET_BIN", app),
        ("TAURI_DRIVER", path("tauri-driver")),
        ("MIRROR_CLIENTS", super::clients::folder()),
    ];
    all.extend(chromium().map(|path| ("CHROMIUM", path)));
    all.extend(chromedriver().map(|path| ("CHROMEDRIVER", path)));
    all.extend(firefox().map(|path| ("FIREFOX", path)));
    all
}

/// Chromium or Chrome, whichever this machine has.
pub fn chromium() -> Option<PathBuf> {
    shell::find(&["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"])
}

/// Its driver. A snap has its own name for it.
pub fn chromedriver() -> Option<PathBuf> {
    shell::find(&["chromedriver", "chromium.chromedriver"])
}

/// Firefox, of whichever name.
pub fn firefox() -> Option<PathBuf> {
    shell::find(&["firefox-esr", "firefox"])
}

/// Where all of them are.
pub fn folder() -> PathBuf {
    shell::target().join("tools")
}
