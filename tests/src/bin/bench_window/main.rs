//! `cargo xtask bench window`: how fast the real window starts, what memory it takes, and how a long answer and a
//! steady one come through it. Release builds on a private desktop; what is compared is measured in the same run.
//! With names (`start`, `flood`, `delay`) only these parts run.

// A bench that cannot go on ends with what was missing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
mod delay;
#[cfg(target_os = "linux")]
mod flood;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod start;

#[cfg(target_os = "linux")]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut goals = rivulet_tests::goals::Goals::default();
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|name| name == part);
    if wanted("start") {
        start::run(&mut goals).await;
    }
    if wanted("flood") {
        flood::run(&mut goals).await;
    }
    if wanted("delay") {
        delay::run(&mut goals).await;
    }
    goals.print();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("This bench needs Linux: Xvfb shows it the pixels.");
    std::process::exit(1);
}
