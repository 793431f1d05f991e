//! From the process's start to the finished first picture, and the memory then, against a bare window.

use crate::screen::{green, settled};
use rivulet_tests::goals::{Goals, median};
use rivulet_tests::{Desktop, Process, Window, app, process};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const RUNS: usize = 7;

struct Start {
    seconds: f64,
    megabytes: f64,
}

/// Starts both in turns, after one start of each that does not count.
pub async fn run(goals: &mut Goals) {
    let rivulet = app::binary();
    let bare = app::bare_window();
    let desktop = Desktop::start().await;
    // As for most starts, the first one is over: the composer is what one waits for.
    let window = Window::open(&desktop).await;
    window.page.invoke("settings_update", json!({ "patch": { "welcomed": true } })).await.expect("settings");
    window.close().await;

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..=RUNS {
        for (binary, starts) in [(&rivulet, &mut ours), (&bare, &mut theirs)] {
            let start = start(&desktop, binary).await;
            if run > 0 {
                starts.push(start);
            }
        }
    }
    let seconds = |starts: &[Start]| median(starts.iter().map(|start| start.seconds).collect());
    let megabytes = |starts: &[Start]| median(starts.iter().map(|start| start.megabytes).collect());
    let (app_time, bare_time) = (seconds(&ours), seconds(&theirs));
    let (app_memory, bare_memory) = (megabytes(&ours), megabytes(&theirs));
    goals.figure(&format!("bare window: start to picture, median of {RUNS}"), format!("{:.0} ms", bare_time * 1e3));
    goals.figure(&format!("Rivulet: start to picture, median of {RUNS}"), format!("{:.0} ms", app_time * 1e3));
    let ratio = app_time / bare_time;
    goals.goal("start, Rivulet / bare window", format!("{ratio:.2}"), "at most 1.25", ratio <= 1.25);
    goals.figure("bare window: memory (PSS of all its processes)", format!("{bare_memory:.0} MB"));
    goals.figure("Rivulet: memory (PSS of all its processes)", format!("{app_memory:.0} MB"));
    let more = app_memory - bare_memory;
    goals.goal("memory above the bare window", format!("{more:.0} MB"), "at most 60 MB", more <= 60.0);
}

async fn start(desktop: &Desktop, binary: &Path) -> Start {
    let before = green(&desktop.pixels());
    let begun = Instant::now();
    let mut app = Process::spawn(&desktop.command(binary));
    let settled = settled(desktop, &before, Duration::from_secs(60));
    let settled = settled.unwrap_or_else(|| panic!("{} shows nothing:\n{}", binary.display(), app.output()));
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
    Start { seconds: (settled - begun).as_secs_f64(), megabytes }
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
