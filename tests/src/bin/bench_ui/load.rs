//! The first load of the page in Chromium: how big, how soon, how dear.

use crate::references;
use rivulet_tests::goals::{Goals, median};
use rivulet_tests::{Browser, Profile, Serve, ServeOptions, app};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

const RUNS: usize = 7;
/// When the quickest of the rivals measured could be written in, in times of the same bare page.
const BEST_RIVAL: f64 = 6.26;
/// When the field can be written in, from the page's start, and the thread's time until then.
const USABLE: &str = "const done = arguments[0];
    const look = () => {
        const field = document.querySelector('textarea');
        if (field && field.getClientRects().length) requestAnimationFrame(() => done(performance.now()));
        else requestAnimationFrame(look);
    };
    look();";

pub async fn run(goals: &mut Goals) {
    let bytes = compressed();
    goals.goal("first load: compressed script and style", kilobytes(bytes), "at most 150 kB", bytes <= 150_000);
    let pages = references::serve();
    let profile = Profile::new();
    let mut serve = Serve::start(&profile, &ServeOptions::demo("echo")).await;
    let (mut ours, mut bare, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..=RUNS {
        for (url, times) in [(serve.link(), &mut ours), (format!("{pages}/bare.html"), &mut bare)] {
            let browser = Browser::open(&profile, "about:blank").await;
            let stage = crate::stage::cpu_below(browser.driver.id());
            browser.page.driver.goto(&url).await.unwrap();
            let usable = browser.page.driver.execute_async(USABLE, vec![]).await.unwrap();
            let usable = usable.json().as_f64().unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
            let used = crate::stage::cpu_below(browser.driver.id()) - stage;
            if run > 0 {
                times.push(usable);
                if url.contains("token") {
                    cpu.push(used);
                }
            }
            browser.page.quit().await;
        }
    }
    serve.end().await;
    let (ours, bare, cpu) = (median(ours), median(bare), median(cpu));
    goals.figure("first load: a bare page's field usable", format!("{bare:.0} ms"));
    goals.figure("first load: the composer usable", format!("{ours:.0} ms"));
    goals.goal("first load: times a bare page", format!("{:.2}", ours / bare), "at most 2", ours / bare <= 2.0);
    let part = ours / bare / BEST_RIVAL;
    goals.goal("first load: of the best rival's", format!("{part:.2}"), "at most a fifth", part <= 0.2);
    goals.goal("first load: main thread", format!("{cpu:.2} s"), "at most 0.2 s", cpu <= 0.2);
}

/// Bytes of script and style `index.html` names, each as gzip packs it.
fn compressed() -> usize {
    let dist = app::root().join("ui/dist");
    let index = std::fs::read_to_string(dist.join("index.html")).unwrap();
    let mut names: Vec<_> = index.split('"').filter(|part| part.starts_with("/assets/")).collect();
    names.sort_unstable();
    names.dedup();
    names.iter().map(|name| gzip(&std::fs::read(dist.join(name.trim_start_matches('/'))).unwrap())).sum()
}

fn gzip(bytes: &[u8]) -> usize {
    let mut gzip =
        Command::new("gzip").args(["-9", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = gzip.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = gzip.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output.stdout.len()
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1} kB", bytes as f64 / 1e3)
}
