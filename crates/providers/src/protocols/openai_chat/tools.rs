//! Joining the pieces of tool calls. Servers differ: the index may be missing or always 0, the name may come after
//! the arguments, ids may repeat or be blank. Calls are whole only when the answer ends.

use super::super::frame::{count, soft, text};
use crate::Delta;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::HashSet;

#[derive(Deserialize)]
pub(super) struct ToolDelta {
    #[serde(default, deserialize_with = "count")]
    index: Option<u64>,
    #[serde(default, deserialize_with = "text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "soft")]
    function: Option<FunctionDelta>,
}

impl ToolDelta {
    /// Of an answer that can call one tool only.
    pub fn alone(function: FunctionDelta) -> Self {
        Self { index: None, id: None, function: Some(function) }
    }
}

#[derive(Deserialize)]
pub(super) struct FunctionDelta {
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
        let function = delta.function;
        let name = function.as_ref().and_then(|function| function.name.clone()).filter(|name| !name.is_empty());
        let arguments = function.and_then(|function| function.arguments).filter(|arguments| !arguments.is_null());
        if id.is_none() && name.is_none() && arguments.is_none() {
            return;
        }
        let call = self.call(delta.index, id.as_deref(), name.is_some());
        if let Some(id) = id {
            call.id = id;
        }
        if let Some(name) = name {
            call.name = name;
        }
        match arguments {
            None => {}
            Some(Value::String(piece)) => call.arguments.push_str(&piece),
            Some(whole) => call.arguments = whole.to_string(),
        }
    }

    /// How much of arguments came so far.
    pub fn bytes(&self) -> usize {
        self.calls.iter().map(|call| call.arguments.len()).sum()
    }

    /// The call a piece belongs to. A new id is a new call, whatever the index says, and so is a known id at another
    /// index (some servers give the tool's name as the id). Without an id the index tells, and without an index it is
    /// the last one, unless that is whole and this is `named`.
    fn call(&mut self, index: Option<u64>, id: Option<&str>, named: bool) -> &mut Call {
        let elsewhere = |call: &Call| index.is_some() && call.index.is_some() && call.index != index;
        let last = self.calls.len().checked_sub(1);
        let known = match (id, index) {
            (Some(id), index) => self.calls.iter().position(|call| {
                (call.id == id && !elsewhere(call)) || (call.id.is_empty() && index.is_some() && call.index == index)
            }),
            (None, Some(index)) => self.calls.iter().rposition(|call| call.index == Some(index)),
            (None, None) => last,
        };
        let known = match known {
            Some(at) if id.is_none() && named && self.calls[at].whole() => None,
            // What names nothing begins nothing: it goes on with what is not whole yet, whatever index it says.
            None if id.is_none() && !named => last.filter(|at| !self.calls[*at].whole()),
            known => known,
        };
        let at = known.unwrap_or_else(|| {
            self.calls.push(Call { index, ..Call::default() });
            self.calls.len() - 1
        });
        let call = &mut self.calls[at];
        call.index = index.or(call.index);
        call
    }

    /// The answer ended: hands the calls over; whether there were any. In an answer that was cut (by its length, by a
    /// filter) a call whose arguments are not whole is left out: it must not be run.
    pub fn finish(&mut self, cut: bool, out: &mut Vec<Delta>) -> bool {
        let any = !self.calls.is_empty();
        let mut ids = HashSet::new();
        for (at, mut call) in self.calls.drain(..).enumerate() {
            call.mend();
            if cut && !call.whole() {
                continue;
            }
            // The result of a call names it.
            if call.id.is_empty() || !ids.insert(call.id.clone()) {
                call.id = format!("call_{}", at + 1);
                ids.insert(call.id.clone());
            }
            out.push(Delta::ToolCall { id: call.id, name: call.name, arguments: call.arguments });
        }
        any
    }
}

impl Call {
    fn whole(&self) -> bool {
        serde_json::from_str::<IgnoredAny>(&self.arguments).is_ok()
    }

    /// No arguments are none; some gateways send those first and the true ones behind them.
    fn mend(&mut self) {
        if self.arguments.is_empty() {
            self.arguments = "{}".to_owned();
        } else if !self.whole()
            && let Some(rest) = self.arguments.strip_prefix("{}")
        {
            self.arguments = rest.to_owned();
        }
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
    fn calls_with_the_same_id_or_none_are_still_several() {
        let look = |index: Value, id: Value, y: u8| json!({"index":index,"id":id,"function":{"name":"look","arguments":format!("{{\"x\":{y}}}")}});
        let two = |first: &str, second: &str| [call(first, "look", r#"{"x":1}"#), call(second, "look", r#"{"x":2}"#)];
        let named_by_the_tool = [look(json!(0), json!("look"), 1), look(json!(1), json!("look"), 2)];
        assert_eq!(joined(&named_by_the_tool), two("look", "call_2"));
        let nothing_tells = [look(json!(null), json!(null), 1), look(json!(null), json!(""), 2)];
        assert_eq!(joined(&nothing_tells), two("call_1", "call_2"));
        let always_first = [look(json!(0), json!(null), 1), look(json!(0), json!(null), 2)];
        assert_eq!(joined(&always_first), two("call_1", "call_2"));
    }

    #[test]
    fn arguments_go_on_with_the_call_that_is_open() {
        let index_changes = [
            json!({"index":0,"id":"a","function":{"name":"look","arguments":""}}),
            json!({"index":1,"function":{"arguments":"{\"x\":"}}),
            json!({"index":1,"function":{"arguments":"1}"}}),
        ];
        assert_eq!(joined(&index_changes), [call("a", "look", r#"{"x":1}"#)]);
        let empty_first = [
            json!({"index":0,"id":"a","function":{"name":"look","arguments":"{}"}}),
            json!({"index":0,"function":{"arguments":"{\"x\":1}"}}),
        ];
        assert_eq!(joined(&empty_first), [call("a", "look", r#"{"x":1}"#)]);
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
