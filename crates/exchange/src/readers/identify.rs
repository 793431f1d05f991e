//! Whose export a JSON file is, by the names of its fields.

use crate::ReadError;
use crate::json::Json;
use rivulet_protocol::ImportFormat;
use serde_json::Value;
use std::io::Read;

/// Whose this file is; `None` if nobody's. With `lenient`, a file that is no JSON is nobody's too: others lie beside it.
pub(super) fn identify(file: impl Read, lenient: bool) -> Result<Option<ImportFormat>, ReadError> {
    match look(file) {
        Err(ReadError::NotJson(_) | ReadError::CutShort) if lenient => Ok(None),
        other => other,
    }
}

fn look(file: impl Read) -> Result<Option<ImportFormat>, ReadError> {
    let mut json = Json::new(file)?;
    match json.peek()? {
        Some(b'[') => {
            json.enter(b'[')?;
            let mut first = true;
            // The first that says something decides: one may be broken.
            while json.more(b']', &mut first)? {
                match json.value() {
                    Ok(value) if item(&value).is_some() => return Ok(item(&value)),
                    Ok(_) | Err(ReadError::NotJson(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(None)
        }
        Some(b'{') => object(json),
        Some(_) => Err(ReadError::NotJson(0)),
        None => Err(ReadError::CutShort),
    }
}

/// By one item of a list.
fn item(item: &Value) -> Option<ImportFormat> {
    let has = |name: &str| item.get(name).is_some();
    Some(if has("mapping") {
        ImportFormat::ChatGpt
    } else if has("chat_messages") {
        ImportFormat::Claude
    } else if has("chat") {
        ImportFormat::OpenWebUi
    } else if has("conv") && has("messages") {
        ImportFormat::LlamaCpp
    } else if has("conversationId") && (has("messages") || has("messagesTree")) {
        ImportFormat::LibreChat
    } else if item.get("format").is_some_and(ours) {
        ImportFormat::Rivulet
    } else {
        return None;
    })
}

/// Whether this is what one of our own files says it is.
fn ours(format: &Value) -> bool {
    format == super::archive::ONE || format == super::archive::ASSISTANT
}

/// By the fields of an object, which may be a gigabyte: values are passed over.
fn object<R: Read>(mut json: Json<R>) -> Result<Option<ImportFormat>, ReadError> {
    json.enter(b'{')?;
    let mut first = true;
    let (mut conversation_id, mut conv, mut header) = (false, false, false);
    while json.more(b'}', &mut first)? {
        let key = json.key()?;
        match key.as_str() {
            "chat-sessions-list" | "chat-sessions" => return Ok(Some(ImportFormat::Chatbox)),
            "chat-next-web-store" => return Ok(Some(ImportFormat::NextChat)),
            "mapping" => return Ok(Some(ImportFormat::ChatGpt)),
            "chat_messages" => return Ok(Some(ImportFormat::Claude)),
            "messagesTree" => return Ok(Some(ImportFormat::LibreChat)),
            "messages" if conversation_id => return Ok(Some(ImportFormat::LibreChat)),
            "messages" if conv => return Ok(Some(ImportFormat::LlamaCpp)),
            "chat" if json.peek()? == Some(b'{') => return Ok(Some(ImportFormat::OpenWebUi)),
            "format" => {
                if ours(&json.value()?) {
                    return Ok(Some(ImportFormat::Rivulet));
                }
                continue;
            }
            session if session.starts_with("session:") => return Ok(Some(ImportFormat::Chatbox)),
            "conversationId" => conversation_id = true,
            "conv" => conv = true,
            "currNode" | "lastModified" => header = true,
            _ => {}
        }
        json.skip()?;
    }
    // A first line that tells of a conversation, with one message in each line behind it.
    Ok(((header || conv) && json.peek()? == Some(b'{')).then_some(ImportFormat::LlamaCpp))
}
