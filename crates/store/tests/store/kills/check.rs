//! Whether what was acknowledged is so.

use super::write::{OLD, text};
use super::*;
use std::collections::HashMap;

/// Of each thing the last that was said.
pub fn latest(lines: &[String]) -> Vec<&str> {
    let mut last: HashMap<(bool, &str), &str> = HashMap::new();
    for line in lines {
        let mut words = line.split(' ');
        let (what, about) = (words.next(), words.next().unwrap_or(""));
        last.insert((what == Some("title"), about), line);
    }
    last.into_values().collect()
}

/// A write that nobody was told of any more may have been done as well: the next one, and no other.
pub async fn holds(store: &Store, line: &str) -> Result<(), String> {
    let words: Vec<&str> = line.split(' ').collect();
    let number = || words[2].parse::<u64>().unwrap();
    match words[0] {
        "shown" => {
            let (_, found) = store.message(words[1].parse().unwrap()).await.unwrap().ok_or("the answer is gone")?;
            let said = text_of_stream(&found.text);
            (utf16_len(&found.text) >= number() && said).then_some(()).ok_or(format!("it is {:?}", found.text))
        }
        "live" => match place(store, words[1], number()).await? {
            Place::Live | Place::Binned => Ok(()),
            Place::Nowhere => Err("lost".into()),
        },
        "binned" => match (place(store, words[1], number()).await?, number() % 2) {
            (Place::Binned, _) | (Place::Live, 0) | (Place::Nowhere, 1) => Ok(()),
            (place, _) => Err(format!("{place:?}")),
        },
        "restored" => (place(store, words[1], number()).await? == Place::Live).then_some(()).ok_or("not back".into()),
        "gone" => (place(store, words[1], number()).await? == Place::Nowhere).then_some(()).ok_or("still here".into()),
        "title" => {
            let chat = store.conversation(words[1].parse().unwrap()).await.unwrap().ok_or("no conversation")?;
            let title: u64 = chat.title.parse().map_err(|_| chat.title.clone())?;
            (title == number() || title == number() + 1).then_some(()).ok_or(chat.title)
        }
        "chat" => {
            let (_, all) = store.whole(words[1].parse().unwrap()).await.unwrap().ok_or("no conversation")?;
            let whole = (0..).zip(&all).all(|(number, message)| message.text == text(number));
            (whole && all.len() as u64 == number()).then_some(()).ok_or(format!("{} messages", all.len()))
        }
        "backup" => backup(store, words[1], number()),
        "migrated" => Ok(()),
        _ => Err("what is that".into()),
    }
}

/// Whether a text is the beginning of one that is streamed.
fn text_of_stream(found: &str) -> bool {
    (0..40).any(|number| (number..4_000).step_by(40).any(|number| text(number).starts_with(found)))
}

#[derive(Debug, PartialEq)]
enum Place {
    Live,
    Binned,
    Nowhere,
}

async fn place(store: &Store, id: &str, number: u64) -> Result<Place, String> {
    let id: MessageId = id.parse().unwrap();
    if let Some((_, message)) = store.message(id).await.unwrap() {
        return (message.text == text(number)).then_some(Place::Live).ok_or(message.text);
    }
    let bin = store.bin(0, 1_000).await.unwrap();
    let there = bin.entries.iter().any(|entry| entry.message == Some(id));
    Ok(if there { Place::Binned } else { Place::Nowhere })
}

/// It has all messages from before it, unless newer ones took its place.
fn backup(store: &Store, name: &str, messages: u64) -> Result<(), String> {
    let folder = store.backup_folder();
    let mut all: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|file| file.extension().is_some_and(|end| end == "db"));
    for file in &all {
        assert_sound(file);
    }
    let file = folder.join(name);
    if !all.contains(&file) {
        return if all.len() >= 3 { Ok(()) } else { Err(format!("of the backups there are {all:?}")) };
    }
    let count = "SELECT count(*) FROM message";
    let there = Connection::open(file).unwrap().query_row(count, [], |row| row.get::<_, u64>(0)).unwrap();
    (there >= messages).then_some(()).ok_or(format!("{there} messages"))
}

pub async fn nothing_old_is_lost(store: &Store) {
    let chats = store.conversations(0, 10, Default::default()).await.unwrap().conversations;
    let old = chats.iter().find(|chat| chat.title == "old").expect("the conversation");
    let (_, all) = store.whole(old.id).await.unwrap().expect("all of it");
    let texts: Vec<String> = all.into_iter().map(|message| message.text).collect();
    assert_eq!(texts, (0..OLD).map(text).collect::<Vec<_>>());
    // The search knows all of it too, once the rest is indexed.
    while store.index_some().await.unwrap() {}
    for number in [0, OLD / 2, OLD - 1] {
        let query = format!("number{number} ");
        let hits = store.search(Search { query, ..Default::default() }, None).await.unwrap().hits;
        assert_eq!(hits.len(), 1, "number{number}");
    }
}
