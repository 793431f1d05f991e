//! Being asked to end.

/// Resolves when the process is asked to end: SIGTERM or Ctrl-C. Listens from the call on; needs a tokio runtime.
#[cfg(unix)]
pub fn end() -> anyhow::Result<impl Future<Output = ()>> {
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

/// Resolves when the process is asked to end. Needs a tokio runtime.
#[cfg(not(unix))]
pub fn end() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
