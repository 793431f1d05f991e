//! `cargo xtask bench ui`: what reading costs. The mirror's page in Chromium and the real window in WebKitGTK take
//! streamed answers, beside two reference pages that get the same text: *text-only* (each token appended to one node) and
//! *one-shot* (the finished text drawn once by the app's own renderer). With names (`load`, `stream`, `slow`, `look`,
//! `look-slow`, `long`, `linear`, `open`; `chromium`, `webkit`) only these parts and engines run.

// A bench that cannot go on ends with what was missing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
mod cases;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod open;
#[cfg(target_os = "linux")]
mod references;
#[cfg(target_os = "linux")]
mod stage;
#[cfg(target_os = "linux")]
mod stream;
#[cfg(target_os = "linux")]
mod text;

#[cfg(target_os = "linux")]
const PARTS: [&str; 8] = ["load", "stream", "slow", "look", "look-slow", "long", "linear", "open"];

#[cfg(target_os = "linux")]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    use stage::Engine;
    let mut goals = rivulet_tests::goals::Goals::default();
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let named = |name: &str| asked.iter().any(|one| one == name);
    let engines = ["chromium", "webkit"];
    let engine = |name: &str| !engines.iter().any(|one| named(one)) || named(name);
    let part = |name: &str| !PARTS.iter().any(|one| named(one)) || named(name);
    for (name, kind) in [("chromium", Engine::Chromium), ("webkit", Engine::WebKit)] {
        if !engine(name) {
            continue;
        }
        if part("load") && kind == Engine::Chromium {
            load::run(&mut goals).await;
        }
        for (name, run) in [("stream", cases::FAST), ("slow", cases::SLOW)] {
            if part(name) {
                cases::costs(kind, run, &mut goals).await;
            }
        }
        for (name, seen) in [("look", cases::FAST), ("look-slow", cases::SLOW)] {
            if part(name) {
                cases::looks(kind, seen, &mut goals).await;
            }
        }
        if part("long") {
            cases::after_many(kind, &mut goals).await;
        }
        if part("linear") {
            cases::linear(kind, &mut goals).await;
        }
        if part("open") {
            open::run(kind, &mut goals).await;
        }
    }
    goals.print();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("This bench needs Linux: it reads each thread's time from /proc.");
    std::process::exit(1);
}
