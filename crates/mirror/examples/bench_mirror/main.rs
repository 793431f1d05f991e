//! `cargo xtask bench mirror`: many viewers of one answer, beside a Node server that pushes the same events with h3.
//!
//! The server, the viewers and the model's server are processes of their own; what is counted is the server's. A delay
//! runs from when the model's server makes a token, so it is what a person waits: more than from commit to viewer.

// A bench's table is its output.
#![allow(clippy::print_stdout)]

mod clock;
#[path = "../../../engine/examples/goals/mod.rs"]
mod goals;
mod servers;
mod viewers;

use goals::Goals;
use servers::{Server, read_line, spawn};
use std::process::{Command, ExitCode};
use std::time::Duration;
use viewers::{Order, Report};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// An answer.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub tokens: u32,
    pub every: Duration,
    /// Characters of a token.
    pub width: usize,
}

/// 100 tokens a second for 15 seconds.
const ANSWER: Plan = Plan { tokens: 1_500, every: Duration::from_millis(10), width: 16 };
/// The same with so much text that no socket's buffers hold it.
const LARGE: Plan = Plan { width: 4_000, ..ANSWER };
const GROWTH: [usize; 4] = [1, 10, 100, 1_000];
const MOST: usize = 1_000;

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", base_url] => servers::serve(base_url.to_owned()).await?,
        ["watch", order] => viewers::run(serde_json::from_str(order)?).await?,
        ["all", h3] => return all(h3),
        ["one", viewers, width] => one(viewers.parse()?, width.parse()?)?,
        _ => return Err("`all FOLDER`, where FOLDER has h3 in its node_modules".into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn all(h3: &str) -> Result<ExitCode, Failure> {
    let mut goals = Goals::default();
    crowd(h3, &mut goals)?;
    sleeper(&mut goals)?;
    storm(&mut goals)?;
    Ok(goals.end())
}

/// One crowd before the mirror alone, to look closer.
fn one(viewers: usize, width: usize) -> Result<(), Failure> {
    let plan = Plan { width, ..ANSWER };
    let run = watch(&Server::mirror(plan)?, plan, viewers, 0, false)?;
    let Run { cpu, before_kb, waiting_kb, most_kb, .. } = run;
    println!(
        "p99 {:.1} ms, CPU {cpu:.2} s, kB: {before_kb} before, {waiting_kb} waiting, {most_kb} at most",
        run.report.p99
    );
    Ok(())
}

/// What one crowd came to.
struct Run {
    report: Report,
    complete: usize,
    text: String,
    cpu: f64,
    before_kb: u64,
    /// All are connected and the answer has not begun.
    waiting_kb: u64,
    most_kb: u64,
}

/// An answer with all viewers there from its beginning.
fn watch(server: &Server, plan: Plan, viewers: usize, drops: usize, sleeper: bool) -> Result<Run, Failure> {
    let length = plan.tokens as usize * plan.width;
    let (port, token, path) = (server.port, server.token.clone(), "/api/sse?uid=bench".to_owned());
    let order = Order { port, path, token, viewers, drops, sleeper, length, width: plan.width };
    let (before_kb, _) = clock::memory(server.pid())?;
    let before = clock::cpu(server.pid())?;
    let order = serde_json::to_string(&order)?;
    let (mut child, mut out) = spawn(Command::new(std::env::current_exe()?).args(["watch", &order]))?;
    if read_line(&mut out)? != "ready" {
        return Err("the viewers did not connect".into());
    }
    let (waiting_kb, _) = clock::memory(server.pid())?;
    server.start()?;
    let report: Report = serde_json::from_str(&read_line(&mut out)?)?;
    let cpu = (clock::cpu(server.pid())? - before).as_secs_f64();
    let (_, most_kb) = clock::memory(server.pid())?;
    child.wait()?;
    let text = server.text()?;
    let whole = (text.len(), viewers::hash(&text));
    let complete = report.texts.iter().filter(|(l, h, _)| (*l, *h) == whole).map(|(_, _, times)| times).sum();
    Ok(Run { report, complete, text, cpu, before_kb, waiting_kb, most_kb })
}

fn crowd(h3: &str, goals: &mut Goals) -> Result<(), Failure> {
    println!("one answer of {} tokens, one every {:?}; a fresh server each time", ANSWER.tokens, ANSWER.every);
    println!("kB a viewer: most there ever was, against one viewer; kB waiting: connected before the answer begins");
    println!(
        "{:8} {:>8} {:>10} {:>10} {:>10} {:>8} {:>10} {:>12} {:>12} {:>9}",
        "server",
        "viewers",
        "p50 ms",
        "p99 ms",
        "max ms",
        "CPU s",
        "memory MB",
        "kB a viewer",
        "kB waiting",
        "complete"
    );
    let mut most = Vec::new();
    for name in ["mirror", "h3"] {
        let mut first_kb = None;
        for viewers in GROWTH {
            let server = if name == "h3" { Server::h3(h3, ANSWER)? } else { Server::mirror(ANSWER)? };
            let run = watch(&server, ANSWER, viewers, 0, false)?;
            // The answer itself costs something too, whoever watches it.
            let first_kb = *first_kb.get_or_insert(run.most_kb);
            let kb = |kb: u64, from: u64| kb.saturating_sub(from) as f64 / viewers as f64;
            let (each, waiting) = (kb(run.most_kb, first_kb), kb(run.waiting_kb, run.before_kb));
            let Report { p50, p99, worst, .. } = run.report;
            let memory = run.most_kb as f64 / 1024.0;
            println!(
                "{name:8} {viewers:>8} {p50:>10.1} {p99:>10.1} {worst:>10.1} {:>8.2} {memory:>10.0} {each:>12.1} \
                 {waiting:>12.1} {:>9}",
                run.cpu, run.complete
            );
            if viewers == MOST {
                most.push((p99, run.cpu, each, run.complete));
            }
        }
    }
    let [(p99, cpu, each, complete), (_, other, ..)] = most[..] else { return Err("a run is missing".into()) };
    goals.check(&format!("{MOST} viewers: p99 at most 100 ms behind ({p99:.1})"), p99 <= 100.0);
    goals
        .check(&format!("{MOST} viewers: CPU at most a tenth of h3's ({cpu:.2} s, {other:.2} s)"), cpu <= other / 10.0);
    goals.check(&format!("{MOST} viewers: at most 32 kB each ({each:.1})"), each <= 32.0);
    goals.check(&format!("{MOST} viewers: nobody short of a character ({complete})"), complete == MOST);
    Ok(())
}

fn sleeper(goals: &mut Goals) -> Result<(), Failure> {
    let viewers = 100;
    let size = (LARGE.tokens as usize * LARGE.width) >> 20;
    println!("\n{viewers} viewers of {size} MB, without and with one more that stops reading");
    let without = watch(&Server::mirror(LARGE)?, LARGE, viewers, 0, false)?;
    let with = watch(&Server::mirror(LARGE)?, LARGE, viewers, 0, true)?;
    for (name, run) in [("without", &without), ("with", &with)] {
        let memory = run.most_kb as f64 / 1024.0;
        println!("{name:8} p50 {:.1} ms, p99 {:.1} ms, memory {memory:.0} MB", run.report.p50, run.report.p99);
    }
    let whole = (with.text.len(), viewers::hash(&with.text));
    let later = with.report.p99 - without.report.p99;
    let more = with.most_kb as f64 / 1024.0 - without.most_kb as f64 / 1024.0;
    goals.check(&format!("one sleeper: nobody else waits a frame longer at p99 ({later:+.1} ms)"), later <= 16.7);
    goals.check(
        &format!("one sleeper: memory stays flat ({more:+.1} MB, the answer has {size})"),
        more <= size as f64 / 2.0,
    );
    goals.check("one sleeper: it is complete after it wakes", with.report.sleeper == Some(whole));
    goals.check("one sleeper: nobody else is short of a character", with.complete == viewers);
    Ok(())
}

fn storm(goals: &mut Goals) -> Result<(), Failure> {
    let (viewers, drops) = (500, 10);
    println!("\n{viewers} viewers, each drops its connection {drops} times in mid-answer and comes back by number");
    let run = watch(&Server::mirror(ANSWER)?, ANSWER, viewers, drops, false)?;
    let Report { p50, p99, reconnects, .. } = run.report;
    println!("{reconnects} reconnects, p50 {p50:.1} ms, p99 {p99:.1} ms, CPU {:.2} s", run.cpu);
    let met = run.complete == viewers && reconnects == viewers * drops;
    goals.check(&format!("storm: every final text equal by hash ({} of {viewers})", run.complete), met);
    Ok(())
}
