//! Whose export a file is, and reading it.

mod archive;
mod chatbox;
mod chatgpt;
mod claude;
mod details;
mod identify;
mod jan;
mod librechat;
mod llama_cpp;
mod nextchat;
mod open_webui;

use crate::json::Json;
use crate::source::{Progress, Source};
use crate::tree::{self, Tree};
use crate::{Chat, Extras, ReadError};
use identify::identify;
use rivulet_protocol::{ASSISTANTS, Assistant, FileHash, ImportFormat, ImportReport, Message, SkipReason, now_ms};
use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

/// What readers hand over to.
pub(crate) struct Out<'a> {
    format: ImportFormat,
    now: u64,
    report: ImportReport,
    extras: Extras,
    each: &'a mut dyn FnMut(Chat) -> Result<(), ReadError>,
}

impl Out<'_> {
    /// A conversation of another program.
    fn tree(&mut self, tree: Tree) -> Result<(), ReadError> {
        match tree::settle(tree, self.format, self.now, &mut self.report) {
            Some(chat) => (self.each)(chat),
            None => Ok(()),
        }
    }

    /// An assistant of ours.
    fn assistant(&mut self, assistant: Assistant) -> Result<(), ReadError> {
        if self.extras.assistants.len() >= ASSISTANTS {
            return Err(ReadError::TooLarge("assistants"));
        }
        self.report.assistants += 1;
        self.extras.assistants.push(assistant);
        Ok(())
    }

    /// The attachments of a conversation of ours. `has` says which of them are in the file.
    fn attachments(&mut self, messages: &[Message], has: &dyn Fn(&FileHash) -> bool) {
        for attachment in messages.iter().flat_map(|message| &message.attachments) {
            if has(&attachment.hash) {
                let files = [Some(&attachment.hash), attachment.text.as_ref()];
                self.extras.files.extend(files.into_iter().flatten().filter(|hash| has(hash)).cloned());
            } else {
                self.report.attachments_missing += 1;
            }
        }
    }

    /// A conversation or message that is not taken.
    fn skip(&mut self, reason: SkipReason) {
        self.report.skip(reason, 1);
    }

    /// Keys and passwords in what is not taken.
    fn secrets(&mut self, value: &serde_json::Value, place: &str) {
        crate::value::secrets(value, place, &mut self.report.secrets);
    }
}

type Each<'a> = &'a mut dyn FnMut(Chat) -> Result<(), ReadError>;

pub(crate) fn read(path: &Path, progress: &Progress, each: Each<'_>) -> Result<(ImportReport, Extras), ReadError> {
    let mut source = Source::open(path, progress)?;
    // What has no time of its own gets this; identify may change the format from file to file.
    let (report, extras) = (ImportReport::default(), Extras::default());
    let mut out = Out { format: ImportFormat::Rivulet, now: now_ms(), report, extras, each };
    let threads = jan::threads(source.names());
    if archive::is_one(source.names()) {
        out.report.format = Some(ImportFormat::Rivulet);
        archive::read(&mut source, &mut out)?;
    } else if !threads.is_empty() {
        (out.format, out.report.format) = (ImportFormat::Jan, Some(ImportFormat::Jan));
        jan::read(&mut source, threads, &mut out)?;
    } else {
        files(&mut source, &mut out)?;
    }
    if out.report.conversations == 0 && out.extras.assistants.is_empty() {
        return Err(if out.report.format.is_none() { ReadError::UnknownFormat } else { ReadError::Empty });
    }
    Ok((out.report, out.extras))
}

/// Reads these attachments of an archive.
pub(crate) fn read_files(
    path: &Path,
    progress: &Progress,
    wanted: &HashSet<FileHash>,
    each: &mut dyn FnMut(Vec<u8>) -> Result<(), ReadError>,
) -> Result<u64, ReadError> {
    let mut source = Source::open(path, progress)?;
    let mut missing = 0;
    for hash in wanted {
        match source.attachment(hash)? {
            Some(bytes) => each(bytes)?,
            None => missing += 1,
        }
    }
    Ok(missing)
}

/// Files that stand for themselves, each of which says what it is.
fn files(source: &mut Source, out: &mut Out<'_>) -> Result<(), ReadError> {
    let names = source.names().to_vec();
    let main = |name: &String| name.rsplit('/').next().is_some_and(|name| name.starts_with("conversations"));
    // Beside these lie lists of the account, of shared links and so on.
    let only_main = names.iter().any(main);
    for (at, name) in names.iter().enumerate() {
        if only_main && !main(name) {
            continue;
        }
        let Some(format) = identify(source.file(at)?, names.len() > 1)? else {
            out.skip(SkipReason::OtherFile);
            continue;
        };
        out.report.format.get_or_insert(format);
        out.format = format;
        let json = Json::new(source.file(at)?)?;
        one(json, out)?;
    }
    Ok(())
}

fn one<R: Read>(json: Json<R>, out: &mut Out<'_>) -> Result<(), ReadError> {
    match out.format {
        ImportFormat::ChatGpt => chatgpt::read(json, out),
        ImportFormat::Claude => claude::read(json, out),
        ImportFormat::OpenWebUi => open_webui::read(json, out),
        ImportFormat::LibreChat => librechat::read(json, out),
        ImportFormat::Chatbox => chatbox::read(json, out),
        ImportFormat::NextChat => nextchat::read(json, out),
        ImportFormat::LlamaCpp => llama_cpp::read(json, out),
        ImportFormat::Rivulet => archive::read_one(json, &|_| false, out),
        ImportFormat::Jan => Err(ReadError::UnknownFormat),
    }
}
