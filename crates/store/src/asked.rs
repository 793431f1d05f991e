//! What was asked of models and has not ended: what the end of the process leaves of it is known at the next start.

use crate::{Append, Durability, Spending, Store, StoreError, api, messages, spending};
use rivulet_protocol::{ConversationId, Cost, Message, MessageId, Price, ProviderId, Usage};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A request that a vendor took, and is paid for from here on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// When, in milliseconds since the epoch.
    pub at: u64,
    /// The conversation; none for one that is on no disk.
    pub conversation: Option<ConversationId>,
    /// Who answers.
    pub provider: ProviderId,
    /// The number of the key it was asked with.
    pub key: u32,
    /// The model.
    pub model: String,
    /// What the model costs, where that is known.
    pub price: Option<Price>,
    /// About how many tokens were asked.
    pub input_tokens: u64,
    /// Where the text of this turn begins in the answer's, in UTF-16 code units.
    pub text_from: u64,
    /// The same of its reasoning.
    pub reasoning_from: u64,
    /// About what came by then, of an answer that is not stored here.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// The number of the program's request it was asked for by.
    #[serde(default)]
    pub api_use: Option<i64>,
}

/// How far an answer is that its vendor goes on with when we are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The vendor's id of it.
    pub response: Arc<str>,
    /// The number of the last event that everything stored stands for.
    pub sequence: u64,
    /// What its decoder needs to go on from there.
    pub state: Arc<str>,
}

/// An answer that was being written when the process ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// Which.
    pub message: MessageId,
    /// What was asked.
    pub asked: Asked,
    /// How far it is, if its vendor may still be at it.
    pub point: Option<Point>,
    /// It as it is stored, with its conversation, unless that is on no disk.
    pub stored: Option<(ConversationId, Message)>,
}

impl Store {
    /// What was asked for in earlier runs and has not ended.
    pub async fn asked_before(&self) -> Result<Vec<Left>, StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare("SELECT message, asked, response, sequence, state FROM asked")?;
            let mut rows = select.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(left(connection, row)?);
            }
            Ok(found)
        })
        .await
    }

    /// What was asked for this answer, as long as it has not ended.
    pub async fn asked_for(&self, message: MessageId) -> Result<Option<Left>, StoreError> {
        self.read(move |connection| {
            let mut select = connection
                .prepare_cached("SELECT message, asked, response, sequence, state FROM asked WHERE message = ?1")?;
            let mut rows = select.query([message.0])?;
            rows.next()?.map(|row| left(connection, row)).transpose()
        })
        .await
    }

    /// Notes that a vendor took a request for an answer that is stored nowhere here. Never blocks and never fails.
    pub fn asked(&self, answer: MessageId, asked: Asked) {
        let nowhere = ConversationId(uuid::Uuid::nil());
        self.append(nowhere, answer, Append::Asked(Box::new(asked)));
    }

    /// An answer has ended: what it cost is noted, if a model worked for it.
    pub async fn answered(&self, message: MessageId, spent: Option<Spending>) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| forget(work.connection, message, spent.as_ref())).await
    }

    /// The same for an answer that the end of the process cut: what it took in all stands in it too, or in the record of
    /// the program's request.
    pub async fn cut(
        &self,
        message: MessageId,
        spent: Spending,
        cost: Cost,
        api_use: Option<i64>,
    ) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            messages::set_cost(work.connection, message, cost)?;
            if let Some(number) = api_use {
                api::set_cost(work.connection, number, spent.cost)?;
            }
            forget(work.connection, message, Some(&spent))
        })
        .await
    }
}

fn left(connection: &Connection, row: &Row<'_>) -> Result<Left, StoreError> {
    let message = MessageId(row.get(0)?);
    let asked: String = row.get(1)?;
    let point: (Option<String>, Option<u64>, Option<String>) = (row.get(2)?, row.get(3)?, row.get(4)?);
    let point = match point {
        (Some(response), Some(sequence), Some(state)) => {
            Some(Point { response: response.into(), sequence, state: state.into() })
        }
        _ => None,
    };
    let stored = messages::message(connection, message)?;
    Ok(Left { message, asked: serde_json::from_str(&asked)?, point, stored })
}

/// Notes that a vendor took a request.
pub(crate) fn keep(connection: &Connection, message: MessageId, asked: &Asked) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached("INSERT OR REPLACE INTO asked (message, asked) VALUES (?1, ?2)")?;
    insert.execute((message.0, serde_json::to_string(asked)?))?;
    Ok(())
}

/// An answer has ended: that it was asked for is forgotten, and what it cost is noted.
pub(crate) fn forget(connection: &Connection, message: MessageId, spent: Option<&Spending>) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM asked WHERE message = ?1")?.execute([message.0])?;
    spent.map_or(Ok(()), |spent| spending::insert(connection, spent))
}

/// Notes how far an answer is.
pub(crate) fn mark(connection: &Connection, message: MessageId, point: &Point) -> Result<(), StoreError> {
    let mut update =
        connection.prepare_cached("UPDATE asked SET response = ?2, sequence = ?3, state = ?4 WHERE message = ?1")?;
    update.execute((message.0, &*point.response, point.sequence, &*point.state))?;
    Ok(())
}
