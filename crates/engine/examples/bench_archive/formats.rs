//! The same conversations as other programs write them down.

use crate::text;
use rivulet_protocol::{Author, Message};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

pub const CHATS: u64 = 1_000;
pub const MESSAGES: u64 = 100;
const DATE: &str = "2024-01-01T00:00:00.000Z";

type Shape = fn(u64) -> Value;

pub enum Form {
    /// One file: what stands before all of them, and after.
    List(&'static str, &'static str),
    /// One file, each under a key of its own.
    Keys(&'static str),
    /// A folder of folders.
    Jan,
}

pub const ALL: [(&str, Form, Shape); 8] = [
    ("ChatGPT", Form::List("[", "]"), chatgpt),
    ("Claude", Form::List("[", "]"), claude),
    ("Open WebUI", Form::List("[", "]"), open_webui),
    ("LibreChat", Form::List("[", "]"), librechat),
    ("Chatbox", Form::Keys("{\"chat-sessions-list\":[]"), chatbox),
    ("NextChat", Form::List("{\"chat-next-web-store\":{\"sessions\":[", "]}}"), nextchat),
    ("Jan", Form::Jan, jan),
    ("llama.cpp", Form::List("[", "]"), llama_cpp),
];

/// Writes them to `path`; how many bytes they are.
pub fn write(path: &Path, form: &Form, shape: Shape) -> std::io::Result<u64> {
    match form {
        Form::List(before, after) => {
            let mut out = BufWriter::new(File::create(path)?);
            out.write_all(before.as_bytes())?;
            for number in 0..CHATS {
                out.write_all(if number > 0 { b"," } else { b"" })?;
                serde_json::to_writer(&mut out, &shape(number))?;
            }
            out.write_all(after.as_bytes())?;
            out.flush()?;
        }
        Form::Keys(before) => {
            let mut out = BufWriter::new(File::create(path)?);
            out.write_all(before.as_bytes())?;
            for number in 0..CHATS {
                write!(out, ",\"session:{number}\":")?;
                serde_json::to_writer(&mut out, &shape(number))?;
            }
            out.write_all(b"}")?;
            out.flush()?;
        }
        Form::Jan => return write_jan(path, shape),
    }
    Ok(std::fs::metadata(path)?.len())
}

fn write_jan(path: &Path, shape: Shape) -> std::io::Result<u64> {
    let mut bytes = 0;
    for number in 0..CHATS {
        let folder = path.join(format!("threads/{number}"));
        std::fs::create_dir_all(&folder)?;
        let Value::Array(lines) = shape(number) else { continue };
        let about =
            json!({ "id": number.to_string(), "title": text::chat(number, 0).0.title, "created": 1_700_000_000 });
        let about = about.to_string();
        let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(folder.join("thread.json"), &about)?;
        std::fs::write(folder.join("messages.jsonl"), &lines)?;
        bytes += (about.len() + lines.len()) as u64;
    }
    Ok(bytes)
}

fn role(message: &Message) -> &'static str {
    if message.author == Author::User { "user" } else { "assistant" }
}

fn children(all: &[Message], at: usize) -> Vec<String> {
    all.get(at + 1).map(|next| next.id.to_string()).into_iter().collect()
}

fn chatgpt(number: u64) -> Value {
    let (chat, all) = text::chat(number, MESSAGES);
    let mut mapping = serde_json::Map::new();
    for (at, message) in all.iter().enumerate() {
        let own = json!({ "id": message.id, "author": { "role": role(message) },
            "create_time": message.created_at as f64 / 1e3, "status": "finished_successfully",
            "content": { "content_type": "text", "parts": [message.text] } });
        let node =
            json!({ "id": message.id, "parent": message.parent, "children": children(&all, at), "message": own });
        mapping.insert(message.id.to_string(), node);
    }
    json!({ "title": chat.title, "create_time": chat.created_at as f64 / 1e3, "update_time": chat.updated_at as f64 / 1e3,
        "conversation_id": chat.id, "current_node": chat.leaf, "mapping": mapping })
}

fn claude(number: u64) -> Value {
    let (chat, all) = text::chat(number, MESSAGES);
    let message = |message: &Message| {
        let sender = if message.author == Author::User { "human" } else { "assistant" };
        json!({ "uuid": message.id, "sender": sender, "text": message.text, "created_at": DATE,
            "content": [{ "type": "text", "text": message.text }] })
    };
    let messages: Vec<Value> = all.iter().map(message).collect();
    json!({ "uuid": chat.id, "name": chat.title, "created_at": DATE, "updated_at": DATE, "chat_messages": messages })
}

fn open_webui(number: u64) -> Value {
    let (chat, all) = text::chat(number, MESSAGES);
    let mut messages = serde_json::Map::new();
    for (at, message) in all.iter().enumerate() {
        let own = json!({ "id": message.id, "parentId": message.parent, "childrenIds": children(&all, at),
            "role": role(message), "content": message.text, "timestamp": message.created_at / 1000, "done": true });
        messages.insert(message.id.to_string(), own);
    }
    json!({ "id": chat.id, "title": chat.title, "created_at": chat.created_at / 1000, "updated_at": chat.updated_at / 1000,
        "chat": { "title": chat.title, "models": [], "history": { "currentId": chat.leaf, "messages": messages } } })
}

fn librechat(number: u64) -> Value {
    let (chat, all) = text::chat(number, MESSAGES);
    let message = |message: &Message| {
        json!({ "messageId": message.id, "parentMessageId": message.parent, "createdAt": DATE, "updatedAt": DATE,
            "isCreatedByUser": message.author == Author::User, "text": message.text })
    };
    let messages: Vec<Value> = all.iter().map(message).collect();
    json!({ "conversationId": chat.id, "title": chat.title, "messages": messages })
}

fn chatbox(number: u64) -> Value {
    let (chat, all) = text::chat(number, MESSAGES);
    let message = |message: &Message| {
        json!({ "id": message.id, "role": role(message), "timestamp": message.created_at,
            "contentParts": [{ "type": "text", "text": message.text }] })
    };
    let messages: Vec<Value> = all.iter().map(message).collect();
    json!({ "id": chat.id, "name": chat.title, "type": "chat", "messages": messages })
}

fn nextchat(number: u64) -> Value {
    let (chat, all) = text::chat(number, MESSAGES);
    let message = |message: &Message| json!({ "id": message.id, "role": role(message), "content": message.text, "date": "1/1/2024" });
    let messages: Vec<Value> = all.iter().map(message).collect();
    json!({ "id": chat.id, "topic": chat.title, "lastUpdate": chat.updated_at, "messages": messages })
}

fn jan(number: u64) -> Value {
    let (_, all) = text::chat(number, MESSAGES);
    let message = |message: &Message| {
        json!({ "id": message.id, "role": role(message), "status": "ready", "created_at": message.created_at,
            "completed_at": message.created_at, "content": [{ "type": "text", "text": { "value": message.text } }] })
    };
    all.iter().map(message).collect()
}

fn llama_cpp(number: u64) -> Value {
    let (chat, all) = text::chat(number, MESSAGES);
    let message = |message: &Message| {
        json!({ "id": message.id, "parent": message.parent, "convId": chat.id, "type": "text", "role": role(message),
            "content": message.text, "timestamp": message.created_at })
    };
    let messages: Vec<Value> = all.iter().map(message).collect();
    json!({ "conv": { "id": chat.id, "name": chat.title, "lastModified": chat.updated_at, "currNode": chat.leaf },
        "messages": messages })
}
