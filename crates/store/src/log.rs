//! Reading a conversation's log, for cursors that memory no longer serves.

use crate::messages::{self, Stored};
use crate::{Store, StoreError};
use rivulet_protocol::{Author, ConversationId, Event, EventBody, Message, MessageId, MessageState};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashSet;

impl Store {
    /// What a viewer that has everything up to `after` needs to have everything there is, and the head it then has.
    ///
    /// A message that was folded has no rows of its own any more. A viewer from before its start is given its whole
    /// text at once; one that stopped in the middle of it is given a `reset`, since where it stopped is forgotten.
    pub async fn events_after(
        &self,
        conversation: ConversationId,
        after: u64,
    ) -> Result<(Vec<Event>, u64), StoreError> {
        self.read(move |connection| events_after(connection, conversation, after)).await
    }
}

fn events_after(
    connection: &Connection,
    conversation: ConversationId,
    after: u64,
) -> Result<(Vec<Event>, u64), StoreError> {
    let mut head = connection.prepare_cached("SELECT head FROM conversation WHERE id = ?1")?;
    let head = head.query_row([conversation.0], |row| row.get(0)).optional()?;
    let head = head.ok_or(StoreError::NotFound("conversation"))?;
    let mut told = folded(connection, conversation, after)?;
    rows(connection, conversation, after, &mut told)?;
    let mut events = told.own;
    // Stable: an event that owns its number comes before those that borrow it. A reader that stops between them then
    // has what the number stands for, and gets a `reset` for the others.
    events.append(&mut told.borrowed);
    events.sort_by_key(|event| event.seq);
    Ok((join(events), head))
}

/// What is told of folded messages.
#[derive(Default)]
struct Told {
    /// Events with numbers of their own.
    own: Vec<Event>,
    /// Events whose own numbers went with their log rows: each has another event's.
    borrowed: Vec<Event>,
}

fn folded(connection: &Connection, conversation: ConversationId, after: u64) -> Result<Told, StoreError> {
    let columns = messages::COLUMNS;
    let mut select = connection.prepare_cached(&format!(
        "SELECT {columns} FROM message m WHERE m.conversation = ?1 AND m.fold_seq > ?2 \
         AND m.deleted_at IS NULL ORDER BY m.started_seq"
    ))?;
    let mut found = select.query((conversation.0, after))?;
    let mut told = Told::default();
    while let Some(row) = found.next()? {
        let stored = messages::row(row)?;
        if after < stored.started_seq {
            whole(stored, &mut told);
        } else {
            let (seq, message) = (stored.fold_seq, stored.message.id);
            told.own.push(Event { seq, message, body: EventBody::Reset { snapshot: Box::new(stored.message) } });
        }
    }
    Ok(told)
}

/// A folded message as if it were told from its start.
fn whole(stored: Stored, told: &mut Told) {
    let Stored { message, started_seq, fold_seq, .. } = stored;
    let id = message.id;
    let event = |seq, body| Event { seq, message: id, body };
    if started_seq == fold_seq {
        told.own.push(event(started_seq, EventBody::Started { snapshot: Box::new(message) }));
        return;
    }
    told.own.push(event(started_seq, EventBody::Started { snapshot: Box::new(begun(&message)) }));
    if message.mark.is_some() || message.edited || message.author != Author::Assistant {
        // No event but this one tells of these.
        told.own.push(event(fold_seq, EventBody::Reset { snapshot: Box::new(message) }));
        return;
    }
    let bodies = told_again(&message);
    // Up to the end, so that whoever stops here is given a reset; each its own number as long as there are enough.
    let last = (fold_seq - 1).max(started_seq);
    let first = fold_seq.saturating_sub(bodies.len() as u64).max(started_seq + 1);
    told.borrowed.extend((first..).zip(bodies).map(|(seq, body)| event(seq.min(last), body)));
    told.own.push(event(fold_seq, ending(message)));
}

