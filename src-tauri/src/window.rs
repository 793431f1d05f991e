//! The app with its window.

use crate::bridge::{self, Watches};
use crate::closing::{self, Closing};
use crate::desktop::TauriDesktop;
use crate::rescue::Waiting;
use crate::{companion, logging, signals, still};
use anyhow::Context;
use rivulet_engine::{Engine, EngineConfig, OpenError};
use rivulet_mirror::{Api, Mirror};
use rivulet_protocol::{Caller, dispatch};
use rivulet_store::StoreError;
use rivulet_terminal::Terminal;
use rivulet_terminal::wire::Host;
use serde_json::{Value, json};
use std::path::PathBuf;
use tauri::http;
use tauri::{AppHandle, Manager, RunEvent, Url, WebviewUrl, WebviewWindowBuilder, WindowEvent};

/// The one window.
pub const MAIN: &str = "main";
/// Where the pages of frames for previews are. A scheme of their own: whatever is in the app's gets the app's policy.
const PREVIEW: &str = "preview";
/// Conversations the page asks for first: the page's own number.
const FIRST_PAGE: u32 = 100;

/// Opens the app and runs until its window is closed; where answers go on without it, until the last of them has ended.
pub fn run(start: EngineConfig) -> anyhow::Result<()> {
    paint_without_gpu();
    let mut logs = logging::start(&start.data_dir);
    // Beside the window system's own start. A second start does not get far with it: the data folder is held.
    let opening = tauri::async_runtime::spawn(Opened::open(start.clone()));
    let app = tauri::Builder::default()
        // First of all plugins: a second start hands over to the first and ends.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| show(app)))
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_dialog::init())
        .manage(Watches::default())
        .manage(Closing::default())
        .register_uri_scheme_protocol(PREVIEW, |_, request| frame(request.uri().path()))
        .invoke_handler(bridge::commands::handler())
        .setup(move |app| {
            tauri::async_runtime::spawn(end_when_asked(app.handle().clone()));
            match tauri::async_runtime::block_on(opening)? {
                Ok(Some(opened)) => {
                    let answers = opened.answers.clone();
                    set_up(app.handle(), opened, start.data_dir);
                    open(app.handle(), &answers)?;
                }
                // A second start that no bus told the first of.
                Ok(None) => app.handle().exit(0),
                Err(OpenError::Store(error)) => open_in_trouble(app.handle(), start, &error)?,
                Err(error) => Err(error)?,
            }
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("the window system could not be reached")?;
    app.run(move |app, event| match event {
        RunEvent::Exit => {
            quit(app);
            // Tauri ends the process without coming back to whoever holds it: the last lines are written here.
            drop(logs.take());
        }
        RunEvent::WindowEvent { event: WindowEvent::CloseRequested { api, .. }, .. } if closing::held_back(app) => {
            api.prevent_close();
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => show(app),
        _ => {}
    });
    Ok(())
}

/// On a machine with no graphics device (a virtual one, a screen over the network) WebKit's usual way of handing
/// frames over draws about one a second; its older way draws as fast as it paints.
#[cfg(target_os = "linux")]
fn paint_without_gpu() {
    const NAME: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(NAME).is_none() && !std::path::Path::new("/dev/dri").exists() {
        // SAFETY: the first thing the program does; no other thread is there to read the environment.
        #[allow(unsafe_code)]
        unsafe {
            std::env::set_var(NAME, "1");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn paint_without_gpu() {}

/// The core, and what the page needs of it for its first picture.
pub struct Opened {
    engine: Engine,
    answers: serde_json::Map<String, Value>,
}

impl Opened {
    /// Opens the data folder; `None` where it is that of another window, which is in front now.
    pub async fn open(start: EngineConfig) -> Result<Option<Self>, OpenError> {
        let Some(engine) = companion::open(start).await? else { return Ok(None) };
        let answers = first_answers(&engine).await;
        Ok(Some(Self { engine, answers }))
    }
}

/// Puts the parts around the core. Not on a thread of the runtime's.
pub fn set_up(app: &AppHandle, opened: Opened, data_dir: PathBuf) {
    let engine = opened.engine;
    // The mirror hands itself to the engine; it listens only when it is switched on, or was with links that last.
    let mirror = tauri::async_runtime::block_on(async { Mirror::new(engine.clone()) });
    app.manage(std::sync::Arc::clone(&mirror));
    tauri::async_runtime::spawn(async move { mirror.resume().await });
    if let Some(terminal) =
        tauri::async_runtime::block_on(async { companion::listen(&engine, &data_dir, Host::Window) })
    {
        app.manage(terminal);
    }
    let api = tauri::async_runtime::block_on(async { Api::new(engine.clone()) });
    // An editor that was set up once finds it again.
    tauri::async_runtime::spawn(async move { api.resume().await });
    engine.set_desktop(std::sync::Arc::new(TauriDesktop { app: app.clone(), data_dir }));
    tauri::async_runtime::spawn(bridge::forward_library(app.clone(), engine.clone()));
    app.manage(engine);
}

/// What the page asks for before its first picture, answered before it asks: the trip there and back would hold the
/// picture up. A command that fails is left out, so that the page asks for it and is told why.
async fn first_answers(engine: &Engine) -> serde_json::Map<String, Value> {
    let mut answers = serde_json::Map::new();
    for (command, request) in [
        ("settings_get", json!({})),
        ("app_info", json!({})),
        ("conversations_list", json!({ "limit": FIRST_PAGE, "outside_projects": true, "archived": false })),
        ("projects_list", json!({})),
        ("tags_list", json!({})),
        ("assistants_list", json!({})),
        ("models_list", json!({})),
        ("draft_get", json!({ "conversation": null })),
    ] {
        if let Ok(answer) = dispatch(engine, &Caller::window(), command, request).await {
            answers.insert(command.into(), answer);
        }
    }
    answers
}

fn open(app: &AppHandle, answers: &serde_json::Map<String, Value>) -> anyhow::Result<()> {
    // A page that is developed comes from Vite, which makes no stills.
    let with_still = if tauri::is_dev() { None } else { still::page(answers, sys_locale::get_locales()) };
    let page = with_still.map_or_else(WebviewUrl::default, |page| WebviewUrl::App(page.into()));
    build(app, page, &format!("window.__RIVULET_ANSWERS__ = {};", serde_json::to_string(answers)?))
}

/// Opens the window without a core behind it: the page asks what is wrong (`ui/src/transport/rescue.ts`).
fn open_in_trouble(app: &AppHandle, start: EngineConfig, error: &StoreError) -> anyhow::Result<()> {
    tracing::error!(%error, "the data folder cannot be opened");
    let waiting = Waiting::new(start, error);
    let theme = waiting.trouble().map(|trouble| trouble.theme);
    app.manage(waiting);
    let script = format!(
        "window.__RIVULET_TROUBLE__ = true;\nwindow.__RIVULET_ANSWERS__ = {};",
        json!({ "settings_get": { "theme": theme } })
    );
    build(app, WebviewUrl::default(), &script)
}

fn build(app: &AppHandle, page: WebviewUrl, script: &str) -> anyhow::Result<()> {
    WebviewWindowBuilder::new(app, MAIN, page)
        .initialization_script(format!("{script}\n{}", still::THEME))
        .title("Rivulet")
        .inner_size(1180.0, 780.0)
        .min_inner_size(360.0, 480.0)
        // Files are dropped on the page, which reads them; the window system's own handler would take them first.
        .disable_drag_drop_handler()
        .on_navigation(own_page)
        .on_new_window(|_, _| tauri::webview::NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .build()?;
    Ok(())
}

/// The page of a frame, under its own policy.
fn frame(path: &str) -> http::Response<Vec<u8>> {
    let found = rivulet_mirror::frame(path.trim_start_matches('/')).and_then(|frame| {
        http::Response::builder()
            .header(http::header::CONTENT_TYPE, "text/html; charset=utf-8")
            .header(http::header::CONTENT_SECURITY_POLICY, frame.policy)
            .body(frame.html)
            .ok()
    });
    found.unwrap_or_else(|| {
        let mut none = http::Response::new(Vec::new());
        *none.status_mut() = http::StatusCode::NOT_FOUND;
        none
    })
}

/// The window shows the app's own page and frames of its own, whatever a model writes.
fn own_page(url: &Url) -> bool {
    let app = matches!(url.scheme(), "tauri" | PREVIEW)
        || matches!(url.host_str(), Some("tauri.localhost" | "preview.localhost"));
    let dev = cfg!(debug_assertions) && url.host_str() == Some("localhost");
    app || dev
}

/// Somebody wants the window.
pub fn show(app: &AppHandle) {
    closing::wanted(app);
    to_front(app);
}

/// Brings the window to where it is seen.
pub fn to_front(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        // Each may fail on a desktop that does not allow it; the others still help.
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// A signal ends the app at once, whatever is being written.
async fn end_when_asked(app: AppHandle) {
    match signals::end() {
        Ok(end) => {
            end.await;
            app.exit(0);
        }
        Err(error) => tracing::warn!(%error, "signals end the app at once"),
    }
}

/// Running answers are marked and everything is on disk before the process ends.
fn quit(app: &AppHandle) {
    if let Some(engine) = app.try_state::<Engine>() {
        let terminal = app.try_state::<Terminal>();
        tauri::async_runtime::block_on(companion::quit(&engine, terminal.as_deref()));
    }
}
