//! The messages of a Chat Completions request, as every provider's encoder takes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rivulet_engine::{ChatMessage, Part};
use rivulet_protocol::{ApiError, Author, ToolCall};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(super) struct Message {
    role: String,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    tool_calls: Option<Vec<WireCall>>,
    #[serde(default)]
    tool_call_id: Option<String>,
    /// Not OpenAI's own, but what many compatible servers send, and get back.
    #[serde(default)]
    reasoning_content: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<WirePart>),
}

#[derive(Deserialize)]
struct WirePart {
    r#type: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    image_url: Option<ImageUrl>,
    #[serde(default)]
    file: Option<WireFile>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ImageUrl {
    Object { url: String },
    Text(String),
}

#[derive(Deserialize)]
struct WireFile {
    #[serde(default)]
    filename: Option<String>,
    #[serde(default)]
    file_data: Option<String>,
}

#[derive(Deserialize)]
struct WireCall {
    id: String,
    #[serde(default)]
    function: Option<WireFunction>,
}

#[derive(Deserialize)]
struct WireFunction {
    name: String,
    /// JSON as text; Ollama's clients send the object.
    #[serde(default)]
    arguments: Value,
}

/// All messages; what a tool said joins the call it answers.
pub(super) fn read(wire: Vec<Message>) -> Result<Vec<ChatMessage>, ApiError> {
    let mut messages: Vec<ChatMessage> = Vec::with_capacity(wire.len());
    for message in wire {
        let author = match message.role.as_str() {
            "system" | "developer" => Author::System,
            "user" => Author::User,
            "assistant" => Author::Assistant,
            "tool" => {
                answer_call(&mut messages, message)?;
                continue;
            }
            _ => return Err(ApiError::invalid("A role is system, developer, user, assistant or tool.")),
        };
        let mut read = ChatMessage::text(author, "");
        read.parts = parts(message.content)?;
        read.reasoning = message.reasoning_content.unwrap_or_default();
        read.tool_calls = message.tool_calls.unwrap_or_default().into_iter().map(call).collect::<Result<_, _>>()?;
        messages.push(read);
    }
    Ok(messages)
}

fn call(call: WireCall) -> Result<ToolCall, ApiError> {
    let function = call.function.ok_or_else(|| ApiError::invalid("Only calls of functions are passed on."))?;
    let arguments = match function.arguments {
        Value::String(text) => text,
        Value::Null => String::new(),
        object => object.to_string(),
    };
    Ok(ToolCall { id: call.id, name: function.name, arguments, result: None })
}

fn answer_call(messages: &mut [ChatMessage], message: Message) -> Result<(), ApiError> {
    let id = message.tool_call_id.unwrap_or_default();
    // The latest call of this id: some vendors begin to count anew with each answer.
    let mut calls = messages.iter_mut().rev().flat_map(|message| message.tool_calls.iter_mut());
    let call = calls.find(|call| call.id == id);
    let call = call.ok_or_else(|| ApiError::invalid("A tool message answers a call that was not made before it."))?;
    let said = ChatMessage { parts: parts(message.content)?, ..ChatMessage::text(Author::User, "") };
    call.result = Some(said.said());
    Ok(())
}

fn parts(content: Option<Content>) -> Result<Vec<Part>, ApiError> {
    match content {
        None => Ok(Vec::new()),
        Some(Content::Text(text)) => Ok(vec![Part::Text(text)]),
        Some(Content::Parts(parts)) => parts.into_iter().map(part).collect(),
    }
}

fn part(part: WirePart) -> Result<Part, ApiError> {
    let missing = || ApiError::invalid("A part of a message has nothing in it.");
    match part.r#type.as_str() {
        // The second and third are the names of OpenAI's newer protocol.
        "text" | "input_text" | "output_text" => Ok(Part::Text(part.text.ok_or_else(missing)?)),
        "refusal" => Ok(Part::Text(part.refusal.ok_or_else(missing)?)),
        "image_url" => {
            let (ImageUrl::Object { url } | ImageUrl::Text(url)) = part.image_url.ok_or_else(missing)?;
            let (media_type, data) = data_url(&url)?;
            Ok(Part::Image { media_type, data: data.into() })
        }
        "file" => {
            let file = part.file.ok_or_else(missing)?;
            let (media_type, data) = data_url(&file.file_data.ok_or_else(missing)?)?;
            let name = file.filename.unwrap_or_else(|| "file".into());
            Ok(Part::Document { name, media_type, data: data.into() })
        }
        _ => Err(ApiError::invalid("A part of a message is of type text, image_url or file.")),
    }
}

/// `data:image/png;base64,…`. Nothing is fetched from an address: a program could have us ask what only we reach.
fn data_url(url: &str) -> Result<(String, Vec<u8>), ApiError> {
    let whole = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    let (media_type, data) =
        whole.ok_or_else(|| ApiError::invalid("Pictures and files go as data: URLs in base64; none is fetched."))?;
    let data = BASE64.decode(data).map_err(|_| ApiError::invalid("A data: URL is not valid base64."))?;
    Ok((media_type.to_owned(), data))
}
