//! Joining the pieces of tool calls. Servers differ: the index may be missing or always 0, the name may come after
//! the arguments, ids may repeat or be blank. Calls are whole only when the answer ends.

use crate::Delta;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct ToolDelta {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<String>,
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
        call.arguments.push_str(&function.arguments.unwrap_or_default());
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

    /// The answer ended: hands the calls over; whether there were any.
    pub fn finish(&mut self, out: &mut Vec<Delta>) -> bool {
        let any = !self.calls.is_empty();
        for call in self.calls.drain(..) {
            let arguments = if call.arguments.is_empty() { "{}".to_owned() } else { call.arguments };
            out.push(Delta::ToolCall { id: call.id, name: call.name, arguments });
        }
        any
    }
}
