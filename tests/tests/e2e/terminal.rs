//! `rivulet ask`, `tail` and `list`, as a shell runs them.

use crate::{last_answer, last_answer_in, use_demo, words};
use rivulet_tests::upstream::{Script, Upstream};
use rivulet_tests::{Desktop, PATIENCE, Process, Profile, Serve, ServeOptions, Window, app, process, wait_for};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How a command ended, and what it wrote.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    async fn of(mut process: Process) -> Self {
        let code = process.ended(PATIENCE).await.code();
        // Its pipes are read to their ends a moment later than it ends.
        let mut last = process.output();
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            match process.output() {
                same if same == last => return Self { code, stdout: process.stdout(), stderr: process.stderr() },
                more => last = more,
            }
        }
    }
}

/// One of the commands in this profile. A core that it starts stays for as long as the test, and goes with the profile.
fn command(profile: &Profile, arguments: &[&str]) -> Command {
    let mut command = profile.command(app::binary());
    command.args(arguments).env("RIVULET_CORE_IDLE", "3600");
    command
}

/// Starts it, with nothing piped in.
fn start(profile: &Profile, arguments: &[&str]) -> Process {
    let mut process = Process::spawn(&command(profile, arguments));
    drop(process.stdin());
    process
}

async fn run(profile: &Profile, arguments: &[&str]) -> Ended {
    Ended::of(start(profile, arguments)).await
}

/// The cores that run in this profile.
fn cores(profile: &Profile) -> Vec<u32> {
    let folder = profile.data().display().to_string();
    let is_core = |id: &u32| {
        let line = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let mut words = line.split('\0').skip(1);
        words.next() == Some("core") && words.any(|word| word == folder)
    };
    process::ids().filter(is_core).collect()
}

/// The last answer of the newest conversation, from the disk, by an app that has it open for this alone.
async fn on_disk(profile: &Profile) -> Value {
    let mut serve = Serve::start(profile, &ServeOptions::default()).await;
    let answer = last_answer(&serve.client).await;
    serve.end().await;
    answer
}

#[tokio::test]
async fn with_no_app_a_core_starts_answers_and_goes_away() {
    let profile = Profile::new();
    assert_eq!(run(&profile, &["tail"]).await.code, Some(1), "for `tail` none is started");
    assert_eq!(cores(&profile), Vec::<u32>::new());
    let prompt = words(40);
    let asked = run(&profile, &["ask", "--provider", "demo", "--model", "echo", &prompt]).await;
    assert_eq!((asked.code, &*asked.stdout, &*asked.stderr), (Some(0), &*prompt, ""));
    let socket = profile.data().join("rivulet.sock");
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    // What is piped in comes below the arguments.
    let mut piped = Process::spawn(&command(&profile, &["ask", "--conversation", "last", "Read", "this:"]));
    piped.stdin().write_all("水\tand\nmore\n".as_bytes()).unwrap();
    let piped = Ended::of(piped).await;
    assert_eq!((piped.code, &*piped.stdout), (Some(0), "Read this:\n\n水\tand\nmore\n"));

    let listed = run(&profile, &["list", "--json"]).await;
    let row: Value = serde_json::from_str(&listed.stdout).expect("one conversation on one line");
    assert_eq!((&row["model"], &row["running"]), (&json!("echo"), &json!(false)));
    let by_word = run(&profile, &["list", "more", "水"]).await;
    assert!(by_word.stdout.starts_with(row["id"].as_str().unwrap()), "{by_word:?}");
    assert_eq!(run(&profile, &["list", "nowhere"]).await.stdout, "");

    // Told to end, as the system does when it is shut down.
    let [core] = cores(&profile)[..] else { panic!("{:?}", cores(&profile)) };
    process::run(Command::new("kill").arg(core.to_string())).unwrap();
    wait_for("the core ends", PATIENCE, async || cores(&profile).is_empty().then_some(())).await;
    assert!(!socket.exists());

    // By itself.
    let mut command = command(&profile, &["ask", "--conversation", "last", "and go"]);
    let mut last = Process::spawn(command.env("RIVULET_CORE_IDLE", "1"));
    drop(last.stdin());
    let last = Ended::of(last).await;
    assert_eq!((last.code, &*last.stdout), (Some(0), "and go"), "{}", last.stderr);
    wait_for("the core goes", PATIENCE, async || cores(&profile).is_empty().then_some(())).await;
    assert!(!socket.exists());
    assert_eq!(on_disk(&profile).await["text"], "and go");
}

