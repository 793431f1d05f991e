//! An engine with the app's page in it, and another page of the same engine for the references.

use rivulet_tests::upstream::Upstream;
use rivulet_tests::{Browser, Desktop, Page, Profile, Serve, ServeOptions, Window, app, process};
use std::fs;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Chromium,
    WebKit,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::WebKit => "WebKitGTK",
        }
    }
}

/// Where an answer is read. Fields end in the order they stand.
pub enum Stage {
    Chromium { browser: Browser, serve: Serve, _profile: Profile },
    WebKit { window: Window, _desktop: Desktop },
}

const PRECISE: [&str; 2] = ["--enable-precise-memory-info", "--js-flags=--expose-gc"];

impl Stage {
    /// The app's page, with this upstream as its model's.
    pub async fn app(engine: Engine, upstream: &Upstream) -> Self {
        match engine {
            Engine::Chromium => {
                let profile = Profile::new();
                let serve = Serve::start(&profile, &ServeOptions::custom(&upstream.base_url())).await;
                let browser = Browser::open_with(&profile, &serve.link(), &PRECISE).await;
                browser.page.element("composer").await;
                Self::Chromium { browser, serve, _profile: profile }
            }
            Engine::WebKit => {
                let desktop = Desktop::start().await;
                let window = Window::open(&desktop).await;
                window.page.use_upstream(upstream).await;
                Self::WebKit { window, _desktop: desktop }
            }
        }
    }

    /// A page of the same engine at this address.
    pub async fn reference(engine: Engine, url: &str) -> Self {
        match engine {
            Engine::Chromium => {
                let profile = Profile::new();
                // Something has to stand where the app's server is.
                let serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
                let browser = Browser::open_with(&profile, url, &PRECISE).await;
                Self::Chromium { browser, serve, _profile: profile }
            }
            Engine::WebKit => {
                let desktop = Desktop::start().await;
                let window = Window::open_binary(&desktop, &app::bare_window(), &[]).await;
                window.page.driver.goto(url).await.unwrap();
                Self::WebKit { window, _desktop: desktop }
            }
        }
    }

    pub fn page(&self) -> &Page {
        match self {
            Self::Chromium { browser, .. } => &browser.page,
            Self::WebKit { window, .. } => &window.page,
        }
    }

    /// Calls a command of the core, as the page may.
    pub async fn call(&self, command: &str, request: serde_json::Value) -> serde_json::Value {
        match self {
            Self::Chromium { serve, .. } => serve.client.rpc(command, request).await.unwrap(),
            Self::WebKit { window, .. } => window.page.invoke(command, request).await.unwrap(),
        }
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Chromium { .. } => Engine::Chromium,
            Self::WebKit { .. } => Engine::WebKit,
        }
    }

    /// Bytes of JavaScript's heap after a collection; where an engine does not tell, the memory of the page's process.
    pub async fn heap(&self) -> f64 {
        let collected = "globalThis.gc?.(); return performance.memory?.usedJSHeapSize ?? null";
        let told = self.page().script(collected, vec![]).await.as_f64();
        told.unwrap_or_else(|| process::tree(self.root()).into_iter().filter(|id| draws(*id)).filter_map(memory).sum())
    }

    fn root(&self) -> u32 {
        match self {
            Self::Chromium { browser, .. } => browser.driver.id(),
            Self::WebKit { window, .. } => window.driver.id(),
        }
    }

    /// Seconds of processor time the main threads of all pages have used.
    pub fn cpu(&self) -> f64 {
        cpu_below(self.root())
    }

    pub async fn close(self) {
        match self {
            Self::Chromium { browser, mut serve, .. } => {
                browser.page.quit().await;
                serve.end().await;
            }
            Self::WebKit { window, .. } => {
                window.close().await;
            }
        }
    }
}

/// The same for everything below a process.
pub fn cpu_below(root: u32) -> f64 {
    process::tree(root).into_iter().filter(|id| draws(*id)).filter_map(main_thread).sum()
}

/// Whether the process is one that draws pages.
fn draws(id: u32) -> bool {
    let command = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command);
    command.contains("--type=renderer") || command.contains("WebKitWebProcess")
}

/// Thread time, not wall time: what else runs on the machine does not count.
fn main_thread(id: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/task/{id}/schedstat")).ok()?;
    let nanoseconds: f64 = stat.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

/// Bytes of a process's own part of the memory.
fn memory(id: u32) -> Option<f64> {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
    let kilobytes: f64 =
        rollup.lines().find(|line| line.starts_with("Pss:"))?.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1e3)
}
