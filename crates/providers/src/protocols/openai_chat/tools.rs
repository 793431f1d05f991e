//! Joining the pieces of tool calls. Servers differ: the index may be missing or always 0, the name may come after
//! the arguments, ids may repeat or be blank. Calls are whole only when the answer ends.

use super::super::frame::{count, soft, text};
use crate::Delta;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

#[derive(Deserialize)]
pub(super) struct ToolDelta {
    #[serde(default, deserialize_with = "count")]
    index: Option<u64>,
    #[serde(default, deserialize_with = "text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "soft")]
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    #[serde(default, deserialize_with = "text")]
    name: Option<String>,
    /// Pieces of JSON text; some servers send the whole object instead.
    #[serde(default)]
    arguments: Option<Value>,
}

#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    calls: Vec<Call>,
}

#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl ToolCalls {
    pub fn push(&mut self, delta: ToolDelta) {
        let id = delta.id.filter(|id| !id.is_empty());
        let call = self.call(delta.index, id.as_deref());
        if let Some(id) = id {
            call.id = id;
        }
        let Some(function) = delta.function else { return };
        if let Some(name) = function.name.filter(|name| !name.is_empty()) {
            call.name = name;
        }
        match function.arguments {
            None | Some(Value::Null) => {}
            Some(Value::String(piece)) => call.arguments.push_str(&piece),
            Some(whole) => call.arguments = whole.to_string(),
        }
    }

    /// How much of arguments came so far.
    pub fn bytes(&self) -> usize {
        self.calls.iter().map(|call| call.arguments.len()).sum()
    }

    /// The call a piece belongs to. A new id is a new call, whatever the index says; without an id the index tells,
    /// and without an index it is the last one.
    fn call(&mut self, index: Option<u64>, id: Option<&str>) -> &mut Call {
        let known = match (id, index) {
            (Some(id), index) => self
                .calls
                .iter()
                .position(|call| call.id == id || (call.id.is_empty() && index.is_some() && call.index == index)),
            (None, Some(index)) => self.calls.iter().rposition(|call| call.index == Some(index)),
            (None, None) => self.calls.len().checked_sub(1),
        };
        let at = known.unwrap_or_else(|| {
            self.calls.push(Call { index, ..Call::default() });
            self.calls.len() - 1
        });
        &mut self.calls[at]
    }

    /// The answer ended: hands the calls over; whether there were any. In an answer that was cut (by its length, by a
    /// filter) a call whose arguments are not whole is left out: it must not be run.
    pub fn finish(&mut self, cut: bool, out: &mut Vec<Delta>) -> bool {
        let any = !self.calls.is_empty();
        for call in self.calls.drain(..) {
            let arguments = if call.arguments.is_empty() { "{}".to_owned() } else { call.arguments };
            if cut && serde_json::from_str::<IgnoredAny>(&arguments).is_err() {
                continue;
            }
            out.push(Delta::ToolCall { id: call.id, name: call.name, arguments });
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn joined(pieces: &[Value]) -> Vec<(String, String, String)> {
        let (mut calls, mut out) = (ToolCalls::default(), Vec::new());
        for piece in pieces {
            calls.push(serde_json::from_value(piece.clone()).unwrap());
        }
        calls.finish(false, &mut out);
        let call = |delta| match delta {
            Delta::ToolCall { id, name, arguments } => (id, name, arguments),
            other => panic!("{other:?}"),
        };
        out.into_iter().map(call).collect()
    }

    fn call(id: &str, name: &str, arguments: &str) -> (String, String, String) {
        (id.into(), name.into(), arguments.into())
    }

    #[test]
    fn parallel_calls_are_told_apart_by_index_or_by_id() {
        let two = [call("a", "look", r#"{"x":1}"#), call("b", "find", r#"{"y":2}"#)];
        let by_index = [
            json!({"index":0,"id":"a","function":{"name":"look","arguments":""}}),
            json!({"index":1,"id":"b","function":{"name":"find","arguments":""}}),
            json!({"index":0,"function":{"arguments":"{\"x\""}}),
            json!({"index":1,"function":{"arguments":"{\"y\":2}"}}),
            json!({"index":0,"id":"","function":{"name":"","arguments":":1}"}}),
        ];
        assert_eq!(joined(&by_index), two);
        let index_is_always_0 = [
            json!({"index":0,"id":"a","function":{"name":"look","arguments":"{\"x\":1}"}}),
            json!({"index":0,"id":"b","function":{"name":"find","arguments":"{\"y\""}}),
            json!({"index":0,"function":{"arguments":":2}"}}),
        ];
        assert_eq!(joined(&index_is_always_0), two);
        let no_index = [
            json!({"id":"a","function":{"name":"look","arguments":{"x":1}}}),
            json!({"id":"b","function":{"name":"find"}}),
            json!({"function":{"arguments":"{\"y\":2}"}}),
        ];
        assert_eq!(joined(&no_index), two);
    }

    #[test]
    fn a_name_may_come_late_and_an_id_again() {
        let pieces = [
            json!({"index":0,"function":{"arguments":"{\"x\":"}}),
            json!({"index":0,"id":"a","function":{"name":"look","arguments":"1}"}}),
            json!({"index":0,"id":"a","function":{"arguments":null}}),
        ];
        assert_eq!(joined(&pieces), [call("a", "look", r#"{"x":1}"#)]);
        assert_eq!(joined(&[json!({"index":0,"id":"a","function":{"name":"now"}})]), [call("a", "now", "{}")]);
    }
}