#[tokio::test]
async fn two_starts_at_once_share_one_core_and_a_killed_one_is_replaced() {
    let profile = Profile::new();
    let ask = ["ask", "--model", "echo", "one of two"];
    let (first, second) = tokio::join!(run(&profile, &ask), run(&profile, &ask));
    for ended in [first, second] {
        assert_eq!((ended.code, &*ended.stdout), (Some(0), "one of two"), "{}", ended.stderr);
    }
    let listed = run(&profile, &["list"]).await;
    assert_eq!(listed.stdout.lines().count(), 2, "both are in one place");
    let [core] = cores(&profile)[..] else { panic!("{:?}", cores(&profile)) };

    // In mid-answer, and its socket stays behind.
    let mut running = start(&profile, &["ask", "--model", "clock", "the time"]);
    running.line_with("UTC", PATIENCE).await;
    process::run(Command::new("kill").args(["-9", &core.to_string()])).unwrap();
    let cut = Ended::of(running).await;
    assert_eq!(cut.code, Some(7));
    assert!(cut.stderr.contains("What came is kept"), "{cut:?}");
    assert!(profile.data().join("rivulet.sock").exists());
    let again = run(&profile, &["ask", "--model", "echo", "and again"]).await;
    assert_eq!((again.code, &*again.stdout), (Some(0), "and again"), "{}", again.stderr);
}

#[tokio::test]
async fn every_end_has_its_number() {
    let length = Script::stream().text("Cut").finish("length").bytes(b"data: [DONE]\n\n").end();
    let refused = Script::stream().text("No").finish("content_filter").bytes(b"data: [DONE]\n\n").end();
    let key = Script::whole(401, "Content-Type: application/json\r\n", r#"{"error":{"message":"bad \u001b[31mkey"}}"#);
    let waiting = Script::stream().text("So far").silence();
    let upstream = Upstream::start([length, refused, key, waiting]);
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::custom(&upstream.base_url())).await;
    for (code, text, sentence) in [(5, "Cut", "limit of tokens"), (4, "No", "filter"), (3, "", "refused the key")] {
        let ended = run(&profile, &["ask", "something"]).await;
        assert_eq!((ended.code, &*ended.stdout), (Some(code), text));
        assert!(ended.stderr.contains(sentence), "{ended:?}");
        assert!(!ended.stderr.contains('\x1b'), "a vendor's words do nothing to a terminal");
    }
    for (code, arguments) in [
        (2, &["ask"] as &[&str]),
        (2, &["ask", "--unknown"]),
        (4, &["ask", "--conversation", "0199d2a5-5c1c-7000-8000-000000000000", "x"]),
        (4, &["tail"]),
    ] {
        let ended = run(&profile, arguments).await;
        assert_eq!((ended.code, &*ended.stdout), (Some(code), ""), "{arguments:?}");
        assert!(!ended.stderr.is_empty(), "{arguments:?}");
    }

    // Stopped elsewhere: both who asked and who follows are told.
    let asked = start(&profile, &["ask", "--temporary", "wait"]);
    let tailed = start(&profile, &["tail", "--follow", "--json"]);
    wait_for("both have it", PATIENCE, async || {
        (asked.stdout() == "So far" && tailed.stdout().contains("So far")).then_some(())
    })
    .await;
    let message = tailed.stdout().lines().next().and_then(|line| serde_json::from_str::<Value>(line).ok()).unwrap();
    assert_eq!(message["type"], "begun");
    let row = run(&profile, &["list", "--json", "--limit", "1"]).await.stdout;
    assert_eq!(serde_json::from_str::<Value>(&row).unwrap()["temporary"], true);
    assert_eq!(run(&profile, &["ask", "--conversation", "last", "busy?"]).await.code, Some(4));
    let stop = json!({ "message": message["answer"] });
    assert!(serve.client.rpc("answer_stop", stop).await.is_err(), "a link does not see what is temporary");

    // The app goes: whoever follows is told.
    serve.end().await;
    let asked = Ended::of(asked).await;
    assert_eq!((asked.code, &*asked.stdout), (Some(7), "So far"), "{}", asked.stderr);
    assert_eq!(Ended::of(tailed).await.code, Some(7));
}

