//! Finding messages by what is in them.

use crate::words::{self, Term};
use crate::{Durability, Store, StoreError};
use rivulet_protocol::{ConversationId, MessageId, Search, SearchHit, SearchPage};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

/// Messages indexed in one write.
const SLICE: u32 = 100;
/// Characters shown before and after what was found.
const BEFORE: usize = 40;
const AFTER: usize = 120;

impl Store {
    /// Messages with all of the terms in them, newest first. `only` limits it to these conversations.
    pub async fn search(&self, search: Search, only: Option<Vec<ConversationId>>) -> Result<SearchPage, StoreError> {
        self.read(move |connection| find(connection, &search, only)).await
    }

    /// Indexes some of the messages that were there before the index was, newest first; whether more are left.
    pub async fn index_some(&self) -> Result<bool, StoreError> {
        self.write(Durability::Normal, |work| index_slice(work.connection)).await
    }
}

/// Puts a message's words into the index, in the place of those it had.
pub(crate) fn index(connection: &Connection, message: MessageId, text: &str) -> Result<(), StoreError> {
    let mut number = connection.prepare_cached("SELECT n FROM message WHERE id = ?1")?;
    let number: i64 = number.query_row([message.0], |row| row.get(0))?;
    put(connection, number, text)
}

fn put(connection: &Connection, number: i64, text: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM message_words WHERE rowid = ?1")?.execute([number])?;
    add(connection, number, text)
}

/// Puts the words of a message into the index that has none there.
pub(crate) fn add(connection: &Connection, number: i64, text: &str) -> Result<(), StoreError> {
    let words = words::tokens(text).join(" ");
    if !words.is_empty() {
        let mut insert = connection.prepare_cached("INSERT INTO message_words (rowid, words) VALUES (?1, ?2)")?;
        insert.execute((number, words))?;
    }
    Ok(())
}

