//! A secret that can be taken in and used, but not printed or sent back.

use serde::{Deserialize, Deserializer};
use std::fmt;
use zeroize::Zeroizing;

/// A key, token or password. Deliberately without `Serialize`, `Display` and `PartialEq`; memory is wiped on drop.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a value that must not be printed.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value, for the one place that needs it (a request header, the keyring).
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last four characters, enough to tell one key from another; empty for values too short to hide the rest.
    pub fn last_four(&self) -> String {
        let count = self.0.chars().count();
        if count < 12 { String::new() } else { self.0.chars().skip(count - 4).collect() }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints_its_value() {
        let secret = Secret::new("sk-canary-0123456789".into());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.last_four(), "6789");
        assert_eq!(Secret::new("short".into()).last_four(), "");
    }
}
