//! The real window under WebDriver.

use crate::{Desktop, PATIENCE, Page, Process, app, wait_for};
use serde_json::json;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;
use thirtyfour::prelude::*;

/// The app's window and the driver in front of it.
pub struct Window {
    /// Its page. First, so that the session ends before its driver does.
    pub page: Page,
    /// tauri-driver; the app's own output comes out here too.
    pub driver: Process,
}

impl Window {
    /// Opens the app and waits for its first screen.
    pub async fn open(desktop: &Desktop) -> Self {
        let window = Self::open_binary(desktop, &app::binary(), &[]).await;
        window.loaded().await;
        window
    }

    /// Opens a binary with these arguments under WebDriver.
    pub async fn open_binary(desktop: &Desktop, binary: &Path, arguments: &[&str]) -> Self {
        let [port, native_port] = free_ports();
        let mut command = desktop.command(app::tauri_driver());
        command.args(["--port", &port.to_string(), "--native-port", &native_port.to_string()]);
        let driver = Process::spawn(&command);
        for port in [port, native_port] {
            wait_for("the driver listens", PATIENCE, async || {
                tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()
            })
            .await;
        }
        let mut capabilities = Capabilities::new();
        capabilities.set("browserName", "wry").unwrap();
        let options = json!({ "application": binary, "args": arguments });
        capabilities.set("tauri:options", options).unwrap();
        let session = WebDriver::builder(format!("http://127.0.0.1:{port}"), capabilities)
            .request_timeout(Duration::from_secs(60))
            .await;
        let session = session.unwrap_or_else(|error| panic!("no session: {error}\n{}", driver.output()));
        session.set_script_timeout(PATIENCE).await.unwrap();
        Self { page: Page { driver: session }, driver }
    }

    /// Waits until the page has drawn its first screen: the welcome or the composer.
    pub async fn loaded(&self) {
        wait_for("the first screen", PATIENCE, async || {
            (self.page.shows("try-demo").await || self.page.shows("composer").await).then_some(())
        })
        .await;
    }

    /// Ends the session and the app; what was written to either output.
    pub async fn close(self) -> String {
        self.page.quit().await;
        self.driver.output()
    }

    /// SIGKILL to the app and all its processes: there is no time for anything.
    pub async fn kill(self) {
        let app = app_process(&self.driver);
        drop(self);
        wait_for("the app is gone", PATIENCE, async || (!Path::new(&format!("/proc/{app}")).exists()).then_some(()))
            .await;
    }

    /// Asks the window manager to close the window, as a person does, and waits for the app's end. Answers that are being
    /// written do not hold it up: it is asked once more.
    pub async fn close_by_hand(self, desktop: &Desktop) {
        self.close_by_hand_within(desktop, PATIENCE).await;
    }

    /// The same for an app that may take its time.
    pub async fn close_by_hand_within(self, desktop: &Desktop, limit: Duration) {
        let app = app_process(&self.driver);
        let ended = || !Path::new(&format!("/proc/{app}")).exists();
        wait_for("the app ends", limit, async || {
            // Again, as a person would: the window manager may have heard of the focus later than the screen did.
            desktop.press_close();
            for _ in 0..100 {
                if ended() {
                    return Some(());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            None
        })
        .await;
    }
}

/// The app's process id: the child of the native driver that is no part of WebKit.
fn app_process(driver: &Process) -> u32 {
    let name = |id: &u32| std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
    let tree = crate::process::tree(driver.id());
    tree.into_iter().find(|id| name(id).trim() == "rivulet").expect("the app runs under its driver")
}

/// Ports that were free a moment ago, for a program that cannot choose one itself.
fn free_ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