fn index_slice(connection: &Connection) -> Result<bool, StoreError> {
    let mut left = connection.prepare_cached("SELECT CAST(body AS INTEGER) FROM document WHERE name = 'unindexed'")?;
    let Some(left) = left.query_row([], |row| row.get::<_, i64>(0)).optional()? else { return Ok(false) };
    let mut select = connection
        .prepare_cached("SELECT n, text FROM message WHERE n <= ?1 AND state <> 'running' ORDER BY n DESC LIMIT ?2")?;
    let rows = select.query_map((left, SLICE), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let slice: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
    for (number, text) in &slice {
        put(connection, *number, text)?;
    }
    match slice.last() {
        Some((lowest, _)) if slice.len() == SLICE as usize => {
            connection.execute("UPDATE document SET body = ?1 WHERE name = 'unindexed'", [(lowest - 1).to_string()])?;
            Ok(true)
        }
        _ => {
            connection.execute("DELETE FROM document WHERE name = 'unindexed'", [])?;
            Ok(false)
        }
    }
}

/// Columns that [`hit`] reads.
const COLUMNS: &str = "m.id, m.conversation, c.title, m.text, json_extract(m.fields, '$.author'), \
                       json_extract(m.fields, '$.created_at')";

fn find(connection: &Connection, search: &Search, only: Option<Vec<ConversationId>>) -> Result<SearchPage, StoreError> {
    let terms = words::terms(&search.query);
    if terms.is_empty() {
        return Ok(SearchPage::default());
    }
    if let Some(conversation) = search.conversation.filter(|_| terms.iter().any(Term::is_open)) {
        return walk(connection, search, conversation, &terms, only);
    }
    let (sql, values) = statement(search, &terms, only);
    let mut select = connection.prepare(&sql)?;
    let mut rows = select.query(params_from_iter(values))?;
    let mut page = SearchPage::default();
    while let Some(row) = rows.next()? {
        if page.hits.len() == limit(search) {
            page.has_more = true;
            break;
        }
        let text: String = row.get(3)?;
        page.hits.push(hit(row, &text, &terms)?);
    }
    Ok(page)
}

/// Finds a word that is still being typed in one conversation by reading its messages. For the beginning of a word the
/// index puts together all messages that have such a word, of every conversation, before it gives out the first.
fn walk(
    connection: &Connection,
    search: &Search,
    conversation: ConversationId,
    terms: &[Term],
    only: Option<Vec<ConversationId>>,
) -> Result<SearchPage, StoreError> {
    let mut sql = format!(
        "SELECT {COLUMNS} FROM message m CROSS JOIN conversation c ON c.id = m.conversation \
         WHERE c.deleted_at IS NULL AND m.deleted_at IS NULL AND m.state <> 'running'"
    );
    let mut values = Vec::new();
    filter(search, terms, only, &mut sql, &mut values);
    sql.push_str(" AND m.n = ?");
    let mut select = connection.prepare(&sql)?;
    let mut numbers = connection.prepare_cached("SELECT n FROM message WHERE conversation = ?1 ORDER BY n DESC")?;
    let numbers: Vec<i64> = numbers.query_map([conversation.0], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut page = SearchPage::default();
    let mut passed = 0;
    for number in numbers {
        let values = values.iter().cloned().chain([Value::from(number)]);
        let mut rows = select.query(params_from_iter(values))?;
        let Some(row) = rows.next()? else { continue };
        let text = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
        if !words::all_stand_in(terms, text) {
            continue;
        }
        if passed < search.offset.unwrap_or(0) {
            passed += 1;
        } else if page.hits.len() == limit(search) {
            page.has_more = true;
            break;
        } else {
            page.hits.push(hit(row, text, terms)?);
        }
    }
    Ok(page)
}

/// How many answers are wanted.
fn limit(search: &Search) -> usize {
    search.limit.unwrap_or(30).clamp(1, 200) as usize
}

fn hit(row: &Row<'_>, text: &str, terms: &[Term]) -> Result<SearchHit, StoreError> {
    let (before, found, after) = context(text, terms);
    Ok(SearchHit {
        conversation: ConversationId(row.get(1)?),
        title: row.get(2)?,
        message: MessageId(row.get(0)?),
        author: serde_json::from_value(row.get::<_, String>(4)?.into())?,
        created_at: row.get(5)?,
        before,
        found,
        after,
    })
}

/// The question in SQL, and its values.
fn statement(search: &Search, terms: &[Term], only: Option<Vec<ConversationId>>) -> (String, Vec<Value>) {
    let expression = words::expression(terms);
    // The index leads, in the order of the answer: a word that stands everywhere is read no further than to the last
    // answer that is wanted.
    let from = match expression.is_empty() {
        true => "message m",
        false => "message_words CROSS JOIN message m ON m.n = message_words.rowid",
    };
    let order = if expression.is_empty() { "m.n" } else { "message_words.rowid" };
    let mut sql = format!(
        "SELECT {COLUMNS} FROM {from} CROSS JOIN conversation c ON c.id = m.conversation \
         WHERE c.deleted_at IS NULL AND m.deleted_at IS NULL"
    );
    let mut values: Vec<Value> = Vec::new();
    if let Some(conversation) = search.conversation {
        // Of the index only the part in which its messages are.
        let bound = "(SELECT {}(n) FROM message WHERE conversation = ?)";
        let (low, high) = (bound.replace("{}", "min"), bound.replace("{}", "max"));
        sql.push_str(&format!(" AND m.conversation = ? AND {order} >= {low} AND {order} <= {high}"));
        values.extend([0; 3].map(|_| Value::Blob(conversation.0.as_bytes().to_vec())));
    }
    if !expression.is_empty() {
        sql.push_str(" AND message_words MATCH ?");
        values.push(expression.into());
    }
    filter(search, terms, only, &mut sql, &mut values);
    sql.push_str(&format!(" ORDER BY {order} DESC LIMIT ? OFFSET ?"));
    values.extend([Value::from(limit(search) as i64 + 1), Value::from(i64::from(search.offset.unwrap_or(0)))]);
    (sql, values)
}

/// What a message has to be besides having the words.
fn filter(
    search: &Search,
    terms: &[Term],
    only: Option<Vec<ConversationId>>,
    sql: &mut String,
    values: &mut Vec<Value>,
) {
    let mut and = |condition: &str, value: Value| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        values.push(value);
    };
    for term in terms.iter().filter(|term| term.exact) {
        and("instr(lower(m.text), ?) > 0", term.text.clone().into());
    }
    if let Some(author) = search.author {
        let name = serde_json::to_value(author).ok().and_then(|name| name.as_str().map(str::to_owned));
        and("json_extract(m.fields, '$.author') = ?", name.unwrap_or_default().into());
    }
    if let Some(model) = &search.model {
        and("json_extract(m.fields, '$.model') = ?", model.clone().into());
    }
    if let Some(since) = search.since {
        and("json_extract(m.fields, '$.created_at') >= ?", Value::from(since as i64));
    }
    if let Some(until) = search.until {
        and("json_extract(m.fields, '$.created_at') < ?", Value::from(until as i64));
    }
    if let Some(only) = only {
        let marks = vec!["?"; only.len()].join(", ");
        sql.push_str(&format!(" AND m.conversation IN ({marks})"));
        values.extend(only.iter().map(|id| Value::Blob(id.0.as_bytes().to_vec())));
    }
}

/// The first place where a term stands, with what is around it, on one line.
fn context(text: &str, terms: &[Term]) -> (String, String, String) {
    let lower: Vec<(usize, char)> =
        text.char_indices().flat_map(|(at, c)| c.to_lowercase().map(move |lower| (at, lower))).collect();
    let place = |term: &Term| {
        let wanted: Vec<char> = term.text.chars().collect();
        let at = lower.windows(wanted.len()).position(|window| window.iter().map(|(_, c)| c).eq(&wanted))?;
        let end = lower.get(at + wanted.len()).map_or(text.len(), |(end, _)| *end);
        Some((lower[at].0, end))
    };
    // Words of a phrase may stand apart by other signs than were typed; the start is as good a place as any then.
    let (start, end) = terms.iter().filter_map(place).min().unwrap_or((0, 0));
    let before: Vec<char> = text[..start].chars().rev().take(BEFORE).collect();
    let line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let edge = |before: bool, cut: &str, whole: String| match (whole.starts_with(' '), whole.ends_with(' '), before) {
        (_, true, true) => format!("{} ", line(cut.to_owned())),
        (true, _, false) => format!(" {}", line(cut.to_owned())),
        _ => line(cut.to_owned()),
    };
    let before: String = before.into_iter().rev().collect();
    let after: String = text[end..].chars().take(AFTER).collect();
    let spaced = |text: &str| text.replace(char::is_whitespace, " ");
    (edge(true, &before, spaced(&before)), line(text[start..end].to_owned()), edge(false, &after, spaced(&after)))
}
