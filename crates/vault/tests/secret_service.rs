//! The vault and a real gnome-keyring.
//!
//! The environment belongs to a whole process, so each test runs itself again as a child: on a message bus of its own,
//! with a home of its own, and no screen unless it asks for one. Of services the bus starts by itself only the one
//! that puts up the keyring's questions; what else runs on it, the test started.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, in what it calls too")]

use rivulet_protocol::{ErrorCode, KeyPlace, Secret};
use rivulet_vault::{Slot, Vault, VaultError};
use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Names the test a child process is for.
const INSIDE: &str = "RIVULET_VAULT_TEST";

/// Against hanging only.
const LONGEST: Duration = Duration::from_secs(120);

const PROMPTER: &str = "org.gnome.keyring.SystemPrompter.service";

const USER: &str = "acme@https://api.acme.example";

/// Services to start are looked for in the folder `services` beside it.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:runtime=yes</listen>
  <servicedir>services</servicedir>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

#[test]
fn a_key_is_set_read_from_outside_replaced_and_deleted() {
    on_a_bus("a_key_is_set_read_from_outside_replaced_and_deleted", async {
        let _keyring = Keyring::unlocked();
        let vault = Vault::new();
        assert!(vault.get(&slot()).await.unwrap().is_none());
        vault.set(&slot(), key("sk-first"), KeyPlace::Keyring).await.unwrap();
        assert_eq!(lookup(), "sk-first");
        assert!(secret_tool(&["search", "service", "rivulet"]).contains("Rivulet: key for acme"), "no readable label");
        vault.set(&slot(), key("sk-second"), KeyPlace::Keyring).await.unwrap();
        assert_eq!(lookup(), "sk-second");
        // Another vault, as after a restart.
        let read = Vault::new().get(&slot()).await.unwrap().unwrap();
        assert_eq!(read.expose(), "sk-second");
        vault.delete(&slot()).await.unwrap();
        vault.delete(&slot()).await.unwrap();
        assert_eq!(lookup(), "");
    });
}

#[test]
fn the_status_is_a_real_test_and_leaves_nothing() {
    on_a_bus("the_status_is_a_real_test_and_leaves_nothing", async {
        let _keyring = Keyring::unlocked();
        let status = Vault::new().status().await;
        assert_eq!((status.name.as_str(), status.problem), ("Secret Service", None));
        assert_eq!(secret_tool(&["search", "--all", "service", "rivulet"]), "");
    });
}

#[test]
fn a_key_that_moves_to_memory_leaves_the_keyring() {
    on_a_bus("a_key_that_moves_to_memory_leaves_the_keyring", async {
        let _keyring = Keyring::unlocked();
        let vault = Vault::new();
        vault.set(&slot(), key("sk-kept"), KeyPlace::Keyring).await.unwrap();
        vault.set(&slot(), key("sk-passing"), KeyPlace::Memory).await.unwrap();
        assert_eq!(lookup(), "");
        assert_eq!(vault.get(&slot()).await.unwrap().unwrap().expose(), "sk-passing");
        assert!(Vault::new().get(&slot()).await.unwrap().is_none(), "memory is for this run only");
    });
}

#[test]
fn a_locked_keyring_says_so() {
    on_a_bus("a_locked_keyring_says_so", async {
        let _keyring = Keyring::unlocked();
        let vault = Vault::new();
        vault.set(&slot(), key("sk-first"), KeyPlace::Keyring).await.unwrap();
        lock();
        assert!(matches!(vault.get(&slot()).await, Err(VaultError::Locked)));
        let set = vault.set(&slot(), key("sk-second"), KeyPlace::Keyring).await;
        assert_eq!(set, Err(VaultError::Locked));
        let other = Slot { provider: "other".into(), ..slot() };
        assert_eq!(vault.set(&other, key("sk-other"), KeyPlace::Keyring).await, Err(VaultError::Locked));
        assert_eq!(vault.status().await.problem, Some(ErrorCode::KeyringLocked));
        assert_eq!(vault.delete(&slot()).await, Err(VaultError::Locked));
        // The way out.
        vault.set(&slot(), key("sk-passing"), KeyPlace::Memory).await.unwrap();
        assert_eq!(vault.get(&slot()).await.unwrap().unwrap().expose(), "sk-passing");
    });
}

#[test]
fn a_dismissed_question_says_so() {
    let name = "a_dismissed_question_says_so";
    let screen = (!is_inside(name)).then(Screen::start);
    on_a_bus_with(name, screen.as_ref(), async {
        let _keyring = Keyring::unlocked();
        let vault = Vault::new();
        vault.set(&slot(), key("sk-first"), KeyPlace::Keyring).await.unwrap();
        lock();
        let locked = slot();
        let mut get = std::pin::pin!(vault.get(&locked));
        // A person who presses Escape until the question is gone.
        let mut ticker = tokio::time::interval(Duration::from_millis(300));
        let outcome = loop {
            tokio::select! {
                outcome = &mut get => break outcome,
                _ = ticker.tick() => press_escape(),
            }
        };
        assert!(matches!(outcome, Err(VaultError::Dismissed)), "{outcome:?}");
    });
}

