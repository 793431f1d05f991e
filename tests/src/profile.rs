//! A home of its own for everything a test starts.

use crate::process::kill_all_with;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A home folder, a runtime folder and a data folder that go away with it, and with them every process that was
/// started in it.
pub struct Profile {
    folder: TempDir,
    log: Option<String>,
}

impl Profile {
    /// An empty one.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        // A short path: sockets lie in it, and theirs has at most 108 bytes.
        let folder = tempfile::Builder::new().prefix("rv").tempdir_in("/tmp").unwrap();
        let profile = Self { folder, log: None };
        for part in ["run", "home", "data"] {
            let path = profile.path().join(part);
            std::fs::create_dir(&path).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        }
        profile
    }

    /// The folder that everything lies in.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the app writes into its log from now on, as `RIVULET_LOG` says it.
    pub fn log(&mut self, filter: &str) {
        self.log = Some(filter.to_owned());
    }

    /// `XDG_RUNTIME_DIR`.
    pub fn runtime(&self) -> PathBuf {
        self.path().join("run")
    }

    /// `HOME`.
    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    /// `RIVULET_DATA_DIR`.
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// A command whose environment is this profile and nothing else.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let home = self.home();
        let mut command = Command::new(program.as_ref());
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LANG", "C.UTF-8").env("LANGUAGE", "en");
        command.env("HOME", &home).env("XDG_RUNTIME_DIR", self.runtime());
        command.env("XDG_DATA_HOME", home.join(".local/share")).env("XDG_CONFIG_HOME", home.join(".config"));
        command.env("XDG_CACHE_HOME", home.join(".cache")).env("XDG_STATE_HOME", home.join(".local/state"));
        command.env("RIVULET_DATA_DIR", self.data());
        command.envs(self.log.as_ref().map(|filter| ("RIVULET_LOG", filter)));
        // No bus unless a desktop brings one: libraries would look for the machine's.
        command.env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
        command.current_dir(&home);
        command
    }

    /// Every regular file below it with its bytes. Files that go away meanwhile are left out.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_file() => {
                        found.extend(std::fs::read(entry.path()).ok().map(|bytes| (entry.path(), bytes)));
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        kill_all_with("XDG_RUNTIME_DIR", self.runtime().as_os_str());
    }
}
