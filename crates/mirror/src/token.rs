//! Tokens: 256 random bits, compared in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rivulet_protocol::{ApiError, ErrorCode, Secret};
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

#[cfg(test)]
mod tests {
    use super::*;

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
