//! Reading fields of values that may have any shape: what is not there or of another kind is nothing.

use rivulet_protocol::Usage;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Takes a text out of an object, so that it is not copied.
pub fn take(object: &mut Value, key: &str) -> String {
    match object.get_mut(key).map(Value::take) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    }
}

/// Takes a list out of an object.
pub fn list(object: &mut Value, key: &str) -> Vec<Value> {
    match object.get_mut(key).map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// A text that is not empty.
pub fn text(object: &Value, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The first of these fields that is a text and not empty.
pub fn first_text(object: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(object, key))
}

/// An id: a text, or a number as older programs have it.
pub fn id(object: &Value, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether the field is `true` (or 1, as databases write it).
pub fn is(object: &Value, key: &str) -> bool {
    object.get(key).is_some_and(|value| value == &Value::Bool(true) || value.as_u64() == Some(1))
}

/// Milliseconds since the epoch from a number of seconds or milliseconds, or from a date by RFC 3339.
pub fn time(object: &Value, key: &str) -> Option<u64> {
    match object.get(key)? {
        Value::Number(number) => {
            let number = number.as_f64()?;
            // Seconds reach this number in the year 5138.
            let ms = if number.abs() < 1e11 { number * 1000.0 } else { number };
            // Up to the year 9999, beyond which nobody can show it.
            (0.0..253_402_300_800_000.0).contains(&ms).then_some(ms as u64)
        }
        Value::String(date) => {
            let parsed = OffsetDateTime::parse(date, &Rfc3339).ok()?;
            u64::try_from(parsed.unix_timestamp_nanos() / 1_000_000).ok()
        }
        _ => None,
    }
}

/// JSON as a person or a tool wrote it: a text as it is, anything else as JSON text.
pub fn json_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// The text of what may be a text, an object with a text, or a list of such.
pub fn flat_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(flat_text).filter(|text| !text.is_empty()).collect();
            texts.join("\n\n")
        }
        Value::Object(_) => {
            let inner = ["text", "value", "content"].iter().find_map(|key| value.get(key));
            inner.map(flat_text).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// Token counts, by the names of the vendors and of the programs.
pub fn usage(value: Option<&Value>) -> Option<Usage> {
    let value = value?;
    let count = |keys: &[&str]| keys.iter().find_map(|key| value.get(key)?.as_u64());
    let detail = |outer: &str, key: &str| value.get(outer)?.get(key)?.as_u64();
    let usage = Usage {
        input_tokens: count(&["input_tokens", "prompt_tokens", "inputTokens", "promptTokens", "prompt_eval_count"]),
        output_tokens: count(&["output_tokens", "completion_tokens", "outputTokens", "completionTokens", "eval_count"]),
        reasoning_tokens: count(&["reasoning_tokens", "reasoningTokens"])
            .or_else(|| detail("completion_tokens_details", "reasoning_tokens"))
            .or_else(|| detail("output_tokens_details", "reasoning_tokens")),
        cached_tokens: count(&["cached_tokens", "cachedInputTokens"])
            .or_else(|| detail("prompt_tokens_details", "cached_tokens"))
            .or_else(|| detail("input_tokens_details", "cached_tokens")),
        ..Usage::default()
    };
    (usage != Usage::default()).then_some(usage)
}

/// Where in `value` keys, passwords and tokens stand that are not empty. Their places, never their text.
pub fn secrets(value: &Value, place: &str, found: &mut Vec<String>) {
    /// More places than this tell a person nothing new.
    const MOST: usize = 50;
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                let filled = value.as_str().is_some_and(|text| !text.trim().is_empty());
                if filled && names_a_secret(name) && found.len() < MOST {
                    found.push(place.chars().take(120).collect());
                } else {
                    secrets(value, &place, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| secrets(item, place, found)),
        _ => {}
    }
}

fn names_a_secret(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let ends = ["apikey", "accesskey", "accesskeyid", "secretkey", "secret", "password", "token", "accesscode"];
    ends.iter().any(|end| name.ends_with(end)) || name == "authorization" || name == "licensekey"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_come_in_seconds_milliseconds_and_dates() {
        let times = json!({"s": 1_700_000_000, "f": 1_700_000_000.25, "ms": 1_700_000_000_000u64,
            "iso": "2023-11-14T22:13:20.5Z", "zone": "2023-11-14T23:13:20+01:00", "bad": "14/11/2023, 22:13", "no": -5.0,
            "far": 1e300});
        assert_eq!(time(&times, "s"), Some(1_700_000_000_000));
        assert_eq!(time(&times, "f"), Some(1_700_000_000_250));
        assert_eq!(time(&times, "ms"), Some(1_700_000_000_000));
        assert_eq!(time(&times, "iso"), Some(1_700_000_000_500));
        assert_eq!(time(&times, "zone"), Some(1_700_000_000_000));
        for bad in ["bad", "no", "far", "none"] {
            assert_eq!(time(&times, bad), None, "{bad}");
        }
    }

    #[test]
    fn secrets_are_named_by_their_place_alone() {
        let mut found = Vec::new();
        let settings = json!({"providers": {"openai": {"apiKey": "sk-1", "apiHost": "x"}, "z": {"apiKey": ""}},
            "list": [{"accessCode": "c"}], "max_tokens": "12", "openaiApiKey": "sk-2"});
        secrets(&settings, "settings", &mut found);
        assert_eq!(found, ["settings.providers.openai.apiKey", "settings.list.accessCode", "settings.openaiApiKey"]);
    }
}
