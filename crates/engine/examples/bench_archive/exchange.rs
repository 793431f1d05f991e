//! How fast conversations come in and go out.

use crate::{Failure, text};
use rivulet_engine::{Engine, EngineConfig};
use rivulet_protocol::*;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

const CHATS: u64 = 1_000;
const MESSAGES: u64 = 100;

type Shape = (&'static str, fn(u64) -> Value);

pub async fn speeds(folder: &Path) -> Result<(), Failure> {
    println!("{CHATS} conversations of {MESSAGES} messages");
    let shapes: [Shape; 3] = [("ChatGPT", chatgpt), ("Claude", claude), ("Open WebUI", open_webui)];
    for (name, shape) in shapes {
        let file = folder.join(format!("{name}.json"));
        write(&file, shape)?;
        import(folder, name, &file).await?;
    }
    let engine = Engine::open(EngineConfig::new(folder.join("ChatGPT"))).await?;
    let forms = [
        ("archive", ExportForm::Archive),
        ("Markdown", ExportForm::Markdown),
        ("HTML", ExportForm::Html),
        ("JSON", ExportForm::Json),
    ];
    for (name, form) in forms {
        let begun = Instant::now();
        let request = ExportStart { conversations: None, form, language: Language::English };
        let report = engine.export_to(folder.join(format!("{name}.zip")), request).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let per_second = report.messages as f64 / seconds;
        println!(
            "  export {name:12} {:6.1} MB of file/s, {per_second:.0} messages/s",
            report.bytes as f64 / 1e6 / seconds
        );
    }
    engine.quit().await;
    import(folder, "archive", &folder.join("archive.zip")).await
}

async fn import(folder: &Path, name: &str, file: &Path) -> Result<(), Failure> {
    let engine = Engine::open(EngineConfig::new(folder.join(name))).await?;
    let megabytes = std::fs::metadata(file)?.len() as f64 / 1e6;
    let begun = Instant::now();
    let report = engine.import_from(file.to_owned()).await?;
    let seconds = begun.elapsed().as_secs_f64();
    if report.new_messages != CHATS * MESSAGES {
        return Err(format!("{name}: {report:?}").into());
    }
    let per_second = report.new_messages as f64 / seconds;
    println!("  import {name:12} {:6.1} MB of file/s, {per_second:.0} messages/s", megabytes / seconds);
    engine.quit().await;
    Ok(())
}

/// A list of conversations, one after the other.
fn write(file: &Path, shape: fn(u64) -> Value) -> Result<(), Failure> {
    let mut out = BufWriter::new(File::create(file)?);
    out.write_all(b"[")?;
    for number in 0..CHATS {
        if number > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut out, &shape(number))?;
    }
    out.write_all(b"]")?;
    Ok(out.into_inner().map_err(|error| error.into_error())?.sync_all()?)
}

fn chatgpt(number: u64) -> Value {
    let (chat, all) = text::chat(number, MESSAGES);
    let mut mapping = serde_json::Map::new();
    for (at, message) in all.iter().enumerate() {
        let role = if message.author == Author::User { "user" } else { "assistant" };
        let children: Vec<String> = all.get(at + 1).map(|next| next.id.to_string()).into_iter().collect();
        let own = json!({ "id": message.id, "author": { "role": role }, "create_time": message.created_at as f64 / 1e3,
            "status": "finished_successfully", "content": { "content_type": "text", "parts": [message.text] } });
        let node = json!({ "id": message.id, "parent": message.parent, "children": children, "message": own });
        mapping.insert(message.id.to_string(), node);
    }
    json!({ "title": chat.title, "create_time": chat.created_at as f64 / 1e3, "update_time": chat.updated_at as f64 / 1e3,
        "conversation_id": chat.id, "current_node": chat.leaf, "mapping": mapping })
}

fn claude(number: u64) -> Value {
    let (chat, all) = text::chat(number, MESSAGES);
    let messages: Vec<Value> = all
        .iter()
        .map(|message| {
            let sender = if message.author == Author::User { "human" } else { "assistant" };
            json!({ "uuid": message.id, "sender": sender, "text": message.text, "created_at": "2024-01-01T00:00:00Z",
                "content": [{ "type": "text", "text": message.text }] })
        })
        .collect();
    json!({ "uuid": chat.id, "name": chat.title, "created_at": "2024-01-01T00:00:00Z",
        "updated_at": "2024-01-01T00:00:00Z", "chat_messages": messages })
}

fn open_webui(number: u64) -> Value {
    let (chat, all) = text::chat(number, MESSAGES);
    let mut messages = serde_json::Map::new();
    for (at, message) in all.iter().enumerate() {
        let role = if message.author == Author::User { "user" } else { "assistant" };
        let children: Vec<String> = all.get(at + 1).map(|next| next.id.to_string()).into_iter().collect();
        let own = json!({ "id": message.id, "parentId": message.parent, "childrenIds": children, "role": role,
            "content": message.text, "timestamp": message.created_at / 1000, "done": true });
        messages.insert(message.id.to_string(), own);
    }
    json!({ "id": chat.id, "title": chat.title, "created_at": chat.created_at / 1000, "updated_at": chat.updated_at / 1000,
        "chat": { "title": chat.title, "models": [], "history": { "currentId": chat.leaf, "messages": messages } } })
}
