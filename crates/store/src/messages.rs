//! The tree of messages, and folding a log into its message.

use crate::fields::{Columns, Fields};
use crate::work::Work;
use crate::{Durability, Store, StoreError, search};
use rivulet_protocol::{
    ConversationId, Cost, EventBody, Mark, Message, MessageId, MessageState, PathMessage, Snapshot, ToolCall,
};
use rusqlite::{Connection, OptionalExtension, Row};

impl Store {
    /// Adds messages and writes a `started` event for each; the last of the path is `leaf`. Synced.
    pub async fn begin(
        &self,
        conversation: ConversationId,
        messages: Vec<Message>,
        leaf: MessageId,
    ) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            for message in &messages {
                insert(work, conversation, message)?;
            }
            require(work.connection, conversation, leaf, "leaf")?;
            let updated = messages.iter().map(|message| message.created_at).max().unwrap_or(0);
            let mut update = work
                .connection
                .prepare_cached("UPDATE conversation SET leaf = ?2, updated_at = max(updated_at, ?3) WHERE id = ?1")?;
            update.execute((conversation.0, leaf.0, updated))?;
            Ok(())
        })
        .await
    }

    /// An answer that had ended runs again; answers with it as it is then. Synced.
    pub async fn resume(&self, conversation: ConversationId, message: MessageId) -> Result<Message, StoreError> {
        self.write(Durability::Synced, move |work| {
            let Some((home, mut resumed)) = live(work.connection, message)? else {
                return Err(StoreError::NotFound("message"));
            };
            if home != conversation || resumed.state == MessageState::Running {
                return Err(StoreError::NotFound("ended answer"));
            }
            resumed.state = MessageState::Running;
            (resumed.ended_at, resumed.finish_reason, resumed.failure) = (None, None, None);
            let seq = work.next_number(conversation)?;
            update(work.connection, &resumed, seq)?;
            let body = EventBody::Started { snapshot: Box::new(resumed.clone()) };
            work.publish(conversation, rivulet_protocol::Event { seq, message, body });
            Ok(resumed)
        })
        .await
    }

    /// Puts a mark below an answer that has ended, or takes it away. Synced.
    pub async fn mark(&self, message: MessageId, mark: Option<Mark>) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            let Some((conversation, mut marked)) = live(work.connection, message)? else {
                return Err(StoreError::NotFound("message"));
            };
            if marked.state == MessageState::Running {
                return Err(StoreError::NotFound("ended answer"));
            }
            marked.mark.clone_from(&mark);
            let seq = work.next_number(conversation)?;
            update(work.connection, &marked, seq)?;
            let body = EventBody::Reset { snapshot: Box::new(marked) };
            work.publish(conversation, rivulet_protocol::Event { seq, message, body });
            Ok(())
        })
        .await
    }

    /// A message as it is on disk now, and the conversation it is in; `None` if it is in the bin.
    pub async fn message(&self, id: MessageId) -> Result<Option<(ConversationId, Message)>, StoreError> {
        self.read(move |connection| live(connection, id)).await
    }

    /// The newest `limit` messages of the path to `leaf` (or to before `before`), oldest first, and whether there are
    /// older ones.
    pub async fn path_page(
        &self,
        conversation: ConversationId,
        leaf: MessageId,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<(Vec<PathMessage>, bool), StoreError> {
        self.read(move |connection| page(connection, conversation, leaf, before, limit)).await
    }

    /// A conversation and the end of its path, both exact at `conversation.head`.
    pub async fn snapshot(&self, id: ConversationId, limit: u32) -> Result<Option<Snapshot>, StoreError> {
        self.read(move |connection| {
            let Some(conversation) = crate::conversations::conversation(connection, id)? else { return Ok(None) };
            let (messages, has_older) = match conversation.leaf {
                Some(leaf) => page(connection, id, leaf, None, limit)?,
                None => (Vec::new(), false),
            };
            Ok(Some(Snapshot { conversation, messages, has_older, notice: None }))
        })
        .await
    }

    /// The newest end of a path through `message`: at each fork the newest child.
    pub async fn newest_leaf_below(&self, message: MessageId) -> Result<MessageId, StoreError> {
        self.read(move |connection| newest_leaf_below(connection, message)).await
    }

    /// The whole path to `leaf`, oldest first: what a model reads.
    pub async fn path_for_request(
        &self,
        conversation: ConversationId,
        leaf: MessageId,
    ) -> Result<Vec<Message>, StoreError> {
        self.read(move |connection| Ok(path(connection, conversation, leaf, u32::MAX)?.0)).await
    }
}

