//! What the end to end tests and the window's bench stand on: a private desktop, the app in its two forms, real
//! browsers, and an upstream that does what it is told.
//!
//! Everything runs on Linux, with no screen, in a profile of its own. Whatever was started is killed when its owner is
//! dropped, also when a test panics.
#![cfg(target_os = "linux")]
// A harness that cannot go on has to say so and end the test: that is what a panic does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

pub mod app;
pub mod browser;
pub mod desktop;
pub mod disk;
pub mod goals;
pub mod http;
pub mod page;
pub mod process;
pub mod profile;
pub mod relay;
pub mod serve;
pub use rivulet_testkit as upstream;
pub mod window;

pub use browser::Browser;
pub use desktop::Desktop;
pub use http::{Client, Reply, SseEvent, SseStream};
pub use page::{Answer, Page};
pub use process::Process;
pub use profile::Profile;
pub use relay::Relay;
pub use serve::{Serve, ServeOptions};
pub use window::Window;

use std::time::{Duration, Instant};

/// Asks `probe` again until it answers, and panics with `what` after `limit`: a guard against hanging, not a measure.
pub async fn wait_for<T>(what: &str, limit: Duration, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain: {what}");
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

/// Long enough for anything on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
