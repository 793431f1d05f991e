//! A named pipe. Its name is made anew each time and stands in the data folder, where other users do not read; and by a
//! pipe's own rights nobody but its owner (and the system) may write to it.

use super::FILE;
use rivulet_protocol::ConversationId;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};
use tokio::time::sleep;

/// `ERROR_PIPE_BUSY`
const ALL_BUSY: i32 = 231;

/// Accepts connections; the name goes with it.
pub struct Listener {
    name: String,
    file: PathBuf,
    /// The end that the next connection takes.
    free: NamedPipeServer,
}

impl Listener {
    /// Listens for whoever reads the name in `dir`.
    pub fn claim(dir: &Path) -> io::Result<Self> {
        // An id is as good as any other name that nobody can have taken before.
        let name = format!(r"\\.\pipe\rivulet-{}", ConversationId::new());
        let free = ServerOptions::new().first_pipe_instance(true).create(&name)?;
        let file = dir.join(FILE);
        fs::write(&file, &name)?;
        Ok(Self { name, file, free })
    }

    /// The next connection. Whether it is of this user is decided by the pipe's rights: one that may not write says no
    /// hello.
    pub async fn accept(&mut self) -> io::Result<(NamedPipeServer, bool)> {
        self.free.connect().await?;
        let next = ServerOptions::new().create(&self.name)?;
        Ok((std::mem::replace(&mut self.free, next), true))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

/// Connects to whoever listens for `dir`.
pub async fn connect(dir: &Path) -> io::Result<NamedPipeClient> {
    let name = fs::read_to_string(dir.join(FILE))?;
    loop {
        match ClientOptions::new().open(name.trim()) {
            // Another program was quicker; the next free end is made at once.
            Err(error) if error.raw_os_error() == Some(ALL_BUSY) => sleep(Duration::from_millis(20)).await,
            opened => return opened,
        }
    }
}
