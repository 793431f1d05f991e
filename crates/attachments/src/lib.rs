//! Files that go with a message, made into what a model takes: pictures small and without what a camera wrote into
//! them, documents with their text. Pure: bytes in, bytes out. Files come from anywhere, so every reader has limits.

mod office;
mod pdf;
mod picture;

pub use office::Office;

/// The largest file that is taken, in bytes.
pub const FILE_BYTES: usize = 32 << 20;
/// The most text that is kept of a file, in bytes; a model reads no more.
pub const TEXT_BYTES: usize = 2 << 20;

/// A file as it is kept and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// A picture.
    Picture {
        /// `image/png` or `image/jpeg`.
        media_type: &'static str,
        /// The picture, written anew.
        data: Vec<u8>,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// A PDF, as it came, for models that read it themselves.
    Pdf {
        /// The file.
        data: Vec<u8>,
        /// Its text, for those that do not; empty if there is none in it (a scan).
        text: String,
        /// How many pages it has.
        pages: u32,
    },
    /// An office file: its text is what is kept.
    Office {
        /// Which kind.
        kind: Office,
        /// Its text; empty if there is none in it.
        text: String,
        /// Pages, sheets or slides; `None` if it does not say how many.
        pages: Option<u32>,
    },
    /// Text.
    Text(String),
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// More than [`FILE_BYTES`], or a picture of more pixels than are ever unpacked.
    #[error("the file is too large")]
    TooLarge,
    /// It says that it is a picture, a PDF or an office file, and cannot be read as one.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// A PDF or an office file under a password.
    #[error("the file is locked with a password")]
    Locked,
    /// No kind of file that is known.
    #[error("files of this kind cannot be read")]
    Unknown,
}

/// Reads a file. What it is, its content says and not its name. Takes long: not for a thread that others wait for.
pub fn prepare(bytes: Vec<u8>) -> Result<Prepared, PrepareError> {
    match bytes.len() {
        0 => return Err(PrepareError::Empty),
        FILE_BYTES.. => return Err(PrepareError::TooLarge),
        _ => {}
    }
    if bytes.starts_with(b"%PDF-") {
        return pdf::read(bytes);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return office::read(&bytes);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(office::compound(&bytes));
    }
    if let Ok(format) = image::guess_format(&bytes) {
        return picture::read(&bytes, format);
    }
    text(bytes).map(Prepared::Text)
}

fn text(bytes: Vec<u8>) -> Result<String, PrepareError> {
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    let text = String::from_utf8(bytes).map_err(|_| PrepareError::Unknown)?;
    if text.contains('\0') {
        return Err(PrepareError::Unknown);
    }
    if text.len() > TEXT_BYTES {
        return Err(PrepareError::TooLarge);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text_whatever_its_language_and_the_rest_is_refused() {
        assert_eq!(prepare("fn main() {} // 你好".into()), Ok(Prepared::Text("fn main() {} // 你好".into())));
        assert_eq!(prepare(b"\xef\xbb\xbfwith a mark".to_vec()), Ok(Prepared::Text("with a mark".into())));
        assert_eq!(prepare(Vec::new()), Err(PrepareError::Empty));
        assert_eq!(prepare(b"MZ\x90\0\x03".to_vec()), Err(PrepareError::Unknown));
        assert_eq!(prepare(b"zero \0 in it".to_vec()), Err(PrepareError::Unknown));
        assert_eq!(prepare(vec![b'a'; TEXT_BYTES + 1]), Err(PrepareError::TooLarge));
        assert_eq!(prepare(vec![b'a'; FILE_BYTES]), Err(PrepareError::TooLarge));
    }
}
