//! What the decoders of JSON events share: reading a frame whose fields may hold anything, and passing over a little
//! damage.

use crate::sse::SseEvent;
use rivulet_protocol::{Failure, FailureCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Frames that may be unreadable before the answer is given up.
const MOST: u32 = 3;

/// Counts frames that could not be read.
#[derive(Debug, Default)]
pub(super) struct Damage(u32);

impl Damage {
    /// Reads a frame. `None` for an empty one, or one that is damaged while that is still little.
    pub fn read<T: DeserializeOwned>(&mut self, event: &SseEvent) -> Result<Option<T>, Failure> {
        let data = event.data.trim();
        if data.is_empty() {
            return Ok(None);
        }
        match serde_json::from_str(data) {
            Ok(frame) => Ok(Some(frame)),
            Err(_) => self.passed_over(data.len()).map(|()| None),
        }
    }

    /// One more that was passed over; an error when it is one too many.
    pub fn passed_over(&mut self, bytes: usize) -> Result<(), Failure> {
        self.0 += 1;
        tracing::warn!(bytes, "an unreadable frame was passed over");
        if self.0 > MOST { Err(Failure::new(FailureCode::Protocol)) } else { Ok(()) }
    }
}

/// The failure of an answer whose bytes ended too soon; `stray` is what came that was no event.
pub(super) fn unfinished(any: bool, stray: &str) -> Failure {
    let failure = Failure::new(if any { FailureCode::Unfinished } else { FailureCode::EmptyAnswer });
    if stray.trim().is_empty() { failure } else { failure.detail(stray.trim()) }
}

/// A field that a server may fill with something of another type (`null` where text stands, text where a list does):
/// it is as if it were not there, and the rest of the frame, which may be text of the answer, still counts.
pub(super) fn soft<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// A count of tokens: some servers write it as `12.0` or in quotes.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => {
            number.as_u64().or(number.as_f64().filter(|count| *count >= 0.0).map(|count| count as u64))
        }
        Value::String(digits) => digits.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}
