//! The one keyring of each system: how to open it, and what its errors mean.

use crate::VaultError;
use keyring_core::CredentialStore;
use std::error::Error;
use std::sync::Arc;

#[cfg(all(unix, not(target_os = "macos")))]
mod system {
    use super::*;
    use zbus::DBusError;

    pub const NAME: &str = "Secret Service";
    /// The store takes a label, which the desktop's own passwords app shows.
    pub const LABELS: bool = true;

    pub fn open() -> keyring::Result<Arc<CredentialStore>> {
        Ok(zbus_secret_service_keyring_store::Store::new()?)
    }

    /// Whether a question of the keyring's can reach a person.
    pub fn can_ask() -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        set("DISPLAY") || set("WAYLAND_DISPLAY")
    }

    pub fn cause(error: &(dyn Error + Send + Sync + 'static), can_ask: bool) -> Option<VaultError> {
        use secret_service::Error;
        match error.downcast_ref::<Error>()? {
            Error::Locked => Some(VaultError::Locked),
            // A prompt that cannot be shown counts as dismissed at once: nobody closed it, the keyring is just locked.
            Error::Prompt if can_ask => Some(VaultError::Dismissed),
            Error::Prompt => Some(VaultError::Locked),
            Error::Unavailable => Some(VaultError::NoBus),
            Error::Zbus(error) => of_bus(error),
            Error::ZbusFdo(error) => of_reply(&error.name()),
            _ => None,
        }
    }

    fn of_bus(error: &zbus::Error) -> Option<VaultError> {
        match error {
            zbus::Error::MethodError(name, ..) => of_reply(name),
            zbus::Error::FDO(error) => of_reply(&error.name()),
            zbus::Error::Connection(..)
            | zbus::Error::Address(_)
            | zbus::Error::Handshake(_)
            | zbus::Error::InputOutput(_) => Some(VaultError::NoBus),
            _ => None,
        }
    }

    /// D-Bus error names: the D-Bus specification, and "Errors" of the Secret Service specification.
    fn of_reply(name: &str) -> Option<VaultError> {
        match name.strip_prefix("org.freedesktop.")? {
            "DBus.Error.ServiceUnknown" | "DBus.Error.NameHasNoOwner" => Some(VaultError::Missing),
            // The service is installed, but could not be started.
            start if start.starts_with("DBus.Error.Spawn.") => Some(VaultError::Missing),
            "DBus.Error.Disconnected" | "DBus.Error.NoServer" => Some(VaultError::NoBus),
            "DBus.Error.Timeout" | "DBus.Error.TimedOut" => Some(VaultError::Timeout),
            "Secret.Error.IsLocked" => Some(VaultError::Locked),
            _ => None,
        }
    }
}

#[cfg(target_os = "macos")]
mod system {
    use super::*;

    pub const NAME: &str = "macOS Keychain";
    pub const LABELS: bool = false;

    pub fn open() -> keyring::Result<Arc<CredentialStore>> {
        Ok(apple_native_keyring_store::keychain::Store::new()?)
    }

    pub fn can_ask() -> bool {
        true
    }

    /// Codes: `SecBase.h` of Apple's Security framework.
    pub fn cause(error: &(dyn Error + Send + Sync + 'static), _can_ask: bool) -> Option<VaultError> {
        match error.downcast_ref::<security_framework::base::Error>()?.code() {
            // errSecUserCanceled
            -128 => Some(VaultError::Dismissed),
            // errSecAuthFailed, errSecInteractionNotAllowed
            -25293 | -25308 => Some(VaultError::Locked),
            // errSecNotAvailable, errSecNoSuchKeychain
            -25291 | -25294 => Some(VaultError::Missing),
            _ => None,
        }
    }
}

#[cfg(windows)]
mod system {
    use super::*;

    pub const NAME: &str = "Windows Credential Manager";
    pub const LABELS: bool = false;

    pub fn open() -> keyring::Result<Arc<CredentialStore>> {
        Ok(windows_native_keyring_store::Store::new()?)
    }

    /// The Credential Manager opens with the session and never asks.
    pub fn can_ask() -> bool {
        false
    }

    pub fn cause(_error: &(dyn Error + Send + Sync + 'static), _can_ask: bool) -> Option<VaultError> {
        None
    }
}

pub(crate) use system::*;
