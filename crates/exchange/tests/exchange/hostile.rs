//! Files that mean harm, and files that are only broken: each ends in an error with a name, or in a sound tree.

use crate::outline::{chats, fixture};
use rivulet_exchange::{Chat, Progress, ReadError, read};
use rivulet_protocol::SkipReason;
use std::collections::HashSet;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const FIXTURES: &[&str] = &[
    "chatgpt.json",
    "claude.json",
    "open_webui.json",
    "librechat.json",
    "chatbox.json",
    "nextchat.json",
    "llama_cpp.json",
    "llama_cpp.jsonl",
];

/// Reads these bytes as a file of this name.
fn read_bytes(name: &str, bytes: &[u8]) -> Result<Vec<Chat>, ReadError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    chats(&path).map(|(chats, _)| chats)
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Whatever was in the file, this holds.
fn assert_sound(chat: &Chat) {
    let mut known = HashSet::new();
    for message in &chat.messages {
        assert!(message.parent.is_none_or(|parent| known.contains(&parent)), "a parent stands behind its child");
        assert!(known.insert(message.id), "an id stands twice");
    }
    assert!(chat.conversation.leaf.is_none_or(|leaf| known.contains(&leaf)));
    assert!(chat.conversation.title.chars().count() <= rivulet_exchange::limits::TITLE);
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    const PIECES: &[&str] =
        &["null", "[]", "{}", "1e999", "\"\\ud800\"", "-1", "\"", "\\", "]", "}", "\0", ",", "[[[["];
    for _ in 0..=dice.roll(6) {
        let at = dice.roll(bytes.len());
        match dice.roll(5) {
            0 => bytes[at] ^= 1 << dice.roll(8),
            1 => bytes.truncate(at.max(1)),
            2 => {
                let end = (at + dice.roll(40)).min(bytes.len());
                bytes.drain(at..end.min(bytes.len() - 1).max(at));
            }
            3 => {
                let piece = PIECES[dice.roll(PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
            // A value in the place of another, which is still JSON.
            _ => {
                let from = dice.roll(bytes.len());
                let end = (from + dice.roll(60)).min(bytes.len());
                let piece = bytes[from..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}

#[test]
fn no_mutation_of_a_fixture_breaks_a_reader() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let dir = tempfile::tempdir().unwrap();
    let (mut read, mut refused) = (0, 0);
    for name in FIXTURES {
        let whole = std::fs::read(fixture(name)).unwrap();
        let path = dir.path().join(name);
        for _ in 0..400 {
            let mut bytes = whole.clone();
            mutate(&mut bytes, &mut dice);
            std::fs::write(&path, &bytes).unwrap();
            match chats(&path) {
                Ok((chats, _)) => {
                    read += 1;
                    chats.iter().for_each(assert_sound);
                }
                Err(_) => refused += 1,
            }
        }
    }
    // Both must happen, or this test tests nothing.
    assert!(read > 100 && refused > 100, "{read} read, {refused} refused");
}

#[test]
fn values_of_wrong_types_cost_a_conversation_and_not_the_file() {
    for wrong in ["7", "null", "\"x\"", "[]", "{}", "true", "[[[]]]"] {
        for field in ["mapping", "chat_messages", "chat", "messages"] {
            let text = format!("[{{\"conv\": {{}}, \"{field}\": {wrong}}}]");
            // Nothing in it: an error with a name, and no panic.
            assert!(read_bytes("x.json", text.as_bytes()).is_err(), "{text}");
        }
    }
}

#[test]
fn every_cut_of_a_file_is_told() {
    for name in FIXTURES.iter().filter(|name| name.ends_with(".json")) {
        let whole = std::fs::read(fixture(name)).unwrap();
        let end = whole.trim_ascii_end().len();
        for at in (0..end).step_by(37) {
            assert!(read_bytes(name, &whole[..at]).is_err(), "{name} cut at {at}");
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("[{{\"mapping\": {}1{}}}]", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert!(matches!(read_bytes("a.json", deep.as_bytes()), Err(ReadError::TooDeep)));
    let arrays = format!("{{\"settings\": {}", "[".repeat(1_000_000));
    assert!(matches!(read_bytes("a.json", arrays.as_bytes()), Err(ReadError::TooDeep)));
    let open = r#"{"messageId":"a","text":"x","children":["#;
    let tree = format!("{{\"conversationId\":\"c\",\"messages\":[{}", open.repeat(1_000_000));
    assert!(matches!(read_bytes("a.json", tree.as_bytes()), Err(ReadError::TooDeep)));
}

#[test]
fn a_long_conversation_that_is_nested_is_read() {
    let mut text = String::from("{\"conversationId\":\"c\",\"title\":\"Long\",\"messagesTree\":[");
    for at in 0..5_000 {
        let user = at % 2 == 0;
        text.push_str(&format!("{{\"messageId\":\"m{at}\",\"parentMessageId\":\"m{}\",\"isCreatedByUser\":{user},\"text\":\"{at}\",\"children\":[", at as i64 - 1));
    }
    text.push_str(&"]}".repeat(5_000));
    text.push_str("]}");
    let chats = read_bytes("l.json", text.as_bytes()).unwrap();
    assert_eq!(chats[0].messages.len(), 5_000);
    assert_sound(&chats[0]);
}

#[test]
fn a_circle_of_a_hundred_thousand_is_cut() {
    let nodes: Vec<String> = (0..100_000)
        .map(|at| {
            let parent = (at + 1) % 100_000;
            format!("\"{at}\":{{\"parent\":\"{parent}\",\"message\":{{\"author\":{{\"role\":\"user\"}},\"content\":{{\"content_type\":\"text\",\"parts\":[\"x\"]}}}}}}")
        })
        .collect();
    let text = format!("[{{\"id\":\"c\",\"mapping\":{{{}}}}}]", nodes.join(","));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.json");
    std::fs::write(&path, text).unwrap();
    let (chats, report) = chats(&path).unwrap();
    assert_eq!((chats[0].messages.len(), report.skipped[0].reason), (100_000, SkipReason::Circle));
    assert_sound(&chats[0]);
}

#[test]
fn a_zip_that_unpacks_to_far_more_than_it_is_is_refused() {
    let mut text = b"[{\"mapping\": {}, \"title\": \"".to_vec();
    text.resize(200 << 20, b'a');
    text.extend_from_slice(b"\"}]");
    let bomb = zipped(&[("conversations.json", &text)]);
    assert!(bomb.len() < 1 << 20);
    assert!(matches!(read_bytes("b.zip", &bomb), Err(ReadError::Bomb)));
}

#[test]
fn names_in_a_zip_lead_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let claude = std::fs::read(fixture("claude.json")).unwrap();
    let zip = zipped(&[("../../evil.json", b"{}"), ("/etc/x.json", b"{}"), ("export/../conversations.json", &claude)]);
    let path = dir.path().join("z.zip");
    std::fs::write(&path, zip).unwrap();
    assert_eq!(chats(&path).unwrap().0.len(), 2);
    // Nothing lies anywhere but where this test put it.
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    assert!(!dir.path().join("../evil.json").exists());
}

#[test]
fn broken_and_locked_zips_are_told() {
    let claude = std::fs::read(fixture("claude.json")).unwrap();
    let whole = zipped(&[("conversations.json", &claude)]);
    for at in [10, whole.len() / 2, whole.len() - 5] {
        assert!(matches!(read_bytes("z.zip", &whole[..at]), Err(ReadError::BadZip(_) | ReadError::CutShort)), "{at}");
    }
    // A byte of the packed data: the checksum or the unpacking tells.
    let mut bent = whole.clone();
    bent[60] ^= 0xff;
    assert!(read_bytes("z.zip", &bent).is_err());
    // The flag that says a file is locked, in both of its places.
    let mut locked = whole;
    locked[6] |= 1;
    let central = locked.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    locked[central + 8] |= 1;
    assert!(matches!(read_bytes("z.zip", &locked), Err(ReadError::BadZip(_))));
}

#[test]
fn a_zip_that_says_it_has_millions_of_files_is_refused_before_its_list_is_read() {
    let mut zip = zipped(&[("a.json", b"{}")]);
    let end = zip.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
    zip[end + 8..end + 12].copy_from_slice(&[0xff; 4]);
    let mut record = b"PK\x06\x06".to_vec();
    record.resize(56, 0);
    record[32..40].copy_from_slice(&50_000_000u64.to_le_bytes());
    zip.splice(end..end, record);
    assert!(matches!(read_bytes("z.zip", &zip), Err(ReadError::TooLarge(_))));
}

#[test]
fn what_is_no_export_is_told() {
    for (name, bytes) in [
        ("a.json", &b"{\"hello\": 1}"[..]),
        ("a.json", b"[]"),
        ("a.json", b"[1, 2]"),
        ("a.zip", &zipped(&[("readme.txt", b"x")])),
        ("a.zip", &zipped(&[("a.json", b"{}")])),
        ("a.zip", &zipped(&[])),
    ] {
        assert!(matches!(read_bytes(name, bytes), Err(ReadError::UnknownFormat)), "{name} {bytes:?}");
    }
    for not_json in [&b"\x89PNG\r\n"[..], b"hello", b"\x00\x00"] {
        assert!(matches!(read_bytes("a.json", not_json), Err(ReadError::NotJson(_))));
    }
    assert!(matches!(read_bytes("a.json", b""), Err(ReadError::CutShort)));
    assert!(matches!(chats(Path::new("/nowhere/at/all.json")), Err(ReadError::Io(_))));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(chats(empty.path()), Err(ReadError::UnknownFormat)));
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_are_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let thread = dir.path().join("threads/t");
    std::fs::create_dir_all(&thread).unwrap();
    let jan = fixture("jan/threads/01J0THREAD");
    std::os::unix::fs::symlink(jan.join("thread.json"), thread.join("thread.json")).unwrap();
    std::os::unix::fs::symlink(jan.join("messages.jsonl"), thread.join("messages.jsonl")).unwrap();
    assert!(matches!(chats(dir.path()), Err(ReadError::UnknownFormat)));
}

#[test]
fn a_person_can_stop_it() {
    let progress = Progress::default();
    let mut seen = 0;
    let stopped = read(&fixture("claude.json"), &progress, &mut |_| {
        seen += 1;
        progress.stop();
        Ok(())
    });
    // The whole file may be in the buffer already; a second reading is stopped at once.
    assert!(seen >= 1 && (stopped.is_ok() || matches!(stopped, Err(ReadError::Stopped))));
    assert!(matches!(read(&fixture("claude.json"), &progress, &mut |_| Ok(())), Err(ReadError::Stopped)));
    let (done, total) = Progress::default().bytes();
    assert_eq!((done, total), (0, 0));
}
