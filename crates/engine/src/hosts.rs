//! What the engine asks of the parts around it. They are handed over by whoever puts the app together, since the
//! arrows point the other way: the mirror and the desktop shell know the engine.

use crate::Engine;
use rivulet_protocol::{ApiError, ClosingReply, ConversationId, ErrorCode, LinkCreate, LinkId, MirrorStatus, NewLink};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

/// A future in a box, so that the traits can be objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The mirror, as the window's commands and the links' budgets use it.
pub trait MirrorControl: Send + Sync {
    /// What is listening, the links, who is connected.
    fn status(&self) -> MirrorStatus;
    /// Starts listening on the port of the settings; does nothing while it listens.
    fn start(&self) -> BoxFuture<'_, Result<MirrorStatus, ApiError>>;
    /// Stops listening, forgets the links, cuts off every viewer.
    fn stop(&self) -> BoxFuture<'_, MirrorStatus>;
    /// Makes a link; the mirror must be on.
    fn create_link(&self, request: LinkCreate) -> Result<NewLink, ApiError>;
    /// The address that opens a link's page once, for this machine's browser.
    fn visit_url(&self, link: LinkId) -> Result<String, ApiError>;
    /// Ends a link and cuts off who is connected with it.
    fn revoke_link(&self, link: LinkId) -> Result<MirrorStatus, ApiError>;
    /// Takes one message from a link's budget; an error if that, or its tokens, are used up.
    fn spend_message(&self, link: LinkId) -> Result<(), ApiError>;
    /// Takes what an answer cost from a link's budget.
    fn spend_tokens(&self, link: LinkId, tokens: u64);
    /// A conversation that was begun through a link joins what the link sees.
    fn link_started(&self, link: LinkId, conversation: ConversationId);
    /// Whether the link sees the conversation.
    fn link_sees(&self, link: LinkId, conversation: ConversationId) -> bool;
    /// The conversations that were begun through the link.
    fn link_conversations(&self, link: LinkId) -> Vec<ConversationId>;
}

/// The local API for programs, as the window's commands use it.
pub trait ApiControl: Send + Sync {
    /// `http://127.0.0.1:PORT/v1` while it listens.
    fn url(&self) -> Option<String>;
    /// Listens on this port, or a free one, and answers which; does nothing while it listens.
    fn open(&self, port: Option<u16>) -> BoxFuture<'_, Result<u16, ApiError>>;
    /// Stops listening and cuts off every program.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// The desktop, where there is one.
pub trait Desktop: Send + Sync {
    /// Opens an address (already checked) with the system's own program.
    fn open_link(&self, url: &str) -> Result<(), ApiError>;
    /// Shows the folder with the logs.
    fn open_logs(&self) -> Result<(), ApiError>;
    /// Asks a person for a file to import, or for a folder; `None` if they chose none.
    fn choose_import(&self, folder: bool) -> BoxFuture<'_, Option<PathBuf>>;
    /// Asks a person where to put an export that might be called `name`, which ends with `extension`.
    fn choose_export(&self, name: String, extension: &'static str) -> BoxFuture<'_, Option<PathBuf>>;
    /// Does what a person chose, if they are asked right now what closing the window shall do.
    fn answer_closing(&self, reply: ClosingReply);
    /// Brings the window to the front, from wherever it went.
    fn show_window(&self);
}

impl Engine {
    pub(crate) fn mirror(&self) -> Result<&Arc<dyn MirrorControl>, ApiError> {
        self.core.mirror.get().ok_or_else(|| unsupported("There is no mirror in this form of the app."))
    }

    pub(crate) fn api(&self) -> Result<&Arc<dyn ApiControl>, ApiError> {
        self.core.api.get().ok_or_else(|| unsupported("There is no local API in this form of the app."))
    }

    pub(crate) fn desktop(&self) -> Result<&Arc<dyn Desktop>, ApiError> {
        self.core.desktop.get().ok_or_else(|| unsupported("There is no desktop in this form of the app."))
    }

    /// Only what a person can read before they follow it: no file, no other program's scheme, no hidden user name.
    pub(crate) fn open_link(&self, address: &str) -> Result<(), ApiError> {
        let refused = || ApiError::invalid("Only http, https and mailto addresses are opened.");
        let url = url::Url::parse(address).map_err(|_| refused())?;
        let named = url.username().is_empty() && url.password().is_none();
        let web = matches!(url.scheme(), "http" | "https") && url.has_host() && named;
        if !web && url.scheme() != "mailto" {
            return Err(refused());
        }
        self.desktop()?.open_link(url.as_str())
    }
}

fn unsupported(message: &str) -> ApiError {
    ApiError::new(ErrorCode::Unsupported, message)
}
