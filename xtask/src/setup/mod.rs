//! Installing what a machine with Rust and Node still lacks. Says what first, and does nothing when nothing is missing.

pub mod clients;
pub mod debian;
pub mod tools;

use crate::shell;
use anyhow::{Result, bail};

/// What setup is asked for.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Also what the tests need: drivers, a browser, a screen that is not there.
    pub tests: bool,
    /// Only say what is missing.
    pub dry_run: bool,
}

/// Brings the machine to where the app builds (and its tests run).
pub fn run(wanted: Wanted) -> Result<()> {
    node()?;
    match std::env::consts::OS {
        "linux" => debian::install(wanted)?,
        "macos" => macos()?,
        "windows" => windows()?,
        other => {
            println!("setup: {other} is not known here; https://tauri.app/start/prerequisites lists what Tauri needs.")
        }
    }
    packages(wanted.dry_run)?;
    if wanted.tests {
        tools::install(wanted.dry_run)?;
        clients::install(wanted.dry_run)?;
    }
    Ok(())
}

fn node() -> Result<()> {
    let version = shell::output(shell::program("node").arg("--version"));
    let major = version.as_deref().and_then(|text| text.trim_start_matches('v').split('.').next()?.parse::<u32>().ok());
    match major {
        Some(20..) => Ok(()),
        Some(_) => {
            bail!("Node {} is too old for the page's build: install Node 20 or newer.", version.unwrap_or_default())
        }
        None => bail!("Node is missing: install Node 20 or newer (https://nodejs.org), then run this again."),
    }
}

fn macos() -> Result<()> {
    if shell::output(shell::program("xcode-select").arg("-p")).is_none() {
        bail!("Xcode's command line tools are missing: run `xcode-select --install`, then this again.");
    }
    Ok(())
}

fn windows() -> Result<()> {
    const CLIENT: &str = r"SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}";
    let everyone = shell::output(shell::program("reg").args(["query", &format!(r"HKLM\{CLIENT}")]));
    if everyone.is_none() && shell::find(&["winget"]).is_some() {
        println!("setup: the WebView2 runtime was not found; Windows 11 has it, on Windows 10 it is installed now.");
        let winget = ["install", "--silent", "--accept-package-agreements", "--accept-source-agreements"];
        shell::run(shell::program("winget").args(winget).args(["--exact", "--id", "Microsoft.EdgeWebView2Runtime"]))?;
    }
    Ok(())
}

/// The page's packages: installed when ui/node_modules is not what the lockfile says.
pub fn packages(dry_run: bool) -> Result<()> {
    let ui = shell::root().join("ui");
    let stamp = ui.join("node_modules/.installed-lockfile");
    let lockfile = std::fs::read(ui.join("package-lock.json"))?;
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lockfile) {
        return Ok(());
    }
    println!("setup: ui/node_modules is installed from ui/package-lock.json.");
    if dry_run {
        return Ok(());
    }
    shell::run(shell::npm().args(["ci", "--no-audit", "--no-fund"]))?;
    Ok(std::fs::write(&stamp, &lockfile)?)
}
