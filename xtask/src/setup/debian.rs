//! System packages on Debian and Ubuntu.

use super::Wanted;
use crate::shell;
use anyhow::{Result, bail};
use std::process::Command;

#[derive(Clone, Copy, PartialEq)]
enum For {
    Building,
    Testing,
}
use For::*;

/// Every system package, what it is for, and why.
const PACKAGES: &[(&str, For, &str)] = &[
    ("build-essential", Building, "the C compiler that SQLite and the TLS library are built with"),
    ("pkg-config", Building, "finds the libraries below"),
    ("libwebkit2gtk-4.1-dev", Building, "the web view"),
    ("librsvg2-dev", Building, "icons"),
    ("libayatana-appindicator3-dev", Building, "the tray"),
    ("libxdo-dev", Building, "menus"),
    ("xvfb", Testing, "a screen that is not there"),
    ("xauth", Testing, "that screen's keys"),
    ("openbox", Testing, "a window manager, so that windows get the focus"),
    ("xdotool", Testing, "finds and closes windows"),
    ("imagemagick", Testing, "screenshots"),
    ("fonts-noto-cjk", Testing, "Chinese letters on them"),
    ("dbus", Testing, "a bus of the tests' own"),
    ("dbus-x11", Testing, "and its launcher"),
    ("gnome-keyring", Testing, "a keyring of the tests' own"),
    ("libsecret-tools", Testing, "reads that keyring from outside"),
    ("webkit2gtk-driver", Testing, "drives the window"),
    ("sqlite3", Testing, "checks the database from outside"),
    ("curl", Testing, "the mirror's plainest client"),
    ("age", Testing, "opens by hand what lies in a storage"),
    ("chromium", Testing, "the other browser"),
    ("chromium-driver", Testing, "drives it"),
    ("firefox-esr", Testing, "a third one, as a client of the mirror"),
    ("python3-venv", Testing, "a place for the mirror's client in Python"),
];

/// What Ubuntu has no packages of.
const SNAPS: &[&str] = &["chromium", "firefox"];

/// Installs what is missing of them.
pub fn install(wanted: Wanted) -> Result<()> {
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if shell::find(&["apt-get"]).is_none() {
        println!("setup: there is no apt-get here. What Debian calls these packages must be installed:");
        for (name, _, why) in PACKAGES.iter().filter(|(_, needed, _)| wanted.tests || *needed == Building) {
            println!("  {name:30} {why}");
        }
        return Ok(());
    }
    // Ubuntu has Chromium and Firefox as snaps only; its packages of these names install nothing by themselves.
    let snap = system.lines().any(|line| line == "ID=ubuntu");
    let missing: Vec<_> = PACKAGES
        .iter()
        .filter(|(_, needed, _)| wanted.tests || *needed == Building)
        .filter(|(name, _, _)| !(snap && SNAPS.iter().any(|snap| name.starts_with(snap))))
        .filter(|(name, _, _)| !installed(name))
        .collect();
    if !missing.is_empty() {
        println!("setup: these system packages are missing and will be installed by apt-get:");
        for (name, _, why) in &missing {
            println!("  {name:30} {why}");
        }
        if !wanted.dry_run {
            shell::run(as_root("apt-get")?.args(["update", "-q"]))?;
            let names = missing.iter().map(|(name, _, _)| name);
            shell::run(as_root("apt-get")?.args(["install", "-q", "-y", "--no-install-recommends"]).args(names))?;
        }
    }
    if snap && wanted.tests && !wanted.dry_run { browsers_on_ubuntu() } else { Ok(()) }
}

/// A program with root's rights: as it is for root, through sudo for others.
pub fn as_root(program: &str) -> Result<Command> {
    let root = shell::output(shell::program("id").arg("-u")).is_some_and(|id| id == "0");
    let mut command = if root {
        shell::program("env")
    } else if shell::find(&["sudo"]).is_some() {
        let mut sudo = shell::program("sudo");
        sudo.arg("env");
        sudo
    } else {
        bail!(
            "installing packages needs root, and there is no sudo here: run `cargo xtask setup --test` as root once."
        );
    };
    // `env` because sudo does not pass the environment on.
    command.arg("DEBIAN_FRONTEND=noninteractive").arg(program);
    Ok(command)
}

/// Whether dpkg has it fully installed.
pub fn installed(package: &str) -> bool {
    let status = shell::output(shell::program("dpkg-query").args(["-W", "-f", "${db:Status-Status}", package]));
    status.is_some_and(|status| status == "installed")
}

fn browsers_on_ubuntu() -> Result<()> {
    let chromium = super::tools::chromium().is_some() && super::tools::chromedriver().is_some();
    let firefox = super::tools::firefox().is_some();
    let missing: Vec<_> =
        SNAPS.iter().zip([chromium, firefox]).filter(|(_, there)| !there).map(|(name, _)| name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if shell::find(&["snap"]).is_none() {
        bail!(
            "the browser tests need Chrome or Chromium with its chromedriver, and Firefox. Ubuntu has them as snaps \
             only, and there is no snap here: install Google Chrome, chromedriver and Firefox, then run this again."
        );
    }
    println!("setup: browsers are installed as snaps, since Ubuntu has no packages of them.");
    shell::run(as_root("snap")?.arg("install").args(missing))
}
