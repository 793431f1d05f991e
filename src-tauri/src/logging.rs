//! Logs: a file a day in the data folder, a week of them kept. They hold no keys and no messages.

use std::path::{Path, PathBuf};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, fmt};

/// Days of logs that are kept.
const DAYS: usize = 7;
/// Writes secret keys of S3 into its log lines; whatever `RIVULET_LOG` says, none of them is kept.
const TELLS_SECRETS: &str = "reqsign";

/// Where the logs of this data folder are.
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("logs")
}

#[cfg(unix)]
fn create(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Starts logging; what is written in the background is flushed when the guard is dropped. Without a folder to write
/// to, the app runs all the same.
pub fn start(data_dir: &Path) -> Option<WorkerGuard> {
    let folder = folder(data_dir);
    if let Err(error) = create(&folder) {
        eprintln!("Rivulet writes no log: {error}");
        return None;
    }
    let file = Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("rivulet")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(&folder)
        .map_err(|error| eprintln!("Rivulet writes no log: {error}"))
        .ok()?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    let filter = EnvFilter::try_from_env("RIVULET_LOG").unwrap_or_else(|_| EnvFilter::new("warn,rivulet=info"));
    let discreet = filter_fn(|of| !of.target().starts_with(TELLS_SECRETS));
    let lines = fmt::layer().with_writer(writer).with_ansi(false).with_filter(discreet);
    tracing_subscriber::registry().with(filter).with(lines).init();
    Some(guard)
}
