//! As much of the WebDriver protocol as opening a page and reading a value takes.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Against hanging only.
const LIMIT: Duration = Duration::from_secs(30);

/// A driver with a browser. Both end with it.
pub struct Browser {
    driver: Child,
    /// The screen it is on, where it needs one.
    pub screen: Option<Child>,
    port: u16,
    session: String,
}

impl Browser {
    /// Starts a driver, which must listen on `port`, and through it a browser.
    pub fn start(driver: &mut Command, port: u16, capabilities: &Value) -> Result<Self> {
        let name = driver.get_program().display().to_string();
        let driver = driver.spawn().with_context(|| format!("{name} did not start: `cargo xtask setup --test`"))?;
        let mut browser = Self { driver, screen: None, port, session: String::new() };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if start.elapsed() > LIMIT {
                bail!("{name} does not listen on port {port}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let made = browser.post("/session", &json!({ "capabilities": { "alwaysMatch": capabilities } }))?;
        browser.session = made["sessionId"].as_str().context("the driver gave no session")?.to_owned();
        Ok(browser)
    }

    /// Opens a page.
    pub fn open(&self, url: &str) -> Result<()> {
        self.post(&format!("/session/{}/url", self.session), &json!({ "url": url })).map(drop)
    }

    /// Runs a script in the page and answers with what it returns.
    pub fn evaluate(&self, script: &str) -> Result<Value> {
        self.post(&format!("/session/{}/execute/sync", self.session), &json!({ "script": script, "args": [] }))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.request("POST", path, &body.to_string())
    }

    fn request(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(LIMIT))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let answer = body_of(&mut stream)?;
        let answer: Value = serde_json::from_slice(&answer).context("the driver's answer is not JSON")?;
        let value = answer.get("value").cloned().unwrap_or_default();
        match value.get("error") {
            Some(error) => bail!("{method} {path}: {error}: {}", value["message"]),
            None => Ok(value),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser first: a driver that is killed leaves it behind.
        let _ = self.request("DELETE", &format!("/session/{}", self.session), "");
        for child in [Some(&mut self.driver), self.screen.as_mut()].into_iter().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The body of an answer whose length its head tells, as both drivers do.
fn body_of(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let count = stream.read(&mut buffer)?;
        answer.extend_from_slice(&buffer[..count]);
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            let length = length.context("the driver's answer has no length")?;
            if answer.len() >= end + 4 + length {
                return Ok(answer[end + 4..end + 4 + length].to_vec());
            }
        }
        if count == 0 {
            bail!("the driver hung up");
        }
    }
}
