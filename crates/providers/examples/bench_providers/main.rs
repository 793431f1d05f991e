//! `cargo xtask bench providers`: what reading the wire costs, beside other parsers of the same bytes.
//!
//! Everything is one thread and no I/O, so time is processor time of this thread. Each figure is the best of several
//! rounds, played in turn: what disturbs a round disturbs all that are compared in it, and never makes one faster.

// A bench's table is its output.
#![allow(clippy::print_stdout)]

mod decoders;
#[path = "../../../engine/examples/goals/mod.rs"]
mod goals;
mod parsers;

use goals::Goals;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

type Failure = Box<dyn std::error::Error>;

/// Rounds of each measurement.
const ROUNDS: usize = 7;

fn main() -> Result<ExitCode, Failure> {
    let mut goals = Goals::default();
    decoders::run(&mut goals)?;
    parsers::run(&mut goals)?;
    Ok(goals.end())
}

fn fixtures(protocol: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(protocol)
}

/// The best of several rounds of each, in turn.
fn best(mut all: Vec<Box<dyn FnMut() + '_>>) -> Vec<Duration> {
    let mut best = vec![Duration::MAX; all.len()];
    for _ in 0..ROUNDS {
        for (play, best) in all.iter_mut().zip(&mut best) {
            let start = thread_cpu();
            play();
            *best = (*best).min(thread_cpu() - start);
        }
    }
    best
}

/// Processor time of this thread.
fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn megabytes_a_second(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}
