//! What can still be read of a damaged database, row by row, into a fresh one.

use super::pages::{Cell, Pages, Shape, Value};
use crate::fields::Fields;
use crate::{StoreError, documents, messages};
use rivulet_protocol::Rescued;
use rusqlite::{Connection, params_from_iter};
use std::collections::HashMap;
use std::path::Path;

/// Rows in one transaction.
const BATCH: usize = 20_000;

/// Fills `fresh`, which is empty, with what stands in the file at `damaged`, which is only read.
pub(super) fn salvage(damaged: &Path, fresh: &mut Connection) -> Result<Rescued, StoreError> {
    let mut pages = Pages::open(damaged).map_err(StoreError::Folder)?;
    // A conversation may be found after its messages.
    fresh.pragma_update(None, "foreign_keys", "OFF")?;
    let mut rows = Rows { columns: HashMap::new(), written: 0, lost: 0 };
    fresh.execute_batch("BEGIN")?;
    let mut failed = None;
    pages.walk(|cell| {
        if failed.is_none() {
            failed = rows.take(fresh, cell).err();
        }
    });
    fresh.execute_batch("COMMIT")?;
    if let Some(error) = failed {
        return Err(error);
    }
    let lost = rows.lost + mend(fresh)?;
    fresh.pragma_update(None, "foreign_keys", "ON")?;
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table} WHERE deleted_at IS NULL");
        fresh.query_row(&sql, [], |row| row.get(0))
    };
    Ok(Rescued { kept: String::new(), conversations: count("conversation")?, messages: count("message")?, lost })
}

/// The tables whose rows are taken over. `asked` is not: nothing goes on behind a rescue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Table {
    Conversation,
    Message,
    Log,
    Document,
    Tag,
    Draft,
    Project,
    Assistant,
    Spending,
    ApiToken,
    ApiUse,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Message => "message",
            Self::Log => "log",
            Self::Document => "document",
            Self::Tag => "tag",
            Self::Draft => "draft",
            Self::Project => "project",
            Self::Assistant => "assistant",
            Self::Spending => "spending",
            Self::ApiToken => "api_token",
            Self::ApiUse => "api_use",
        }
    }

    /// Whose row this is, by what it looks like: where the tables are is among the first to be lost.
    fn of(cell: &Cell<'_>) -> Option<Self> {
        use Shape::{Blob, Int, Null, Text};
        const ID: Shape = Blob(16);
        let is_row = cell.number.is_some();
        Some(match (is_row, cell.shapes.as_slice()) {
            (
                true,
                [ID, Null | Text, Text, Int, Int, Int, Null | Text, Null | Text, Null | ID, Int, Null | Int, ..],
            ) => Self::Conversation,
            (true, [Null, ID, ID, Null | ID, Text, Text, Text, Text, Int, Int, ..]) => Self::Message,
            (true, [ID, Text, Text, Int] | [ID, Text, Text, Int, Null | Int]) => Self::Project,
            (true, [ID, Int, Text] | [ID, Int, Text, Null | Int]) => Self::Assistant,
            (true, [Null, Text, Null | ID, Text, Int, Text, Int, Int, Int, Null | Int, Int, ..]) => Self::Spending,
            (true, [ID, Blob(32), Text, Int, ..]) => Self::ApiToken,
            (true, [Null, Int, ID, Text, Text, Text, ..]) => Self::ApiUse,
            (false, [ID, Int, ID, Text, Int, Text]) => Self::Log,
            (false, [ID, Text, Text] | [ID, Text, Text, Int, Int, Int, Int]) => Self::Tag,
            (false, [ID, Text]) => Self::Draft,
            (false, [Text, Text]) => Self::Document,
            _ => return None,
        })
    }

    /// Of two states of a row the one with the greater number in this column is the newer one.
    fn age(self) -> Option<usize> {
        match self {
            Self::Conversation | Self::Message => Some(9),
            Self::Log
            | Self::Document
            | Self::Tag
            | Self::Draft
            | Self::Project
            | Self::Assistant
            | Self::Spending
            | Self::ApiToken
            | Self::ApiUse => None,
        }
    }
}

