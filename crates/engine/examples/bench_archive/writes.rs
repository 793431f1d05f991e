//! What an answer costs while it comes: bytes written, and memory.

use crate::{Failure, Goals, Nobody, text};
use rivulet_protocol::*;
use rivulet_store::{Append, Store};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PIECES: u64 = 25_000;
/// Of the long answer: 12 MB.
const LONG: u64 = 3_000_000;
/// Of its text: whoever writes, stores and reads it has copies. More is memory that grows with the number of pieces.
const MEMORY: f64 = 16.0;

/// Bytes written for an answer of 100 kB in pieces of four characters.
pub async fn amplification(folder: &Path) -> Result<(), Failure> {
    println!("an answer of 100 kB in {PIECES} pieces of 4 characters, bytes written for each of its own");
    let paces = [("as fast as it goes", None), ("2,000 a second", Some(500)), ("200 a second", Some(5_000))];
    for (pace, every) in paces {
        // A tenth of it, where all of it would take minutes.
        let pieces = if every > Some(1_000) { PIECES / 10 } else { PIECES };
        let store = Store::open(folder, Arc::new(Nobody))?;
        let before = (counted("wchar")?, counted("write_bytes")?);
        let (id, mut answer) = begin(&store).await?;
        let begun = Instant::now();
        for piece in 0..pieces {
            say(&store, id, &mut answer);
            if let Some(every) = every {
                tokio::time::sleep_until((begun + Duration::from_micros(every) * piece as u32).into()).await;
            }
        }
        end(&store, id, answer).await?;
        store.close().await;
        let each = |now: u64, before: u64| (now - before) as f64 / (pieces * 4) as f64;
        println!(
            "  {pace:20} {:6.0} to the system, {:6.0} to the disk",
            each(counted("wchar")?, before.0),
            each(counted("write_bytes")?, before.1)
        );
    }
    Ok(())
}

/// The memory that an answer of 12 MB takes while a viewer of it reads ten times a second, and the long way it is behind.
pub async fn memory(folder: &Path, goals: &mut Goals) -> Result<(), Failure> {
    let store = Store::open(folder, Arc::new(Nobody))?;
    let (id, mut answer) = begin(&store).await?;
    // From here on the most there was is counted anew.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = peak()?;
    let reader = store.clone();
    let viewer = tokio::spawn(async move {
        let mut after = 0;
        while !reader
            .message(answer.id)
            .await
            .is_ok_and(|found| found.is_some_and(|(_, m)| m.state != MessageState::Running))
        {
            let Ok((_, head)) = reader.events_after(id, after).await else { break };
            after = after.max(head / 2);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    for piece in 0..LONG {
        say(&store, id, &mut answer);
        if piece.is_multiple_of(1_000) {
            tokio::task::yield_now().await;
        }
    }
    end(&store, id, answer).await?;
    viewer.await?;
    let grown = peak()?.saturating_sub(before) as f64 / 1e6;
    let text = (LONG * 4) as f64 / 1e6;
    println!("an answer of {text:.0} MB with a viewer far behind: {grown:.0} MB of memory more at the most");
    goals.check(&format!("memory: {:.1} times the answer, at most {MEMORY:.0}", grown / text), grown <= text * MEMORY);
    store.close().await;
    Ok(())
}

async fn begin(store: &Store) -> Result<(ConversationId, Message), Failure> {
    let (chat, mut all) = text::chat(7, 2);
    let (id, mut answer) = (ConversationId::new(), all.remove(1));
    (answer.id, answer.parent, answer.text, answer.state) =
        (MessageId::new(), None, String::new(), MessageState::Running);
    store.create_conversation(Conversation { id, leaf: None, ..chat }, None).await?;
    store.begin(id, vec![answer.clone()], answer.id).await?;
    Ok((id, answer))
}

fn say(store: &Store, id: ConversationId, answer: &mut Message) {
    let offset = answer.text.len() as u64;
    store.append(id, answer.id, Append::Text { text: "abcd".into(), offset });
    answer.text.push_str("abcd");
}

async fn end(store: &Store, id: ConversationId, mut answer: Message) -> Result<(), Failure> {
    answer.state = MessageState::Complete;
    store.end(id, answer, EventBody::Finished { reason: FinishReason::Stop, at: 1 }).await?;
    Ok(())
}

/// What the system counts of this process.
fn counted(what: &str) -> Result<u64, Failure> {
    let counts = std::fs::read_to_string("/proc/self/io")?;
    let line = counts.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(": "));
    Ok(line.ok_or("no count of writes")?.parse()?)
}

/// The most memory there was, in bytes.
fn peak() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    Ok(line.ok_or("no count of memory")?.parse::<u64>()? * 1024)
}
