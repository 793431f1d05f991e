//! Why a keyring call failed: one cause, one sentence, one way out.

use rivulet_protocol::{ApiError, ErrorCode};

/// Why a key could not be kept, read or removed. The text says what happened, what is kept and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The keyring is locked and nobody could be asked to unlock it.
    #[error(
        "The keyring is locked. What it holds is kept and nothing was changed. Unlock it and try again, \
         or keep the key in memory for this run."
    )]
    Locked,
    /// The keyring asked, and its question was closed without an answer.
    #[error(
        "The keyring's question was dismissed. What it holds is kept and nothing was changed. Try again and answer \
         the question, or keep the key in memory for this run."
    )]
    Dismissed,
    /// There is a message bus, but no Secret Service on it.
    #[error(
        "No keyring is running: nothing offers the Secret Service. Nothing was stored. Install and start one \
         (gnome-keyring, KWallet or KeePassXC); it is found without a restart. Or keep the key in memory for this run."
    )]
    Missing,
    /// There is no message bus to find a keyring on.
    #[error(
        "The keyring cannot be reached: there is no D-Bus session bus. Nothing was stored. Start Rivulet from a desktop \
         session (or under dbus-run-session), or keep the key in memory for this run."
    )]
    NoBus,
    /// Several entries match.
    #[error(
        "The keyring holds more than one key for this provider and address. All are kept. Delete the key here, which \
         removes them all, and enter it again."
    )]
    Ambiguous,
    /// The value is longer than this keyring takes.
    #[error(
        "The key is longer than this system's keyring takes. It was not stored. Check that only the key was pasted, \
         or keep it in memory for this run."
    )]
    TooLong,
    /// No answer within the time limit.
    #[error(
        "The keyring did not answer in time. What it holds is kept. If it shows a question, answer it, then try again."
    )]
    Timeout,
    /// Anything else.
    #[error(
        "The keyring failed. What it holds is kept. Try again; if it fails again, restart the keyring or keep the key \
         in memory for this run. It said: {words}"
    )]
    Failed {
        /// The system's own words. Never a key.
        words: String,
    },
}

impl VaultError {
    pub(crate) fn failed(words: impl ToString) -> Self {
        Self::Failed { words: words.to_string() }
    }

    /// The class the interface branches on.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Locked => ErrorCode::KeyringLocked,
            Self::Dismissed => ErrorCode::KeyringDismissed,
            Self::Missing => ErrorCode::KeyringMissing,
            Self::NoBus => ErrorCode::KeyringNoBus,
            Self::Ambiguous => ErrorCode::KeyringAmbiguous,
            Self::TooLong => ErrorCode::KeyringTooLong,
            Self::Timeout => ErrorCode::KeyringTimeout,
            Self::Failed { .. } => ErrorCode::KeyringFailed,
        }
    }

    /// The system's own words, where the cause does not say it all.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Failed { words } => Some(words),
            _ => None,
        }
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        let api = ApiError::new(error.code(), error.to_string());
        match error.words() {
            Some(words) => api.detail(words),
            None => api,
        }
    }
}

/// The cause behind a keyring's error. Its text is safe to show: the errors' `Display` has no stored values in it.
pub(crate) fn cause(error: keyring::Error, can_ask: bool) -> VaultError {
    use keyring::Error;
    match error {
        Error::Ambiguous(_) => VaultError::Ambiguous,
        Error::TooLong(..) => VaultError::TooLong,
        Error::NoDefaultStore => VaultError::Missing,
        Error::NoStorageAccess(ref inner) | Error::PlatformFailure(ref inner) => {
            crate::platform::cause(inner.as_ref(), can_ask).unwrap_or_else(|| VaultError::failed(&error))
        }
        other => VaultError::failed(other),
    }
}
