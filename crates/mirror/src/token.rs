//! Tokens: 256 random bits, compared in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rivulet_protocol::{ApiError, ErrorCode, Secret};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A token that was made here: a link's, or a ticket's.
pub(crate) struct Token(Secret);

impl Token {
    /// A new one from the system's random source.
    pub fn random() -> Result<Self, ApiError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| ApiError::new(ErrorCode::Internal, "The system gave no random numbers.").detail(error))?;
        Ok(Self(Secret::new(URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The token itself, for the one answer that hands it out.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Takes as long for a nearly right one as for a wrong one.
    pub fn matches(&self, presented: &str) -> bool {
        self.0.expose().as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

/// What a link's token is known by. With 256 random bits behind it, a hash leads nobody back.
pub(crate) struct Fingerprint(Vec<u8>);

impl Fingerprint {
    /// Of a token, or of what is presented as one.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).to_vec())
    }

    /// As it is kept.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// From what was kept; `None` if that is no fingerprint.
    pub fn from_text(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == Sha256::output_size()).then_some(Self(bytes))
    }

    /// Takes as long for a nearly right one as for a wrong one.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_knows_its_token_after_it_was_kept_too() {
        let token = Token::random().unwrap();
        let kept = Fingerprint::of(token.expose()).to_text();
        assert!(!kept.contains(token.expose()));
        let again = Fingerprint::from_text(&kept).unwrap();
        assert!(again.matches(&Fingerprint::of(token.expose())));
        assert!(!again.matches(&Fingerprint::of(&kept)), "what is kept opens nothing");
        assert!(Fingerprint::from_text("").is_none() && Fingerprint::from_text("AAAA").is_none());
    }

    #[test]
    fn a_token_has_256_bits_and_matches_only_itself() {
        let token = Token::random().unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(token.expose()).unwrap().len(), 32);
        assert!(token.matches(token.expose()));
        for wrong in ["", &token.expose()[1..], &format!("{}A", token.expose()), Token::random().unwrap().expose()] {
            assert!(!token.matches(wrong));
        }
    }
}
