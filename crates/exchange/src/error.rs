//! What can go wrong with a file.

use rivulet_protocol::ImportProblem;
use std::io;

/// Why a file was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refused.
    #[error("the file cannot be read: {0}")]
    Io(io::Error),
    /// A person stopped it.
    #[error("it was stopped")]
    Stopped,
    /// No reader knows it.
    #[error("this is no export that is known")]
    UnknownFormat,
    /// The file ends in the middle.
    #[error("the file ends before it should")]
    CutShort,
    /// Not JSON at this byte of the (unpacked) file.
    #[error("this is not JSON at byte {0}")]
    NotJson(u64),
    /// Deeper than [`crate::limits::DEPTH`].
    #[error("the file is nested too deeply")]
    TooDeep,
    /// Larger than one of [`crate::limits`].
    #[error("the file has too many or too large {0}")]
    TooLarge(&'static str),
    /// Unpacks to more than [`crate::limits::RATIO`] allows.
    #[error("the file unpacks to far more than it is")]
    Bomb,
    /// A zip that cannot be unpacked.
    #[error("the zip cannot be unpacked: {0}")]
    BadZip(String),
    /// An archive of a newer version.
    #[error("the archive has version {0}, which is newer than this program")]
    TooNew(u64),
    /// Read to its end, and there is nothing.
    #[error("there is no conversation in the file")]
    Empty,
}

impl ReadError {
    /// The class a person is told; `None` when they stopped it themselves.
    pub fn problem(&self) -> Option<ImportProblem> {
        Some(match self {
            Self::Stopped => return None,
            Self::Io(_) => ImportProblem::Unreadable,
            Self::UnknownFormat => ImportProblem::UnknownFormat,
            Self::CutShort => ImportProblem::CutShort,
            Self::NotJson(_) => ImportProblem::NotJson,
            Self::TooDeep => ImportProblem::TooDeep,
            Self::TooLarge(_) => ImportProblem::TooLarge,
            Self::Bomb => ImportProblem::Bomb,
            Self::BadZip(_) => ImportProblem::BadZip,
            Self::TooNew(_) => ImportProblem::TooNew,
            Self::Empty => ImportProblem::Empty,
        })
    }

    /// As an error of a reader, to come out again by [`From`].
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::other(self)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::CutShort;
        }
        match error.downcast::<ReadError>() {
            Ok(own) => own,
            // A zip's checksum that does not fit, or data no packer wrote.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
                Self::BadZip(error.to_string())
            }
            Err(error) => Self::Io(error),
        }
    }
}

impl From<zip::result::ZipError> for ReadError {
    fn from(error: zip::result::ZipError) -> Self {
        match error {
            zip::result::ZipError::Io(error) => error.into(),
            error => Self::BadZip(error.to_string()),
        }
    }
}
