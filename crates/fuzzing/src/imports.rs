//! Exports of other programs and archives of ours.

use rivulet_exchange::{Chat, Progress, ReadError, limits, read};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::LazyLock;

/// One file for a process, in memory where the system has such a folder.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("rivulet-fuzzing-{}", std::process::id()))
});

/// A file ends in an error with a name or in sound trees, with the same ids each time.
pub fn import(bytes: &[u8]) {
    // A disk that is full is no find.
    if std::fs::write(&*FILE, bytes).is_err() {
        return;
    }
    let (chats, error) = chats();
    for chat in &chats {
        sound(chat);
    }
    if !chats.is_empty() {
        let (again, same) = self::chats();
        assert!(ids(&chats) == ids(&again) && error == same, "the same file gave something else");
    }
    let _ = std::fs::remove_file(&*FILE);
}

fn chats() -> (Vec<Chat>, Option<String>) {
    let mut chats = Vec::new();
    let ended = read(&FILE, &Progress::default(), &mut |chat| -> Result<(), ReadError> {
        chats.push(chat);
        Ok(())
    });
    (chats, ended.err().map(|error| error.to_string()))
}

fn sound(chat: &Chat) {
    let mut known = HashSet::new();
    for message in &chat.messages {
        assert!(message.parent.is_none_or(|parent| known.contains(&parent)), "a parent stands behind its child");
        assert!(known.insert(message.id), "an id stands twice");
    }
    assert!(chat.conversation.leaf.is_none_or(|leaf| known.contains(&leaf)), "the shown end is no message");
    assert!(chat.conversation.title.chars().count() <= limits::TITLE, "a title without end");
}

fn ids(chats: &[Chat]) -> Vec<impl PartialEq> {
    chats.iter().flat_map(|chat| chat.messages.iter().map(|message| (chat.conversation.id, message.id))).collect()
}
