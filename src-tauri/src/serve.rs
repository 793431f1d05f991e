//! `rivulet serve`: the same core, no window.

use crate::{companion, logging, signals};
use anyhow::Context;
use rivulet_engine::EngineConfig;
use rivulet_mirror::Mirror;
use rivulet_terminal::wire::Host;
use std::io::Write;

/// Runs until SIGTERM or Ctrl-C; prints one line of JSON when ready.
pub fn run(start: EngineConfig, port: Option<u16>) -> anyhow::Result<()> {
    let _logs = logging::start(&start.data_dir);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Listened for before anything is announced, so that a quick end is a clean one too.
        let end = signals::end()?;
        let dir = start.data_dir.clone();
        let engine = companion::open(start).await?;
        let terminal = companion::listen(&engine, &dir, Host::Serve);
        let mirror = Mirror::new(engine.clone());
        if port.is_some() {
            mirror.start(port).await?;
        }
        mirror.resume().await;
        mirror.start(engine.mirror_port().await).await?;
        announce(&mirror)?;
        end.await;
        companion::quit(&engine, terminal.as_ref()).await;
        mirror.closed().await;
        Ok(())
    })
}

/// The one line on standard output: a participant link for the one who started it.
fn announce(mirror: &Mirror) -> anyhow::Result<()> {
    let link = mirror.serve_link()?;
    let (page, token) = link.url.split_once("#token=").context("a link has a token")?;
    let ready = serde_json::json!({ "url": page.trim_end_matches('/'), "token": token, "pid": std::process::id() });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ready}")?;
    out.flush()?;
    Ok(())
}
