//! What the engine asks of the desktop.

use crate::logging;
use rivulet_engine::Desktop;
use rivulet_protocol::{ApiError, ErrorCode};
use std::path::PathBuf;
use tauri::AppHandle;
use tauri_plugin_opener::OpenerExt;

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
}

fn not_opened(error: tauri_plugin_opener::Error) -> ApiError {
    ApiError::new(ErrorCode::Unsupported, "The system found no program to open this with.").detail(error)
}
