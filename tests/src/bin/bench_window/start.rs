//! From the process's start to where one writes, and to the finished first picture, and the memory then, against a bare
//! window.

use crate::screen::{Film, LOOK, Region, green};
use rivulet_tests::goals::{Goals, median};
use rivulet_tests::{Desktop, Process, Window, app, process};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const RUNS: usize = 7;

struct Start {
    film: Film,
    begun: Instant,
    megabytes: f64,
}

/// Starts both in turns, after one start of each that does not count.
pub async fn run(goals: &mut Goals) {
    let rivulet = app::binary();
    let bare = app::bare_window();
    let desktop = Desktop::start().await;
    let field = field(&desktop).await;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..=RUNS {
        for (binary, starts) in [(&rivulet, &mut ours), (&bare, &mut theirs)] {
            let start = start(&desktop, binary).await;
            if run > 0 {
                starts.push(start);
            }
        }
    }
    let time = |starts: &[Start], shown: &dyn Fn(&Film) -> Instant| {
        median(starts.iter().map(|start| (shown(&start.film) - start.begun).as_secs_f64()).collect())
    };
    let megabytes = |starts: &[Start]| median(starts.iter().map(|start| start.megabytes).collect());
    let bare_time = time(&theirs, &Film::settled);
    let app_time = time(&ours, &|film| film.settled_in(field));
    let whole_time = time(&ours, &Film::settled);
    goals.figure(&format!("bare window: start to picture, median of {RUNS}"), format!("{:.0} ms", bare_time * 1e3));
    goals.figure(&format!("Rivulet: start to where one writes, median of {RUNS}"), format!("{:.0} ms", app_time * 1e3));
    goals.figure("Rivulet: start to the whole picture", format!("{:.0} ms", whole_time * 1e3));
    goals.figure("the whole picture / bare window", format!("{:.2}", whole_time / bare_time));
    let ratio = app_time / bare_time;
    goals.goal("start to where one writes / bare window", format!("{ratio:.2}"), "at most 1.25", ratio <= 1.25);
    let picture = ours[0].film.last(field);
    let kept = keys_are_kept(&desktop, &rivulet, field, &picture).await;
    goals.goal("keys pressed at that moment are kept", if kept { "yes" } else { "no" }.into(), "yes", kept);
    let (app_memory, bare_memory) = (megabytes(&ours), megabytes(&theirs));
    goals.figure("bare window: memory (PSS of all its processes)", format!("{bare_memory:.0} MB"));
    goals.figure("Rivulet: memory (PSS of all its processes)", format!("{app_memory:.0} MB"));
    let more = app_memory - bare_memory;
    goals.goal("memory above the bare window", format!("{more:.0} MB"), "at most 60 MB", more <= 60.0);
}

/// Where one writes. As for most starts, the first one is over: the composer is what one waits for.
async fn field(desktop: &Desktop) -> Region {
    let window = Window::open(desktop).await;
    window.page.invoke("settings_update", json!({ "patch": { "welcomed": true } })).await.expect("settings");
    window.close().await;
    let window = Window::open(desktop).await;
    window.page.element("composer").await;
    let script = "const { x, y, width, height } = document.querySelector('textarea').getBoundingClientRect();
        return [x, y, width, height].map(Math.round)";
    let inside: [usize; 4] = serde_json::from_value(window.page.script(script, vec![]).await).expect("a place");
    // By way of the pointer: where xdotool says a window is counts the window manager's frame twice.
    let corner = ["mousemove", "--window", "%1", "0", "0", "getmouselocation", "--shell"];
    let found = desktop.xdotool(&[&["search", "--onlyvisible", "--name", "^Rivulet$"], &corner[..]].concat());
    let geometry = found.expect("the window's place");
    let at = |name: &str| -> usize {
        let line = geometry.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no {name}: {geometry}"))
    };
    window.close().await;
    Region { left: at("X") + inside[0], top: at("Y") + inside[1], width: inside[2], height: inside[3] }
}

/// Whether keys that are pressed as soon as the field is seen are in it once everything has settled.
async fn keys_are_kept(desktop: &Desktop, binary: &Path, field: Region, picture: &[u8]) -> bool {
    let before = green(&desktop.pixels());
    let mut app = Process::spawn(&desktop.command(binary));
    let deadline = Instant::now() + Duration::from_secs(60);
    while !field.shows(desktop, picture) {
        assert!(Instant::now() < deadline, "the field is not seen:\n{}", app.output());
        std::thread::sleep(LOOK);
    }
    desktop.xdotool(&["key", "w", "w", "w", "w"]).expect("keys");
    Film::watch(desktop, &before, Duration::from_secs(60)).expect("a picture");
    let kept = !field.shows(desktop, picture);
    app.terminate();
    app.ended(Duration::from_secs(20)).await;
    kept
}

async fn start(desktop: &Desktop, binary: &Path) -> Start {
    let before = green(&desktop.pixels());
    let begun = Instant::now();
    let mut app = Process::spawn(&desktop.command(binary));
    let film = Film::watch(desktop, &before, Duration::from_secs(60));
    let film = film.unwrap_or_else(|| panic!("{} shows nothing:\n{}", binary.display(), app.output()));
    let megabytes = memory(app.id());
    assert!(app.running(), "{} ended:\n{}", binary.display(), app.output());
    let ids = process::tree(app.id());
    app.terminate();
    app.ended(Duration::from_secs(20)).await;
    let gone = |id: &u32| !PathBuf::from(format!("/proc/{id}")).exists();
    rivulet_tests::wait_for("its processes end", Duration::from_secs(20), async || ids.iter().all(gone).then_some(()))
        .await;
    // The window manager takes the window's frame off.
    tokio::time::sleep(Duration::from_millis(300)).await;
    Start { film, begun, megabytes }
}

/// The proportional set size of the process and all below it, in megabytes.
fn memory(root: u32) -> f64 {
    let kilobytes = |id: u32| -> Option<f64> {
        let rollup = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        line.split_whitespace().next()?.parse().ok()
    };
    process::tree(root).into_iter().filter_map(kilobytes).sum::<f64>() / 1024.0
}