#[test]
fn a_keyring_that_starts_later_is_found() {
    on_a_bus("a_keyring_that_starts_later_is_found", async {
        let vault = Vault::new();
        assert!(matches!(vault.get(&slot()).await, Err(VaultError::Missing)));
        let set = vault.set(&slot(), key("sk-first"), KeyPlace::Keyring).await;
        assert_eq!(set, Err(VaultError::Missing));
        assert_eq!(vault.status().await.problem, Some(ErrorCode::KeyringMissing));
        let keyring = Keyring::unlocked();
        vault.set(&slot(), key("sk-first"), KeyPlace::Keyring).await.unwrap();
        assert_eq!(lookup(), "sk-first");
        // And one that comes back.
        drop(keyring);
        assert!(vault.get(&slot()).await.is_err());
        let _keyring = Keyring::unlocked();
        assert_eq!(vault.get(&slot()).await.unwrap().unwrap().expose(), "sk-first");
    });
}

#[test]
fn doubles_are_ambiguous_until_all_are_deleted() {
    on_a_bus("doubles_are_ambiguous_until_all_are_deleted", async {
        let _keyring = Keyring::unlocked();
        for double in ["one", "two"] {
            store(&["--label=double", "service", "rivulet", "username", USER, "double", double], double);
        }
        let vault = Vault::new();
        assert!(matches!(vault.get(&slot()).await, Err(VaultError::Ambiguous)));
        let set = vault.set(&slot(), key("sk-first"), KeyPlace::Keyring).await;
        assert_eq!(set, Err(VaultError::Ambiguous));
        vault.delete(&slot()).await.unwrap();
        assert_eq!(secret_tool(&["search", "--all", "service", "rivulet"]), "");
        vault.set(&slot(), key("sk-first"), KeyPlace::Keyring).await.unwrap();
        assert_eq!(lookup(), "sk-first");
    });
}

#[test]
fn a_keyring_that_hangs_is_given_up_and_works_again_when_it_does() {
    on_a_bus("a_keyring_that_hangs_is_given_up_and_works_again_when_it_does", async {
        let keyring = Keyring::unlocked();
        let vault = Vault::new();
        vault.set(&slot(), key("sk-first"), KeyPlace::Keyring).await.unwrap();
        keyring.signal("STOP");
        let hung = slot();
        let mut get = std::pin::pin!(vault.get(&hung));
        // The runtime, which has this one thread, goes on with other things meanwhile.
        let (mut ticker, mut ticks) = (tokio::time::interval(Duration::from_millis(50)), 0);
        let outcome = loop {
            tokio::select! {
                outcome = &mut get => break outcome,
                _ = ticker.tick() => ticks += 1,
            }
        };
        assert!(matches!(outcome, Err(VaultError::Timeout)), "{outcome:?}");
        assert!(ticks > 2, "the runtime was blocked");
        keyring.signal("CONT");
        assert_eq!(vault.get(&slot()).await.unwrap().unwrap().expose(), "sk-first");
    });
}

#[test]
fn without_a_bus_it_says_so() {
    let name = "without_a_bus_it_says_so";
    let no_bus = async {
        let vault = Vault::new();
        assert!(matches!(vault.get(&slot()).await, Err(VaultError::NoBus)));
        let set = vault.set(&slot(), key("sk-first"), KeyPlace::Keyring).await;
        assert_eq!(set, Err(VaultError::NoBus));
        assert_eq!(vault.status().await.problem, Some(ErrorCode::KeyringNoBus));
        vault.set(&slot(), key("sk-passing"), KeyPlace::Memory).await.unwrap();
        vault.delete(&slot()).await.unwrap();
    };
    if is_inside(name) {
        return run(no_bus);
    }
    let nowhere = [None, Some("unix:path=/nonexistent/bus"), Some("not an address")];
    for address in nowhere {
        let home = tempfile::tempdir().unwrap();
        let mut child = this_test(Command::new(std::env::current_exe().unwrap()), name, home.path());
        if let Some(address) = address {
            child.env("DBUS_SESSION_BUS_ADDRESS", address);
        }
        expect_passed(child.output().unwrap());
    }
}

// --- A test's own session ---

/// Runs `body` in a child process on a bus of its own.
fn on_a_bus(name: &str, body: impl Future<Output = ()>) {
    on_a_bus_with(name, None, body);
}