/// What was told of a message between its start and its end, each kind as one event.
fn told_again(message: &Message) -> Vec<EventBody> {
    let mut bodies = Vec::new();
    if !message.reasoning.is_empty() {
        bodies.push(EventBody::Reasoning { text: message.reasoning.clone(), offset: 0 });
    }
    if !message.text.is_empty() {
        bodies.push(EventBody::Text { text: message.text.clone(), offset: 0 });
    }
    for call in &message.tool_calls {
        let (id, name, arguments) = (call.id.clone(), call.name.clone(), call.arguments.clone());
        bodies.push(EventBody::ToolCall { id: id.clone(), name, arguments });
        if let Some(text) = call.result.clone() {
            bodies.push(EventBody::ToolResult { id, text });
        }
    }
    bodies.extend(message.usage.map(|usage| EventBody::Usage { usage }));
    bodies.extend(message.cost.map(|cost| EventBody::Cost { cost }));
    bodies
}

/// The message as it was when it began.
fn begun(message: &Message) -> Message {
    let mut begun = Message::new(message.parent, message.author, MessageState::Running);
    begun.id = message.id;
    begun.created_at = message.created_at;
    begun.provider = message.provider.clone();
    begun.model = message.model.clone();
    begun
}

/// The event that brought a folded message to where it is.
fn ending(message: Message) -> EventBody {
    let at = message.ended_at.unwrap_or(message.created_at);
    match message.state {
        MessageState::Complete => {
            let reason = message.finish_reason.unwrap_or(rivulet_protocol::FinishReason::Stop);
            EventBody::Finished { reason, at }
        }
        MessageState::Stopped => EventBody::Stopped { at },
        MessageState::Interrupted => EventBody::Interrupted { at },
        MessageState::Failed => {
            let failure = message.failure.clone();
            let unknown = || rivulet_protocol::Failure::new(rivulet_protocol::FailureCode::Internal);
            EventBody::Failed { failure: failure.unwrap_or_else(unknown), at }
        }
        // It runs again: continued, and this is where.
        MessageState::Running => EventBody::Started { snapshot: Box::new(message) },
    }
}

/// Adds what is not folded yet. Text is joined as it is read: a long answer has millions of rows.
fn rows(connection: &Connection, conversation: ConversationId, after: u64, told: &mut Told) -> Result<(), StoreError> {
    let borrowed: HashSet<u64> = told.borrowed.iter().map(|event| event.seq).collect();
    let mut events: Vec<Event> = Vec::new();
    let mut select = connection.prepare_cached(
        "SELECT seq, message, kind, offset, body FROM log WHERE conversation = ?1 AND seq > ?2 ORDER BY seq",
    )?;
    let mut found = select.query((conversation.0, after))?;
    while let Some(row) = found.next()? {
        let (kind, body): (String, String) = (row.get(2)?, row.get(4)?);
        let offset = row.get(3)?;
        let body = match kind.as_str() {
            "text" => EventBody::Text { text: body, offset },
            "reasoning" => EventBody::Reasoning { text: body, offset },
            _ => serde_json::from_str(&body)?,
        };
        let event = Event { seq: row.get(0)?, message: MessageId(row.get(1)?), body };
        // Unless something comes in between: another message's event, or one that borrows the number before.
        let last = events.last_mut().filter(|last| last.seq + 1 == event.seq && !borrowed.contains(&last.seq));
        if !last.is_some_and(|last| last.join(&event)) {
            events.push(event);
        }
    }
    told.own.append(&mut events);
    Ok(())
}

/// Joins neighbouring text of the same message.
fn join(events: Vec<Event>) -> Vec<Event> {
    let mut joined: Vec<Event> = Vec::with_capacity(events.len());
    for event in events {
        if !joined.last_mut().is_some_and(|last| last.join(&event)) {
            joined.push(event);
        }
    }
    joined
}
