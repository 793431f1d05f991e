//! `rivulet serve`: the same core, no window.

use crate::arguments::Serve;
use crate::{companion, logging, rescue, signals};
use anyhow::Context;
use rivulet_engine::{EngineConfig, OpenError};
use rivulet_mirror::{Api, Mirror};
use rivulet_protocol::NewApiToken;
use rivulet_store::StoreError;
use rivulet_terminal::wire::Host;
use std::io::Write;

/// Runs until SIGTERM or Ctrl-C; prints one line of JSON when ready.
pub fn run(start: EngineConfig, how: Serve) -> anyhow::Result<()> {
    let _logs = logging::start(&start.data_dir);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Listened for before anything is announced, so that a quick end is a clean one too.
        let end = signals::end()?;
        let dir = start.data_dir.clone();
        let opened = companion::open(start).await.and_then(|engine| engine.ok_or(OpenError::Store(StoreError::InUse)));
        let engine = opened.map_err(|error| rescue::in_words(error, &dir))?;
        let terminal = companion::listen(&engine, &dir, Host::Serve);
        let mirror = Mirror::new(engine.clone());
        let api = Api::new(engine.clone());
        if how.port.is_some() {
            mirror.start(how.port).await?;
        }
        mirror.resume().await;
        mirror.start(engine.mirror_port().await).await?;
        let programs = if how.api { Some(engine.serve_api().await?) } else { None };
        announce(&mirror, programs)?;
        end.await;
        companion::quit(&engine, terminal.as_ref()).await;
        mirror.closed().await;
        api.closed().await;
        Ok(())
    })
}

/// The one line on standard output: a participant link for the one who started it, and a way in for programs.
fn announce(mirror: &Mirror, programs: Option<(String, NewApiToken)>) -> anyhow::Result<()> {
    let link = mirror.serve_link()?;
    let (page, token) = link.url.split_once("#token=").context("a link has a token")?;
    let mut ready = serde_json::json!({ "url": page.trim_end_matches('/'), "token": token, "pid": std::process::id() });
    if let Some((url, token)) = programs {
        ready["api_url"] = url.into();
        ready["api_token"] = token.secret.into();
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{ready}")?;
    out.flush()?;
    Ok(())
}
