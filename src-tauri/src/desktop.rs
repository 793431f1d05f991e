//! What the engine asks of the desktop.

use crate::{closing, logging, window};
use rivulet_engine::{BoxFuture, Desktop};
use rivulet_protocol::{ApiError, ClosingReply, ErrorCode};
use std::path::PathBuf;
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, FilePath};
use tauri_plugin_opener::OpenerExt;
use tokio::sync::oneshot;

/// The desktop the window is on.
pub struct TauriDesktop {
    /// The app.
    pub app: AppHandle,
    /// The data folder.
    pub data_dir: PathBuf,
}

impl Desktop for TauriDesktop {
    fn open_link(&self, url: &str) -> Result<(), ApiError> {
        self.app.opener().open_url(url, None::<&str>).map_err(not_opened)
    }

    fn open_logs(&self) -> Result<(), ApiError> {
        let folder = logging::folder(&self.data_dir);
        self.app.opener().open_path(folder.to_string_lossy(), None::<&str>).map_err(not_opened)
    }

    fn choose_import(&self, folder: bool) -> BoxFuture<'_, Option<PathBuf>> {
        let (answer, chosen) = oneshot::channel();
        let dialog = self.app.dialog().file();
        let answer = |path| drop(answer.send(path));
        if folder {
            dialog.pick_folder(answer)
        } else {
            dialog.pick_file(answer)
        }
        Box::pin(async { on_disk(chosen.await) })
    }

    fn choose_export(&self, name: String, extension: &'static str) -> BoxFuture<'_, Option<PathBuf>> {
        let (answer, chosen) = oneshot::channel();
        let dialog = self.app.dialog().file().set_file_name(name).add_filter(extension, &[extension]);
        dialog.save_file(|path| drop(answer.send(path)));
        Box::pin(async { on_disk(chosen.await) })
    }

    fn answer_closing(&self, reply: ClosingReply) {
        closing::answered(&self.app, reply);
    }

    fn show_window(&self) {
        window::show(&self.app);
    }
}

/// What was chosen, if it was a place on a disk. A dialog that went without an answer chose nothing.
fn on_disk(chosen: Result<Option<FilePath>, oneshot::error::RecvError>) -> Option<PathBuf> {
    chosen.ok().flatten()?.into_path().ok()
}

fn not_opened(error: tauri_plugin_opener::Error) -> ApiError {
    ApiError::new(ErrorCode::Unsupported, "The system found no program to open this with.").detail(error)
}
