//! Starting, stopping, regenerating and continuing answers.

use crate::conversations::empty_conversation;
use crate::cost::{self, Tally};
use crate::turn::{Task, Turn as RunningTask};
use crate::{Core, Engine, RunningTurn, marks, wording};
use rivulet_protocol::*;
use rivulet_providers::{ChatMessage, ChatRequest, Part};
use rivulet_store::{Asked, ConversationChange, Left, Point};
use std::time::Duration;

/// The longest message a person can send, in bytes.
pub(crate) const QUESTION_BYTES: usize = 4 << 20;
/// How long a stop waits for the ending to be on disk before it answers.
const STOP_WAIT: Duration = Duration::from_secs(5);

impl Engine {
    /// Sends a message; a conversation that is made for it, which may have a name, is made only if it is accepted.
    pub(crate) async fn send(
        &self,
        caller: &Caller,
        request: MessageSend,
        name: Option<String>,
    ) -> Result<Turn, ApiError> {
        if request.text.trim().is_empty() && request.attachments.as_ref().is_none_or(Vec::is_empty) {
            return Err(ApiError::invalid("The message is empty."));
        }
        if request.text.len() > QUESTION_BYTES {
            return Err(ApiError::invalid("The message is longer than 4 MiB."));
        }
        let is_new = request.conversation.is_none();
        let mut conversation = match request.conversation {
            Some(id) => self.seen_conversation(caller, id).await?,
            None => empty_conversation(request.provider.clone(), request.model.clone()),
        };
        let attachments = self.attachments_to_send(caller, conversation.id, request.attachments).await?;
        let parent = match (request.parent, request.at_root) {
            (Some(parent), _) => Some(self.message_in(conversation.id, parent).await?),
            (None, Some(true)) => None,
            (None, _) => match conversation.leaf {
                Some(leaf) => Some(self.message_in(conversation.id, leaf).await?),
                None => None,
            },
        };
        if parent.as_ref().is_some_and(|message| message.state == MessageState::Running) {
            return Err(ApiError::new(ErrorCode::Busy, "An answer is still being written here."));
        }
        let choice = self.model_choice(&conversation, request.provider, request.model).await?;
        self.spend(caller)?;
        if is_new {
            if conversation.provider.is_some() || conversation.model.is_some() {
                (conversation.provider, conversation.model) = (Some(choice.0.clone()), Some(choice.1.clone()));
            }
            self.keep_conversation(caller, conversation.clone(), name).await?;
        }
        if conversation.title.is_empty() {
            let change = ConversationChange {
                title: Some(wording::title(title_of(&request.text, &attachments))),
                ..Default::default()
            };
            self.core.store_of(conversation.id).update_conversation(conversation.id, change).await?;
        }
        let mut question = Message::new(parent.map(|message| message.id), Author::User, MessageState::Complete);
        question.text = request.text;
        question.attachments = attachments;
        question.ended_at = Some(question.created_at);
        self.answer(caller.link, conversation.id, Some(question), None, choice).await
    }

    pub(crate) async fn regenerate(&self, caller: &Caller, request: AnswerRegenerate) -> Result<Turn, ApiError> {
        let (conversation, message) = self.seen_message(caller, request.message).await?;
        let question = match (message.author, message.parent) {
            (Author::User, _) => message,
            (_, Some(parent)) => self.message_in(conversation.id, parent).await?,
            (_, None) => return Err(ApiError::not_found("question")),
        };
        let choice = self.model_choice(&conversation, request.provider, request.model).await?;
        self.spend(caller)?;
        self.answer(caller.link, conversation.id, None, Some(question.id), choice).await
    }

    pub(crate) async fn stop(&self, caller: &Caller, message: MessageId) -> Result<(), ApiError> {
        self.seen_message(caller, message).await?;
        let turn = self.core.turns().get(&message).cloned();
        if let Some(turn) = turn {
            turn.stop.cancel();
            // A slow disk does not hold the button: the connection is closed either way.
            let _ = tokio::time::timeout(STOP_WAIT, turn.ended.cancelled()).await;
        }
        Ok(())
    }

    /// Stops whatever runs in a conversation.
    pub async fn stop_conversation(&self, caller: &Caller, conversation: ConversationId) -> Result<(), ApiError> {
        self.seen_conversation(caller, conversation).await?;
        for (message, _) in self.core.turns_in(conversation) {
            self.stop(caller, message).await?;
        }
        Ok(())
    }