struct Rows {
    columns: HashMap<Table, Vec<String>>,
    written: usize,
    lost: u64,
}

impl Rows {
    fn take(&mut self, fresh: &Connection, cell: &mut Cell<'_>) -> Result<(), StoreError> {
        let Some(table) = Table::of(cell) else { return Ok(()) };
        let number = cell.number;
        let Some(mut values) = cell.values() else {
            self.lose(table);
            return Ok(());
        };
        // A row's number stands beside it.
        if let (Some(number), Some(first @ Value::Null)) = (number, values.first_mut()) {
            *first = Value::Int(number);
        }
        if !is_sound(table, &mut values) {
            self.lose(table);
            return Ok(());
        }
        self.write(fresh, table, &values)?;
        self.written += 1;
        if self.written.is_multiple_of(BATCH) {
            fresh.execute_batch("COMMIT; BEGIN")?;
        }
        Ok(())
    }

    fn lose(&mut self, table: Table) {
        self.lost += u64::from(matches!(table, Table::Conversation | Table::Message));
    }

    fn write(&mut self, fresh: &Connection, table: Table, values: &[Value]) -> Result<(), StoreError> {
        let columns = match self.columns.get(&table) {
            Some(columns) => columns,
            None => self.columns.entry(table).or_insert(columns(fresh, table)?),
        };
        let columns = &columns[..columns.len().min(values.len())];
        let (name, values) = (table.name(), &values[..columns.len()]);
        if let Some(age) = table.age() {
            let id = columns.iter().position(|column| column == "id").unwrap_or(0);
            let older = format!("DELETE FROM {name} WHERE id = ?1 AND {} < ?2", columns[age]);
            fresh.prepare_cached(&older)?.execute([sql(&values[id]), sql(&values[age])])?;
        }
        let marks = vec!["?"; columns.len()].join(", ");
        let insert = format!("INSERT OR IGNORE INTO {name} ({}) VALUES ({marks})", columns.join(", "));
        let written = fresh.prepare_cached(&insert)?.execute(params_from_iter(values.iter().map(sql)))?;
        if written == 0 && table.age().is_some() {
            // Something else has its number, or its name at a link: it goes without.
            let mut without = values.to_vec();
            without[usize::from(table == Table::Conversation)] = Value::Null;
            fresh.prepare_cached(&insert)?.execute(params_from_iter(without.iter().map(sql)))?;
        }
        Ok(())
    }
}

