//! Encrypted backups in a person's own storage: a folder, WebDAV, or what speaks as Amazon's S3 does.
//!
//! A backup leaves this computer as one tar, encrypted with a passphrase ([`seal`]), cut into parts. The storage sees
//! times and sizes and nothing else ([`Storage`]). This is the only crate that imports opendal, age and tar. It opens
//! no connection of its own: requests are handed to [`Http`].

mod error;
mod names;
mod place;
mod seal;
mod storage;
mod transport;

pub use error::StorageError;
pub use names::{is_name, name_at};
pub use place::address;
pub use seal::{Sealed, seal};
pub use storage::Storage;
pub use transport::Http;
