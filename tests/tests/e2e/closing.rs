//! Closing the window: at once where nothing is being written, and after a question where something is.

use crate::accessibility::{CUT, Findings, axe};
use crate::last_answer;
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Answer, Desktop, PATIENCE, Process, Serve, ServeOptions, Window, wait_for};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

/// In the log: the close did not go through at once.
const HELD_BACK: &str = "the window stays until";
/// In the log: it went through since the page did not ask.
const GIVEN_UP: &str = "the page does not ask";

/// The app in its window, under a shell that writes down how it ended, with an answer in it that ends when it is told to.
struct Running {
    // Before what it is on.
    window: Window,
    desktop: Desktop,
    end: watch::Sender<bool>,
    code: PathBuf,
    _upstream: Upstream,
}

impl Running {
    async fn start() -> Self {
        let desktop = Desktop::start().await;
        let (end, told) = watch::channel(false);
        let script = Script::stream().text("So far.").until(told).text(" And the rest.").done();
        let upstream = Upstream::start([script]);
        let code = desktop.profile().path().join("code");
        let shell = desktop.profile().path().join("app.sh");
        let lines =
            format!("#!/bin/sh\n'{}' \"$@\"\necho $? > '{}'\n", rivulet_tests::app::binary().display(), code.display());
        std::fs::write(&shell, lines).unwrap();
        std::fs::set_permissions(&shell, std::fs::Permissions::from_mode(0o755)).unwrap();
        let window = Window::open_binary(&desktop, &shell, &[]).await;
        window.loaded().await;
        window.page.use_upstream(&upstream).await;
        Self { desktop, window, end, code, _upstream: upstream }
    }

    /// With an answer that is being written.
    async fn in_mid_answer() -> Self {
        let this = Self::start().await;
        this.window.page.send("Tell me.").await;
        this.flows().await;
        this
    }

    async fn flows(&self) -> Answer {
        let flows = |answer: &Answer| answer.text == "So far." && answer.state == "running";
        self.window.page.answer_when("it flows", PATIENCE, flows).await
    }

    async fn set(&self, when_closed: &str) {
        let patch = json!({ "patch": { "when_closed": when_closed } });
        self.window.page.invoke("settings_update", patch).await.unwrap();
    }

    /// Closes it by hand: it asks.
    async fn asks(&self) {
        let asked = async || self.window.page.shows("closing").await.then_some(());
        self.desktop.close_until("it asks", asked).await;
    }

    /// Presses a button of the question by the keyboard: a driver whose page goes away under its click waits for a reply
    /// that nobody gives any more.
    async fn chooses(&self, button: &str) {
        let focus = "const [id] = arguments;
            const button = document.querySelector(`[data-testid=closing-${id}]`);
            button.focus();
            return document.activeElement === button && document.hasFocus();";
        wait_for(&format!("{button} has the focus"), PATIENCE, async || {
            (self.window.page.script(focus, vec![json!(button)]).await == json!(true)).then_some(())
        })
        .await;
        self.desktop.xdotool(&["key", "Return"]).unwrap();
    }

    fn seen(&self) -> bool {
        self.desktop.xdotool(&["search", "--onlyvisible", "--name", "^Rivulet"]).is_ok()
    }

    async fn is_seen(&self, seen: bool) {
        let what = if seen { "the window is there" } else { "the window is gone" };
        wait_for(what, PATIENCE, async || (self.seen() == seen).then_some(())).await;
    }

    fn code(&self) -> Option<String> {
        std::fs::read_to_string(&self.code).ok().filter(|code| code.ends_with('\n')).map(|code| code.trim().to_owned())
    }

    /// Waits for the app's end, whose code is 0; the answer as it is on the disk then.
    async fn ended(&self) -> Value {
        let code = wait_for("the app ends", PATIENCE, async || self.code()).await;
        assert_eq!(code, "0", "{}", self.window.driver.output());
        let mut serve = Serve::start(self.desktop.profile(), &ServeOptions::default()).await;
        let answer = last_answer(&serve.client).await;
        serve.end().await;
        answer
    }
}

fn outcome(answer: &Value) -> (&str, &str) {
    (answer["state"].as_str().unwrap(), answer["text"].as_str().unwrap())
}

#[tokio::test]
async fn the_window_goes_and_the_answer_is_written_to_its_end() {
    let app = Running::in_mid_answer().await;
    let page = &app.window.page;
    app.asks().await;
    assert_eq!(page.script("return document.activeElement.dataset.testid", vec![]).await, "closing-let-finish");
    let said = page.text("closing").await;
    assert!(said.starts_with("One answer is still being written."), "{said}");
    // Esc takes the closing back: the answer goes on as if nothing had been.
    app.desktop.xdotool(&["key", "Escape"]).unwrap();
    wait_for("it asks no more", PATIENCE, async || (!page.shows("closing").await).then_some(())).await;
    app.flows().await;

    app.asks().await;
    app.desktop.xdotool(&["key", "Return"]).unwrap();
    app.is_seen(false).await;
    assert_eq!(app.code(), None, "the answer is still being written");
    app.end.send(true).unwrap();
    assert_eq!(outcome(&app.ended().await), ("complete", "So far. And the rest."));
}

