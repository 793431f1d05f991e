//! Arguments of a function call that come in pieces: `{jsonPath: "$.a.b[0]", stringValue: "…", willContinue: true}`.

use super::super::frame::{soft, text};
use crate::Delta;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A path is followed no deeper, and a list no further: the vendor's are short, a hostile one is not.
const DEEPEST: usize = 32;
const LONGEST_LIST: usize = 4096;

/// A piece of the arguments.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartialArg {
    json_path: String,
    #[serde(default, deserialize_with = "text")]
    string_value: Option<String>,
    #[serde(default, deserialize_with = "soft")]
    number_value: Option<f64>,
    #[serde(default, deserialize_with = "soft")]
    bool_value: Option<bool>,
}

/// A call as it grows.
#[derive(Debug)]
pub(super) struct PartialCall {
    pub id: String,
    name: String,
    arguments: Value,
    bytes: usize,
}

impl PartialCall {
    pub fn new(id: String) -> Self {
        Self { id, name: String::new(), arguments: Value::Object(Map::new()), bytes: 0 }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn push(&mut self, name: Option<String>, whole: Option<Value>, pieces: Vec<PartialArg>) {
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            self.name = name;
        }
        // An object; text at servers that imitate the other protocols.
        let whole = whole.map(|whole| whole.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(whole));
        if let Some(whole) = whole.filter(Value::is_object) {
            self.arguments = whole;
        }
        for piece in pieces {
            self.bytes += piece.json_path.len() + piece.string_value.as_ref().map_or(8, String::len);
            let Some(place) = place(&mut self.arguments, &piece.json_path) else { continue };
            match (piece.string_value, place) {
                // Text grows: a later piece at the same place goes on where the earlier one ended.
                (Some(more), Value::String(text)) => text.push_str(&more),
                (Some(text), place) => *place = text.into(),
                (None, place) => {
                    *place = match (piece.number_value, piece.bool_value) {
                        (Some(number), _) if number.fract() == 0.0 && number.abs() < 9e15 => (number as i64).into(),
                        (Some(number), _) => number.into(),
                        (None, Some(bool)) => bool.into(),
                        (None, None) => Value::Null,
                    };
                }
            }
        }
    }

    pub fn finish(self) -> Delta {
        Delta::ToolCall { id: self.id, name: self.name, arguments: self.arguments.to_string() }
    }
}

/// The place a path names, made if it is not there; `None` for a path of another kind.
fn place<'a>(root: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    let mut place = root;
    let steps = path.strip_prefix('$')?.split(['.', '[']).filter(|step| !step.is_empty());
    for (depth, step) in steps.enumerate() {
        if depth == DEEPEST {
            return None;
        }
        if let Some(index) = step.strip_suffix(']') {
            let index: usize = index.parse().ok().filter(|index| *index < LONGEST_LIST)?;
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let list = place.as_array_mut()?;
            while list.len() <= index {
                list.push(Value::Null);
            }
            place = &mut list[index];
        } else {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = place.as_object_mut()?.entry(step).or_insert(Value::Null);
        }
    }
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pieces_are_put_where_their_paths_say() {
        let mut call = PartialCall::new("1".into());
        let pieces = json!([
            { "jsonPath": "$.city", "stringValue": "Par" },
            { "jsonPath": "$.city", "stringValue": "is" },
            { "jsonPath": "$.days[1].n", "numberValue": 2.0 },
            { "jsonPath": "$.exact", "boolValue": true },
            { "jsonPath": "$.far[999999999]", "boolValue": true },
            { "jsonPath": "not a path", "boolValue": true },
        ]);
        call.push(Some("weather".into()), None, serde_json::from_value(pieces).unwrap());
        let Delta::ToolCall { arguments, .. } = call.finish() else { panic!() };
        let arguments: Value = serde_json::from_str(&arguments).unwrap();
        assert_eq!(arguments["city"], "Paris");
        assert_eq!(arguments["days"], json!([null, { "n": 2 }]));
        assert_eq!(arguments["exact"], true);
    }
}