#[tokio::test]
async fn a_signal_stops_the_answer_and_a_closed_pipe_does_not() {
    let flowing = (0..400).fold(Script::stream(), |script, at| {
        script.text(&format!("{at} {} ", "x".repeat(400))).wait(Duration::from_millis(5))
    });
    let profile = Profile::new();
    let upstream = Upstream::start([Script::stream().text("So far").silence(), flowing.done()]);
    let mut serve = Serve::start(&profile, &ServeOptions::custom(&upstream.base_url())).await;
    let asked = start(&profile, &["ask", "wait"]);
    wait_for("it flows", PATIENCE, async || (asked.stdout() == "So far").then_some(())).await;
    let tailed = start(&profile, &["tail"]);
    wait_for("it is followed", PATIENCE, async || (tailed.stdout() == "So far").then_some(())).await;
    asked.interrupt();
    let asked = Ended::of(asked).await;
    assert_eq!((asked.code, &*asked.stdout), (Some(130), "So far"), "{}", asked.stderr);
    assert_eq!(Ended::of(tailed).await.code, Some(6), "for another it was stopped elsewhere");
    wait_for("the connection is closed", PATIENCE, async || upstream.requests()[0].closed).await;
    let answer = last_answer(&serve.client).await;
    assert_eq!((&answer["state"], &answer["text"]), (&json!("stopped"), &json!("So far")));

    // As `| head -c 10` does.
    let mut command = command(&profile, &["ask", "flow"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    let mut pipe = child.stdout.take().unwrap();
    pipe.read_exact(&mut first).unwrap();
    drop(pipe);
    let code = wait_for("it ends", PATIENCE, async || child.try_wait().unwrap()).await.code();
    assert_eq!(code, Some(141));
    let answer = wait_for("the answer goes on to its end", PATIENCE, async || {
        Some(last_answer(&serve.client).await).filter(|answer| answer["state"] == "complete")
    })
    .await;
    assert!(answer["text"].as_str().unwrap().len() > 400 * 400);
    serve.end().await;
}

#[tokio::test]
async fn a_program_gets_every_byte_and_a_terminal_nothing_that_could_act() {
    let nasty = "a\x1b[31m red \x1b]0;title\x07 \u{9b}2J\r\n\tend";
    let upstream = Upstream::start([Script::stream().text(nasty).done()]);
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::custom(&upstream.base_url())).await;
    assert_eq!(run(&profile, &["ask", "x"]).await.stdout, nasty);
    let events = run(&profile, &["ask", "--json", "x"]).await.stdout;
    assert!(!events.contains(['\x1b', '\u{9b}']));
    let told = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text: String = told
        .filter(|event| event["type"] == "text")
        .map(|event| event["text"].clone())
        .map(|text| text.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(text, nasty);

    // `script` gives it a terminal of its own, which writes a line's end as two signs.
    let mut typed = profile.command("script");
    typed.args(["-qec", &format!("{} ask x < /dev/null", app::binary().display()), "/dev/null"]);
    let shown = Ended::of(Process::spawn(&typed)).await;
    assert_eq!(shown.stdout, "a␛[31m red ␛]0;title␇ \u{fffd}2J\r\n\tend\r\n", "{shown:?}");
    serve.end().await;
}

#[tokio::test]
async fn another_user_is_turned_away_by_each_wall() {
    if !rustix::process::geteuid().is_root() {
        println!("not root: nobody else can be asked to try");
        return;
    }
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    let socket = profile.data().join("rivulet.sock");
    let open = |path: &std::path::Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    let nobody = |program: &str, arguments: &[&str]| {
        let mut command = profile.command("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--", program]).args(arguments);
        command.current_dir("/").output().unwrap()
    };
    let address = socket.to_str().unwrap();
    let curl = ["-sS", "--http0.9", "--max-time", "10", "--unix-socket", address, "http://rivulet/"];
    open(profile.path(), 0o711);
    assert_eq!(nobody("curl", &curl).status.code(), Some(7), "the folder lets nobody in");
    open(&profile.data(), 0o711);
    assert_eq!(nobody("curl", &curl).status.code(), Some(7), "the socket lets nobody in");
    open(&socket, 0o666);
    let told = String::from_utf8(nobody("curl", &curl).stdout).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["code"], "forbidden", "{told}");
    // And who owns the socket is looked at before anything is said to it.
    let listed = nobody(app::binary().to_str().unwrap(), &["list"]);
    assert_eq!(listed.status.code(), Some(1), "{}", String::from_utf8_lossy(&listed.stderr));
    assert_eq!(run(&profile, &["list"]).await.code, Some(0), "its owner is served as before");
    serve.end().await;
}

