//! A real Chromium under WebDriver.

use crate::{PATIENCE, Page, Process, Profile};
use serde_json::json;
use thirtyfour::prelude::*;

/// A headless Chromium with a fresh profile.
pub struct Browser {
    /// What it shows. First, so that the session ends before its driver does.
    pub page: Page,
    /// chromedriver.
    pub driver: Process,
}

impl Browser {
    /// Opens one at this address.
    pub async fn open(profile: &Profile, url: &str) -> Self {
        Self::open_with(profile, url, &[]).await
    }

    /// Opens one that is started with these arguments too.
    pub async fn open_with(profile: &Profile, url: &str, more: &[&str]) -> Self {
        let program = |variable, name: &str| std::env::var(variable).unwrap_or_else(|_| name.to_owned());
        let mut driver = Process::spawn(profile.command(program("CHROMEDRIVER", "chromedriver")).arg("--port=0"));
        let line = driver.line_with("successfully on port", PATIENCE).await;
        let port = line.trim_end_matches('.').rsplit(' ').next().unwrap();
        let data = tempfile::Builder::new().prefix("chromium").tempdir_in(profile.path()).unwrap().keep();
        let data = format!("--user-data-dir={}", data.display());
        let mut arguments = vec![
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1180,780",
            &data,
        ];
        arguments.extend(more);
        let mut capabilities = Capabilities::new();
        capabilities.set("browserName", "chrome").unwrap();
        let mut options = json!({ "args": arguments });
        if let Ok(chromium) = std::env::var("CHROMIUM") {
            options["binary"] = json!(chromium);
        }
        capabilities.set("goog:chromeOptions", options).unwrap();
        let session = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await;
        let session = session.unwrap_or_else(|error| panic!("no session: {error}\n{}", driver.output()));
        session.set_script_timeout(PATIENCE).await.unwrap();
        session.goto(url).await.unwrap();
        Self { page: Page { driver: session }, driver }
    }
}
