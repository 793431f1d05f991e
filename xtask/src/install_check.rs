//! Installs the .deb as a person would, starts what it brought, and takes it away again.

use crate::setup::debian::{as_root, installed};
use crate::shell;
use anyhow::{Context, Result, bail, ensure};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The package's name, from `productName` in tauri.conf.json.
const PACKAGE: &str = "rivulet";
/// What must be there besides the program.
const FILES: &[&str] = &[
    "/usr/bin/rivulet",
    "/usr/share/applications/Rivulet.desktop",
    "/usr/share/icons/hicolor/128x128/apps/rivulet.png",
    "/usr/share/doc/rivulet/copyright",
];
/// Against hanging only.
const LIMIT: Duration = Duration::from_secs(60);

/// All of it. Someone's own installation is left alone.
pub fn run(package: &Path) -> Result<()> {
    if installed(PACKAGE) {
        println!("{PACKAGE} is installed on this machine already. It is left as it is, and the package is not tried.");
        return Ok(());
    }
    shell::run(as_root("apt-get")?.args(["install", "-q", "-y"]).arg(package))?;
    let tried = check_files().and_then(|()| serve()).and_then(|()| window());
    shell::run(as_root("apt-get")?.args(["remove", "-q", "-y", PACKAGE]))?;
    tried?;
    ensure!(!Path::new(FILES[0]).exists(), "{} is still there after the removal", FILES[0]);
    Ok(())
}

fn check_files() -> Result<()> {
    for file in FILES {
        ensure!(Path::new(file).is_file(), "the package did not bring {file}");
    }
    Ok(())
}

/// `rivulet serve` says where it listens, and ends cleanly when asked.
fn serve() -> Result<()> {
    let folder = Scratch::new("serve")?;
    let mut server = shell::program(FILES[0])
        .arg("serve")
        .env("RIVULET_DATA_DIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .context("`rivulet serve` did not start")?;
    let stdout = server.stdout.take().context("its output is piped")?;
    let (send, line) = mpsc::channel();
    std::thread::spawn(move || {
        let mut first = String::new();
        let _ = BufReader::new(stdout).read_line(&mut first);
        send.send(first)
    });
    let ready = line.recv_timeout(LIMIT).context("`rivulet serve` printed nothing").and_then(|line| {
        let ready: serde_json::Value = serde_json::from_str(&line).with_context(|| format!("not JSON: {line}"))?;
        ensure!(ready["url"].is_string() && ready["token"].is_string(), "not what serve promises");
        Ok(())
    });
    end(&mut server)?;
    ready
}

/// The window comes up on a screen of its own, and the program ends when it is asked to.
fn window() -> Result<()> {
    let folder = Scratch::new("window")?;
    let script = "rivulet & app=$!; \
        timeout 60 xdotool search --sync --onlyvisible --name '^Rivulet' || { kill $app; exit 1; }; \
        kill -TERM $app; wait $app; echo \"rivulet ended with $?\"";
    shell::run(
        shell::program("xvfb-run")
            .args(["--auto-servernum", "dbus-run-session", "--", "sh", "-c", script])
            .env("RIVULET_DATA_DIR", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path()),
    )
}

/// SIGTERM, and a clean end.
fn end(child: &mut Child) -> Result<()> {
    // The shell's own `kill`: a small system has no program of that name.
    shell::run(shell::program("sh").args(["-c", &format!("kill -TERM {}", child.id())]))?;
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "it ended with {status}");
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill()?;
    bail!("it did not end after SIGTERM")
}

/// A folder that goes away with its owner.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Self> {
        let path = shell::target().join(format!("install-check-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
