//! What the system offers for a talk between two programs of one person.
//!
//! Who holds the data folder's lock owns what lies there: whatever another process left is taken away, and no two
//! starts can meet. So [`Listener::claim`] is called by nobody who has not opened the folder, and a listener is dropped
//! before the folder is let go.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::{Listener, connect};
/// The program's end of a connection.
#[cfg(unix)]
pub type Connected = tokio::net::UnixStream;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::{Listener, connect};
/// The program's end of a connection.
#[cfg(windows)]
pub type Connected = tokio::net::windows::named_pipe::NamedPipeClient;

/// In the data folder: the socket, or on Windows the name of the pipe.
pub const FILE: &str = "rivulet.sock";
