//! Closing the window while answers are being written: it is held back until a person says what shall become of them, or
//! the settings do.
//!
//! The page asks. One that hangs is no reason for a window to stay: it is closed when the page has not said in time that
//! it heard the question, and by whoever closes it once more.

use rivulet_engine::Engine;
use rivulet_protocol::{ClosingAsked, ClosingReply, Unsaved, WhenClosed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tauri::{AppHandle, Emitter, EventTarget, Manager};
use tokio_util::sync::CancellationToken;

/// For the page to say that it heard the question.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks at what is being written.
const LOOK: Duration = Duration::from_millis(200);

/// How it stands with the window's closing.
#[derive(Default)]
pub struct Closing(Mutex<State>);

#[derive(Default)]
struct State {
    stage: Stage,
    /// How often it was asked in this run.
    asked: u32,
}

#[derive(Default)]
enum Stage {
    /// Nobody wants it closed.
    #[default]
    Open,
    /// It was to be closed; what shall happen is being asked.
    Asking { heard: bool, over: CancellationToken },
    /// It went away. The app ends after the last answer.
    Gone { over: CancellationToken },
}

impl Closing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The window shall be closed. Whether that is held back.
pub fn held_back(app: &AppHandle) -> bool {
    let Some(engine) = app.try_state::<Engine>() else { return false };
    let closing = app.state::<Closing>();
    let mut state = closing.lock();
    match state.stage {
        // Asked already: whoever closes it again means it.
        Stage::Asking { .. } => false,
        Stage::Gone { .. } => true,
        Stage::Open if engine.being_written() == 0 => false,
        Stage::Open => {
            let over = CancellationToken::new();
            state.stage = Stage::Asking { heard: false, over: over.clone() };
            state.asked += 1;
            tracing::info!("the window stays until it is known what shall become of answers");
            tauri::async_runtime::spawn(decide(app.clone(), engine.inner().clone(), state.asked, over));
            true
        }
    }
}

/// Asks, unless the settings know.
async fn decide(app: AppHandle, engine: Engine, number: u32, over: CancellationToken) {
    match engine.when_closed().await {
        // Not where that would lose something: whoever decided that did not know.
        WhenClosed::Quit if !would_lose(&engine) => app.exit(0),
        WhenClosed::LetFinish => answered(&app, ClosingReply::LetFinish),
        WhenClosed::Ask | WhenClosed::Quit => {
            // One may close it from where it is not seen.
            crate::window::to_front(&app);
            tokio::select! {
                () = over.cancelled() => {}
                () = ask(&app, &engine, number) => app.exit(0),
            }
        }
    }
}

/// What the disk refuses is nowhere but in memory.
fn would_lose(engine: &Engine) -> bool {
    engine.disk().is_some_and(|problem| problem.unsaved == Unsaved::InMemory)
}

/// Asks for as long as there is no reply. Ends where the window shall be closed without one: nothing is being written
/// any more, or the page has not heard it.
async fn ask(app: &AppHandle, engine: &Engine, number: u32) {
    let since = Instant::now();
    loop {
        let answers = engine.being_written() as u32;
        if answers == 0 {
            return;
        }
        let heard = matches!(app.state::<Closing>().lock().stage, Stage::Asking { heard: true, .. });
        if !heard && since.elapsed() >= PATIENCE {
            tracing::warn!("the page does not ask what shall become of answers: the app ends");
            return;
        }
        let target = EventTarget::webview_window(crate::window::MAIN);
        // Tauri may lose it without a word, too.
        if let Err(error) = app.emit_to(target, "rivulet://closing", ClosingAsked { number, answers }) {
            tracing::warn!(%error, "the page could not be asked what shall become of answers");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What the page says. Where nothing is asked it does nothing.
pub fn answered(app: &AppHandle, reply: ClosingReply) {
    let closing = app.state::<Closing>();
    let mut state = closing.lock();
    let Stage::Asking { heard, over } = &mut state.stage else { return };
    match reply {
        ClosingReply::Heard => *heard = true,
        ClosingReply::Stay => {
            over.cancel();
            state.stage = Stage::Open;
        }
        ClosingReply::LetFinish => {
            over.cancel();
            let over = CancellationToken::new();
            state.stage = Stage::Gone { over: over.clone() };
            drop(state);
            go(app, over);
        }
        // The asking stays: closed once more meanwhile, it is not asked again.
        ClosingReply::Quit => app.exit(0),
    }
}

/// The window goes at once, the app after the last answer.
fn go(app: &AppHandle, over: CancellationToken) {
    if let Some(window) = app.get_webview_window(crate::window::MAIN)
        && let Err(error) = window.hide()
    {
        tracing::warn!(%error, "the window could not be hidden");
    }
    let Some(engine) = app.try_state::<Engine>().map(|engine| engine.inner().clone()) else { return };
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let written = async {
            while engine.being_written() > 0 && !engine.waits_for_the_disk() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            biased;
            () = over.cancelled() => {}
            // The window says what is wrong; it is closed again by whoever has read that.
            () = written => if would_lose(&engine) { crate::window::show(&app) } else { app.exit(0) },
        }
    });
}

/// The window is wanted again: the app no longer ends by itself.
pub fn wanted(app: &AppHandle) {
    let closing = app.state::<Closing>();
    let mut state = closing.lock();
    if let Stage::Gone { over } = &state.stage {
        over.cancel();
        state.stage = Stage::Open;
    }
}