#[tokio::test]
async fn whoever_starts_the_app_again_has_the_window_back_with_the_answer_in_it() {
    let app = Running::in_mid_answer().await;
    let page = &app.window.page;
    let start = app.desktop.command(rivulet_tests::app::binary());
    // Where the bus does not tell of the first app, the data folder does.
    let mut start_without_bus = app.desktop.command(rivulet_tests::app::binary());
    start_without_bus.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    for start in [start, start_without_bus] {
        app.asks().await;
        app.chooses("let-finish").await;
        app.is_seen(false).await;
        let mut second = Process::spawn(&start);
        let status = second.ended(PATIENCE).await;
        assert!(status.success(), "{}", second.output());
        app.is_seen(true).await;
        app.flows().await;
    }
    app.end.send(true).unwrap();
    page.answer_in(1, "complete").await;
    // It would have ended by now.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(app.code(), None);
    // Nothing is being written any more: one close is enough.
    app.desktop.close_until("the app ends", async || app.code()).await;
    assert_eq!(outcome(&app.ended().await), ("complete", "So far. And the rest."));
}

#[tokio::test]
async fn who_quits_now_has_what_came() {
    let app = Running::in_mid_answer().await;
    app.asks().await;
    app.chooses("quit").await;
    assert_eq!(outcome(&app.ended().await), ("interrupted", "So far."));
}

#[tokio::test]
async fn who_closes_the_window_once_more_quits() {
    let app = Running::in_mid_answer().await;
    app.asks().await;
    app.desktop.close_until("the app ends", async || app.code()).await;
    assert_eq!(outcome(&app.ended().await), ("interrupted", "So far."));
}

#[tokio::test]
async fn a_page_that_hangs_holds_no_window_open() {
    let app = Running::in_mid_answer().await;
    // By a key, since the driver would wait for the reply of a script that hangs.
    app.window.page.script("addEventListener('keydown', () => { for (;;); });", vec![]).await;
    app.desktop
        .xdotool(&["search", "--onlyvisible", "--name", "^Rivulet", "windowfocus", "--sync", "key", "F9"])
        .unwrap();
    // Not closed sooner: the page could still hear that.
    tokio::time::sleep(Duration::from_secs(2)).await;
    app.desktop.close_until("the app ends", async || app.code()).await;
    assert_eq!(outcome(&app.ended().await), ("interrupted", "So far."));
    assert!(logged(&app.desktop.profile().data()).contains(GIVEN_UP), "one close was enough");
}

#[tokio::test]
async fn the_question_goes_through_when_its_reason_goes() {
    let app = Running::in_mid_answer().await;
    app.asks().await;
    app.end.send(true).unwrap();
    assert_eq!(outcome(&app.ended().await), ("complete", "So far. And the rest."));
}

#[tokio::test]
async fn who_has_decided_once_and_for_all_is_not_asked() {
    let app = Running::in_mid_answer().await;
    app.set("let_finish").await;
    app.desktop.close_until("the window is gone", async || (!app.seen()).then_some(())).await;
    assert_eq!(app.code(), None, "the answer is still being written");
    app.end.send(true).unwrap();
    assert_eq!(outcome(&app.ended().await), ("complete", "So far. And the rest."));
    drop(app);

    let app = Running::in_mid_answer().await;
    app.set("quit").await;
    app.desktop.close_until("the app ends", async || app.code()).await;
    assert_eq!(outcome(&app.ended().await), ("interrupted", "So far."));
}

#[tokio::test]
async fn the_question_reads_well_in_every_look_and_width() {
    let app = Running::in_mid_answer().await;
    let page = &app.window.page;
    let mut findings = Findings::default();
    app.asks().await;
    for (theme, language) in [("light", "en"), ("dark", "zh-CN"), ("light", "zh-CN"), ("dark", "en"), ("light", "de")] {
        let patch = json!({ "patch": { "theme": theme, "language": language } });
        page.invoke("settings_update", patch).await.unwrap();
        for width in [1180, 360] {
            app.desktop.resize(width);
            let taken = "const { lang, dataset } = document.documentElement; return [dataset.theme, lang, innerWidth];";
            wait_for("the look is taken", PATIENCE, async || {
                (page.script(taken, vec![]).await == json!([theme, language, width])).then_some(())
            })
            .await;
            let screen = format!("closing-{theme}-{language}-{width}");
            findings.add(&screen, &page.script(CUT, vec![]).await);
            axe(page, &screen, &mut findings).await;
            app.desktop.screenshot(&screen);
        }
    }
    findings.none();
}

#[tokio::test]
async fn with_nothing_being_written_the_app_ends_at_once() {
    let app = Running::start().await;
    let code = app.desktop.close_until("the app ends", async || app.code()).await;
    assert_eq!(code, "0");
    assert!(!logged(&app.desktop.profile().data()).contains(HELD_BACK), "one close was enough");
}

/// What the app wrote into its log.
fn logged(data: &Path) -> String {
    let files = std::fs::read_dir(data.join("logs")).unwrap();
    files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}
