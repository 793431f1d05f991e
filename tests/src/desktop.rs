//! A private desktop: a bus, a keyring, a screen, a window manager.

use crate::process::{Process, run};
use crate::{PATIENCE, Profile, wait_for};
use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The screen's size in pixels.
pub const SCREEN: (usize, usize) = (1280, 800);

/// Longer than the app takes to do something about its window's being closed.
const HEARD: Duration = Duration::from_secs(12);

/// One at a time: two windows with their browsers are more than a small machine can show.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A private desktop. Dropping it ends everything that runs on it.
pub struct Desktop {
    processes: Vec<Process>,
    display: String,
    profile: Profile,
    _turn: MutexGuard<'static, ()>,
}

impl Desktop {
    /// One with an unlocked keyring.
    pub async fn start() -> Self {
        let mut desktop = Self::without_keyring().await;
        desktop.start_keyring().await;
        desktop
    }

    /// One with a bus that has no Secret Service on it.
    pub async fn without_keyring() -> Self {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let mut desktop = Self { processes: Vec::new(), display: String::new(), profile: Profile::new(), _turn: turn };
        desktop.start_bus().await;
        desktop.start_screen().await;
        desktop
    }

    async fn start_bus(&mut self) {
        // A configuration of its own: the system's would start a keyring for whoever asks for one.
        let config = self.profile.runtime().join("bus.conf");
        std::fs::write(&config, bus_config(&self.bus())).unwrap();
        let mut command = self.profile.command("dbus-daemon");
        command.args(["--nofork", "--print-address=1"]).arg(format!("--config-file={}", config.display()));
        let mut bus = Process::spawn(&command);
        bus.line_with("unix:", PATIENCE).await;
        self.processes.push(bus);
    }

    async fn start_screen(&mut self) {
        let mut command = self.profile.command("Xvfb");
        let (width, height) = SCREEN;
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0"]);
        command.arg(format!("{width}x{height}x24")).arg("-fbdir").arg(self.profile.runtime());
        let mut screen = Process::spawn(&command);
        self.display = format!(":{}", screen.line_with("", PATIENCE).await.trim());
        self.processes.push(screen);
        self.processes.push(Process::spawn(&self.command("openbox")));
        wait_for("the window manager", PATIENCE, async || run(self.command("xdotool").args(["get_num_desktops"])).ok())
            .await;
    }

    /// Starts an unlocked gnome-keyring on a desktop that has none.
    pub async fn start_keyring(&mut self) {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        let mut keyring = Process::spawn(&command);
        // A newline, not nothing: with an empty password no collection is made, and every write fails.
        keyring.stdin().write_all(b"\n").unwrap();
        self.processes.push(keyring);
        wait_for("the keyring", PATIENCE, async || {
            let mut store = self.command("sh");
            store.args(["-c", "printf ready | secret-tool store --label=ready rivulet-tests ready"]);
            run(&mut store).ok()
        })
        .await;
    }

    /// What the app writes into its log, as `RIVULET_LOG` says it.
    pub fn log(&mut self, filter: &str) {
        self.profile.log(filter);
    }