fn on_a_bus_with(name: &str, screen: Option<&Screen>, body: impl Future<Output = ()>) {
    if is_inside(name) {
        return run(body);
    }
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("bus.conf");
    std::fs::write(&config, BUS).unwrap();
    let services = home.path().join("services");
    std::fs::create_dir(&services).unwrap();
    let prompter = std::fs::copy(Path::new("/usr/share/dbus-1/services").join(PROMPTER), services.join(PROMPTER));
    prompter.expect("nothing to put up the keyring's questions: install the package gcr");
    let mut session = Command::new("timeout");
    session.arg(LONGEST.as_secs().to_string()).arg("dbus-run-session").arg("--config-file").arg(config);
    session.arg("--").arg(std::env::current_exe().unwrap());
    let mut session = this_test(session, name, home.path());
    if let Some(screen) = screen {
        session.env("DISPLAY", &screen.display);
    }
    expect_passed(output(session, "dbus"));
}

fn is_inside(name: &str) -> bool {
    std::env::var(INSIDE).is_ok_and(|inside| inside == name)
}

/// On one thread, so that a call which blocks it cannot go unnoticed.
fn run(body: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(body);
}

/// The command with this test as its arguments, in a home of its own with no bus and no screen.
fn this_test(mut command: Command, name: &str, home: &Path) -> Command {
    command.args(["--exact", name, "--nocapture"]).env(INSIDE, name);
    command.env("HOME", home).env("XDG_RUNTIME_DIR", home).env("XDG_DATA_HOME", home.join("data"));
    for gone in ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL"] {
        command.env_remove(gone);
    }
    command
}

fn expect_passed(output: Output) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{}\n{out}\n{err}", output.status);
}

/// The output of a program from a package that must be there.
fn output(mut command: Command, package: &str) -> Output {
    let output = command.output();
    let missing = match &output {
        Ok(output) => output.status.code() == Some(127),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    assert!(!missing, "{:?} is not installed: install the package {package}", command.get_program());
    output.unwrap()
}

/// A gnome-keyring-daemon of the test's own, stopped on drop.
struct Keyring(Child);

impl Keyring {
    /// Its password is empty. Without the line end on its input it would make no collection.
    fn unlocked() -> Self {
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = child.expect("gnome-keyring-daemon does not start: install the package gnome-keyring");
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        let keyring = Self(child);
        // It answers, and has unlocked its collection, when this has a value.
        let deadline = Instant::now() + LONGEST / 2;
        while !is_unlocked() {
            assert!(Instant::now() < deadline, "gnome-keyring did not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        keyring
    }

    fn signal(&self, name: &str) {
        let mut kill = Command::new("sh");
        kill.arg("-c").arg(format!("kill -{name} {}", self.0.id()));
        assert!(kill.status().unwrap().success());
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X server that shows nothing to anybody, stopped on drop.
struct Screen {
    server: Child,
    display: String,
}

impl Screen {
    fn start() -> Self {
        // It takes a free number and prints it when it is ready.
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "800x600x24"]);
        let server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut server = server.expect("Xvfb does not start: install the package xvfb");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Self { server, display: format!(":{}", number.trim()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn press_escape() {
    let mut command = Command::new("xdotool");
    command.args(["key", "Escape"]);
    output(command, "xdotool");
}

fn is_unlocked() -> bool {
    let answer = service_call(
        "/org/freedesktop/secrets/collection/login",
        &["org.freedesktop.DBus.Properties.Get", "string:org.freedesktop.Secret.Collection", "string:Locked"],
    );
    answer.contains("boolean false")
}

fn lock() {
    service_call(
        "/org/freedesktop/secrets",
        &["org.freedesktop.Secret.Service.Lock", "array:objpath:/org/freedesktop/secrets/collection/login"],
    );
    assert!(!is_unlocked());
}

fn service_call(path: &str, call: &[&str]) -> String {
    let mut command = Command::new("dbus-send");
    command.args(["--session", "--print-reply", "--dest=org.freedesktop.secrets", path]).args(call);
    String::from_utf8(output(command, "dbus-bin").stdout).unwrap()
}

/// What `secret-tool` prints, without the line end it adds for a terminal.
fn secret_tool(arguments: &[&str]) -> String {
    let mut command = Command::new("secret-tool");
    command.args(arguments);
    String::from_utf8(output(command, "libsecret-tools").stdout).unwrap()
}

fn lookup() -> String {
    secret_tool(&["lookup", "service", "rivulet", "username", USER])
}

fn store(arguments: &[&str], value: &str) {
    let mut command = Command::new("secret-tool");
    let mut child = command.arg("store").args(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

fn slot() -> Slot {
    Slot { provider: "acme".into(), origin: "https://api.acme.example".into(), number: 0 }
}

fn key(text: &str) -> Secret {
    Secret::new(text.into())
}
