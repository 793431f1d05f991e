//! How fast conversations come in and go out.

use crate::formats::{ALL, CHATS, MESSAGES, write};
use crate::{Failure, Goals};
use rivulet_engine::{Engine, EngineConfig};
use rivulet_protocol::*;
use std::path::Path;
use std::time::Instant;

/// Whoever moves in waits no longer than for the files to be copied from a slow stick.
const IMPORT: f64 = 3.0;

pub async fn speeds(folder: &Path, goals: &mut Goals) -> Result<(), Failure> {
    println!("{CHATS} conversations of {MESSAGES} messages");
    let mut slowest = f64::MAX;
    for (name, form, shape) in &ALL {
        let file = folder.join(format!("from {name}"));
        let bytes = write(&file, form, *shape)?;
        slowest = slowest.min(import(folder, name, &file, bytes).await?);
    }
    let engine = Engine::open(EngineConfig::new(folder.join("ChatGPT"))).await?;
    let forms = [
        ("archive", ExportForm::Archive),
        ("Markdown", ExportForm::Markdown),
        ("HTML", ExportForm::Html),
        ("JSON", ExportForm::Json),
    ];
    let archive = folder.join("archive.zip");
    for (name, form) in forms {
        let begun = Instant::now();
        let request = ExportStart { conversations: None, form, language: Language::English };
        let report = engine.export_to(folder.join(format!("{name}.zip")), request).await?;
        let seconds = begun.elapsed().as_secs_f64();
        println!(
            "  export {name:12} {:6.1} MB of file/s, {:.0} messages/s",
            report.bytes as f64 / 1e6 / seconds,
            report.messages as f64 / seconds
        );
    }
    engine.quit().await;
    import(folder, "archive", &archive, std::fs::metadata(&archive)?.len()).await?;
    goals.check(
        &format!("the slowest import of another program's files: {slowest:.1} MB/s, at least {IMPORT}"),
        slowest >= IMPORT,
    );
    Ok(())
}

/// Megabytes a second.
async fn import(folder: &Path, name: &str, file: &Path, bytes: u64) -> Result<f64, Failure> {
    let engine = Engine::open(EngineConfig::new(folder.join(name))).await?;
    let begun = Instant::now();
    let report = engine.import_from(file.to_owned()).await?;
    let seconds = begun.elapsed().as_secs_f64();
    if report.new_messages != CHATS * MESSAGES {
        return Err(format!("{name}: {report:?}").into());
    }
    let (speed, messages) = (bytes as f64 / 1e6 / seconds, report.new_messages as f64 / seconds);
    println!("  import {name:12} {speed:6.1} MB of file/s, {messages:.0} messages/s");
    engine.quit().await;
    Ok(speed)
}
