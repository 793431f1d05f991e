//! What happened, in the words the window uses.

use rivulet_protocol::{ApiError, ErrorCode, Failure};
use serde_json::{Map, Value};

use super::Exit;

/// The page's own English catalogue.
const CATALOGUE: &str = include_str!("../../../../ui/messages/en.json");

/// Why an answer failed, with the vendor's own words below.
pub(super) fn failure(failure: &Failure) -> String {
    let code = serde_json::to_value(failure.code).unwrap_or_default();
    let words: Map<String, Value> = serde_json::from_str(CATALOGUE).unwrap_or_default();
    let word = |key: &str| words.get(key).and_then(Value::as_str);
    let host = failure.host.as_deref().or(word("the_vendor")).unwrap_or_default();
    let sentence = word(&format!("f_{}", code.as_str().unwrap_or_default())).or(word("f_internal"));
    let sentence = sentence.unwrap_or_default().replace("{host}", host);
    match failure.detail.as_deref().filter(|detail| !detail.trim().is_empty()) {
        Some(detail) => format!("{sentence}\n{detail}"),
        None => sentence,
    }
}

/// Why a request was not done, and what that means to a script.
pub(super) fn refusal(error: &ApiError) -> (Exit, String) {
    let exit = match error.code {
        ErrorCode::Gone => Exit::AppEnded,
        ErrorCode::Upstream | ErrorCode::Storage | ErrorCode::Internal => Exit::Failed,
        _ => Exit::Refused,
    };
    let sentence = match (&error.failure, &error.detail) {
        (Some(cause), _) => failure(cause),
        (None, Some(detail)) => format!("{}\n{detail}", error.message),
        (None, None) => error.message.clone(),
    };
    (exit, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rivulet_protocol::FailureCode;

    #[test]
    fn a_failure_is_told_as_in_the_window() {
        let refused = Failure::new(FailureCode::ConnectionRefused).host("localhost:11434");
        assert_eq!(failure(&refused), "Nothing answers at localhost:11434.");
        let vendor = Failure::new(FailureCode::Vendor).detail("out of luck");
        assert_eq!(failure(&vendor), "The provider reported an error.\nout of luck");
    }

    #[test]
    fn every_sentence_of_a_failure_needs_no_more_than_its_host() {
        let words: Map<String, Value> = serde_json::from_str(CATALOGUE).unwrap();
        for code in ["no_key", "rate_limited", "proxy", "redirected", "too_long", "silent", "certificate_name"] {
            let code: FailureCode = serde_json::from_value(code.into()).unwrap();
            let told = failure(&Failure::new(code).host("h"));
            assert!(!told.is_empty() && !told.contains('{'), "{told}");
        }
        assert!(words.contains_key("f_internal") && words.contains_key("the_vendor"));
    }
}
