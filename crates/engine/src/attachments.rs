//! Files that go with messages: taken in, kept, shown again, and given to a model in the form its protocol has.

use crate::Engine;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rivulet_attachments::{FILE_BYTES, Office, PrepareError, Prepared, prepare};
use rivulet_protocol::*;
use rivulet_providers::Part;
use rivulet_store::Store;

/// The most files that go with one message.
const FILES: usize = 20;
/// The longest name that is kept, in characters.
const NAME: usize = 200;
/// Tokens of a PDF's page for a model that also looks at it (Anthropic's documentation on PDF: 1,500 to 3,000).
const PAGE_TOKENS: u64 = 2_000;
/// Pixels of a picture for a token (Anthropic's documentation on vision).
const TOKEN_PIXELS: u64 = 750;
/// Bytes of text for a token, roughly, in any language.
const TOKEN_BYTES: u64 = 4;
/// What a model reads of an office file that has only pictures.
const NO_TEXT: &str = "[There is no text in this file.]";

impl Engine {
    /// Reads a file and keeps it.
    pub(crate) async fn add_attachment(&self, request: AttachmentAdd) -> Result<Attachment, ApiError> {
        let bytes = BASE64_STANDARD.decode(&request.data).map_err(|_| ApiError::invalid("The file is not base64."))?;
        let came = bytes.len() as u64;
        let prepared = tokio::task::spawn_blocking(move || prepare(bytes)).await;
        let prepared = prepared.map_err(|_| refused(PrepareError::Damaged(String::new())))?.map_err(refused)?;
        let name = request.name.chars().filter(|sign| !sign.is_control()).take(NAME).collect();
        let store = match request.temporary {
            Some(true) => self.core.temporary.opened(&self.core.logs)?,
            _ => self.core.store.clone(),
        };
        keep(&store, name, came, prepared).await
    }

    /// A file of a message the caller may see.
    pub(crate) async fn read_attachment(
        &self,
        caller: &Caller,
        request: AttachmentRef,
    ) -> Result<AttachmentData, ApiError> {
        let (conversation, message) = self.seen_message(caller, request.message).await?;
        let Some(attachment) = message.attachments.into_iter().find(|attachment| attachment.hash == request.hash)
        else {
            return Err(ApiError::not_found("file"));
        };
        let bytes = self.core.store_of(conversation.id).file(attachment.hash).await?;
        Ok(AttachmentData { media_type: attachment.media_type, data: BASE64_STANDARD.encode(bytes) })
    }

    /// The files a person wants to send. They name what lies on the disk, so no one but the window may: a link could
    /// name a file of a conversation it was not given.
    pub(crate) async fn attachments_to_send(
        &self,
        caller: &Caller,
        conversation: ConversationId,
        attachments: Option<Vec<Attachment>>,
    ) -> Result<Vec<Attachment>, ApiError> {
        let attachments = attachments.unwrap_or_default();
        if !attachments.is_empty() && caller.role < CallerRole::Window {
            return Err(ApiError::new(ErrorCode::Forbidden, "Files are sent from the app's own window."));
        }
        if attachments.len() > FILES {
            return Err(ApiError::invalid(format!("At most {FILES} files go with a message.")));
        }
        let store = self.core.store_of(conversation);
        for attachment in &attachments {
            store.file(attachment.hash.clone()).await?;
        }
        Ok(attachments)
    }

    /// The files of a message as `provider`'s model reads them.
    pub(crate) async fn attachment_parts(
        &self,
        conversation: ConversationId,
        attachments: Vec<Attachment>,
        provider: &ProviderId,
    ) -> Vec<Part> {
        // Most messages have none, and ask for nothing.
        if attachments.is_empty() {
            return Vec::new();
        }
        let protocol = self.resolved(provider).await.map(|provider| provider.protocol.name).unwrap_or_default();
        let mut parts = Vec::with_capacity(attachments.len() + 1);
        for attachment in attachments {
            parts.push(self.attachment_part(conversation, attachment, protocol).await);
        }
        parts
    }

