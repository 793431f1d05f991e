//! `cargo xtask bench archive [MESSAGES] [FOLDER]`: a large archive beside a small one, asked the same things. What was
//! generated stays in FOLDER and is asked again by the next run.

// A bench's table is its output.
#![allow(clippy::print_stdout)]

mod exchange;
mod formats;
#[path = "../goals/mod.rs"]
mod goals;
mod text;
mod writes;

use goals::Goals;
use rivulet_engine::{Engine, EngineConfig};
use rivulet_protocol::*;
use rivulet_store::{Publish, Store};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) type Failure = Box<dyn std::error::Error>;

const SMALL: u64 = 10_000;
const LARGE: u64 = 1_000_000;
/// In one conversation, usually; the first has `LONGEST`.
const EACH: u64 = 100;
const LONGEST: u64 = 5_000;
const RUNS: usize = 60;
const TAG: &str = "tagged";
/// Conversations that are given it in one step.
const AT_ONCE: usize = 500;
const FRAME: f64 = 16.0;
const SEARCH: f64 = 30.0;

/// The bench has no viewers.
struct Nobody;

impl Publish for Nobody {
    fn committed(&self, _: ConversationId, _: Vec<Event>) {}
    fn disk(&self, _: Option<DiskProblem>) {}
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let large = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(LARGE);
    let mut goals = Goals::default();
    let folder = tempfile::tempdir()?;
    let kept = std::env::args().nth(2).map(PathBuf::from);
    let archives = kept.as_deref().unwrap_or(folder.path());
    let (few, many) = (archives.join(format!("{SMALL}")), archives.join(format!("{large}-large")));
    fill(&few, SMALL).await?;
    fill(&many, large).await?;
    let small = ask(&few, SMALL).await?;
    let big = ask(&many, large).await?;
    let load = std::fs::read_to_string("/proc/loadavg")?;
    println!("ms, p50 / p95, and of it the processor's; load of the machine {load}");
    println!("{:24} {:>34} {:>34} {:>8}", "", format!("{SMALL} messages"), format!("{large} messages"), "growth");
    for ((what, small), (_, big)) in small.iter().zip(&big) {
        let cell = |Figures { clock, processor }: &Figures| {
            format!("{:.2} / {:.2} ({:.2} / {:.2})", clock.0, clock.1, processor.0, processor.1)
        };
        println!("{what:24} {:>34} {:>34} {:>7.1}x", cell(small), cell(big), big.processor.0 / small.processor.0);
    }
    for (what, figures) in &big {
        let limit = match *what {
            "start" => small[0].1.processor.0 * 1.25 + 5.0,
            "list" | "list of a tag" | "open the longest" => FRAME,
            _ => SEARCH,
        };
        // Others use the machine, and the goal is the app's.
        let p95 = figures.processor.1;
        goals.check(&format!("{what}: p95 {p95:.2} ms of the processor, at most {limit:.0}"), p95 <= limit);
    }
    exchange::speeds(folder.path(), &mut goals).await?;
    writes::amplification(&folder.path().join("one")).await?;
    writes::memory(&folder.path().join("long"), &mut goals).await?;
    backup(&few).await?;
    backup(&many).await?;
    // Said by whoever runs this: the processes that are killed are those of a test.
    if let Ok(met) = std::env::var("RIVULET_KILLS_MET") {
        goals.check("kills in every kind of write: nothing acknowledged is lost, and the file is sound", met == "true");
    }
    Ok(goals.end())
}

/// The conversations of an archive, each with its number of messages.
fn shape(messages: u64) -> impl Iterator<Item = (u64, u64)> {
    let longest = LONGEST.min(messages / 2);
    std::iter::once((0, longest)).chain((1..=(messages - longest) / EACH).map(|number| (number, EACH)))
}

async fn fill(folder: &Path, messages: u64) -> Result<(), Failure> {
    let whole = folder.join("whole");
    if whole.exists() {
        println!("{}, {}", folder.display(), std::fs::read_to_string(whole)?);
        return Ok(());
    }
    let store = Store::open(folder, Arc::new(Nobody))?;
    let begun = Instant::now();
    let (mut text, mut written, mut batch) = (0, 0, Vec::new());
    for (number, count) in shape(messages) {
        let chat = text::chat(number, count);
        written += count;
        text += chat.1.iter().map(|message| message.text.len() as u64).sum::<u64>();
        batch.push(chat);
        if batch.len() == 50 {
            store.take_in(std::mem::take(&mut batch)).await?;
        }
    }
    store.take_in(batch).await?;
    store.close().await;
    let size = std::fs::metadata(folder.join("rivulet.db"))?.len();
    let said = format!(
        "{written} messages: {:.1} MB of text, {:.1} MB on disk ({:.2} of the text), {:.0} messages/s in",
        text as f64 / 1e6,
        size as f64 / 1e6,
        size as f64 / text as f64,
        written as f64 / begun.elapsed().as_secs_f64()
    );
    println!("{said}");
    std::fs::write(whole, said)?;
    Ok(())
}

/// Milliseconds: as a clock has them, and of the processor, which others that use the machine do not lengthen.
struct Figures {
    clock: (f64, f64),
    processor: (f64, f64),
}

struct Begun(Instant, Duration);

impl Begun {
    fn now() -> Self {
        Self(Instant::now(), processor())
    }

    fn elapsed(&self) -> (Duration, Duration) {
        (self.0.elapsed(), processor().saturating_sub(self.1))
    }
}

/// What this process has used of the processor.
fn processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