    pub(crate) async fn go_on(&self, caller: &Caller, message: MessageId) -> Result<Turn, ApiError> {
        let (conversation, message) = self.seen_message(caller, message).await?;
        let cut = match message.state {
            MessageState::Running => return Err(ApiError::new(ErrorCode::Busy, "This answer is still being written.")),
            MessageState::Complete => message.finish_reason == Some(FinishReason::Length),
            MessageState::Stopped | MessageState::Interrupted | MessageState::Failed => true,
        };
        let Some(question) = message.parent.filter(|_| cut && message.author == Author::Assistant) else {
            return Err(ApiError::invalid("Only an answer that was cut can be continued."));
        };
        if let Some(Left { asked, point: Some(point), .. }) = self.core.store.asked_for(message.id).await? {
            let resumed = self.core.store_of(conversation.id).resume(conversation.id, message.id).await?;
            let answer = resumed.id;
            self.take_up(caller.link, conversation.id, resumed, asked, point);
            return Ok(Turn { conversation: conversation.id, question, answer });
        }
        let choice = self.model_choice(&conversation, message.provider.clone(), message.model.clone()).await?;
        self.spend(caller)?;
        let (mut messages, files) = self.request_messages(conversation.id, question, &choice.0).await?;
        if !message.text.is_empty() {
            messages.push(ChatMessage::text(Author::Assistant, message.text.clone()));
            messages.push(ChatMessage::text(Author::User, wording::CONTINUE));
        }
        let resumed = self.core.store_of(conversation.id).resume(conversation.id, message.id).await?;
        let answer = resumed.id;
        self.start(caller.link, conversation.id, resumed, (messages, files), choice);
        Ok(Turn { conversation: conversation.id, question, answer })
    }

    /// Stores the question (if it is new) and an empty answer, and starts the turn.
    async fn answer(
        &self,
        link: Option<LinkId>,
        conversation: ConversationId,
        new_question: Option<Message>,
        question: Option<MessageId>,
        choice: (ProviderId, String),
    ) -> Result<Turn, ApiError> {
        let Some(question) = new_question.as_ref().map(|message| message.id).or(question) else {
            return Err(ApiError::not_found("question"));
        };
        let mut answer = Message::new(Some(question), Author::Assistant, MessageState::Running);
        answer.provider = Some(choice.0.clone());
        answer.model = Some(choice.1.clone());
        let id = answer.id;
        let begun: Vec<Message> = new_question.into_iter().chain([answer.clone()]).collect();
        self.core.store_of(conversation).begin(conversation, begun, id).await?;
        let messages = self.request_messages(conversation, question, &choice.0).await?;
        self.start(link, conversation, answer, messages, choice);
        Ok(Turn { conversation, question, answer: id })
    }

    fn start(
        &self,
        link: Option<LinkId>,
        conversation: ConversationId,
        message: Message,
        (messages, files): (Vec<ChatMessage>, u64),
        (provider, model): (ProviderId, String),
    ) {
        self.run(link, conversation, message.id, move |engine, running| async move {
            let (prompt, controls) = engine.manner(conversation).await;
            let told = prompt.map(|prompt| ChatMessage::text(Author::System, prompt));
            let messages: Vec<ChatMessage> = told.into_iter().chain(messages).collect();
            let asked = cost::tokens_of(&messages, files);
            let tally = Tally { price: engine.price(&provider, &model).await, asked, ..Tally::default() };
            let task = Task::Ask(Box::new(ChatRequest { model, messages, controls, ..ChatRequest::default() }));
            RunningTask { engine, conversation, message, provider, task, tally, running }
        });
    }

    /// Takes up an answer that its vendor goes on with by itself. It is asked for nothing anew, and so costs nothing more.
    pub(crate) fn take_up(
        &self,
        link: Option<LinkId>,
        conversation: ConversationId,
        message: Message,
        asked: Asked,
        point: Point,
    ) {
        self.run(link, conversation, message.id, move |engine, running| async move {
            let tally = Tally { price: asked.price, asked: asked.input_tokens, ..Tally::default() };
            let Point { response, sequence, state } = point;
            let point = rivulet_providers::Point { response, sequence, state };
            let provider = asked.provider.clone();
            let task = Task::TakeUp(Box::new(asked), point);
            RunningTask { engine, conversation, message, provider, task, tally, running }
        });
    }