/// The columns in the order rows have them; a new one was always added at the end.
fn columns(fresh: &Connection, table: Table) -> Result<Vec<String>, StoreError> {
    let mut info = fresh.prepare(&format!("PRAGMA table_info({})", table.name()))?;
    let names = info.query_map([], |row| row.get(1))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn sql(value: &Value) -> rusqlite::types::Value {
    match value {
        Value::Null => rusqlite::types::Value::Null,
        Value::Int(value) => (*value).into(),
        Value::Real(value) => (*value).into(),
        Value::Text(value) => value.clone().into(),
        Value::Blob(value) => value.clone().into(),
    }
}

/// Whether the app could read this row; numbers that cannot be are set right.
fn is_sound(table: Table, values: &mut [Value]) -> bool {
    // No number of ours is negative, but those of micros, which nobody counts with here.
    for value in values.iter_mut() {
        if let Value::Int(number) = value {
            *number = (*number).max(0);
        }
    }
    let text = |at: usize| match values.get(at) {
        Some(Value::Text(text)) => text.as_str(),
        _ => "",
    };
    match table {
        Table::Message => {
            messages::is_state(text(4)) && serde_json::from_str::<Fields>(text(7)).is_ok() && is_fitting(values, 10)
        }
        Table::Document => documents::is_sound(text(0), text(1)),
        Table::Conversation => is_fitting(values, 11),
        Table::Assistant => serde_json::from_str::<rivulet_protocol::Assistant>(text(2)).is_ok(),
        Table::Log => match text(3) {
            "text" | "reasoning" => true,
            _ => serde_json::from_str::<rivulet_protocol::EventBody>(text(5)).is_ok(),
        },
        Table::Tag | Table::Draft | Table::Project | Table::Spending | Table::ApiToken | Table::ApiUse => true,
    }
}

/// What was added to a row later can be anything but a broken number.
fn is_fitting(values: &[Value], from: usize) -> bool {
    values.iter().skip(from).all(|value| !matches!(value, Value::Real(_)))
}

/// Makes of the rows conversations that can be shown; how many conversations and messages are known to be missing.
fn mend(fresh: &mut Connection) -> Result<u64, StoreError> {
    let transaction = fresh.transaction()?;
    let orphans = "SELECT DISTINCT conversation FROM message WHERE conversation NOT IN (SELECT id FROM conversation)";
    let conversations = transaction.execute(
        &format!(
            "INSERT INTO conversation (id, title, pinned, created_at, updated_at, head) \
             SELECT conversation, '', 0, ifnull(min(json_extract(fields, '$.created_at')), 0), \
               ifnull(max(json_extract(fields, '$.created_at')), 0), 0 \
             FROM message WHERE conversation IN ({orphans}) GROUP BY conversation"
        ),
        [],
    )?;
    // A parent always came first, so that no row can make a path that never ends.
    let strays = "FROM message m WHERE m.parent IS NOT NULL AND NOT EXISTS \
        (SELECT 1 FROM message p WHERE p.id = m.parent AND p.conversation = m.conversation AND p.n < m.n)";
    let parents: u64 =
        transaction.query_row(&format!("SELECT count(DISTINCT m.parent) {strays}"), [], |row| row.get(0))?;
    // What followed on one that is lost follows on what was said before it.
    transaction.execute_batch(&format!(
        "CREATE TEMP TABLE stray AS SELECT m.n AS n, (SELECT p.id FROM message p \
           WHERE p.conversation = m.conversation AND p.n < m.n ORDER BY p.n DESC LIMIT 1) AS parent {strays}; \
         UPDATE message SET parent = (SELECT parent FROM stray WHERE stray.n = message.n) \
           WHERE n IN (SELECT n FROM stray); \
         DROP TABLE stray;"
    ))?;
    transaction.execute_batch(MEND)?;
    transaction.commit()?;
    Ok(conversations as u64 + parents)
}

const MEND: &str = "
DELETE FROM log WHERE NOT EXISTS
    (SELECT 1 FROM message WHERE message.id = log.message AND message.conversation = log.conversation);
DELETE FROM tag WHERE conversation NOT IN (SELECT id FROM conversation);
UPDATE tag SET (on_top, used_at, put_away, in_bin) =
    (SELECT pinned, updated_at, archived, deleted_at IS NOT NULL FROM conversation WHERE id = tag.conversation);
DELETE FROM draft WHERE conversation NOT IN (SELECT id FROM conversation);
UPDATE message SET deleted_at = NULL, deleted_with = NULL WHERE deleted_at IS NULL OR deleted_with IS NULL;
UPDATE conversation SET project = NULL WHERE project IS NOT NULL AND project NOT IN (SELECT id FROM project);
UPDATE conversation SET assistant = NULL WHERE assistant IS NOT NULL AND assistant NOT IN (SELECT id FROM assistant);
UPDATE conversation SET
    leaf = (SELECT id FROM message m WHERE m.conversation = conversation.id AND m.deleted_at IS NULL
            ORDER BY m.n DESC LIMIT 1)
    WHERE leaf IS NULL OR NOT EXISTS (SELECT 1 FROM message m
            WHERE m.id = conversation.leaf AND m.conversation = conversation.id AND m.deleted_at IS NULL);
UPDATE conversation SET head = max(head,
    ifnull((SELECT max(fold_seq) FROM message m WHERE m.conversation = conversation.id), 0),
    ifnull((SELECT max(seq) FROM log WHERE log.conversation = conversation.id), 0));
DELETE FROM document WHERE name IN ('clean', 'unindexed');
INSERT INTO document (name, body) SELECT 'unindexed', max(n) FROM message HAVING max(n) IS NOT NULL;
";
