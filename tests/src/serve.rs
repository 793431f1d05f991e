//! The app without a window.

use crate::{Client, PATIENCE, Process, Profile};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;

/// How to start it.
#[derive(Clone, Debug, Default)]
pub struct ServeOptions {
    /// `--provider`.
    pub provider: Option<String>,
    /// `--base-url`.
    pub base_url: Option<String>,
    /// `--model`.
    pub model: Option<String>,
    /// Given on a file descriptor, with `--key-fd`.
    pub key: Option<String>,
    /// With the local API for programs.
    pub api: bool,
    /// `--port`.
    pub port: Option<u16>,
    /// Another data folder than the profile's.
    pub data_dir: Option<PathBuf>,
}

impl ServeOptions {
    /// A model of the built-in demo.
    pub fn demo(model: &str) -> Self {
        Self { provider: Some("demo".into()), model: Some(model.into()), ..Self::default() }
    }

    /// An endpoint of one's own.
    pub fn custom(base_url: &str) -> Self {
        Self {
            provider: Some("custom".into()),
            base_url: Some(base_url.into()),
            model: Some("test-model".into()),
            ..Self::default()
        }
    }
}

/// A running `rivulet serve`.
pub struct Serve {
    /// The process.
    pub process: Process,
    /// A client with the participant's token it printed.
    pub client: Client,
    /// The page's address, without a token.
    pub url: String,
    /// The local API's address and token, if it was asked for.
    pub api: Option<(String, String)>,
}

impl Serve {
    /// Starts it and waits until it is ready.
    pub async fn start(profile: &Profile, options: &ServeOptions) -> Self {
        let mut command = profile.command(crate::app::binary());
        command.arg("serve").arg("--data-dir").arg(options.data_dir.clone().unwrap_or_else(|| profile.data()));
        let values =
            [("--provider", &options.provider), ("--base-url", &options.base_url), ("--model", &options.model)];
        for (name, value) in values {
            command.args(value.iter().flat_map(|value| [name, value.as_str()]));
        }
        if options.key.is_some() {
            command.args(["--key-fd", "0"]);
        }
        if options.api {
            command.arg("--api");
        }
        command.args(options.port.iter().flat_map(|port| ["--port".to_owned(), port.to_string()]));
        let mut process = Process::spawn(&command);
        let mut stdin = process.stdin();
        if let Some(key) = &options.key {
            stdin.write_all(key.as_bytes()).unwrap();
        }
        drop(stdin);
        let line = process.line_with("{", PATIENCE).await;
        let ready: Value = serde_json::from_str(&line).expect("one line of JSON");
        assert_eq!(ready["pid"], process.id(), "the process that was started is the one that serves");
        let url = ready["url"].as_str().expect("a url").to_owned();
        let client = Client::new(&url, ready["token"].as_str());
        let text = |name: &str| ready[name].as_str().map(str::to_owned);
        let api = text("api_url").zip(text("api_token"));
        assert_eq!(api.is_some(), options.api);
        Self { process, client, url, api }
    }

    /// The page's address with a participant's token.
    pub fn link(&self) -> String {
        format!("{}/#token={}", self.url.trim_end_matches('/'), self.client.token.as_deref().unwrap())
    }

    /// SIGTERM, and its end with code 0.
    pub async fn end(&mut self) {
        self.process.terminate();
        let status = self.process.ended(PATIENCE).await;
        assert!(status.success(), "{status}\n{}", self.process.output());
    }
}
