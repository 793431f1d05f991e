//! Writing conversations: for people, for programs, and for coming back.

pub mod archive;
mod html;
mod markdown;
mod names;
mod words;

pub use words::Words;

use crate::Chat;
use archive::Archive;
use names::Names;
use rivulet_protocol::{Assistant, Attachment, AttachmentKind, ExportForm, FileHash, Language, Message, MessageId};
use std::collections::HashMap;
use std::io::{self, Seek, Write};
use zip::ZipWriter;

/// Where the bytes of attachments come from; `None` for one that is lost.
pub type Files<'a> = &'a mut dyn FnMut(&FileHash) -> Option<Vec<u8>>;

/// A file that is being written.
pub struct Export<W: Write + Seek> {
    form: ExportForm,
    words: &'static Words,
    to: To<W>,
    conversations: u64,
    messages: u64,
    lost: u64,
}

enum To<W: Write + Seek> {
    /// One conversation, one file.
    File(W),
    /// A file for each conversation, for people.
    Zip(Box<ZipWriter<W>>, Names),
    /// A file for each conversation, for coming back.
    Archive(Box<Archive<W>>),
}

impl<W: Write + Seek> Export<W> {
    /// Begins a file. With `many`, several conversations can be added, and the file is a zip.
    pub fn new(to: W, form: ExportForm, many: bool, language: Language) -> Self {
        let to = match form {
            _ if is_archive(form, many) => To::Archive(Box::new(Archive::new(to))),
            _ if many => To::Zip(Box::new(ZipWriter::new(to)), Names::default()),
            _ => To::File(to),
        };
        Self { form, words: Words::of(language), to, conversations: 0, messages: 0, lost: 0 }
    }

    /// Adds a conversation. An archive takes its attachments along, a page shows its pictures, other forms name them.
    pub fn add(&mut self, chat: &Chat, files: Files<'_>) -> io::Result<()> {
        let (form, words) = (self.form, self.words);
        match &mut self.to {
            To::File(to) => {
                let mut to = io::BufWriter::new(to);
                self.lost += document(chat, form, words, files, &mut to)?;
                to.flush()?;
            }
            To::Zip(zip, names) => {
                let name = names.give(&title(chat, words));
                zip.start_file(format!("{name}.{}", extension(form, false)), archive::options())?;
                let mut to = io::BufWriter::new(&mut **zip);
                self.lost += document(chat, form, words, files, &mut to)?;
                to.flush()?;
            }
            To::Archive(archive) => {
                archive.add(chat)?;
                self.lost += archive.add_attachments(chat, files)?;
            }
        }
        self.conversations += 1;
        self.messages += chat.messages.len() as u64;
        Ok(())
    }

    /// Adds an assistant, where the form has a place for it: in an archive.
    pub fn add_assistant(&mut self, assistant: &Assistant) -> io::Result<()> {
        match &mut self.to {
            To::Archive(archive) => archive.add_assistant(assistant),
            To::File(_) | To::Zip(..) => Ok(()),
        }
    }

    /// Conversations and messages added so far.
    pub fn counts(&self) -> (u64, u64) {
        (self.conversations, self.messages)
    }

    /// Attachments that should be in the file and are lost.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Ends the file. `app` is this program's version, `now` the time.
    pub fn finish(self, app: &str, now: u64) -> io::Result<W> {
        match self.to {
            To::File(to) => Ok(to),
            To::Zip(zip, _) => Ok(zip.finish()?),
            To::Archive(archive) => archive.finish(app, now),
        }
    }
}

/// Several conversations as JSON are an archive: that can be imported, and a list of gigabytes could not be opened.
fn is_archive(form: ExportForm, many: bool) -> bool {
    form == ExportForm::Archive || (form == ExportForm::Json && many)
}

/// Writes a document; how many of the pictures in it are lost.
fn document(chat: &Chat, form: ExportForm, words: &Words, files: Files<'_>, to: &mut impl Write) -> io::Result<u64> {
    match form {
        ExportForm::Markdown => markdown::write(chat, words, to)?,
        ExportForm::Html => return html::write(chat, words, files, to),
        ExportForm::Json | ExportForm::Archive => archive::write_one(chat, to)?,
    }
    Ok(0)
}

/// A name for the file of an export, without folders and without what a system does not allow.
pub fn file_name(title: &str, form: ExportForm, many: bool) -> String {
    format!("{}.{}", names::file_name(title), extension(form, many))
}

/// What an export's file name ends with.
pub fn extension(form: ExportForm, many: bool) -> &'static str {
    match form {
        _ if many || form == ExportForm::Archive => "zip",
        ExportForm::Markdown => "md",
        ExportForm::Html => "html",
        ExportForm::Json | ExportForm::Archive => "json",
    }
}

fn title(chat: &Chat, words: &Words) -> String {
    let title = chat.conversation.title.trim();
    if title.is_empty() { words.untitled.to_owned() } else { title.to_owned() }
}

/// What stands for a file where only its name can.
fn named(attachment: &Attachment) -> String {
    let sign = if attachment.kind == AttachmentKind::Picture { "🖼" } else { "📎" };
    format!("{sign} {}", attachment.name)
}

/// The shown path, oldest first.
fn path(chat: &Chat) -> Vec<&Message> {
    let by_id: HashMap<MessageId, &Message> = chat.messages.iter().map(|message| (message.id, message)).collect();
    let mut path = Vec::new();
    let mut at = chat.conversation.leaf;
    while let Some(message) = at.and_then(|id| by_id.get(&id)) {
        path.push(*message);
        // Whatever the links say, no message stands there twice.
        at = message.parent.filter(|_| path.len() <= chat.messages.len());
    }
    path.reverse();
    path
}