    /// Runs a turn in a task of its own: whoever asked may be gone before the answer comes.
    fn run<F>(
        &self,
        link: Option<LinkId>,
        conversation: ConversationId,
        answer: MessageId,
        prepare: impl FnOnce(Self, RunningTurn) -> F + Send + 'static,
    ) where
        F: Future<Output = RunningTask> + Send + 'static,
    {
        let running = RunningTurn::new(conversation);
        self.core.turns().insert(answer, running.clone());
        let engine = self.clone();
        self.core.tasks.spawn(async move {
            engine.notify_conversation(conversation).await;
            let ended = running.ended.clone();
            let cost = prepare(engine.clone(), running).await.run().await;
            // Begun before the answer is gone: in between nobody finds the app idle.
            let _titled = engine.core.beside.begin(Some(conversation));
            engine.core.turns().remove(&answer);
            engine.charge(link, cost);
            ended.cancel();
            engine.notify_conversation(conversation).await;
            // Beside whatever comes next: nobody waits for a title.
            let titled = engine.title_after(conversation, answer).await;
            engine.charge(link, titled);
        });
    }

    /// The path up to and with `question`, as `provider`'s model reads it, and about how many tokens its pictures and
    /// PDFs are. Answers that said nothing are left out.
    pub(crate) async fn request_messages(
        &self,
        conversation: ConversationId,
        question: MessageId,
        provider: &ProviderId,
    ) -> Result<(Vec<ChatMessage>, u64), ApiError> {
        let path = self.core.store_of(conversation).path_for_request(conversation, question).await?;
        let path = marks::as_told(path);
        let mut messages = Vec::with_capacity(path.len() + 1);
        messages.extend(self.project_instructions(conversation).await?);
        let mut files = 0;
        for mut message in path {
            let attachments = std::mem::take(&mut message.attachments);
            let read = attachments
                .iter()
                .filter(|attachment| matches!(attachment.kind, AttachmentKind::Picture | AttachmentKind::Pdf));
            files += read.map(|attachment| attachment.tokens).sum::<u64>();
            let parts = self.attachment_parts(conversation, attachments, provider).await;
            messages.extend(as_read(message, parts, provider));
        }
        Ok((messages, files))
    }

    /// A message counts against the budget of the link it came by.
    fn spend(&self, caller: &Caller) -> Result<(), ApiError> {
        match (caller.link, self.core.mirror.get()) {
            (Some(link), Some(mirror)) => mirror.spend_message(link),
            _ => Ok(()),
        }
    }

    /// What a turn took counts against the budget of the link it was asked for by.
    fn charge(&self, link: Option<LinkId>, cost: Option<Cost>) {
        if let (Some(link), Some(mirror), Some(cost)) = (link, self.core.mirror.get(), cost) {
            mirror.spend_tokens(link, cost.input_tokens + cost.output_tokens);
        }
    }

    async fn message_in(&self, conversation: ConversationId, message: MessageId) -> Result<Message, ApiError> {
        match self.core.find_message(message).await? {
            Some((home, message)) if home == conversation => Ok(message),
            _ => Err(ApiError::not_found("message")),
        }
    }
}

/// What a conversation is named after: what was said, or the first file.
fn title_of<'a>(text: &'a str, attachments: &'a [Attachment]) -> &'a str {
    match attachments.first() {
        Some(attachment) if text.trim().is_empty() => &attachment.name,
        _ => text,
    }
}

/// A message with its files as `provider`'s model reads it; `None` if there is nothing in it to read.
fn as_read(message: Message, mut parts: Vec<Part>, provider: &ProviderId) -> Option<ChatMessage> {
    let answered = message.tool_calls.iter().any(|call| call.result.is_some());
    if message.text.is_empty() && parts.is_empty() && !answered {
        return None;
    }
    // Signatures and item ids are good for the vendor that gave them, and for no other.
    let same = message.provider.as_ref() == Some(provider);
    // Files before the question about them: what vendors advise.
    if !message.text.is_empty() {
        parts.push(Part::Text(message.text));
    }
    Some(ChatMessage {
        author: message.author,
        parts,
        reasoning: message.reasoning,
        tool_calls: message.tool_calls,
        replay: if same { message.replay } else { Vec::new() },
    })
}

impl Core {
    /// The turns that run in a conversation.
    pub fn turns_in(&self, conversation: ConversationId) -> Vec<(MessageId, RunningTurn)> {
        let turns = self.turns();
        let here = turns.iter().filter(|(_, turn)| turn.conversation == conversation);
        here.map(|(message, turn)| (*message, turn.clone())).collect()
    }
}