pub(crate) fn newest_leaf_below(connection: &Connection, message: MessageId) -> Result<MessageId, StoreError> {
    let mut child = connection.prepare_cached(
        "SELECT c.id FROM message m JOIN message c ON c.conversation = m.conversation AND c.parent = m.id \
         WHERE m.id = ?1 AND c.deleted_at IS NULL ORDER BY c.n DESC LIMIT 1",
    )?;
    let mut leaf = message.0;
    while let Some(next) = child.query_row([leaf], |row| row.get(0)).optional()? {
        leaf = next;
    }
    Ok(MessageId(leaf))
}

/// Adds a message under the next number, with its `started` event.
pub(crate) fn insert(work: &mut Work<'_>, conversation: ConversationId, message: &Message) -> Result<(), StoreError> {
    if let Some(parent) = message.parent {
        require(work.connection, conversation, parent, "parent message")?;
    }
    let seq = work.next_number(conversation)?;
    insert_row(work.connection, conversation, message, seq)?;
    if message.state != MessageState::Running {
        search::index(work.connection, message.id, &message.text)?;
    }
    let body = EventBody::Started { snapshot: Box::new(message.clone()) };
    work.publish(conversation, rivulet_protocol::Event { seq, message: message.id, body });
    Ok(())
}

/// Writes the row of a message that begins, whole, at number `seq`.
pub(crate) fn insert_row(
    connection: &Connection,
    conversation: ConversationId,
    message: &Message,
    seq: u64,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO message (id, conversation, parent, state, text, reasoning, fields, started_seq, fold_seq) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
    )?;
    insert.execute((
        message.id.0,
        conversation.0,
        message.parent.map(|parent| parent.0),
        state(message.state),
        &message.text,
        &message.reasoning,
        serde_json::to_string(&Fields::of(message))?,
        seq,
    ))?;
    Ok(())
}

/// All messages of a conversation that are not in the bin, parents before their children.
pub(crate) fn all(connection: &Connection, conversation: ConversationId) -> Result<Vec<Message>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM message m WHERE m.conversation = ?1 AND m.deleted_at IS NULL ORDER BY m.n");
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([conversation.0])?;
    let mut messages = Vec::new();
    while let Some(found) = rows.next()? {
        let mut stored = row(found)?;
        unfolded(connection, &mut stored)?;
        messages.push(stored.message);
    }
    Ok(messages)
}

/// The message must be in this conversation, and not in the bin.
pub(crate) fn require(
    connection: &Connection,
    conversation: ConversationId,
    message: MessageId,
    what: &'static str,
) -> Result<(), StoreError> {
    let home = "SELECT 1 FROM message WHERE id = ?1 AND conversation = ?2 AND deleted_at IS NULL";
    let mut home = connection.prepare_cached(home)?;
    if home.exists((message.0, conversation.0))? { Ok(()) } else { Err(StoreError::NotFound(what)) }
}

/// Puts everything a message is into its row, as of number `seq`, and removes its log rows.
pub(crate) fn fold(
    connection: &Connection,
    conversation: ConversationId,
    message: &Message,
    seq: u64,
) -> Result<(), StoreError> {
    let mut unfold = connection.prepare_cached(
        "DELETE FROM log WHERE conversation = ?1 AND message = ?2 \
         AND seq > (SELECT fold_seq FROM message WHERE id = ?2)",
    )?;
    unfold.execute((conversation.0, message.id.0))?;
    update(connection, message, seq)
}