fn figures(times: Vec<(Duration, Duration)>) -> Figures {
    let middle = |mut times: Vec<Duration>| {
        times.sort();
        let at = |part: f64| times[((times.len() - 1) as f64 * part).round() as usize].as_secs_f64() * 1000.0;
        (at(0.5), at(0.95))
    };
    let (clock, processor) = times.into_iter().unzip();
    Figures { clock: middle(clock), processor: middle(processor) }
}

async fn ask(folder: &Path, messages: u64) -> Result<Vec<(&'static str, Figures)>, Failure> {
    let mut starts = Vec::new();
    for _ in 0..7 {
        let begun = Begun::now();
        let engine = Engine::open(EngineConfig::new(folder)).await?;
        starts.push(begun.elapsed());
        engine.quit().await;
    }
    let engine = Engine::open(EngineConfig::new(folder)).await?;
    let window = Caller::window();
    let longest = text::chat(0, 1).0.id;
    let tagged = tag_some(&engine, messages).await?;
    let mut all = vec![("start", figures(starts))];
    let mut list = Vec::new();
    let mut of_tag = Vec::new();
    let mut open = Vec::new();
    for run in 0..RUNS {
        let later = run > RUNS / 2;
        let begun = Begun::now();
        let offset = later.then_some((messages / EACH / 2) as u32);
        engine.conversations_list(&window, ConversationsList { offset, ..Default::default() }).await?;
        list.push(begun.elapsed());
        let begun = Begun::now();
        let (offset, tag) = (later.then_some(tagged / 2), Some(TAG.into()));
        let page = engine.conversations_list(&window, ConversationsList { offset, tag, ..Default::default() }).await?;
        of_tag.push(begun.elapsed());
        if page.conversations.is_empty() {
            return Err("nothing has the tag".into());
        }
        let begun = Begun::now();
        engine.conversation_open(&window, ConversationOpen { conversation: longest, limit: None }).await?;
        open.push(begun.elapsed());
    }
    all.extend([("list", figures(list)), ("list of a tag", figures(of_tag)), ("open the longest", figures(open))]);
    for (what, queries) in queries(messages) {
        let mut times = Vec::new();
        let mut found = 0;
        for query in queries {
            let begun = Begun::now();
            let page = engine.search(&window, Search { query, ..Search::default() }).await?;
            times.push(begun.elapsed());
            found += page.hits.len();
        }
        if found == 0 {
            return Err(format!("nothing was found for {what}").into());
        }
        all.push((what, figures(times)));
    }
    let within = |run: u64| Search { query: text::word(20 + run), conversation: Some(longest), ..Search::default() };
    let mut times = Vec::new();
    for run in 0..RUNS as u64 {
        let begun = Begun::now();
        engine.search(&window, within(run)).await?;
        times.push(begun.elapsed());
    }
    all.push(("find in the longest", figures(times)));
    engine.quit().await;
    Ok(all)
}

/// Every third conversation has the tag; how many these are. An archive that was kept has it already.
async fn tag_some(engine: &Engine, messages: u64) -> Result<u32, Failure> {
    let some: Vec<_> = shape(messages).map(|(number, _)| number).filter(|number| number % 3 == 0).collect();
    for some in some.chunks(AT_ONCE) {
        let conversations = some.iter().map(|number| text::chat(*number, 1).0.id).collect();
        let change = ConversationsArrange { conversations, add_tags: Some(vec![TAG.into()]), ..Default::default() };
        engine.conversations_arrange(&Caller::window(), change).await?;
    }
    Ok(some.len() as u32)
}

fn queries(messages: u64) -> Vec<(&'static str, Vec<String>)> {
    let each = |make: &dyn Fn(u64) -> String| (0..RUNS as u64).map(make).collect::<Vec<_>>();
    let phrase = |run: u64| {
        let number = 1 + (run * 7) % (messages / EACH / 2);
        let (_, all) = text::chat(number, 2);
        let words: Vec<&str> = all[1].text.split_whitespace().collect();
        match words.len() {
            // Chinese: a piece of it.
            0..4 => format!("\"{}\"", all[1].text.chars().take(5).collect::<String>()),
            _ => format!("\"{} {} {}\"", words[1], words[2], words[3].trim_end_matches('.')),
        }
    };
    vec![
        ("rare word", each(&|run| format!("{} ", text::word(text::WORDS - 1 - run * 97)))),
        ("common word", each(&|run| format!("{} ", text::word(run)))),
        ("common word, typing", each(&|run| text::word(run))),
        ("three letters, typing", each(&|run| text::word(200 + run * 31).chars().take(3).collect())),
        ("two common words", each(&|run| format!("{} {} ", text::word(run), text::word(run + 9)))),
        ("two Chinese signs", each(&|run| text::sign_word(run * 13))),
        ("one Chinese sign", each(&|run| text::sign_word(run * 13).chars().take(1).collect())),
        ("phrase", each(&phrase)),
    ]
}

async fn backup(folder: &Path) -> Result<(), Failure> {
    let store = Store::open(folder, Arc::new(Nobody))?;
    let begun = Instant::now();
    let made = store.back_up(BackupKind::Asked).await?;
    let made_in = begun.elapsed();
    let begun = Instant::now();
    store.restore_backup(&made.name).await?;
    let size = made.bytes as f64 / 1e6;
    println!(
        "backup of {size:.0} MB, checked: {made_in:.1?}; restored (with a backup before it): {:.1?}",
        begun.elapsed()
    );
    store.close().await;
    Ok(())
}
