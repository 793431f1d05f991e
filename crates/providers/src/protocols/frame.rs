//! What the decoders of JSON events share: reading a frame whose fields may hold anything, and passing over a little
//! damage.

use crate::sse::SseEvent;
use rivulet_protocol::{Failure, FailureCode};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Frames that may be unreadable before the answer is given up.
const MOST: u32 = 3;

/// Counts frames that could not be read.
#[derive(Debug, Default)]
pub(super) struct Damage(u32);

impl Damage {
    /// Reads a frame. `None` for an empty one, or one that is damaged while that is still little.
    pub fn read<'a, T: Deserialize<'a>>(&mut self, event: &'a SseEvent) -> Result<Option<T>, Failure> {
        let data = json_of(event);
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

/// What an event carries. Gateways exist that pass events on as the data of theirs: `data: data: {…}`.
pub(super) fn json_of(event: &SseEvent) -> &str {
    let data = event.data.trim();
    data.strip_prefix("data:").map_or(data, str::trim_start)
}

/// A call's arguments: text in one protocol and an object in another, and servers exist that take the other's. Empty if it
/// is neither.
pub(super) fn arguments_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => value.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => String::new(),
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

/// A list, without the items that cannot be read; where one item stands instead of a list, that one.
pub(super) fn list<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    let items = match Value::deserialize(deserializer)? {
        Value::Array(items) => items,
        item @ Value::Object(_) => vec![item],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    Ok(items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect())
}

/// The same for text, which most fields are and which need not become a [`Value`] first.
pub(super) fn text<'de, T: Text<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(AnyText(PhantomData))
}

/// What a field of text may be read as.
pub(super) trait Text<'de>: Default {
    /// Text that stands in the frame as it is.
    fn borrowed(text: &'de str) -> Self;
    /// Text that had to be unescaped.
    fn owned(text: String) -> Self;
}

impl<'de> Text<'de> for String {
    fn borrowed(text: &'de str) -> Self {
        text.to_owned()
    }

    fn owned(text: String) -> Self {
        text
    }
}

impl<'de> Text<'de> for Option<String> {
    fn borrowed(text: &'de str) -> Self {
        Some(text.to_owned())
    }

    fn owned(text: String) -> Self {
        Some(text)
    }
}

impl<'de> Text<'de> for Cow<'de, str> {
    fn borrowed(text: &'de str) -> Self {
        Cow::Borrowed(text)
    }

    fn owned(text: String) -> Self {
        Cow::Owned(text)
    }
}

/// The rest of a visitor: whatever else stands there is read over, and is as if nothing did. Always so for what is neither
/// text nor number nor object; for those where they are named.
macro_rules! else_default {
    ($($kind:ident),*) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Default::default())
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Default::default())
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(Default::default())
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_any(self)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }

        $(else_default!(@ $kind);)*
    };
    (@ text) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (@ number) => {
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
    };
    (@ map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
            while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
}

struct AnyText<T>(PhantomData<T>);

impl<'de, T: Text<'de>> Visitor<'de> for AnyText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<T, E> {
        Ok(T::borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok(T::owned(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<T, E> {
        Ok(T::owned(text))
    }

    else_default!(number, map);
}

/// An object that is read in place, or as if it were empty where a server sends something else.
pub(super) fn object<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(AnyObject(PhantomData))
}

struct AnyObject<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for AnyObject<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }

    else_default!(number, text);
}

/// A count of tokens, or a number of an event: some servers write it as `12.0` or in quotes.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    deserializer.deserialize_any(AnyCount)
}

struct AnyCount;

impl<'de> Visitor<'de> for AnyCount {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_u64<E>(self, count: u64) -> Result<Option<u64>, E> {
        Ok(Some(count))
    }

    fn visit_i64<E>(self, count: i64) -> Result<Option<u64>, E> {
        Ok(u64::try_from(count).ok())
    }

    fn visit_f64<E>(self, count: f64) -> Result<Option<u64>, E> {
        Ok(Some(count).filter(|count| *count >= 0.0).map(|count| count as u64))
    }

    fn visit_str<E>(self, digits: &str) -> Result<Option<u64>, E> {
        Ok(digits.trim().parse().ok())
    }

    else_default!(map);
}
