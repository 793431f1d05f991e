//! A Unix socket in the data folder. The folder lets nobody else in, the socket has mode 0600, and each side looks at
//! whose process the other one is.

use super::FILE;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tokio::net::{UnixListener, UnixStream};

/// The longest path that fits into a socket's address on every system.
const ADDRESS_BYTES: usize = 100;

/// Accepts connections; the socket goes with it.
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Listens in `dir`, in the place of whatever was there.
    pub fn claim(dir: &Path) -> io::Result<Self> {
        let path = dir.join(FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let address = Address::of(dir)?;
        let socket = UnixListener::bind(&address.path)?;
        // Until here the folder alone kept others out.
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { socket, path })
    }

    /// The next connection, and whether it is of this user.
    pub async fn accept(&mut self) -> io::Result<(UnixStream, bool)> {
        let (stream, _) = self.socket.accept().await?;
        let own = is_own(&stream);
        Ok((stream, own))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = fs::remove_file(&self.path);
    }
}

/// Connects to whoever listens in `dir`.
pub async fn connect(dir: &Path) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(&Address::of(dir)?.path).await?;
    match is_own(&stream) {
        true => Ok(stream),
        // It would be handed what this user says.
        false => Err(io::Error::new(io::ErrorKind::PermissionDenied, "the socket is another user's")),
    }
}

fn is_own(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::geteuid().as_raw())
}

/// Where the socket is, in few enough bytes.
struct Address {
    path: PathBuf,
    /// Held while the path goes through it.
    _folder: Option<File>,
}

impl Address {
    fn of(dir: &Path) -> io::Result<Self> {
        let path = dir.join(FILE);
        if path.as_os_str().len() <= ADDRESS_BYTES || !cfg!(target_os = "linux") {
            return Ok(Self { path, _folder: None });
        }
        let folder = File::open(dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(FILE);
        Ok(Self { path, _folder: Some(folder) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_this_users_alone_and_goes_with_its_listener() {
        let folder = tempfile::tempdir().unwrap();
        let mut listener = Listener::claim(folder.path()).unwrap();
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let (_client, accepted) = tokio::join!(connect(folder.path()), listener.accept());
        assert!(accepted.unwrap().1, "of the same user");
        drop(listener);
        assert_eq!(connect(folder.path()).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn what_a_killed_app_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        // Its process is gone, its file is not.
        drop(std::os::unix::net::UnixListener::bind(folder.path().join(FILE)).unwrap());
        assert_eq!(connect(folder.path()).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        let mut listener = Listener::claim(folder.path()).unwrap();
        let (client, accepted) = tokio::join!(connect(folder.path()), listener.accept());
        assert!(client.is_ok() && accepted.is_ok());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_path_longer_than_an_address_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d".repeat(120));
        fs::create_dir(&deep).unwrap();
        let mut listener = Listener::claim(&deep).unwrap();
        let (client, accepted) = tokio::join!(connect(&deep), listener.accept());
        assert!(client.is_ok() && accepted.is_ok());
    }
}