    /// The home of everything on it.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// A command that runs on it.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = self.profile.command(program);
        command.env("DISPLAY", &self.display).env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.bus()));
        command.env("GDK_BACKEND", "x11").env("LIBGL_ALWAYS_SOFTWARE", "1").env("NO_AT_BRIDGE", "1");
        // Without a graphics card WebKit's default way to the screen shows a frame every few seconds.
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        command
    }

    /// What the keyring has under these attributes, asked from outside of the app.
    pub fn secret_tool_lookup(&self, attributes: &[(&str, &str)]) -> Option<String> {
        let mut command = self.command("secret-tool");
        command.arg("lookup");
        for (name, value) in attributes {
            command.args([name, value]);
        }
        run(&mut command).ok().map(|bytes| String::from_utf8(bytes).unwrap()).filter(|text| !text.is_empty())
    }

    /// Everything the keyring has, as `secret-tool search` prints it, secrets included.
    pub fn secret_tool_search(&self, attribute: (&str, &str)) -> String {
        let mut command = self.command("sh");
        command.args(["-c", "secret-tool search --all --unlock \"$0\" \"$1\" 2>&1", attribute.0, attribute.1]);
        String::from_utf8(run(&mut command).unwrap_or_default()).unwrap()
    }

    /// Keeps a picture of the screen under this name.
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let path = crate::app::screenshots().join(format!("{name}.png"));
        run(self.command("import").args(["-window", "root"]).arg(&path)).expect("a screenshot");
        path
    }

    /// Keeps a picture of the app's window, in as many colours as it needs and few bytes.
    pub fn window_picture(&self, path: &Path) {
        let id = self.xdotool(&["search", "--onlyvisible", "--name", "^Rivulet"]).unwrap();
        let few = ["-window", &id, "+dither", "-colors", "200"];
        run(self.command("import").args(few).arg(format!("PNG8:{}", path.display()))).expect("a picture");
    }

    /// The screen's pixels, four bytes each, as they are right now; rows from the top.
    pub fn pixels(&self) -> Vec<u8> {
        // An X window dump: a header whose first word is its length, big end first, then the colour map.
        let dump = std::fs::read(self.profile.runtime().join("Xvfb_screen0")).unwrap();
        let (width, height) = SCREEN;
        dump[dump.len() - width * height * 4..].to_vec()
    }

    /// Waits until something is drawn below the title bar and has not changed for a while.
    pub async fn settled(&self) {
        let drawn = |pixels: &[u8]| {
            // Inside of the window's frame. Smooth text has many shades, an empty page one.
            let rows = pixels.chunks_exact(SCREEN.0 * 4).skip(40).take(700);
            let body = rows.flat_map(|row| row[40..1100 * 4].chunks_exact(4));
            body.collect::<HashSet<_>>().len() > 24
        };
        let mut last = self.pixels();
        wait_for("a picture that stays", PATIENCE, async || {
            tokio::time::sleep(Duration::from_millis(350)).await;
            let now = self.pixels();
            let stays = now == std::mem::replace(&mut last, now.clone());
            (stays && drawn(&now)).then_some(())
        })
        .await;
    }

    /// Runs xdotool.
    pub fn xdotool(&self, arguments: &[&str]) -> Result<String, String> {
        run(self.command("xdotool").args(arguments)).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// Asks the window manager to close the app's window, as a person does, until that has led to what is waited for.
    pub async fn close_until<T>(&self, what: &str, led: impl AsyncFn() -> Option<T>) -> T {
        wait_for(what, PATIENCE, async || {
            self.press_close();
            // Again only when the app can have heard nothing: what it does with a close it does sooner than that.
            let since = Instant::now();
            while since.elapsed() < HEARD {
                if let Some(led) = led().await {
                    return Some(led);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            None
        })
        .await
    }

    /// Makes the app's window this wide; how its page takes that is the caller's to wait for.
    pub fn resize(&self, width: u32) {
        let window = ["search", "--onlyvisible", "--name", "^Rivulet", "windowsize", &width.to_string(), "740"];
        self.xdotool(&window).unwrap();
    }

    /// Presses the keys that close the app's window, if it is there to be seen.
    pub(crate) fn press_close(&self) {
        let focus = ["search", "--onlyvisible", "--name", "^Rivulet", "windowfocus", "--sync"];
        // It may go away in between.
        let _ = self.xdotool(&focus).and_then(|_| self.xdotool(&["key", "alt+F4"]));
    }

    /// Chooses a file in the system's own dialog, as a person does who types where it is.
    pub async fn choose(&self, file: &str) {
        let window = self.xdotool(&["search", "--onlyvisible", "--name", "^Rivulet"]).unwrap();
        let dialog = || {
            let all = self.xdotool(&["search", "--onlyvisible", "--class", "rivulet"]).ok()?;
            all.lines().find(|one| *one != window).map(str::to_owned)
        };
        wait_for("the system's dialog", PATIENCE, async || dialog()).await;
        // What is typed before it listens is lost, and typed again.
        wait_for("the file is chosen", PATIENCE, async || {
            let Some(dialog) = dialog() else { return Some(()) };
            self.xdotool(&["windowactivate", "--sync", &dialog]).ok()?;
            self.xdotool(&["key", "ctrl+a"]).ok()?;
            self.xdotool(&["type", "--delay", "30", file]).ok()?;
            self.xdotool(&["key", "Return"]).ok()?;
            tokio::time::sleep(Duration::from_secs(1)).await;
            None
        })
        .await;
    }

    fn bus(&self) -> String {
        self.profile.runtime().join("bus").display().to_string()
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // The bus last: what is on it complains when it goes first.
        while self.processes.pop().is_some() {}
    }
}

fn bus_config(socket: &str) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#
    )
}
