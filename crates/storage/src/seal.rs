//! What leaves this computer: a tar of the database and its files, encrypted with a passphrase in the format of age
//! (age-encryption.org/v1, an scrypt recipient). Streamed in both directions.

use crate::StorageError;
use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use rivulet_protocol::{FileHash, Secret};
use sha2::{Digest, Sha256};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::iter;
use std::path::{Path, PathBuf};
use tar::{Archive, Builder, EntryType, Header};

/// The logarithm of scrypt's cost: what the `age` program takes, about a second of a computer.
const WORK: u8 = 18;
/// No file makes this computer work longer, whoever wrote it.
const MOST_WORK: u8 = 22;
/// The database's name in the tar, and in a data folder.
const DATABASE: &str = "rivulet.db";
const FILES: &str = "attachments";

/// What was encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// SHA-256 of the tar, as it was before.
    plain: [u8; 32],
}

/// Encrypts a database and the files it needs into a new file. `files` gives each file's hash and where it lies; one
/// that is not there is left out, as the database's own reader would not find it either.
pub fn seal(
    database: &Path,
    files: &[(FileHash, PathBuf)],
    to: &Path,
    passphrase: &Secret,
) -> Result<Sealed, StorageError> {
    let mut recipient = scrypt::Recipient::new(secret(passphrase));
    recipient.set_work_factor(WORK);
    let encryptor = Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient));
    let encryptor = encryptor.map_err(|error| StorageError::Failed(error.to_string()))?;
    let written = || -> io::Result<Sealed> {
        let file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(to)?;
        let sealed = encryptor.wrap_output(BufWriter::new(file))?;
        let mut tar = Builder::new(Hashing { inner: sealed, hash: Sha256::new() });
        add(&mut tar, DATABASE, database)?;
        for (hash, path) in files.iter().filter(|(_, path)| path.is_file()) {
            add(&mut tar, &place(hash), path)?;
        }
        let Hashing { inner, hash } = tar.into_inner()?;
        let mut file = inner.finish()?;
        file.flush()?;
        Ok(Sealed { plain: hash.finalize().into() })
    };
    written().map_err(StorageError::Disk)
}

/// The whole is decrypted and found to be what was encrypted.
pub(crate) fn try_open(sealed: impl Read, passphrase: &Secret, expected: &Sealed) -> Result<(), StorageError> {
    let mut plain = Hashing { inner: io::sink(), hash: Sha256::new() };
    io::copy(&mut decrypted(sealed, passphrase)?, &mut plain).map_err(broken)?;
    let found: [u8; 32] = plain.hash.finalize().into();
    if found == expected.plain { Ok(()) } else { Err(StorageError::Damaged("it is not what was sent".into())) }
}

/// Decrypts into a folder, which then has what a data folder has: the database, and files under their hashes.
pub(crate) fn open_into(sealed: impl Read, passphrase: &Secret, folder: &Path) -> Result<(), StorageError> {
    let mut plain = decrypted(sealed, passphrase)?;
    let mut tar = Archive::new(&mut plain);
    let mut database = false;
    for entry in tar.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        // Nothing but what we write ourselves: a name from a file is not a path.
        if entry.header().entry_type() != EntryType::Regular || !is_ours(&path) {
            return Err(StorageError::Damaged("there is something in it that Rivulet did not put there".into()));
        }
        database |= path == DATABASE;
        let to = folder.join(&path);
        if let Some(home) = to.parent() {
            private_folder(home).map_err(StorageError::Disk)?;
        }
        let mut file =
            private(OpenOptions::new().write(true).create_new(true)).open(&to).map_err(StorageError::Disk)?;
        copy(&mut entry, &mut file)?;
    }
    // To its very end: only then it is known that nothing is missing.
    io::copy(&mut plain, &mut io::sink()).map_err(broken)?;
    if database { Ok(()) } else { Err(StorageError::Damaged("there is no database in it".into())) }
}

fn decrypted(sealed: impl Read, passphrase: &Secret) -> Result<impl Read, StorageError> {
    let mut identity = scrypt::Identity::new(secret(passphrase));
    identity.set_max_work_factor(MOST_WORK);
    let decryptor = Decryptor::new_buffered(BufReader::new(sealed)).map_err(refused)?;
    decryptor.decrypt(iter::once(&identity as &dyn age::Identity)).map_err(refused)
}

fn refused(error: DecryptError) -> StorageError {
    match error {
        // Each part was compared with its hash before, so that a damaged head does not look like this.
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => StorageError::Passphrase,
        DecryptError::Io(error) => broken(error),
        _ => StorageError::Damaged("it is not a file of age that a passphrase opens".into()),
    }
}

/// A reader's error: ours passes through the readers between as an `io::Error` with it inside.
fn broken(error: io::Error) -> StorageError {
    match error.downcast::<StorageError>() {
        Ok(error) => error,
        Err(error) => StorageError::Damaged(error.to_string()),
    }
}

/// Tells the disk's errors from the sender's.
fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<(), StorageError> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer).map_err(broken)? {
            0 => return Ok(()),
            read => to.write_all(&buffer[..read]).map_err(StorageError::Disk)?,
        }
    }
}

fn add<W: Write>(tar: &mut Builder<W>, name: &str, path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    let mut header = Header::new_gnu();
    header.set_size(file.metadata()?.len());
    header.set_mode(0o600);
    header.set_entry_type(EntryType::Regular);
    tar.append_data(&mut header, name, file)
}

fn place(hash: &FileHash) -> String {
    let digits = hash.as_str();
    format!("{FILES}/{}/{digits}", digits.get(..2).unwrap_or_default())
}

fn is_ours(path: &str) -> bool {
    let file = || {
        let digits = path.strip_prefix(FILES)?.get(4..)?;
        let hash = digits.len() == 64 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        (hash && path == format!("{FILES}/{}/{digits}", &digits[..2])).then_some(())
    };
    path == DATABASE || file().is_some()
}

fn secret(passphrase: &Secret) -> SecretString {
    SecretString::from(passphrase.expose().to_owned())
}

struct Hashing<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private(options: &mut OpenOptions) -> &OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_come_out_of_a_tar() {
        let digits = "ab".repeat(32);
        assert!(is_ours("rivulet.db"));
        assert!(is_ours(&format!("attachments/ab/{digits}")));
        for other in [
            "../rivulet.db".to_owned(),
            "/rivulet.db".into(),
            format!("attachments/cd/{digits}"),
            format!("attachments/ab/../{digits}"),
            format!("attachments/é/{digits}"),
            "attachments".into(),
            "attachments/ab/".into(),
        ] {
            assert!(!is_ours(&other), "{other}");
        }
    }
}