fn update(connection: &Connection, message: &Message, fold_seq: u64) -> Result<(), StoreError> {
    let mut update = connection.prepare_cached(
        "UPDATE message SET state = ?2, text = ?3, reasoning = ?4, fields = ?5, fold_seq = ?6 WHERE id = ?1",
    )?;
    let (text, reasoning, fields) = (&message.text, &message.reasoning, serde_json::to_string(&Fields::of(message))?);
    update.execute((message.id.0, state(message.state), text, reasoning, fields, fold_seq))?;
    // While it runs its words change with each commit; they are indexed when it ends.
    if message.state == MessageState::Running { Ok(()) } else { search::index(connection, message.id, text) }
}

/// Puts what an answer took into its row; nothing more in it changes.
pub(crate) fn set_cost(connection: &Connection, id: MessageId, cost: Cost) -> Result<(), StoreError> {
    let mut select = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM message m WHERE m.id = ?1"))?;
    let mut rows = select.query([id.0])?;
    let Some(found) = rows.next()? else { return Ok(()) };
    let message = Message { cost: Some(cost), ..row(found)?.message };
    let mut update = connection.prepare_cached("UPDATE message SET fields = ?2 WHERE id = ?1")?;
    update.execute((id.0, serde_json::to_string(&Fields::of(&message))?))?;
    Ok(())
}

const STATES: [(MessageState, &str); 5] = [
    (MessageState::Running, "running"),
    (MessageState::Complete, "complete"),
    (MessageState::Stopped, "stopped"),
    (MessageState::Interrupted, "interrupted"),
    (MessageState::Failed, "failed"),
];

fn state(state: MessageState) -> &'static str {
    STATES.iter().find(|(known, _)| *known == state).map_or("failed", |(_, name)| name)
}

/// Whether a message can be in a state of this name.
pub(crate) fn is_state(name: &str) -> bool {
    STATES.iter().any(|(_, known)| *known == name)
}

fn state_of(name: &str) -> Result<MessageState, StoreError> {
    let known = STATES.iter().find(|(_, known)| *known == name);
    known.map(|(state, _)| *state).ok_or_else(|| StoreError::Damaged(format!("a message is {name:?}")))
}

/// Columns that [`row`] reads.
pub(crate) const COLUMNS: &str =
    "m.id, m.conversation, m.text, m.reasoning, m.fields, m.started_seq, m.fold_seq, m.parent, m.state";

/// A message's row, without what its log adds.
pub(crate) struct Stored {
    pub conversation: ConversationId,
    pub message: Message,
    pub started_seq: u64,
    pub fold_seq: u64,
}

pub(crate) fn row(row: &Row<'_>) -> Result<Stored, StoreError> {
    let fields: Fields = serde_json::from_str(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?)?;
    let message = fields.with(Columns {
        id: MessageId(row.get(0)?),
        parent: row.get::<_, Option<_>>(7)?.map(MessageId),
        state: state_of(row.get_ref(8)?.as_str().map_err(rusqlite::Error::from)?)?,
        text: row.get(2)?,
        reasoning: row.get(3)?,
    });
    let conversation = ConversationId(row.get(1)?);
    Ok(Stored { conversation, message, started_seq: row.get(5)?, fold_seq: row.get(6)? })
}

/// A message that is not in the bin, with what its log adds to its row.
fn live(connection: &Connection, id: MessageId) -> Result<Option<(ConversationId, Message)>, StoreError> {
    let mut binned = connection.prepare_cached("SELECT 1 FROM message WHERE id = ?1 AND deleted_at IS NOT NULL")?;
    if binned.exists([id.0])? { Ok(None) } else { message(connection, id) }
}

