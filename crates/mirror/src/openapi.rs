//! The API's description: `openapi.json`, which is written by hand, and the commands that links may call, from their
//! table.

use crate::reply::Refusal;
use http::StatusCode;
use rivulet_protocol::{CallerRole, ErrorCode};
use serde_json::{Value, json};

const BY_HAND: &str = include_str!("openapi.json");

macro_rules! rows {
    ($($what:literal $name:ident($request:ty) -> $response:ty, $role:ident;)*) => {
        &[$(($what, stringify!($name), CallerRole::$role)),*]
    };
}

const COMMANDS: &[(&str, &str, CallerRole)] = rivulet_protocol::with_commands!(rows);

/// The whole document.
pub(crate) fn document() -> Result<Value, Refusal> {
    let mut document: Value = serde_json::from_str(BY_HAND).map_err(|_| {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, "The description cannot be read.")
    })?;
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    for (what, name, role) in COMMANDS.iter().filter(|(_, _, role)| *role < CallerRole::Window) {
        let who = if *role == CallerRole::Viewer { "any link" } else { "participant links" };
        document["paths"][format!("/api/rpc/{name}")]["post"] = json!({
            "operationId": name,
            "summary": what,
            "description": format!("For {who}. Its types are in `ui/src/protocol/generated.ts`."),
            "requestBody": { "content": { "application/json": { "schema": { "type": ["object", "null"] } } } },
            "responses": {
                "200": { "description": "Done.", "content": { "application/json": { "schema": {} } } },
                "default": { "$ref": "#/components/responses/Refused" },
            },
        });
    }
    Ok(document)
}
