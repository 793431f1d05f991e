//! What a write can do inside the transaction.

use crate::queue::{Append, Pending};
use crate::writer::{Events, Heads};
use crate::{StoreError, asked};
use rivulet_protocol::{ConversationId, Event, EventBody, MessageId};
use rusqlite::{Connection, OptionalExtension};

/// The transaction, the numbers, and what is to be published when it is committed.
pub(crate) struct Work<'a> {
    pub connection: &'a Connection,
    pub heads: &'a mut Heads,
    pub events: &'a mut Events,
}

impl Work<'_> {
    /// The next number of a conversation's log.
    pub fn next_number(&mut self, conversation: ConversationId) -> Result<u64, StoreError> {
        let head = match self.heads.get(&conversation) {
            Some(head) => *head,
            None => {
                let mut head = self.connection.prepare_cached("SELECT head FROM conversation WHERE id = ?1")?;
                let head = head.query_row([conversation.0], |row| row.get(0)).optional()?;
                head.ok_or(StoreError::NotFound("conversation"))?
            }
        };
        self.heads.insert(conversation, head + 1);
        Ok(head + 1)
    }

    /// Writes what was added to an answer: to its log, or beside it.
    pub fn append(&mut self, pending: &Pending) -> Result<(), StoreError> {
        let Pending { conversation, message, append, shown_as } = pending;
        match append {
            Append::Asked(asked) => asked::keep(self.connection, *message, asked),
            Append::Point(point) => asked::mark(self.connection, *message, point),
            Append::Text { .. } | Append::Reasoning { .. } | Append::Event(_) => {
                let body = append.clone().into_body();
                body.map_or(Ok(()), |body| self.log(*conversation, *message, body, shown_as.is_some()))
            }
        }
    }

    /// Writes a log row under the next number, and publishes it unless viewers have it already.
    pub fn log(
        &mut self,
        conversation: ConversationId,
        message: MessageId,
        body: EventBody,
        shown: bool,
    ) -> Result<(), StoreError> {
        let seq = match self.next_number(conversation) {
            Ok(seq) => seq,
            // The conversation is gone; so is the point of writing about it.
            Err(StoreError::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let event = Event { seq, message, body };
        if let Err(error) = insert(self.connection, conversation, &event) {
            // A number that nothing has would look like a lost event.
            self.heads.insert(conversation, seq - 1);
            return Err(error);
        }
        if shown {
            self.note(conversation)
        } else {
            self.publish(conversation, event)
        }
        Ok(())
    }

    /// To be published after the commit.
    pub fn publish(&mut self, conversation: ConversationId, event: Event) {
        self.note(conversation);
        if let Some((_, events)) = self.events.iter_mut().find(|(id, _)| *id == conversation) {
            events.push(event);
        }
    }

    /// The conversation's head moved, even if there is nothing to publish.
    fn note(&mut self, conversation: ConversationId) {
        if !self.events.iter().any(|(id, _)| *id == conversation) {
            self.events.push((conversation, Vec::new()));
        }
    }
}

fn insert(connection: &Connection, conversation: ConversationId, event: &Event) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO log (conversation, seq, message, kind, offset, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let (seq, message, kind) = (event.seq, event.message.0, event.body.name());
    match &event.body {
        EventBody::Text { text, offset } | EventBody::Reasoning { text, offset } => {
            insert.execute((conversation.0, seq, message, kind, offset, text))?;
        }
        other => {
            insert.execute((conversation.0, seq, message, kind, 0, serde_json::to_string(other)?))?;
        }
    }
    Ok(())
}
