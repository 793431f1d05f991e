//! What answers cost, one row each. The rows stay when a conversation goes: the money is spent.
//!
//! A day is one of the person's own clock, as the system knows it when the answer ends; a later journey moves nothing.

use crate::{Durability, Store, StoreError};
use rivulet_protocol::{ConversationId, Cost, DaySpent, ProviderId, Purpose, Spent};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

/// What one answer cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spending {
    /// When it ended, in milliseconds since the epoch.
    pub at: u64,
    /// The conversation; none for one that is on no disk.
    pub conversation: Option<ConversationId>,
    /// Who answered.
    pub provider: ProviderId,
    /// The number of the key it was asked with.
    pub key: u32,
    /// The model.
    pub model: String,
    /// What it was asked for.
    pub purpose: Purpose,
    /// What it took.
    pub cost: Cost,
}

/// The sums that [`spent`] reads.
const SUMS: &str = "sum(purpose = 'answer'), sum(input_tokens), sum(cached_tokens), sum(output_tokens), \
    coalesce(sum(micros), 0), sum(micros IS NULL), sum(estimated)";

impl Store {
    /// Notes what an answer cost.
    pub async fn spend(&self, spending: Spending) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| insert(work.connection, &spending)).await
    }

    /// The present day, and what was spent on each of the last `days` by provider and key, latest first.
    pub async fn spent_by_day(&self, days: u32) -> Result<(String, Vec<DaySpent>), StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached(&format!(
                "SELECT day, provider, key, purpose, {SUMS} FROM spending WHERE day > date('now', 'localtime', ?1) \
                 GROUP BY day, provider, key, purpose ORDER BY day DESC, provider, key, purpose"
            ))?;
            let rows = select.query_map([format!("-{days} days")], |row| {
                let (day, provider, key) = (row.get(0)?, ProviderId(row.get(1)?), row.get(2)?);
                let purpose = purpose(row.get_ref(3)?.as_str()?);
                Ok(DaySpent { day, provider, key, purpose, spent: spent(row, 4)? })
            })?;
            Ok((today(connection)?, rows.collect::<Result<_, _>>()?))
        })
        .await
    }

    /// The present day, and the money that was spent on it with one key, in millionths of a dollar.
    pub async fn spent_today(&self, provider: &ProviderId, key: u32) -> Result<(String, u64), StoreError> {
        let provider = provider.clone();
        self.read(move |connection| {
            let today = today(connection)?;
            let mut select = connection.prepare_cached(
                "SELECT coalesce(sum(micros), 0) FROM spending WHERE day = ?1 AND provider = ?2 AND key = ?3",
            )?;
            let micros = select.query_row((&today, &provider.0, key), |row| row.get(0))?;
            Ok((today, micros))
        })
        .await
    }

    /// What a conversation cost so far, answers that are not shown any more among it.
    pub async fn spent_in(&self, conversation: ConversationId) -> Result<Spent, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {SUMS} FROM spending WHERE conversation = ?1 HAVING count(*) > 0");
            let mut select = connection.prepare_cached(&sql)?;
            let mut rows = select.query([conversation.0])?;
            Ok(rows.next()?.map(|row| spent(row, 0)).transpose()?.unwrap_or_default())
        })
        .await
    }
}

/// Adds a row.
pub(crate) fn insert(connection: &Connection, spending: &Spending) -> Result<(), StoreError> {
    let Spending { at, conversation, provider, key, model, purpose, cost } = spending;
    let mut insert = connection.prepare_cached(
        "INSERT INTO spending (day, conversation, provider, key, model, input_tokens, cached_tokens, output_tokens, \
         micros, estimated, purpose) \
         VALUES (date(?1 / 1000, 'unixepoch', 'localtime'), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    insert.execute((
        at,
        conversation.map(|conversation| conversation.0),
        &provider.0,
        key,
        model,
        counted(cost.input_tokens),
        counted(cost.cached_tokens),
        counted(cost.output_tokens),
        cost.micros.map(counted),
        cost.estimated,
        word(*purpose),
    ))?;
    Ok(())
}

fn word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Answer => "answer",
        Purpose::Title => "title",
        Purpose::Summary => "summary",
    }
}

/// What it was paid for; a newer version's purpose counts as an answer.
fn purpose(word: &str) -> Purpose {
    match word {
        "title" => Purpose::Title,
        "summary" => Purpose::Summary,
        _ => Purpose::Answer,
    }
}

/// SQLite counts with a sign. A server that claims more than that is not believed.
pub(crate) fn counted(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(0)
}

fn today(connection: &Connection) -> Result<String, StoreError> {
    Ok(connection.query_row("SELECT date('now', 'localtime')", [], |row| row.get(0))?)
}

fn spent(row: &Row<'_>, at: usize) -> rusqlite::Result<Spent> {
    Ok(Spent {
        answers: row.get(at)?,
        input_tokens: row.get(at + 1)?,
        cached_tokens: row.get(at + 2)?,
        output_tokens: row.get(at + 3)?,
        micros: row.get(at + 4)?,
        unpriced: row.get(at + 5)?,
        estimated: row.get(at + 6)?,
    })
}
