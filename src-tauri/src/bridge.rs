//! The bridge to the webview: the command table as Tauri commands, and logs as Tauri events.
//!
//! Events go to the window they concern, at most two a frame, each with the number the window must have had
//! before it. Tauri may lose an event without a word (the script that carries it is evaluated in the page), so a
//! heartbeat with the head follows while an answer runs, and the page watches again from its own number on a gap.

use rivulet_engine::{Cursor, Engine, Pace};
use rivulet_protocol::{ApiError, Batch, Caller, Commands, ConversationId, LibraryEvent};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tauri::async_runtime::JoinHandle;
use tauri::{AppHandle, Emitter, EventTarget, Manager, WebviewWindow};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The pace of a window nobody sees.
const HIDDEN: Duration = Duration::from_millis(500);
/// How often a window with an answer in it is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How often a window is told where it should be while nothing comes.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The windows' watches and whether each window is seen.
#[derive(Default)]
pub struct Watches {
    next: AtomicU32,
    running: Mutex<HashMap<u32, (String, CancellationToken)>>,
}

impl Watches {
    fn add(&self, window: &str) -> (u32, CancellationToken) {
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let end = CancellationToken::new();
        self.lock().insert(id, (window.to_owned(), end.clone()));
        (id, end)
    }

    fn end(&self, id: u32) {
        if let Some((_, end)) = self.lock().remove(&id) {
            end.cancel();
        }
    }

    /// Ends all watches of a window: its page was left or loaded again.
    pub fn end_all(&self, window: &str) {
        self.lock().retain(|_, (home, end)| {
            let stays = home != window;
            if !stays {
                end.cancel();
            }
            stays
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, (String, CancellationToken)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Serialize)]
struct Watched {
    watch: u32,
    batch: Batch,
}

/// Sends a conversation's log after number `after` to the window that asks, until `unwatch`.
#[tauri::command]
pub async fn watch(window: WebviewWindow, conversation: ConversationId, after: u64) -> Result<u32, ApiError> {
    let engine = window.state::<Engine>();
    let cursor = engine.watch(&Caller::window(), conversation, after).await?;
    let watches = window.state::<Watches>();
    let (id, end) = watches.add(window.label());
    let page = window.clone();
    tauri::async_runtime::spawn(async move {
        tokio::select! {
            () = end.cancelled() => {}
            () = forward(page.clone(), conversation, cursor, id) => page.state::<Watches>().end(id),
        }
    });
    Ok(id)
}

/// Ends a watch.
#[tauri::command]
pub fn unwatch(window: WebviewWindow, watch: u32) {
    window.state::<Watches>().end(watch);
}

/// The page is there and listens for what changes outside of the logs. A page that was loaded again begins so too:
/// the watches of the one before it end.
#[tauri::command]
pub fn library(window: WebviewWindow) {
    window.state::<Watches>().end_all(window.label());
}

async fn forward(window: WebviewWindow, conversation: ConversationId, mut cursor: Cursor, watch: u32) {
    let mut pace = Pace::new();
    let sight = Sight::of(window.clone());
    loop {
        let position = cursor.position();
        let batch = match timeout(HEARTBEAT, cursor.next()).await {
            Ok(Some(batch)) => batch,
            Ok(None) => return,
            Err(_) => Batch { conversation, after: position, head: position, events: Vec::new() },
        };
        let target = EventTarget::webview_window(window.label());
        tracing::trace!(head = batch.head, "a batch for the window");
        if window.emit_to(target, "rivulet://batch", Watched { watch, batch }).is_err() {
            return;
        }
        // The first of a run goes at once; the next waits for its frame.
        pace.wait(if sight.seen() { Pace::WINDOW } else { HIDDEN }).await;
    }
}

/// Whether a window is seen. Asked beside the stream: the question waits for the thread that paints, and no text shall.
struct Sight {
    seen: Arc<AtomicBool>,
    looking: JoinHandle<()>,
}

impl Sight {
    fn of(window: WebviewWindow) -> Self {
        let seen = Arc::new(AtomicBool::new(true));
        let now = Arc::clone(&seen);
        let looking = tauri::async_runtime::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                let window = window.clone();
                let look = move || window.is_visible().unwrap_or(true) && !window.is_minimized().unwrap_or(false);
                let Ok(seen) = tauri::async_runtime::spawn_blocking(look).await else { return };
                now.store(seen, Ordering::Relaxed);
            }
        });
        Self { seen, looking }
    }

    fn seen(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }
}

impl Drop for Sight {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

/// Tells every window what changes outside of the logs.
pub async fn forward_library(app: AppHandle, engine: Engine) {
    let mut events = engine.library();
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => LibraryEvent::Missed,
            Err(RecvError::Closed) => return,
        };
        if let Err(error) = app.emit("rivulet://library", event) {
            tracing::warn!(%error, "the windows could not be told of a change");
        }
    }
}

/// The command table as Tauri commands: one for each row, each a single call of the engine's handler.
pub mod commands {
    use super::*;
    use rivulet_protocol::*;

    macro_rules! tauri_commands {
        ($($doc:literal $name:ident($request:ty) -> $response:ty, $role:ident;)*) => {
            $(
                #[doc = $doc]
                #[tauri::command]
                pub async fn $name(engine: tauri::State<'_, Engine>, request: $request) -> Result<$response, ApiError> {
                    Commands::$name(engine.inner(), &Caller::window(), request).await
                }
            )*

            /// The handler of everything a page may invoke.
            pub fn handler() -> impl Fn(tauri::ipc::Invoke) -> bool {
                tauri::generate_handler![
                    super::watch,
                    super::unwatch,
                    super::library,
                    crate::rescue::trouble,
                    crate::rescue::rescue_take,
                    crate::rescue::rescue_end,
                    $($name),*
                ]
            }
        };
    }

    rivulet_protocol::with_commands!(tauri_commands);
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn the_window_may_call_every_command_of_the_table() {
        let capability: Value = serde_json::from_str(include_str!("../capabilities/main.json")).unwrap();
        let allowed: Vec<&str> =
            capability["permissions"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for name in rivulet_protocol::COMMAND_NAMES {
            let permission = format!("allow-{}", name.replace('_', "-"));
            assert!(allowed.contains(&permission.as_str()), "src-tauri/capabilities/main.json lacks {permission}");
        }
    }
}
