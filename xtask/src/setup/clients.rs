//! Clients of the mirror that are not ours, for the tests: `tests/clients` names their versions, target/tools has them.

use crate::shell;
use anyhow::{Result, bail};
use std::fs;
use std::path::PathBuf;

/// What says which versions there are to be.
const FILES: &[&str] = &["package.json", "package-lock.json", "requirements.txt"];

/// Installs them anew when they are not what these files say.
pub fn install(dry_run: bool) -> Result<()> {
    let wanted = shell::root().join("tests/clients");
    let stamp = folder().join("installed");
    let all = FILES.iter().map(|name| fs::read(wanted.join(name))).collect::<Result<Vec<_>, _>>()?.concat();
    if fs::read(&stamp).is_ok_and(|installed| installed == all) {
        return Ok(());
    }
    println!("setup: the mirror's clients are installed from npm and PyPI, as tests/clients says.");
    if dry_run {
        return Ok(());
    }
    fs::create_dir_all(folder())?;
    for name in FILES {
        fs::copy(wanted.join(name), folder().join(name))?;
    }
    shell::run(shell::npm().current_dir(folder()).args(["ci", "--no-audit", "--no-fund"]))?;
    let Some(python) = shell::find(&["python3", "python"]) else {
        bail!("Python 3 is missing: install it with its module venv, then run this again.");
    };
    let own = folder().join("python");
    shell::run(shell::program(python).args(["-m", "venv", "--clear"]).arg(&own))?;
    let inside = own.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    shell::run(shell::program(inside).args(pip).arg(folder().join("requirements.txt")))?;
    Ok(fs::write(&stamp, &all)?)
}

/// Where they are, or will be.
pub fn folder() -> PathBuf {
    shell::target().join("tools/clients")
}
