//! An answer on its way: a script, turned into tokens, turned into chunks.

use crate::chat::{self, Chunk, ChunkChoice, Completion, Delta, Usage};
use crate::pace::Pace;
use crate::script::{Clock, Kind, Passage, Script};
use crate::tokens;
use bytes::Bytes;

/// One answer, generated as its reader takes it: nothing is ahead of the socket, and dropping it ends it.
pub(crate) struct Answer {
    pub id: String,
    pub model: String,
    /// Unix time in seconds.
    pub created: u64,
    pub script: Script,
    /// Tokens that may still be said.
    pub left: u64,
    pub usage: Usage,
    pub include_usage: bool,
}

/// The same while it is streamed.
pub(crate) struct Stream {
    answer: Answer,
    pace: Pace,
    stage: Stage,
    passage: Option<(Passage, usize)>,
}

enum Stage {
    Start,
    Tokens,
    Ended,
}

impl Stream {
    pub fn new(answer: Answer, pace: Pace) -> Self {
        Self { answer, pace, stage: Stage::Start, passage: None }
    }

    /// The next events, as many as are due; `None` after the last.
    pub async fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::with_capacity(16 * 1024);
        match self.stage {
            Stage::Start => {
                let delta = Delta { role: Some("assistant"), content: Some(""), ..Delta::default() };
                self.answer.write_choice(&mut out, delta, None);
                self.stage = Stage::Tokens;
            }
            Stage::Tokens => self.write_due(&mut out).await,
            Stage::Ended => return None,
        }
        Some(out.into())
    }

    async fn write_due(&mut self, out: &mut Vec<u8>) {
        let due = match &mut self.answer.script {
            Script::Passages(_) => self.pace.due().await,
            Script::Clock(clock) => match clock.next_line().await {
                Some(text) => {
                    let count = tokens::count(&text);
                    self.passage = Some((Passage { kind: Kind::Text, text }, 0));
                    count
                }
                None => return self.write_end(out, "length"),
            },
        };
        for _ in 0..due {
            if !self.find_passage() {
                return self.write_end(out, "stop");
            }
            if self.answer.left == 0 {
                return self.write_end(out, "length");
            }
            self.write_token(out);
        }
    }

    /// Goes to the next passage when the present one is all said; false after the last.
    fn find_passage(&mut self) -> bool {
        while self.passage.as_ref().is_none_or(|(passage, at)| *at == passage.text.len()) {
            let Script::Passages(passages) = &mut self.answer.script else { return false };
            match passages.next() {
                Some(passage) => self.passage = Some((passage, 0)),
                None => return false,
            }
        }
        true
    }

    fn write_token(&mut self, out: &mut Vec<u8>) {
        let Some((passage, at)) = &mut self.passage else { return };
        let rest = &passage.text[*at..];
        let token = &rest[..tokens::first(rest)];
        *at += token.len();
        let delta = match passage.kind {
            Kind::Reasoning => Delta { reasoning_content: Some(token), ..Delta::default() },
            Kind::Text => Delta { content: Some(token), ..Delta::default() },
        };
        self.answer.left -= 1;
        self.answer.usage.count(passage.kind, 1);
        self.answer.write_choice(out, delta, None);
    }

    fn write_end(&mut self, out: &mut Vec<u8>, reason: &'static str) {
        self.answer.write_choice(out, Delta::default(), Some(reason));
        if self.answer.include_usage {
            self.answer.write_chunk(out, &[], Some(self.answer.usage));
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        self.stage = Stage::Ended;
    }
}

impl Usage {
    /// The usage of an answer that has not begun.
    pub fn of_prompt(messages: &[chat::Message]) -> Self {
        let prompt_tokens = messages.iter().map(|message| tokens::count(&message.text())).sum();
        Self { prompt_tokens, total_tokens: prompt_tokens, ..Self::default() }
    }

    fn count(&mut self, kind: Kind, tokens: u64) {
        self.completion_tokens += tokens;
        self.total_tokens += tokens;
        if kind == Kind::Reasoning {
            self.completion_tokens_details.reasoning_tokens += tokens;
        }
    }
}

impl Answer {
    fn write_choice(&self, out: &mut Vec<u8>, delta: Delta<'_>, finish_reason: Option<&'static str>) {
        self.write_chunk(out, &[ChunkChoice { index: 0, delta, finish_reason }], None);
    }

    fn write_chunk(&self, out: &mut Vec<u8>, choices: &[ChunkChoice<'_>], usage: Option<Usage>) {
        let Self { id, created, model, .. } = self;
        let chunk = Chunk { id, object: "chat.completion.chunk", created: *created, model, choices, usage };
        out.extend_from_slice(b"data: ");
        // Writing strings and numbers to memory cannot fail.
        let _ = serde_json::to_writer(&mut *out, &chunk);
        out.extend_from_slice(b"\n\n");
    }

    /// The whole of it at once. Of the clock, which has no end, one line.
    pub fn whole(mut self) -> Completion {
        let passages = match self.script {
            Script::Passages(passages) => passages,
            Script::Clock(_) => Box::new(std::iter::once(Passage { kind: Kind::Text, text: Clock::one_line() })),
        };
        let (mut content, mut reasoning_content, mut finish_reason) = (String::new(), String::new(), "stop");
        for Passage { kind, text } in passages {
            let mut rest = text.as_str();
            while !rest.is_empty() && self.left > 0 {
                let (token, after) = rest.split_at(tokens::first(rest));
                match kind {
                    Kind::Reasoning => reasoning_content.push_str(token),
                    Kind::Text => content.push_str(token),
                }
                self.left -= 1;
                self.usage.count(kind, 1);
                rest = after;
            }
            if !rest.is_empty() {
                finish_reason = "length";
                break;
            }
        }
        let message = chat::Answer { role: "assistant", content, reasoning_content };
        Completion {
            id: self.id,
            object: "chat.completion",
            created: self.created,
            model: self.model,
            choices: [chat::Choice { index: 0, message, finish_reason }],
            usage: self.usage,
        }
    }
}