/// A message with what its log adds to its row, wherever it is.
pub(crate) fn message(connection: &Connection, id: MessageId) -> Result<Option<(ConversationId, Message)>, StoreError> {
    let mut select = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM message m WHERE m.id = ?1"))?;
    let mut rows = select.query([id.0])?;
    let Some(found) = rows.next()? else { return Ok(None) };
    let mut stored = row(found)?;
    unfolded(connection, &mut stored)?;
    Ok(Some((stored.conversation, stored.message)))
}

/// Adds what came since the message was last folded.
fn unfolded(connection: &Connection, stored: &mut Stored) -> Result<(), StoreError> {
    if stored.message.state != MessageState::Running {
        return Ok(());
    }
    let mut select = connection.prepare_cached(
        "SELECT kind, body FROM log WHERE conversation = ?1 AND seq > ?2 AND message = ?3 ORDER BY seq",
    )?;
    let mut rows = select.query((stored.conversation.0, stored.fold_seq, stored.message.id.0))?;
    while let Some(row) = rows.next()? {
        let body = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        match row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)? {
            "text" => stored.message.text.push_str(body),
            "reasoning" => stored.message.reasoning.push_str(body),
            "usage" | "cost" | "tool_call" | "tool_result" => match serde_json::from_str(body)? {
                EventBody::Usage { usage } => stored.message.usage = Some(usage),
                EventBody::Cost { cost } => stored.message.cost = Some(cost),
                EventBody::ToolCall { id, name, arguments } => {
                    stored.message.tool_calls.push(ToolCall { id, name, arguments, result: None });
                }
                EventBody::ToolResult { id, text } => {
                    let called = stored.message.tool_calls.iter_mut().find(|call| call.id == id);
                    if let Some(call) = called {
                        call.result = Some(text);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    Ok(())
}

fn page(
    connection: &Connection,
    conversation: ConversationId,
    leaf: MessageId,
    before: Option<MessageId>,
    limit: u32,
) -> Result<(Vec<PathMessage>, bool), StoreError> {
    let from = match before {
        None => Some(leaf),
        Some(before) => {
            let mut parent = connection.prepare_cached("SELECT parent FROM message WHERE id = ?1")?;
            parent.query_row([before.0], |row| row.get(0)).optional()?.flatten().map(MessageId)
        }
    };
    let Some(from) = from else { return Ok((Vec::new(), false)) };
    let (messages, has_older) = path(connection, conversation, from, limit)?;
    let mut with_siblings = Vec::with_capacity(messages.len());
    for message in messages {
        let siblings = siblings(connection, conversation, &message)?;
        with_siblings.push(PathMessage { message, siblings });
    }
    Ok((with_siblings, has_older))
}

fn siblings(
    connection: &Connection,
    conversation: ConversationId,
    message: &Message,
) -> Result<Vec<MessageId>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT id FROM message WHERE conversation = ?1 AND parent IS ?2 AND deleted_at IS NULL ORDER BY n",
    )?;
    let parent = message.parent.map(|parent| parent.0);
    let rows = select.query_map((conversation.0, parent), |row| Ok(MessageId(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The path that ends at `leaf`, oldest first, cut to its newest `limit`; and whether it was cut.
fn path(
    connection: &Connection,
    conversation: ConversationId,
    leaf: MessageId,
    limit: u32,
) -> Result<(Vec<Message>, bool), StoreError> {
    // One lookup after the other: a recursive query may be planned with a filter over the whole table.
    let sql = format!("SELECT {COLUMNS} FROM message m WHERE m.id = ?1 AND m.conversation = ?2");
    let mut select = connection.prepare_cached(&sql)?;
    let mut messages = Vec::new();
    let mut next = Some(leaf);
    while let Some(id) = next {
        let mut rows = select.query((id.0, conversation.0))?;
        let Some(found) = rows.next()? else { break };
        if messages.len() as u64 == u64::from(limit) {
            messages.reverse();
            return Ok((messages, true));
        }
        let mut stored = row(found)?;
        unfolded(connection, &mut stored)?;
        next = stored.message.parent;
        messages.push(stored.message);
    }
    messages.reverse();
    Ok((messages, false))
}
