//! The terminal's commands, the core they start where no app runs, and who of all these holds the data folder.
//!
//! The folder's lock decides: whoever has it is the app, and listens on the socket. A core without a window gives way
//! to a window and to `rivulet serve`; its running answers are marked as interrupted then, and one can go on from there.

use crate::{arguments, logging, rescue, signals};
use anyhow::Context;
use rivulet_engine::{Engine, EngineConfig, OpenError};
use rivulet_protocol::Unsaved;
use rivulet_store::StoreError;
use rivulet_terminal::Terminal;
use rivulet_terminal::client::{self, Exit, HandOver, Invocation, Starter};
use rivulet_terminal::wire::Host;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// How long a core stays that nobody uses. `RIVULET_CORE_IDLE` has another number of seconds.
const IDLE: Duration = Duration::from_secs(60);
/// For another process to let the folder go, or to answer.
const TURN: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Runs one of the terminal's commands.
pub fn run(invocation: Result<Invocation, lexopt::Error>) -> ExitCode {
    let (command, dir) = match invocation {
        Ok(Invocation::Run(command, dir)) => (command, dir),
        Ok(Invocation::Help(help)) => {
            // Nobody there to read it is no fault.
            let _ = crate::say(help);
            return ExitCode::SUCCESS;
        }
        Err(error) => return Exit::Usage.because(format!("{error}. `--help` says what can be given.")).into(),
    };
    let dir = dir.map_or_else(arguments::default_data_dir, Ok).and_then(|dir| Ok(std::path::absolute(dir)?));
    match dir {
        Ok(dir) => {
            let core_dir = dir.clone();
            client::run(command, &dir, &Starter(Box::new(move || start_core(&core_dir)))).into()
        }
        Err(error) => Exit::Usage.because(format!("{error:#}")).into(),
    }
}

/// Starts a core that outlives this program and its terminal.
fn start_core(dir: &Path) -> std::io::Result<Child> {
    let mut core = Command::new(std::env::current_exe()?);
    core.arg("core").arg("--data-dir").arg(dir);
    // Not in a folder that somebody may want to unmount.
    core.current_dir(std::env::temp_dir());
    core.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // Ctrl-C is for the program in front.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut core, 0);
    #[cfg(windows)]
    {
        const DETACHED_PROCESS: u32 = 0x8;
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;
        std::os::windows::process::CommandExt::creation_flags(&mut core, DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
    }
    core.spawn()
}

/// `rivulet core`: no window, no mirror; ends when nobody has used it for a while and no answer runs.
pub fn core(start: EngineConfig) -> anyhow::Result<()> {
    let _logs = logging::start(&start.data_dir);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let end = signals::end()?;
        let dir = start.data_dir.clone();
        let opened = open_alone(start).await.map_err(|error| rescue::in_words(error, &dir))?;
        let Some(engine) = opened else { return Ok(()) };
        let terminal = Terminal::listen(engine.clone(), &dir, Host::Core, env!("CARGO_PKG_VERSION"))
            .context("the socket in the data folder could not be made")?;
        tokio::select! {
            () = end => {}
            () = terminal.handed_over() => tracing::info!("another Rivulet wants the data folder"),
            () = unused(&engine, &terminal, idle()) => drain(&engine, &terminal).await,
        }
        quit(&engine, Some(&terminal)).await;
        Ok(())
    })
}

fn idle() -> Duration {
    let seconds = std::env::var("RIVULET_CORE_IDLE").ok().and_then(|seconds| seconds.parse().ok());
    seconds.map_or(IDLE, Duration::from_secs)
}

fn in_use(engine: &Engine, terminal: &Terminal) -> bool {
    terminal.in_use() || engine.running_answers() > 0
}

async fn unused(engine: &Engine, terminal: &Terminal, idle: Duration) {
    let look = idle.min(Duration::from_secs(1)).max(LOOK_AGAIN);
    let mut since = Instant::now();
    loop {
        tokio::time::sleep(look).await;
        if in_use(engine, terminal) {
            since = Instant::now();
        } else if since.elapsed() >= idle {
            return;
        }
    }
}

/// Whoever came in at the last moment is served.
async fn drain(engine: &Engine, terminal: &Terminal) {
    terminal.leave().await;
    while in_use(engine, terminal) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Opens the core for a core: whoever else is there, or on its way, serves as well. `None` then.
async fn open_alone(start: EngineConfig) -> Result<Option<Engine>, OpenError> {
    let since = Instant::now();
    loop {
        let error = match Engine::open(start.clone()).await {
            Err(error @ OpenError::Store(StoreError::InUse)) => error,
            opened => return opened.map(Some),
        };
        if client::answers(&start.data_dir).await {
            return Ok(None);
        }
        if since.elapsed() >= TURN {
            return Err(error);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Opens the core for a window or for `rivulet serve`: a core that the terminal started gives way. `None` where the
/// folder is that of another window, which is in front now.
pub async fn open(start: EngineConfig) -> Result<Option<Engine>, OpenError> {
    let since = Instant::now();
    loop {
        let error = match Engine::open(start.clone()).await {
            Err(error @ OpenError::Store(StoreError::InUse)) => error,
            opened => return opened.map(Some),
        };
        match client::hand_over(&start.data_dir).await {
            HandOver::Shown => return Ok(None),
            HandOver::Declined => return Err(error),
            // It goes, or it is not there yet: then it is asked as soon as it is.
            HandOver::Agreed | HandOver::Nobody if since.elapsed() >= TURN => return Err(error),
            HandOver::Agreed | HandOver::Nobody => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

/// Listens for the terminal. An app that cannot is an app all the same.
pub fn listen(engine: &Engine, dir: &Path, host: Host) -> Option<Terminal> {
    match Terminal::listen(engine.clone(), dir, host, env!("CARGO_PKG_VERSION")) {
        Ok(terminal) => Some(terminal),
        Err(error) => {
            tracing::warn!(%error, "the terminal's commands cannot reach this app");
            None
        }
    }
}

/// Ends the core, and tells the terminals how their answers ended.
pub async fn quit(engine: &Engine, terminal: Option<&Terminal>) {
    if let Some(terminal) = terminal {
        terminal.leave().await;
    }
    engine.quit().await;
    say_what_is_not_stored(engine);
    if let Some(terminal) = terminal {
        terminal.closed().await;
    }
}

/// On a disk that takes nothing a log takes nothing either.
fn say_what_is_not_stored(engine: &Engine) {
    match engine.disk().map(|problem| problem.unsaved) {
        Some(Unsaved::Kept { folder }) => {
            eprintln!(
                "The disk did not take the end of what was written. It is kept in {folder}; the next start takes it in."
            );
        }
        Some(Unsaved::InMemory) => eprintln!("The disk did not take the end of what was written, and it is lost."),
        Some(Unsaved::Nothing) | None => {}
    }
}