    /// A file as a model of `protocol` reads it.
    async fn attachment_part(
        &self,
        conversation: ConversationId,
        attachment: Attachment,
        protocol: WireProtocol,
    ) -> Part {
        let Attachment { name, media_type, kind, hash, text, .. } = attachment;
        let reads_pdf =
            matches!(protocol, WireProtocol::OpenaiResponses | WireProtocol::Anthropic | WireProtocol::Gemini);
        let wanted = match kind {
            AttachmentKind::Pdf if !reads_pdf => text,
            _ => Some(hash),
        };
        let Some(wanted) = wanted else {
            return Part::Text(format!("[{name}: there is no text in this PDF, only pictures of it.]"));
        };
        let Ok(bytes) = self.core.store_of(conversation).file(wanted).await else {
            return Part::Text(format!("[{name}: the file is not there any more.]"));
        };
        match kind {
            AttachmentKind::Picture => Part::Image { media_type, data: bytes.into() },
            AttachmentKind::Pdf if reads_pdf => Part::Document { name, media_type, data: bytes.into() },
            AttachmentKind::Pdf
            | AttachmentKind::Text
            | AttachmentKind::Document
            | AttachmentKind::Spreadsheet
            | AttachmentKind::Presentation => {
                Part::Text(format!("<file name=\"{name}\">\n{}\n</file>", String::from_utf8_lossy(&bytes)))
            }
        }
    }
}

/// Keeps what came as a file of so many bytes.
async fn keep(store: &Store, name: String, came: u64, prepared: Prepared) -> Result<Attachment, ApiError> {
    let (kind, media_type) = match &prepared {
        Prepared::Picture { media_type, .. } => (AttachmentKind::Picture, *media_type),
        Prepared::Pdf { .. } => (AttachmentKind::Pdf, "application/pdf"),
        Prepared::Text(_) => (AttachmentKind::Text, "text/plain"),
        // What is kept is its text.
        Prepared::Office { kind, .. } => (office(*kind), "text/plain"),
    };
    let (mut text, mut size, mut pages, mut as_it_came) = (None, None, None, None);
    let (data, tokens) = match prepared {
        Prepared::Picture { data, width, height, .. } => {
            size = Some((width, height));
            (data, u64::from(width) * u64::from(height) / TOKEN_PIXELS)
        }
        Prepared::Pdf { data, text: inside, pages: count } => {
            pages = Some(count);
            let tokens = (inside.len() as u64 / TOKEN_BYTES).max(u64::from(count) * PAGE_TOKENS);
            if !inside.is_empty() {
                text = Some(store.keep_file(inside.into_bytes()).await?);
            }
            (data, tokens)
        }
        Prepared::Office { text: inside, pages: count, .. } => {
            (pages, as_it_came) = (count, Some(came));
            let inside = if inside.is_empty() { NO_TEXT.to_owned() } else { inside };
            let tokens = inside.len() as u64 / TOKEN_BYTES;
            (inside.into_bytes(), tokens)
        }
        Prepared::Text(inside) => {
            let tokens = inside.len() as u64 / TOKEN_BYTES;
            (inside.into_bytes(), tokens)
        }
    };
    let bytes = as_it_came.unwrap_or(data.len() as u64);
    let hash = store.keep_file(data).await?;
    Ok(Attachment {
        hash,
        name,
        media_type: media_type.into(),
        kind,
        bytes,
        text,
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        pages,
        tokens,
    })
}

fn office(kind: Office) -> AttachmentKind {
    match kind {
        Office::Document => AttachmentKind::Document,
        Office::Spreadsheet => AttachmentKind::Spreadsheet,
        Office::Presentation => AttachmentKind::Presentation,
    }
}

fn refused(error: PrepareError) -> ApiError {
    let (code, message) = match &error {
        PrepareError::Empty | PrepareError::Unknown => (
            ErrorCode::FileUnknown,
            "Files of this kind cannot be read. Pictures, PDF, office files and text can.".to_owned(),
        ),
        PrepareError::TooLarge => {
            (ErrorCode::FileTooLarge, format!("The file is too large: {} MB are taken.", FILE_BYTES >> 20))
        }
        PrepareError::Damaged(_) => (ErrorCode::FileDamaged, "The file is damaged.".to_owned()),
        PrepareError::Locked => (ErrorCode::FileLocked, "The file is locked with a password.".to_owned()),
    };
    ApiError::new(code, message).detail(error)
}