#[tokio::test]
async fn the_window_and_the_terminal_show_each_others_answers() {
    let desktop = Desktop::start().await;
    let window = Window::open(&desktop).await;
    use_demo(&window.page, "echo", 60).await;
    let prompt = words(120);
    window.page.send(&prompt).await;
    let running = window.page.answer_when("it flows", PATIENCE, |answer| !answer.text.is_empty()).await;
    assert_eq!(running.state, "running");
    let tailed = run(desktop.profile(), &["tail"]).await;
    assert_eq!((tailed.code, &*tailed.stderr), (Some(0), ""));
    let stored = last_answer_in(&window.page).await;
    assert_eq!((stored["id"].as_str(), stored["text"].as_str()), (Some(&*running.message), Some(&*tailed.stdout)));
    assert_eq!(tailed.stdout, prompt);

    let asked = start(desktop.profile(), &["ask", "--conversation", "last", &words(90)]);
    let flowing = window.page.answer_in(2, "running").await;
    let asked = Ended::of(asked).await;
    assert_eq!((asked.code, &*asked.stdout), (Some(0), &*words(90)), "{}", asked.stderr);
    let shown = window.page.answer_in(2, "complete").await;
    assert_eq!(shown.message, flowing.message);
    window.page.answer_when("every byte is shown", PATIENCE, |answer| answer.text == asked.stdout).await;
    assert_eq!(cores(desktop.profile()), Vec::<u32>::new());
    window.close_by_hand(&desktop).await;
    assert!(!desktop.profile().data().join("rivulet.sock").exists());
}

#[tokio::test]
async fn a_window_takes_over_from_a_core_in_mid_answer() {
    let desktop = Desktop::start().await;
    let mut asked = start(desktop.profile(), &["ask", "--model", "clock", "the time"]);
    asked.line_with("UTC", PATIENCE).await;
    let window = Window::open(&desktop).await;
    let asked = Ended::of(asked).await;
    assert_eq!(asked.code, Some(7), "{}", asked.stderr);
    let kept = last_answer_in(&window.page).await;
    assert_eq!((kept["state"].as_str(), kept["text"].as_str()), (Some("interrupted"), Some(&*asked.stdout)));
    assert_eq!(cores(desktop.profile()), Vec::<u32>::new());
    // The socket is the window's now.
    let again = run(desktop.profile(), &["ask", "--model", "echo", "still there?"]).await;
    assert_eq!((again.code, &*again.stdout), (Some(0), "still there?"), "{}", again.stderr);
    assert_eq!(last_answer_in(&window.page).await["text"], "still there?");
    window.close_by_hand(&desktop).await;
}
