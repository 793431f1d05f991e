//! Hostile Markdown through the page's own renderer, in the engines the page runs in: Chromium and WebKitGTK.

use super::webdriver::Browser;
use crate::{setup, shell};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Against hanging only.
const LIMIT: Duration = Duration::from_secs(600);

/// Builds the page that renders the cases, opens it in each browser that is there, and prints what it found.
pub fn run(file: &Path) -> Result<()> {
    let cases = std::fs::read(file).with_context(|| file.display().to_string())?;
    setup::packages(false)?;
    shell::run(shell::npm().args(["run", "build", "--", "--mode", "vectors"]))?;
    let server = Arc::new(Server {
        folder: shell::root().join("ui/dist-vectors"),
        cases,
        policy: app_policy()?,
        unexpected: Mutex::default(),
    });
    let url = serve(Arc::clone(&server))?;
    let mut cases = 0;
    // A case passes when it does in every engine.
    let mut failed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, start) in [("Chromium", chromium as fn() -> Result<Browser>), ("WebKitGTK", webkit)] {
        let browser = start().with_context(|| name.to_owned())?;
        browser.open(&url)?;
        let result = result(&browser).with_context(|| name.to_owned())?;
        let names: Vec<_> = result["failed"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        cases = result["passed"].as_u64().context("the page counts what passed")? + names.len() as u64;
        for case in names {
            failed.entry(case.to_owned()).or_default().push(format!("{name}: {}", result["details"][case]));
        }
        // What the page must not ask for, even of its own server.
        for path in server.unexpected() {
            failed.entry(format!("request for {path}")).or_default().push(name.to_owned());
        }
    }
    for (case, how) in &failed {
        println!("{case}: {}", how.join("; "));
    }
    println!("{} passed, {} failed", cases.saturating_sub(failed.len() as u64), failed.len());
    if failed.is_empty() { Ok(()) } else { bail!("{} failed", failed.len()) }
}

/// What the page found, once it is through.
fn result(browser: &Browser) -> Result<Value> {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        let result = browser.evaluate("return window.vectors ?? null")?;
        if !result.is_null() {
            return Ok(result);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    bail!("the page did not come to an end")
}

fn chromium() -> Result<Browser> {
    let driver = setup::tools::chromedriver().context("chromedriver is missing: `cargo xtask setup --test`")?;
    let binary = setup::tools::chromium().context("Chromium is missing: `cargo xtask setup --test`")?;
    let port = free_port()?;
    let arguments =
        ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
    let capabilities = json!({ "goog:chromeOptions": { "binary": binary, "args": arguments } });
    Browser::start(Command::new(driver).arg(format!("--port={port}")).arg("--log-level=OFF"), port, &capabilities)
}

fn webkit() -> Result<Browser> {
    // Xvfb chooses a number that is free and says which.
    let mut xvfb = Command::new("Xvfb");
    xvfb.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "1280x800x24"]);
    let mut screen = xvfb.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("Xvfb did not start")?;
    let mut number = String::new();
    BufReader::new(screen.stdout.take().context("its output is piped")?).read_line(&mut number)?;
    let port = free_port()?;
    let mut driver = Command::new("WebKitWebDriver");
    driver.arg(format!("--port={port}")).env("DISPLAY", format!(":{}", number.trim())).env("GDK_BACKEND", "x11");
    let mut browser = Browser::start(&mut driver, port, &json!({}))?;
    browser.screen = Some(screen);
    Ok(browser)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The content policy of the app's window, as a header.
fn app_policy() -> Result<String> {
    let config = std::fs::read_to_string(shell::root().join("tauri.conf.json"))?;
    let config: Value = serde_json::from_str(&config)?;
    let rules = config["app"]["security"]["csp"].as_object().context("tauri.conf.json has a policy")?;
    let rules: Vec<_> =
        rules.iter().map(|(name, value)| format!("{name} {}", value.as_str().unwrap_or_default())).collect();
    Ok(rules.join("; "))
}

/// The page, with the cases beside it, under the policy of the app's window.
struct Server {
    folder: PathBuf,
    cases: Vec<u8>,
    policy: String,
    unexpected: Mutex<Vec<String>>,
}

impl Server {
    /// Requests for what is not there, since the last time.
    fn unexpected(&self) -> Vec<String> {
        std::mem::take(&mut *self.unexpected.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn content(&self, path: &str) -> Option<Vec<u8>> {
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        match path {
            "cases.json" => Some(self.cases.clone()),
            _ if inside => std::fs::read(self.folder.join(path)).ok(),
            _ => None,
        }
    }

    fn answer(&self, mut stream: TcpStream) -> Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let request = lines.next().context("a request has a first line")??;
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let path = request.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
        let path = if path == "/" { "index.html" } else { path.trim_start_matches('/') };
        let content = self.content(path);
        // A browser asks for a site's icon by itself.
        if content.is_none() && path != "favicon.ico" {
            self.unexpected.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
        }
        let (status, body) = content.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {}\r\nContent-Security-Policy: {}\r\n\
             Connection: close\r\n\r\n",
            content_type(path),
            body.len(),
            self.policy
        )?;
        stream.write_all(&body)?;
        Ok(())
    }
}

fn content_type(path: &str) -> &'static str {
    match Path::new(path).extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

/// Serves until the process ends; answers with the address.
fn serve(server: Arc<Server>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let server = Arc::clone(&server);
            // A browser that hangs up in between is no fault of the page's.
            std::thread::spawn(move || server.answer(stream).ok());
        }
    });
    Ok(url)
}
