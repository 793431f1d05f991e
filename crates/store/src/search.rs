//! Finding messages by what is in them.

use crate::words::{self, Term};
use crate::{Durability, Store, StoreError, places};
use rivulet_protocol::{ConversationId, MessageId, Search, SearchHit, SearchPage};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

/// Messages indexed in one write.
const SLICE: u32 = 100;
/// Characters shown before and after what was found.
const BEFORE: usize = 40;
const AFTER: usize = 120;
/// Messages read at most for a word that is still being typed, before the index is asked for it.
const NEWEST: u32 = 2_000;

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
    let words = words::indexed(text);
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
    if terms.is_empty() && !is_narrowed(search) {
        return Ok(SearchPage::default());
    }
    if terms.iter().any(Term::is_open) {
        let (numbers, all) = to_read(connection, search, &terms)?;
        let page = read(connection, search, &terms, only.clone(), numbers)?;
        if all || page.has_more {
            return Ok(page);
        }
    }
    let (sql, values) = statement(search, &terms, only);
    let mut select = connection.prepare(&sql)?;
    let mut rows = select.query(params_from_iter(values))?;
    let phrases = terms.iter().any(Term::is_phrase);
    let mut answer = Answer::new(search);
    while !answer.page.has_more
        && let Some(row) = rows.next()?
    {
        let text = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
        if !phrases || words::all_stand_in(&terms, text) {
            answer.take(row, text, &terms)?;
        }
    }
    Ok(answer.page)
}

/// A page that fills.
struct Answer {
    page: SearchPage,
    /// How many are still to be passed over.
    passed: u32,
    limit: usize,
}

impl Answer {
    fn new(search: &Search) -> Self {
        Self { page: SearchPage::default(), passed: search.offset.unwrap_or(0), limit: limit(search) }
    }

    fn take(&mut self, row: &Row<'_>, text: &str, terms: &[Term]) -> Result<(), StoreError> {
        if self.passed > 0 {
            self.passed -= 1;
        } else if self.page.hits.len() == self.limit {
            self.page.has_more = true;
        } else {
            self.page.hits.push(hit(row, text, terms)?);
        }
        Ok(())
    }
}

/// The messages that are read for a word that is still being typed, newest first, and whether those are all there are.
///
/// For the beginning of a word the index puts together all messages that have such a word before it gives out the
/// first: much where the word is common, and then the page fills from the newest messages. Where it does not fill from
/// them the word is not common, and the index is quick. One conversation is always read.
fn to_read(connection: &Connection, search: &Search, terms: &[Term]) -> Result<(Vec<i64>, bool), StoreError> {
    let expression = words::expression(terms.iter().filter(|term| !term.is_open()));
    let (sql, value, limit) = match search.conversation {
        Some(id) => {
            let value = Value::Blob(id.0.as_bytes().to_vec());
            ("SELECT n FROM message WHERE conversation = ?1 ORDER BY n DESC LIMIT ?2", value, u32::MAX)
        }
        None if expression.is_empty() => {
            ("SELECT n FROM message WHERE ?1 IS NULL ORDER BY n DESC LIMIT ?2", Value::Null, NEWEST)
        }
        None => {
            let sql = "SELECT rowid FROM message_words WHERE message_words MATCH ?1 ORDER BY rowid DESC LIMIT ?2";
            (sql, Value::from(expression), NEWEST)
        }
    };
    let mut select = connection.prepare_cached(sql)?;
    let numbers = select.query_map((value, limit), |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let all = numbers.len() < limit as usize;
    Ok((numbers, all))
}

/// Finds by reading messages.
fn read(
    connection: &Connection,
    search: &Search,
    terms: &[Term],
    only: Option<Vec<ConversationId>>,
    numbers: Vec<i64>,
) -> Result<SearchPage, StoreError> {
    let mut sql = format!(
        "SELECT {COLUMNS} FROM message m CROSS JOIN conversation c ON c.id = m.conversation \
         WHERE c.deleted_at IS NULL AND m.deleted_at IS NULL AND m.state <> 'running'"
    );
    let mut values = Vec::new();
    filter(search, terms, only, &mut sql, &mut values);
    sql.push_str(" AND m.n = ?");
    let mut select = connection.prepare(&sql)?;
    for (at, value) in values.iter().enumerate() {
        select.raw_bind_parameter(at + 1, value)?;
    }
    let mut answer = Answer::new(search);
    for number in numbers {
        select.raw_bind_parameter(values.len() + 1, number)?;
        let mut rows = select.raw_query();
        let Some(row) = rows.next()? else { continue };
        let text = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
        if words::all_stand_in(terms, text) {
            answer.take(row, text, terms)?;
        }
        if answer.page.has_more {
            break;
        }
    }
    Ok(answer.page)
}

/// Whether it says more than where to look: without words that alone finds something.
fn is_narrowed(search: &Search) -> bool {
    let Search { query: _, offset: _, limit: _, conversation: _, author, model, since, until, project, tag } = search;
    author.is_some() || model.is_some() || since.is_some() || until.is_some() || project.is_some() || tag.is_some()
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
    // Read only as far as the answer goes.
    sql.push_str(&format!(" ORDER BY {order} DESC"));
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
    if let Some(project) = search.project {
        and("c.project = ?", Value::Blob(project.0.as_bytes().to_vec()));
    }
    if let Some(tag) = &search.tag {
        and("c.id IN (SELECT conversation FROM tag WHERE folded = ?)", places::folded(tag).into());
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
