//! How many small additions to an answer a second the store takes, up to the moment they are committed and published.
//!
//! `cargo run --release -p rivulet-store --example append_rate`

// A measurement's table is its output.
#![allow(clippy::print_stdout)]

use rivulet_protocol::{
    Author, Conversation, ConversationId, DiskProblem, Event, EventBody, FinishReason, Message, MessageState, now_ms,
};
use rivulet_store::{Append, Publish, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Additions in all, shared by the answers that run.
const APPENDS: u64 = 1_000_000;

#[derive(Default)]
struct Count(AtomicU64);

impl Publish for Count {
    fn committed(&self, _: ConversationId, events: Vec<Event>) {
        self.0.fetch_add(events.len() as u64, Ordering::Relaxed);
    }

    fn disk(&self, problem: Option<DiskProblem>) {
        println!("the disk: {problem:?}");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{:>8} {:>12} {:>12} {:>12}", "answers", "appends/s", "events", "end, ms");
    for answers in [1, 4, 16] {
        run(answers).await?;
    }
    Ok(())
}

async fn run(answers: u64) -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let count = Arc::new(Count::default());
    let store = Store::open(dir.path(), count.clone())?;
    let mut running = Vec::new();
    for _ in 0..answers {
        running.push(begin(&store).await?);
    }
    let start = Instant::now();
    for offset in 0..APPENDS / answers {
        for (conversation, answer) in &running {
            store.append(*conversation, answer.id, Append::Text { text: "word ".into(), offset: offset * 5 });
        }
    }
    let text = "word ".repeat((APPENDS / answers) as usize);
    let said = Instant::now();
    for (conversation, mut answer) in running {
        answer.text.clone_from(&text);
        answer.state = MessageState::Complete;
        let event = EventBody::Finished { reason: FinishReason::Stop, at: now_ms() };
        store.end(conversation, answer, event).await?;
    }
    let (rate, end) = (APPENDS as f64 / start.elapsed().as_secs_f64(), said.elapsed().as_millis());
    println!("{answers:>8} {rate:>12.0} {:>12} {end:>12}", count.0.load(Ordering::Relaxed));
    store.close().await;
    Ok(())
}

async fn begin(store: &Store) -> Result<(ConversationId, Message), Box<dyn std::error::Error>> {
    let id = ConversationId::new();
    store.create_conversation(Conversation::new(id, now_ms()), None).await?;
    let answer = Message::new(None, Author::Assistant, MessageState::Running);
    store.begin(id, vec![answer.clone()], answer.id).await?;
    Ok((id, answer))
}
