//! Whether and when a request is sent again. Only ever asked before any output: a request that reached the model is
//! billed, so what may have been answered is never sent again by itself.

use rivulet_protocol::{Failure, FailureCode};
use std::time::Duration;

/// How often a request is sent at most.
pub const ATTEMPTS: u32 = 3;
/// Asked to wait longer than this, we stop and say so.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
const FIRST: Duration = Duration::from_millis(500);
const LAST: Duration = Duration::from_secs(8);

/// How long to wait before the try after `attempt` (from 1); `None` to give up.
pub fn delay(attempt: u32, failure: &Failure) -> Option<Duration> {
    let most = match failure.code {
        FailureCode::ConnectionRefused
        | FailureCode::NameNotFound
        | FailureCode::ConnectTimeout
        | FailureCode::RateLimited
        | FailureCode::Overloaded => ATTEMPTS,
        // 504 may have been billed: once.
        FailureCode::ServerError if failure.status == Some(504) => 2,
        FailureCode::ServerError => ATTEMPTS,
        FailureCode::BadRequest if matches!(failure.status, Some(408 | 409 | 425)) => ATTEMPTS,
        _ => 1,
    };
    if attempt >= most {
        return None;
    }
    match failure.retry_after_ms.map(Duration::from_millis) {
        Some(asked) => (asked <= LONGEST_WAIT).then_some(asked),
        None => Some(backoff(attempt)),
    }
}

/// What a failure means for an answer that its vendor goes on with by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoesOn {
    /// Only the way to it broke: it can be taken up again.
    Yes,
    /// So it may, but a person has to see to something first.
    OutOfReach,
    /// It has ended, or is of no use any more.
    No,
}

/// Whether an answer that its vendor goes on with by itself outlives this failure.
pub fn goes_on(failure: &Failure) -> GoesOn {
    match failure.code {
        FailureCode::ConnectionRefused
        | FailureCode::NameNotFound
        | FailureCode::ConnectTimeout
        | FailureCode::Tls
        | FailureCode::Redirected
        | FailureCode::WebPage
        | FailureCode::NotAStream
        | FailureCode::EmptyAnswer
        | FailureCode::Cut
        | FailureCode::Unfinished
        | FailureCode::NoResponse
        | FailureCode::Silent
        | FailureCode::NoContent
        | FailureCode::Network => GoesOn::Yes,
        FailureCode::Proxy if failure.status != Some(407) => GoesOn::Yes,
        // Said by a status: something on the way, or the vendor's front door. Without one it is the vendor's last word.
        FailureCode::RateLimited | FailureCode::Overloaded | FailureCode::ServerError if failure.status.is_some() => {
            GoesOn::Yes
        }
        FailureCode::Unauthorized | FailureCode::Forbidden | FailureCode::Quota if failure.status.is_some() => {
            GoesOn::OutOfReach
        }
        FailureCode::NoKey
        | FailureCode::KeyUnavailable
        | FailureCode::Proxy
        | FailureCode::CaFile
        | FailureCode::CertificateExpired
        | FailureCode::CertificateNotYetValid
        | FailureCode::CertificateUntrusted
        | FailureCode::CertificateName
        | FailureCode::NoProvider => GoesOn::OutOfReach,
        FailureCode::RateLimited
        | FailureCode::Overloaded
        | FailureCode::ServerError
        | FailureCode::Unauthorized
        | FailureCode::Forbidden
        | FailureCode::Quota
        | FailureCode::ModelNotFound
        | FailureCode::NotFound
        | FailureCode::TooLong
        | FailureCode::BadRequest
        | FailureCode::Expired
        | FailureCode::TooLarge
        | FailureCode::Encoding
        | FailureCode::Protocol
        | FailureCode::Vendor
        | FailureCode::SpendingLimit
        | FailureCode::Internal => GoesOn::No,
    }
}

/// How long to wait before an answer is taken up again, after so many tries in vain (from 1).
pub fn before_taking_up(tries: u32, failure: &Failure) -> Duration {
    failure.retry_after_ms.map_or_else(|| backoff(tries), |asked| Duration::from_millis(asked).min(LONGEST_WAIT))
}

/// Doubling, with a quarter of jitter, so that many clients do not come back at once.
fn backoff(attempt: u32) -> Duration {
    let full = FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(8)).min(LAST);
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    full.mul_f64(1.0 - 0.25 * f64::from(nanos % 1000) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: FailureCode, status: u16) -> Failure {
        Failure { status: Some(status), ..Failure::new(code) }
    }

    #[test]
    fn only_what_was_surely_not_answered_is_sent_again() {
        assert!(delay(1, &failure(FailureCode::Overloaded, 529)).is_some());
        assert!(delay(2, &failure(FailureCode::ServerError, 500)).is_some());
        assert!(delay(3, &failure(FailureCode::ServerError, 500)).is_none());
        assert!(delay(2, &failure(FailureCode::ServerError, 504)).is_none(), "504 may be billed");
        for code in [
            FailureCode::Unauthorized,
            FailureCode::Quota,
            FailureCode::Tls,
            FailureCode::Cut,
            FailureCode::EmptyAnswer,
        ] {
            assert!(delay(1, &Failure::new(code)).is_none(), "{code:?}");
        }
    }

    #[test]
    fn asked_waits_are_kept_up_to_two_minutes() {
        let mut limited = failure(FailureCode::RateLimited, 429);
        limited.retry_after_ms = Some(7_000);
        assert_eq!(delay(1, &limited), Some(Duration::from_secs(7)));
        limited.retry_after_ms = Some(121_000);
        assert_eq!(delay(1, &limited), None);
    }

    #[test]
    fn waits_double_and_stay_within_bounds() {
        for attempt in 1..20 {
            let wait = backoff(attempt);
            assert!(wait >= Duration::from_millis(375) && wait <= LAST, "{wait:?}");
        }
    }
}
