//! Opening a link from the window with a click.
//!
//! The address goes to the system's browser as an argument, which other users of the machine can read while that program
//! runs. So it has a code instead of the token: good once, for a minute. The page exchanges it for a token of its own.

use crate::links::{Links, find};
use crate::reply::Refusal;
use crate::token::{Fingerprint, Token};
use rivulet_protocol::{ApiError, LinkId};
use std::time::{Duration, Instant};

/// A browser may have to be started first.
const LIVES: Duration = Duration::from_secs(60);
/// Tokens a link is known by at once; the oldest gives way.
const TOKENS: usize = 32;

/// Opens a link once.
pub(crate) struct Code {
    token: Token,
    made: Instant,
}

impl Links {
    /// A code for this link.
    pub fn make_code(&self, link: LinkId) -> Result<String, ApiError> {
        let token = Token::random()?;
        let text = token.expose().to_owned();
        let mut table = self.table();
        let codes = &mut find(&mut table, link)?.codes;
        codes.retain(|code| code.made.elapsed() < LIVES);
        codes.push(Code { token, made: Instant::now() });
        Ok(text)
    }

    /// A new token of the link that this code is for. The code is used up.
    pub fn exchange(&self, presented: &str) -> Result<String, Refusal> {
        let token = Token::random()?;
        let mut exchanged = false;
        for entry in self.table().iter_mut() {
            let Some(at) = entry.codes.iter().position(|code| code.token.matches(presented)) else { continue };
            if entry.codes.remove(at).made.elapsed() < LIVES {
                exchanged = true;
                entry.fingerprints.push(Fingerprint::of(token.expose()));
                if entry.fingerprints.len() > TOKENS {
                    entry.fingerprints.remove(0);
                }
            }
        }
        if !exchanged {
            return Err(self.refuse_stranger());
        }
        self.tell();
        Ok(token.expose().to_owned())
    }
}
