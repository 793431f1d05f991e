//! Conversations made of numbers: the same ones each time, a third of them in Chinese, words as frequent as in a language.

use rivulet_protocol::{Author, Conversation, ConversationId, Message, MessageId, MessageState};

/// English words that are used; the first is the most frequent one.
pub const WORDS: u64 = 200_000;
/// Chinese words of two signs.
const SIGN_WORDS: u64 = 50_000;
const SIGNS: u64 = 3_000;
const BEGIN_MS: u64 = 1_700_000_000_000;

/// Numbers that look like chance.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A rank from 0, each as frequent as its place is high (Zipf's law).
    fn rank(&mut self, end: u64) -> u64 {
        let even = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((end as f64).powf(even) as u64 - 1).min(end - 1)
    }
}

/// The English word of a rank: syllables, longer the rarer it is.
pub fn word(rank: u64) -> String {
    const FIRST: [&str; 16] = ["b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr"];
    const SECOND: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ou", "er"];
    let (mut word, mut left) = (String::new(), rank + 1);
    while left > 0 {
        word.push_str(FIRST[(left % 16) as usize]);
        word.push_str(SECOND[(left / 16 % 8) as usize]);
        left /= 128;
    }
    word
}

/// The Chinese word of a rank.
pub fn sign_word(rank: u64) -> String {
    let mut chance = Chance::new(rank);
    let mut sign = || char::from_u32(0x4e00 + chance.below(SIGNS) as u32).unwrap_or('水');
    [sign(), sign()].into_iter().collect()
}

fn text(chance: &mut Chance, chinese: bool, words: u64) -> String {
    let mut text = String::new();
    for at in 0..words {
        match (chinese, at % 12) {
            (true, 11) => text.push('，'),
            (true, _) => text.push_str(&sign_word(chance.rank(SIGN_WORDS))),
            (false, _) => {
                text.push_str(&word(chance.rank(WORDS)));
                text.push_str(if at % 12 == 11 { ". " } else { " " });
            }
        }
    }
    text
}

fn id(kind: u64, number: u64) -> uuid::Uuid {
    let mut chance = Chance::new(kind << 48 | number);
    uuid::Builder::from_unix_timestamp_millis(BEGIN_MS + number, &{
        let mut random = [0; 10];
        random[..8].copy_from_slice(&chance.next().to_be_bytes());
        random
    })
    .into_uuid()
}

/// Conversation `number` with so many messages.
pub fn chat(number: u64, messages: u64) -> (Conversation, Vec<Message>) {
    let mut chance = Chance::new(number);
    let chinese = number % 3 == 2;
    let mut all: Vec<Message> = Vec::with_capacity(messages as usize);
    for at in 0..messages {
        let author = if at % 2 == 0 { Author::User } else { Author::Assistant };
        let mut message = Message::new(all.last().map(|last| last.id), author, MessageState::Complete);
        message.id = MessageId(id(1, number << 20 | at));
        message.created_at = BEGIN_MS + number * 60_000 + at;
        message.ended_at = Some(message.created_at);
        let words = if at % 2 == 0 { 4 + chance.below(20) } else { 20 + chance.below(160) };
        message.text = text(&mut chance, chinese, words);
        all.push(message);
    }
    let conversation = Conversation {
        title: text(&mut chance, chinese, 5),
        updated_at: BEGIN_MS + number * 60_000 + messages,
        leaf: all.last().map(|last| last.id),
        ..Conversation::new(ConversationId(id(2, number)), BEGIN_MS + number * 60_000)
    };
    (conversation, all)
}
