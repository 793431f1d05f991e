//! Disks that refuse while the app runs.

use crate::process::Process;
use crate::{Desktop, PATIENCE};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Something that keeps the app from writing, and can be told to.
pub trait Refusal {
    /// From now on it does.
    fn on(&mut self) -> impl Future<Output = ()>;
    /// No more.
    fn off(&mut self) -> impl Future<Output = ()>;
}

/// What the system's calls say to the app of some folders is made up: nobody has to be allowed to do anything for that.
pub struct Refusing {
    how: PathBuf,
    word: &'static str,
    app: PathBuf,
}

impl Refusing {
    /// A way to start the app so that what begins with these paths will be `full` or `read-only`.
    pub fn new(desktop: &Desktop, word: &'static str, paths: &[PathBuf]) -> Self {
        let home = desktop.profile().path();
        let (library, how, app) = (home.join("refusing.so"), home.join("refusing"), home.join("app.sh"));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/disk/refusing.c");
        let compiled =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-w", "-o"]).arg(&library).arg(source).output();
        let compiled = compiled.expect("there is a C compiler, SQLite was built with it");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        let lines = format!(
            "#!/bin/sh\nexport LD_PRELOAD='{}' REFUSING_HOW='{}' REFUSING_PATHS='{}'\nexec '{}' \"$@\"\n",
            library.display(),
            how.display(),
            paths.join(":"),
            crate::app::binary().display()
        );
        std::fs::write(&app, lines).unwrap();
        std::fs::set_permissions(&app, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { how, word, app }
    }

    /// What starts the app.
    pub fn app(&self) -> &Path {
        &self.app
    }
}

impl Refusal for Refusing {
    async fn on(&mut self) {
        std::fs::write(&self.how, self.word).unwrap();
    }

    async fn off(&mut self) {
        std::fs::remove_file(&self.how).unwrap();
    }
}

/// Another program that holds the database.
pub struct Holder {
    command: Command,
    holds: Option<Process>,
}

impl Holder {
    /// It does not yet.
    pub fn new(desktop: &Desktop) -> Self {
        let database = desktop.profile().data().join("rivulet.db");
        let mut command = desktop.command("sqlite3");
        command.args(["-batch", "-cmd", ".timeout 10000"]).arg(database);
        Self { command, holds: None }
    }
}

impl Refusal for Holder {
    async fn on(&mut self) {
        let mut process = Process::spawn(&self.command);
        let mut stdin = process.stdin();
        writeln!(stdin, "BEGIN EXCLUSIVE; SELECT 'it is held';").unwrap();
        process.line_with("it is held", PATIENCE).await;
        // Its end is the program's.
        std::mem::forget(stdin);
        self.holds = Some(process);
    }

    async fn off(&mut self) {
        // Killed, as programs that hold something are.
        self.holds = None;
    }
}

/// A small disk for the data folder, filled to its end.
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Nothing where this system does not allow it.
    pub fn mount(folder: &Path) -> Result<Self, String> {
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m,mode=700", "none"]).arg(folder).output();
        match mount {
            Ok(done) if done.status.success() => Ok(Self { folder: folder.to_owned() }),
            Ok(done) => Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Refusal for SmallDisk {
    async fn on(&mut self) {
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![b'x'; size]).is_ok() {}
        }
    }

    async fn off(&mut self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a program that a failed test left may still be in there.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).stderr(Stdio::null()).status();
    }
}
