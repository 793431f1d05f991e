//! Anything in any order, against a model that is only a map of messages.

use crate::scene::{Scene, Viewer, assert_every_reader_agrees};
use rivulet_protocol::*;
use rivulet_store::Append;
use std::collections::BTreeMap;

/// Numbers that look random and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        (!items.is_empty()).then(|| items[self.below(items.len())])
    }
}

/// One conversation, and what it should be.
struct Play {
    scene: Scene,
    conversation: ConversationId,
    messages: BTreeMap<MessageId, Message>,
    chance: Chance,
}

impl Play {
    async fn new(seed: u64) -> Self {
        let scene = Scene::new();
        let conversation = scene.conversation("").await;
        Self { scene, conversation, messages: BTreeMap::new(), chance: Chance(seed) }
    }

    fn pick(&mut self, wanted: impl Fn(&Message) -> bool) -> Option<MessageId> {
        let ids: Vec<_> = self.messages.values().filter(|message| wanted(message)).map(|message| message.id).collect();
        self.chance.one_of(&ids)
    }

    async fn step(mut self) -> Self {
        match self.chance.below(100) {
            0..5 => self.ask().await,
            5..9 => self.regenerate().await,
            9..70 => self.grow(),
            70..78 => self.end().await,
            78..84 => self.resume().await,
            84..94 => self.scene.settle(self.conversation).await,
            94..97 => return self.crash().await,
            97..98 => return self.restart().await,
            _ => self.check().await,
        }
        self
    }

    async fn ask(&mut self) {
        let parent = self.pick(|message| message.author == Author::Assistant && message.state != MessageState::Running);
        let (question, answer) = self.scene.ask(self.conversation, parent).await;
        self.messages.extend([(question.id, question), (answer.id, answer)]);
    }

    async fn regenerate(&mut self) {
        let Some(question) = self.pick(|message| message.author == Author::User) else { return };
        let answer = self.scene.answer(self.conversation, question).await;
        self.messages.insert(answer.id, answer);
    }

    fn grow(&mut self) {
        let Some(id) = self.pick(|message| message.state == MessageState::Running) else { return };
        let text = ["a", "雨", "🙂", "long ", "\n", "\u{0}", "ß́"][self.chance.below(7)];
        let text = text.repeat(1 + self.chance.below(4));
        let message = self.messages.get_mut(&id).unwrap();
        match self.chance.below(10) {
            0..6 => self.scene.say(self.conversation, message, &text),
            6..8 => self.scene.think(self.conversation, message, &text),
            8 => {
                let notice = Notice::Stalled { silent_ms: 10_000 };
                self.scene.store.append(self.conversation, id, Append::Event(EventBody::Notice { notice }));
            }
            _ => {
                let usage = Usage { output_tokens: Some(message.text.len() as u64), ..Usage::default() };
                message.usage = Some(usage);
                self.scene.store.append(self.conversation, id, Append::Event(EventBody::Usage { usage }));
            }
        }
    }

    async fn end(&mut self) {
        let Some(id) = self.pick(|message| message.state == MessageState::Running) else { return };
        let at = now_ms();
        let event = match self.chance.below(4) {
            0 => EventBody::Stopped { at },
            1 => EventBody::Failed { failure: Failure::new(FailureCode::Quota), at },
            2 => EventBody::Interrupted { at },
            _ => EventBody::Finished { reason: FinishReason::Length, at },
        };
        self.scene.end(self.conversation, self.messages.get_mut(&id).unwrap(), event).await;
    }

    async fn resume(&mut self) {
        let Some(id) = self.pick(|message| message.author == Author::Assistant && message.ended_at.is_some()) else {
            return;
        };
        let message = self.messages.get_mut(&id).unwrap();
        message.state = MessageState::Running;
        (message.ended_at, message.finish_reason, message.failure) = (None, None, None);
        assert_eq!(self.scene.store.resume(self.conversation, id).await.unwrap(), *message);
    }

    async fn crash(mut self) -> Self {
        self.scene = self.scene.drop_and_reopen().await;
        self.interrupted().await
    }

    async fn restart(mut self) -> Self {
        self.scene = self.scene.close_and_reopen().await;
        self.interrupted().await
    }

    /// What ran when the store went is marked so; only the time of it is not known beforehand.
    async fn interrupted(mut self) -> Self {
        for message in self.messages.values_mut().filter(|message| message.state == MessageState::Running) {
            let ended_at = self.scene.stored(message.id).await.ended_at;
            assert!(ended_at.is_some());
            (message.state, message.ended_at) = (MessageState::Interrupted, ended_at);
        }
        self
    }

    async fn check(&mut self) {
        self.scene.settle(self.conversation).await;
        let expected: Vec<_> = self.messages.values().collect();
        assert_every_reader_agrees(&self.scene, self.conversation, &expected).await;
    }
}

async fn play(seed: u64, steps: usize) {
    let mut play = Play::new(seed).await;
    for _ in 0..steps {
        play = play.step().await;
    }
    play.check().await;
    let published = play.scene.recorder.events(play.conversation);
    assert!(published.windows(2).all(|pair| pair[0].seq < pair[1].seq), "a number was given twice");
    let mut viewer = Viewer::of(&play.scene.store.events_after(play.conversation, 0).await.unwrap().0);
    viewer.messages.retain(|id, _| !play.messages.contains_key(id));
    assert!(viewer.messages.is_empty(), "nothing is there that nobody wrote");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_order_of_writes_reads_the_same_for_everyone() {
    for seed in 1..=8 {
        println!("seed {seed}");
        play(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed), 150).await;
    }
}
