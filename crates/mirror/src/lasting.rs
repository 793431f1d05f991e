//! Links that outlive a run of the app: a page that was open comes back by itself.
//!
//! Only what a token is known by is kept, and only for links that were made to last. What is kept follows what there is:
//! a link that was cut off is cut off for the next run too, also when an older state of the database was put back.

use crate::Mirror;
use rivulet_engine::StoredMirror;
use rivulet_protocol::{LibraryEvent, now_ms};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};

impl Mirror {
    /// Goes on as the last run ended: listens again on the same port if there are links for it. From then on, keeps what
    /// the next run needs. Once, when the app has started.
    pub async fn resume(self: &Arc<Self>) {
        // Before anything is read, so that no change falls in between.
        let changes = self.engine.library();
        let kept = self.engine.mirror_kept().await;
        let written = kept.clone();
        for link in kept.links {
            let (id, end) = (link.link.id, link.link.expires_at);
            if let Some(ended) = self.links.take_in(link)
                && let Some(end) = end
            {
                self.end_after(Duration::from_millis(end.saturating_sub(now_ms())), id, ended);
            }
        }
        if kept.port.is_some()
            && !self.links.lasting().is_empty()
            && let Err(error) = Mirror::start(self, kept.port).await
        {
            // The page says that the app is gone, and the window that the mirror is off.
            tracing::warn!(%error, "the mirror does not listen again");
        }
        tokio::spawn(Arc::clone(self).keep(changes, written));
    }

    async fn keep(self: Arc<Self>, mut changes: broadcast::Receiver<LibraryEvent>, mut written: StoredMirror) {
        let quitting = self.engine.quitting();
        loop {
            let restored = tokio::select! {
                () = quitting.cancelled() => return,
                change = changes.recv() => match change {
                    Ok(LibraryEvent::Mirror) => false,
                    Ok(LibraryEvent::Missed) | Err(RecvError::Lagged(_)) => true,
                    Ok(_) => continue,
                    Err(RecvError::Closed) => return,
                },
            };
            let now = StoredMirror { port: self.port(), links: self.links.lasting() };
            if !restored && now == written {
                continue;
            }
            match self.engine.keep_mirror(now.clone()).await {
                Ok(()) => written = now,
                Err(error) => tracing::error!(%error, "the mirror's links could not be kept"),
            }
        }
    }

    fn port(&self) -> Option<u16> {
        self.running().as_ref().map(|running| running.port)
    }
}
