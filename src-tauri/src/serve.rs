//! `rivulet serve`: the same core, no window.

use crate::logging;
use anyhow::Context;
use rivulet_engine::{Engine, EngineConfig};
use rivulet_mirror::Mirror;
use std::io::Write;

/// Runs until SIGTERM or Ctrl-C; prints one line of JSON when ready.
pub fn run(start: EngineConfig, port: Option<u16>) -> anyhow::Result<()> {
    let _logs = logging::start(&start.data_dir);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Listened for before anything is announced, so that a quick end is a clean one too.
        let end = end_signal()?;
        let engine = Engine::open(start).await?;
        let mirror = Mirror::new(engine.clone());
        let port = match port {
            Some(port) => Some(port),
            None => engine.mirror_port().await,
        };
        mirror.start(port).await?;
        announce(&mirror)?;
        end.await;
        engine.quit().await;
        mirror.closed().await;
        Ok(())
    })
}

/// The one line on standard output: a participant link for the one who started it.
fn announce(mirror: &Mirror) -> anyhow::Result<()> {
    let link = mirror.serve_link()?;
    let (_, token) = link.url.split_once("#token=").context("a link has a token")?;
    let ready = serde_json::json!({ "url": link.url.split('#').next(), "token": token, "pid": std::process::id() });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ready}")?;
    out.flush()?;
    Ok(())
}

#[cfg(unix)]
fn end_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn end_signal() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
