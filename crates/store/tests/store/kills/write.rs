//! What the process does that is killed, and how it says what was acknowledged.

use super::*;
use rivulet_store::{Append, Binned, ConversationChange, Publish};
use rusqlite::Connection;
use std::io::Write;

/// Messages in the database of the first format.
pub const OLD: u64 = 1_500;

/// A line that ends in a sign, so that half of one is none.
fn say(what: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    // The parent may be reading no more.
    let _ = writeln!(out, "ack {what} .").and_then(|()| out.flush());
}

/// Text that says which one it is.
pub fn text(number: u64) -> String {
    format!("message number{number} 雨🙂 ").repeat(1 + (number % 40) as usize)
}

/// Says how much of a running answer was shown.
struct Shown;

impl Publish for Shown {
    fn committed(&self, _: ConversationId, events: Vec<Event>) {
        for Event { message, body, .. } in events {
            if let EventBody::Text { text, offset } = body {
                say(format_args!("shown {message} {}", offset + utf16_len(&text)));
            }
        }
    }

    fn disk(&self, problem: Option<rivulet_protocol::DiskProblem>) {
        panic!("without a disk this proves nothing: {problem:?}");
    }
}

pub async fn until_killed(folder: &Path, kind: Kind) {
    let store = Store::open(folder, Arc::new(Shown)).unwrap();
    let chat = new_conversation("to be killed");
    store.create_conversation(chat.clone(), None).await.unwrap();
    for number in 0.. {
        match kind {
            Kind::Stream => stream(&store, chat.id, number).await,
            Kind::Edit => edit(&store, chat.id, number).await,
            Kind::Import => import(&store, number).await,
            Kind::Backup => back_up(&store, chat.id, number).await,
            Kind::Migration => migrated(&store).await,
            Kind::Bin => bin(&store, chat.id, number).await,
        }
    }
}

async fn add(store: &Store, chat: ConversationId, number: u64) -> MessageId {
    let mut message = Message::new(None, Author::User, MessageState::Complete);
    message.text = text(number);
    let id = message.id;
    store.begin(chat, vec![message], id).await.unwrap();
    id
}

async fn stream(store: &Store, chat: ConversationId, number: u64) {
    let mut answer = Message::new(None, Author::Assistant, MessageState::Running);
    store.begin(chat, vec![answer.clone()], answer.id).await.unwrap();
    for c in text(number).chars() {
        let offset = utf16_len(&answer.text);
        answer.text.push(c);
        store.append(chat, answer.id, Append::Text { text: c.into(), offset });
        // Single signs and heaps of them.
        if offset.is_multiple_of(7) {
            tokio::task::yield_now().await;
        }
    }
    let id = answer.id;
    answer.state = MessageState::Complete;
    let event = EventBody::Finished { reason: FinishReason::Stop, at: now_ms() };
    store.end(chat, answer, event).await.unwrap();
    say(format_args!("live {id} {number}"));
}

async fn edit(store: &Store, chat: ConversationId, number: u64) {
    let id = add(store, chat, number).await;
    say(format_args!("live {id} {number}"));
    let change = ConversationChange { title: Some(number.to_string()), ..Default::default() };
    store.update_conversation(chat, change).await.unwrap();
    say(format_args!("title {chat} {number}"));
}

async fn import(store: &Store, number: u64) {
    let mut chats = Vec::new();
    for _ in 0..3 {
        let chat = new_conversation("taken in");
        let mut all: Vec<Message> = Vec::new();
        for number in 0..30 + number % 30 {
            let mut message = Message::new(all.last().map(|last| last.id), Author::User, MessageState::Complete);
            message.text = text(number);
            all.push(message);
        }
        chats.push((chat, all));
    }
    let taken: Vec<_> = chats.iter().map(|(chat, all)| (chat.id, all.len())).collect();
    store.take_in(chats).await.unwrap();
    for (id, count) in taken {
        say(format_args!("chat {id} {count}"));
    }
}

async fn back_up(store: &Store, chat: ConversationId, number: u64) {
    let id = add(store, chat, number).await;
    say(format_args!("live {id} {number}"));
    let made = store.back_up(BackupKind::Asked).await.unwrap();
    say(format_args!("backup {} {}", made.name, number + 1));
}

/// One after the other into the bin, and for ever away or back again.
async fn bin(store: &Store, chat: ConversationId, number: u64) {
    let id = add(store, chat, number).await;
    say(format_args!("live {id} {number}"));
    store.delete_message(id).await.unwrap();
    say(format_args!("binned {id} {number}"));
    if number.is_multiple_of(2) {
        store.restore_message(id).await.unwrap();
        say(format_args!("restored {id} {number}"));
    } else {
        store.purge(Binned::Message(id)).await.unwrap();
        say(format_args!("gone {id} {number}"));
    }
}

/// It was brought up to date when it was opened; what is left goes on in the background.
async fn migrated(store: &Store) {
    say("migrated");
    while store.index_some().await.unwrap() {}
}

/// As the first version left it.
pub fn an_old_database(folder: &Path) {
    let mut old = Connection::open(folder.join("rivulet.db")).unwrap();
    old.execute_batch(include_str!("../../../src/schema/1.sql")).unwrap();
    let transaction = old.transaction().unwrap();
    let chat = new_conversation("old");
    transaction
        .execute(
            "INSERT INTO conversation VALUES (?1, NULL, 'old', 0, 1, 1, NULL, NULL, NULL, ?2, NULL)",
            (chat.id.0, OLD),
        )
        .unwrap();
    for number in 0..OLD {
        let message = Message::new(None, Author::User, MessageState::Complete);
        let insert = "INSERT INTO message (id, conversation, state, text, reasoning, fields, started_seq, fold_seq) \
            VALUES (?1, ?2, 'complete', ?3, '', ?4, ?5, ?5)";
        let fields = serde_json::to_string(&message).unwrap();
        transaction.execute(insert, (message.id.0, chat.id.0, text(number), fields, number + 1)).unwrap();
    }
    transaction.pragma_update(None, "application_id", 0x5276_6c74).unwrap();
    transaction.pragma_update(None, "user_version", 1).unwrap();
    transaction.commit().unwrap();
}
