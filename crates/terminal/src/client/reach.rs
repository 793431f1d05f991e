//! The way to the app: connecting, and starting a core where none runs.

use super::Exit;
use crate::lines::{self, LineError, LineReader, LineWriter};
use crate::socket::{self, Connected};
use crate::wire::{Host, REPLY_BYTES, Reply, Request, VERSION};
use rivulet_protocol::ApiError;
use std::io::{self, Read};
use std::path::Path;
use std::process::Child;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// For an app to be there that was just started, or that is being left by another: on a slow machine.
const START: Duration = Duration::from_secs(30);
/// For the app's hello.
const HELLO: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Starts a core in the background, with a pipe on its standard error for why it may fail.
pub struct Starter(pub Box<dyn Fn() -> io::Result<Child>>);

/// Why no app was reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreachable {
    #[error("Rivulet is not running.")]
    NotRunning,
    #[error("{0}")]
    NotStarted(String),
    #[error("Rivulet was started and did not answer in {} s.", START.as_secs())]
    Silent,
    #[error("The socket in the data folder cannot be used: {0}.")]
    Socket(io::Error),
    #[error("The Rivulet that is running is of another version ({0}). Quit it, then try again.")]
    Version(String),
    #[error("{0}")]
    Refused(ApiError),
}

impl Unreachable {
    fn started(error: io::Error) -> Self {
        Self::NotStarted(format!("Rivulet could not be started: {error}."))
    }

    /// The program's end.
    pub fn exit(self) -> Exit {
        match self {
            Self::Refused(_) => Exit::Refused.because(self.to_string()),
            _ => Exit::Unreachable.because(self.to_string()),
        }
    }
}

/// A connection after the hello.
pub(crate) struct Wire {
    /// In which form the app runs.
    pub host: Host,
    reader: LineReader<Connected>,
    writer: LineWriter<Connected>,
}

impl Wire {
    /// Connects to the app of this data folder; starts one if there is none and a starter is given.
    pub async fn reach(dir: &Path, starter: Option<&Starter>) -> Result<Self, Unreachable> {
        let since = Instant::now();
        let mut core: Option<Child> = None;
        while since.elapsed() < START {
            if let Some(wire) = Self::connect(dir).await? {
                return Ok(wire);
            }
            let Some(Starter(start)) = starter else { return Err(Unreachable::NotRunning) };
            match &mut core {
                None => core = Some(start().map_err(Unreachable::started)?),
                Some(child) => match child.try_wait() {
                    Ok(Some(status)) if status.success() => core = None,
                    Ok(Some(_)) => return Err(Unreachable::NotStarted(last_words(child))),
                    Ok(None) | Err(_) => {}
                },
            }
            sleep(LOOK_AGAIN).await;
        }
        Err(Unreachable::Silent)
    }

    /// Connects if somebody listens; `None` also for one that is about to end.
    pub async fn connect(dir: &Path) -> Result<Option<Self>, Unreachable> {
        let stream = match socket::connect(dir).await {
            Ok(stream) => stream,
            Err(error) if nobody(&error) => return Ok(None),
            Err(error) => return Err(Unreachable::Socket(error)),
        };
        let (mut reader, mut writer) = lines::of(stream);
        match timeout(HELLO, greet(&mut reader, &mut writer)).await {
            Ok(Ok(Some(Reply::Hello { version: VERSION, host, .. }))) => Ok(Some(Self { host, reader, writer })),
            Ok(Ok(Some(Reply::Hello { app, .. }))) => Err(Unreachable::Version(app)),
            Ok(Ok(Some(Reply::Refused(error)))) => Err(Unreachable::Refused(error)),
            Ok(Ok(Some(_)) | Err(LineError::TooLong(_) | LineError::Strange)) => {
                Err(Unreachable::Version("unknown".into()))
            }
            // It ends, or it hangs: another look will tell.
            Ok(Ok(None) | Err(LineError::Io(_))) | Err(_) => Ok(None),
        }
    }

    /// Says something.
    pub async fn say(&mut self, request: &Request) -> io::Result<()> {
        self.writer.send(request).await
    }

    /// What the app says next; `None` when it is gone. A call that is given up loses nothing.
    pub async fn next(&mut self) -> Option<Reply> {
        // A line that cannot be understood is as good as none: both sides said that they speak this version.
        self.reader.next(REPLY_BYTES).await.ok().flatten()
    }
}

async fn greet(
    reader: &mut LineReader<Connected>,
    writer: &mut LineWriter<Connected>,
) -> Result<Option<Reply>, LineError> {
    // One that turns us away may have hung up before it read this; what it said is there all the same.
    let said = writer.send(&Request::Hello { version: VERSION }).await;
    match reader.next(REPLY_BYTES).await {
        Err(LineError::Io(error)) => Err(said.err().unwrap_or(error).into()),
        heard => heard,
    }
}

fn nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
}

/// What a core said that could not start.
fn last_words(child: &mut Child) -> String {
    let mut words = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        // What cannot be read was not said.
        let _ = stderr.read_to_string(&mut words);
    }
    match words.trim() {
        "" => "Rivulet was started and ended at once; its logs may say why.".into(),
        words => words.into(),
    }
}
