//! One connection: a hello, one request, its answer.

use super::Shared;
use crate::lines::{self, LineReader, LineWriter};
use crate::wire::*;
use rivulet_engine::{Cursor, Pace};
use rivulet_protocol::{
    ApiError, Caller, Commands, Conversation, ConversationCreate, ConversationId, ConversationOpen, ConversationRef,
    ErrorCode, Event, EventBody, LibraryEvent, MessageId, MessageRef, MessageSend, MessageState, Turn,
};
use std::collections::HashSet;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

/// For a hello and for a request: what is to be said is known before one connects.
const PATIENCE: Duration = Duration::from_secs(10);
const NOTHING_RUNS: &str = "No answer is running. `rivulet tail --follow` waits for the next.";

pub(super) struct Session<S> {
    reader: LineReader<S>,
    writer: LineWriter<S>,
    shared: Shared,
}

/// Why a request ended without having been done.
enum Break {
    /// The app says why.
    Refused(ApiError),
    /// Nobody is there to be told.
    Gone,
}

impl From<ApiError> for Break {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<io::Error> for Break {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// The person at the terminal is the one at the window: who may open the socket may open the data folder.
fn owner() -> Caller {
    Caller::window()
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub fn new(stream: S, shared: Shared) -> Self {
        let (reader, writer) = lines::of(stream);
        Self { reader, writer, shared }
    }

    /// Another user's program is told so, and nothing else.
    pub async fn turn_away(mut self) {
        // Heard first, whatever it is: one who is hung up on in the middle of a word may miss the answer.
        let _ = timeout(PATIENCE, self.reader.next::<Request>(HELLO_BYTES)).await;
        let error = ApiError::new(ErrorCode::Forbidden, "This Rivulet is another user's.");
        let _ = timeout(PATIENCE, self.writer.send(&Reply::Refused(error))).await;
    }

    pub async fn serve(mut self) {
        if !self.greeted().await {
            return;
        }
        let read = timeout(PATIENCE, self.reader.next::<Request>(REQUEST_BYTES));
        let request = match read.await {
            Ok(Ok(Some(request))) => request,
            Ok(Err(error)) => {
                let error = ApiError::invalid(format!("The request was not understood: {error}."));
                let _ = self.writer.send(&Reply::Refused(error)).await;
                return;
            }
            Ok(Ok(None)) | Err(_) => return,
        };
        let last = match self.answer(request).await {
            Ok(()) => Reply::Done,
            Err(Break::Refused(error)) => Reply::Refused(error),
            Err(Break::Gone) => return,
        };
        // Whoever has left by now missed nothing.
        let _ = self.writer.send(&last).await;
    }

    async fn greeted(&mut self) -> bool {
        let hello = timeout(PATIENCE, self.reader.next::<Request>(HELLO_BYTES)).await;
        let Ok(Ok(Some(Request::Hello { version }))) = hello else { return false };
        let Shared { host, version: app, .. } = &self.shared;
        let reply = Reply::Hello { version: VERSION, app: app.to_string(), host: *host };
        self.writer.send(&reply).await.is_ok() && version == VERSION
    }

    async fn answer(&mut self, request: Request) -> Result<(), Break> {
        match request {
            Request::Ask(ask) => self.ask(ask).await,
            Request::Tail(tail) => self.tail(tail).await,
            Request::List(list) => self.list(list).await,
            Request::HandOver => self.hand_over(),
            Request::Hello { .. } | Request::Stop => Err(ApiError::invalid("This is no request.").into()),
        }
    }

    fn hand_over(&self) -> Result<(), Break> {
        match self.shared.host {
            Host::Core => self.shared.handed_over.cancel(),
            Host::Window | Host::Serve => {
                // A window that went away while answers end is what whoever asks was looking for.
                self.shared.engine.show_window();
                return Err(ApiError::new(ErrorCode::Busy, "The data folder is in use by another Rivulet.").into());
            }
        }
        Ok(())
    }

    async fn ask(&mut self, ask: Ask) -> Result<(), Break> {
        let (turn, before) = self.send(ask).await?;
        let cursor = self.shared.engine.watch(&owner(), turn.conversation, before).await?;
        self.writer.send(&Reply::Begun { conversation: turn.conversation, answer: turn.answer }).await?;
        self.follow(cursor, turn.answer).await
    }

    /// Sends the question; its turn, and the number its log had before.
    async fn send(&self, ask: Ask) -> Result<(Turn, u64), Break> {
        let (engine, caller) = (&self.shared.engine, owner());
        let conversation = match ask.conversation {
            Some(which) => Some(self.find(which).await?),
            None if ask.temporary => {
                let (provider, model) = (ask.provider.clone(), ask.model.clone());
                let create = ConversationCreate { provider, model, temporary: Some(true), ..Default::default() };
                Some(engine.conversation_create(&caller, create).await?)
            }
            None => None,
        };
        let before = conversation.as_ref().map_or(0, |conversation| conversation.head);
        let id = conversation.map(|conversation| conversation.id);
        let send = MessageSend {
            conversation: id,
            parent: None,
            at_root: None,
            text: ask.text,
            attachments: None,
            provider: ask.provider,
            model: ask.model,
        };
        match engine.message_send(&caller, send).await {
            Ok(turn) => Ok((turn, before)),
            Err(error) => {
                if let Some(conversation) = id.filter(|_| ask.temporary && ask.conversation.is_none()) {
                    // Nobody will ever say anything in it. A failure of this hides the one that matters.
                    let _ = engine.conversation_delete(&caller, ConversationRef { conversation }).await;
                }
                Err(error.into())
            }
        }
    }

    async fn tail(&mut self, tail: Tail) -> Result<(), Break> {
        let engine = self.shared.engine.clone();
        let only = match tail.conversation {
            Some(which) => Some(self.find(which).await?.id),
            None => None,
        };
        // Listened to before the first look, so that no answer begins unseen.
        let mut library = engine.library();
        let mut told = HashSet::new();
        loop {
            let running = engine.running();
            told.retain(|answer| running.iter().any(|(_, running)| running == answer));
            let wanted = running
                .into_iter()
                .filter(|(home, answer)| only.is_none_or(|only| only == *home) && !told.contains(answer));
            match wanted.max_by_key(|(_, answer)| *answer) {
                Some((conversation, answer)) => {
                    told.insert(answer);
                    let followed = self.join(conversation, answer).await?;
                    if followed && !tail.follow {
                        return Ok(());
                    }
                }
                None if tail.follow => self.something_changes(&mut library).await?,
                None => return Err(ApiError::new(ErrorCode::NotFound, NOTHING_RUNS).into()),
            }
        }
    }

    /// Follows an answer from its beginning; whether it was running still.
    async fn join(&mut self, conversation: ConversationId, answer: MessageId) -> Result<bool, Break> {
        let engine = self.shared.engine.clone();
        let open = ConversationOpen { conversation, limit: Some(u32::MAX) };
        let snapshot = engine.conversation_open(&owner(), open).await?;
        let head = snapshot.conversation.head;
        let shown = snapshot.messages.into_iter().map(|path| path.message).find(|message| message.id == answer);
        if shown.as_ref().is_some_and(|message| message.state != MessageState::Running) {
            return Ok(false);
        }
        // On a branch that is not shown it is told by the log, from the start.
        let from = if shown.is_some() { head } else { 0 };
        let cursor = engine.watch(&owner(), conversation, from).await?;
        self.writer.send(&Reply::Begun { conversation, answer }).await?;
        if let Some(message) = shown {
            let body = EventBody::Started { snapshot: Box::new(message) };
            self.writer.send(&Reply::Event { event: Event { seq: head, message: answer, body } }).await?;
        }
        self.follow(cursor, answer).await?;
        Ok(true)
    }

    /// Hands on the events of one answer until it has ended. A request to stop is heard meanwhile; whoever hangs up
    /// leaves the answer running.
    async fn follow(&mut self, cursor: Cursor, answer: MessageId) -> Result<(), Break> {
        let Self { reader, writer, shared } = self;
        let stop = async {
            while let Ok(Some(request)) = reader.next::<Request>(REQUEST_BYTES).await {
                if request == Request::Stop {
                    // It ends by the log, as every answer does.
                    let _ = shared.engine.answer_stop(&owner(), MessageRef { message: answer }).await;
                }
            }
        };
        tokio::select! {
            followed = forward(writer, cursor, answer) => followed,
            () = stop => Err(Break::Gone),
        }
    }

    /// Waits until an answer may have begun.
    async fn something_changes(
        &mut self,
        library: &mut tokio::sync::broadcast::Receiver<LibraryEvent>,
    ) -> Result<(), Break> {
        let quitting = self.shared.engine.quitting();
        loop {
            let event = tokio::select! {
                event = library.recv() => event,
                () = quitting.cancelled() => return Err(Break::Gone),
                // Nothing more is to be said on this connection: it is its end.
                _ = self.reader.next::<Request>(HELLO_BYTES) => return Err(Break::Gone),
            };
            match event {
                Ok(LibraryEvent::Conversation { conversation }) if conversation.running => return Ok(()),
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return Ok(()),
                Err(RecvError::Closed) => return Err(Break::Gone),
            }
        }
    }

    async fn list(&mut self, list: List) -> Result<(), Break> {
        let limit = list.limit as usize;
        for conversation in super::listing::newest(&self.shared.engine, &owner(), &list.words, limit).await? {
            self.writer.send(&Reply::Conversation(Box::new(conversation))).await?;
        }
        Ok(())
    }

    async fn find(&self, which: Which) -> Result<Conversation, Break> {
        let engine = &self.shared.engine;
        match which {
            Which::Last => {
                let newest = super::listing::newest(engine, &owner(), "", 1).await?.pop();
                newest.ok_or_else(|| ApiError::not_found("conversation").into())
            }
            Which::Id(conversation) => {
                let open = ConversationOpen { conversation, limit: Some(1) };
                Ok(engine.conversation_open(&owner(), open).await?.conversation)
            }
        }
    }
}

async fn forward<S: AsyncWrite>(
    writer: &mut LineWriter<S>,
    mut cursor: Cursor,
    answer: MessageId,
) -> Result<(), Break> {
    let mut pace = Pace::new();
    // Its end comes without a word: the app is quitting, and what it had to say was said.
    while let Some(batch) = cursor.next().await {
        for event in batch.events.into_iter().filter(|event| event.message == answer) {
            let ended = is_end(&event.body);
            writer.send(&Reply::Event { event }).await?;
            if ended {
                return Ok(());
            }
        }
        pace.wait(Pace::FRAME).await;
    }
    Err(Break::Gone)
}

fn is_end(body: &EventBody) -> bool {
    match body {
        EventBody::Finished { .. }
        | EventBody::Stopped { .. }
        | EventBody::Interrupted { .. }
        | EventBody::Failed { .. } => true,
        EventBody::Started { .. }
        | EventBody::Text { .. }
        | EventBody::Reasoning { .. }
        | EventBody::ToolCall { .. }
        | EventBody::ToolResult { .. }
        | EventBody::Usage { .. }
        | EventBody::Cost { .. }
        | EventBody::Notice { .. }
        | EventBody::Reset { .. } => false,
    }
}
