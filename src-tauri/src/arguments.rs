//! The command line.

use anyhow::{Context, bail};
use rivulet_engine::{EngineConfig, Replay, SessionProvider};
use rivulet_protocol::{ProviderId, Rescue, Secret};
use std::path::PathBuf;

/// What `--help` says.
pub const HELP: &str = "\
Rivulet, a desktop chat app for language models.

  rivulet                      open the app
  rivulet serve [--port N] [--api]
                               the same core with no window: prints one line of JSON
                               {\"url\", \"token\", \"pid\"} when ready, ends on SIGTERM;
                               with --api also the OpenAI-compatible API for programs,
                               {\"api_url\", \"api_token\"}
  rivulet ask [WORDS...]       ask from the terminal, also with piped text
  rivulet tail                 print the answer that is running
  rivulet list [WORDS...]      conversations, newest first
                               (`rivulet ask --help` and so on say more)
  rivulet rescue               what is wrong with a database that does not open, and the
                               ways out: --backup NAME (or `last`), --salvage (what can
                               still be read), --empty. Each keeps the damaged file

The app and `serve` take:
  --data-dir DIR               where conversations and settings are kept
                               (also RIVULET_DATA_DIR)
  --provider ID                the provider of this run; `custom` is an
                               OpenAI-compatible endpoint of your own
  --base-url URL               its address
  --model NAME                 its model
  --key-fd N                   read its key from this file descriptor; it stays in memory
  --replay FILE                the demo answers with this recording (see docs/recordings.md)
  --replay-speed N             so many times as fast as it was recorded; `max` is as
                               fast as it goes";

/// What to do.
pub enum Arguments {
    /// Print the help.
    Help,
    /// Print the version.
    Version,
    /// Open the app.
    Window(EngineConfig),
    /// Run without a window.
    Serve(EngineConfig, Serve),
    /// Run for the terminal's commands, until nobody uses it. They start it themselves.
    Core(EngineConfig),
    /// Say what is wrong with the database of this data folder, or take a way out.
    Rescue(PathBuf, Option<Rescue>),
}

/// How to run without a window.
pub struct Serve {
    /// The mirror's port, if one is given.
    pub port: Option<u16>,
    /// With the API for programs.
    pub api: bool,
}

impl Arguments {
    /// Reads the process's arguments and environment.
    pub fn from_env() -> anyhow::Result<Self> {
        use lexopt::prelude::*;
        let mut parser = lexopt::Parser::from_env();
        let (mut serve, mut core, mut api, mut port, mut data_dir) = (false, false, false, None, None);
        let (mut provider, mut base_url, mut model, mut key) = (None, None, None, None);
        let (mut replay, mut replay_speed) = (None, None);
        let (mut rescue, mut way) = (false, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(Self::Help),
                Short('V') | Long("version") => return Ok(Self::Version),
                Value(value) if value == "serve" && !serve => serve = true,
                Value(value) if value == "core" && !core => core = true,
                Value(value) if value == "rescue" && !rescue => rescue = true,
                Long("backup") if rescue => way = Some(Rescue::Backup { name: parser.value()?.string()? }),
                Long("salvage") if rescue => way = Some(Rescue::Salvage),
                Long("empty") if rescue => way = Some(Rescue::Empty),
                Long("api") => api = true,
                Long("port") => port = Some(parser.value()?.parse::<u16>()?),
                Long("data-dir") => data_dir = Some(PathBuf::from(parser.value()?)),
                Long("provider") => provider = Some(parser.value()?.string()?),
                Long("base-url") => base_url = Some(parser.value()?.string()?),
                Long("model") => model = Some(parser.value()?.string()?),
                Long("key-fd") => key = Some(read_key(parser.value()?.parse::<u32>()?)?),
                Long("replay") => replay = Some(PathBuf::from(parser.value()?)),
                Long("replay-speed") => replay_speed = Some(speed(&parser.value()?.string()?)?),
                other => return Err(other.unexpected().into()),
            }
        }
        let data_dir = data_dir.map_or_else(default_data_dir, Ok)?;
        if rescue {
            return Ok(Self::Rescue(data_dir, way));
        }
        let mut start = EngineConfig::new(data_dir);
        start.version = env!("CARGO_PKG_VERSION").into();
        start.replay = recording(replay, replay_speed)?;
        if start.replay.is_some() && provider.is_none() && base_url.is_none() {
            provider = Some("demo".to_owned());
        }
        start.session_provider = session_provider(provider, base_url, model, key)?;
        if core {
            return Ok(Self::Core(start));
        }
        let port = port.filter(|port| *port != 0);
        Ok(if serve { Self::Serve(start, Serve { port, api }) } else { Self::Window(start) })
    }
}

fn session_provider(
    provider: Option<String>,
    base_url: Option<String>,
    model: Option<String>,
    key: Option<Secret>,
) -> anyhow::Result<Option<SessionProvider>> {
    // An address alone is an endpoint of one's own.
    let provider = provider.or_else(|| base_url.as_ref().map(|_| "custom".to_owned()));
    let Some(id) = provider else {
        if model.is_some() || key.is_some() {
            bail!("--model and --key-fd belong to a --provider");
        }
        return Ok(None);
    };
    if id == "custom" && base_url.is_none() {
        bail!("--provider custom needs its --base-url");
    }
    Ok(Some(SessionProvider { id: ProviderId(id), base_url, model, key }))
}

fn recording(file: Option<PathBuf>, speed: Option<Option<u32>>) -> anyhow::Result<Option<Replay>> {
    let Some(file) = file else {
        if speed.is_some() {
            bail!("--replay-speed belongs to a --replay");
        }
        return Ok(None);
    };
    let text = std::fs::read_to_string(&file);
    let text = text.with_context(|| format!("no recording could be read from {}", file.display()))?;
    Ok(Some(Replay { text, speed }))
}

/// `2`, `10` or `max`.
fn speed(text: &str) -> anyhow::Result<Option<u32>> {
    match text.parse() {
        _ if text == "max" => Ok(None),
        Ok(times @ 1..) => Ok(Some(times)),
        _ => bail!("--replay-speed takes a whole number from 1, or `max`"),
    }
}

/// Reads a key from an inherited file descriptor, so that it stands in no argument list and no environment.
#[cfg(unix)]
fn read_key(descriptor: u32) -> anyhow::Result<Secret> {
    let path = format!("/dev/fd/{descriptor}");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("no key could be read from descriptor {descriptor}"))?;
    Ok(Secret::new(text.trim().to_owned()))
}

#[cfg(not(unix))]
fn read_key(_: u32) -> anyhow::Result<Secret> {
    bail!("--key-fd works on Unix only")
}

/// `RIVULET_DATA_DIR`, or the system's folder for an app's data.
pub fn default_data_dir() -> anyhow::Result<PathBuf> {
    if let Some(dir) = std::env::var_os("RIVULET_DATA_DIR").filter(|dir| !dir.is_empty()) {
        return Ok(PathBuf::from(dir));
    }
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let base = if cfg!(target_os = "windows") {
        std::env::var_os("APPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support"))
    } else {
        let xdg = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        xdg.or_else(|| home().map(|home| home.join(".local/share")))
    };
    Ok(base.context("this system names no folder for an app's data; give one with --data-dir")?.join("rivulet"))
}
