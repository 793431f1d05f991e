//! The database file: claiming the folder, formats, and marking what a crash left behind.

use crate::{StoreError, backup, messages};
use rivulet_protocol::{BackupKind, ConversationId, MessageId, MessageState, now_ms};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction};
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::time::Duration;

/// "Rvlt": tells this kind of file from other SQLite databases.
const APPLICATION_ID: i32 = 0x5276_6c74;
/// One script per format, each run in a transaction of its own. Never change one that was released: add one.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
    include_str!("schema/11.sql"),
    include_str!("schema/12.sql"),
];
/// URI: a name that begins with `file:` may say that the database is in memory. Paths are absolute and never do.
pub(crate) const FLAGS: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX).union(OpenFlags::SQLITE_OPEN_URI);
/// A lock somebody else (a backup, say) holds is waited for.
const BUSY: Duration = Duration::from_secs(5);

/// Makes the folder, and holds it for this process.
pub(crate) fn claim(dir: &Path) -> Result<File, StoreError> {
    create_private_dir(dir).map_err(StoreError::Folder)?;
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    private(&mut options);
    let lock = options.open(dir.join("rivulet.lock")).map_err(StoreError::Folder)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(std::fs::TryLockError::Error(error)) => Err(StoreError::Folder(error)),
    }
}

#[cfg(unix)]
pub(crate) fn create_private_dir(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    // A folder that was there before may be open to others.
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
pub(crate) fn create_private_dir(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}

/// Makes a file that nobody else reads, if there is none.
pub(crate) fn create_private_file(file: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    private(&mut options);
    options.open(file).map(drop)
}

/// Opens a database for writing, up to date.
pub(crate) fn open(file: &Path) -> Result<Connection, StoreError> {
    let connection = connect(file)?;
    refuse_newer(&connection)?;
    configure(&connection)?;
    bring_up_to_date(connection, None)
}

/// A connection to a file, which is made if there is none. Nothing of it was read yet.
pub(crate) fn connect(file: &Path) -> Result<Connection, StoreError> {
    // Made by us first, so that it is private from its first byte; SQLite gives the WAL the same mode.
    create_private_file(file).map_err(StoreError::Folder)?;
    Ok(Connection::open_with_flags(file, FLAGS)?)
}

/// The first that is written. What is there before a new format is copied to `backups`.
pub(crate) fn bring_up_to_date(mut connection: Connection, backups: Option<&Path>) -> Result<Connection, StoreError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // macOS: a sync that reaches the medium. Without effect elsewhere.
    connection.pragma_update(None, "fullfsync", "ON")?;
    let found = version(&connection)?;
    if let Some(backups) = backups.filter(|_| found > 0 && found < MIGRATIONS.len() as i64) {
        backup::make(&connection, backups, BackupKind::Migration)?;
    }
    migrate(&mut connection)?;
    Ok(connection)
}

/// A database that is in memory and shared by the connections that know its name.
pub(crate) fn open_in_memory(name: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open_with_flags(name, FLAGS | OpenFlags::SQLITE_OPEN_CREATE)?;
    configure(&connection)?;
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    migrate(&mut connection)?;
    connection.execute("INSERT INTO document (name, body) VALUES ('memory', '1')", [])?;
    Ok(connection)
}

/// When this connection closes, what waits in the log beside the file stays there.
pub(crate) fn leave_log(connection: &Connection) {
    if let Err(error) = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::warn!(%error, "the log beside the database may be brought into it");
    }
}

/// Settings of every connection.
pub(crate) fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    for (name, value) in
        [("foreign_keys", "ON"), ("trusted_schema", "OFF"), ("cell_size_check", "ON"), ("temp_store", "MEMORY")]
    {
        connection.pragma_update(None, name, value)?;
    }
    Ok(())
}

pub(crate) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// A newer version's database is opened for nothing: it may mean what we would destroy.
pub(crate) fn refuse_newer(connection: &Connection) -> Result<(), StoreError> {
    let (found, known) = (version(connection)?, MIGRATIONS.len() as i64);
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok(()) }
}

/// Another program's database, which would be taken for an empty one of ours.
pub(crate) fn refuse_stranger(connection: &Connection) -> Result<(), StoreError> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let ours = id == APPLICATION_ID && version(connection)? > 0;
    if ours { Ok(()) } else { Err(StoreError::NotABackup("another program's database".into())) }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    for (index, script) in MIGRATIONS.iter().enumerate().skip(version(connection)? as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// From now on the end is not a clean one, and what was running when the app last ended is interrupted; what its vendor
/// goes on with runs on.
pub(crate) fn mark_open(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM document WHERE name = 'clean'", [])?;
    interrupt_running(&transaction)?;
    transaction.commit()?;
    Ok(())
}

fn interrupt_running(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let mut running = transaction.prepare(
        "SELECT id, conversation FROM message WHERE state = 'running' \
         AND NOT EXISTS (SELECT 1 FROM asked WHERE asked.message = message.id AND asked.response IS NOT NULL)",
    )?;
    let running = running.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
    for (id, conversation) in running {
        let (message, conversation) = (MessageId(id), ConversationId(conversation));
        let Some((_, mut ended)) = messages::message(transaction, message)? else { continue };
        let at = now_ms();
        ended.state = MessageState::Interrupted;
        ended.ended_at = Some(at);
        let seq = next_number(transaction, conversation)?;
        messages::fold(transaction, conversation, &ended, seq)?;
    }
    Ok(())
}

/// The number of the next event of a conversation, before there is a writer that knows them.
pub(crate) fn next_number(connection: &Connection, conversation: ConversationId) -> Result<u64, StoreError> {
    let next = "UPDATE conversation SET head = head + 1 WHERE id = ?1 RETURNING head";
    Ok(connection.query_row(next, [conversation.0], |row| row.get(0))?)
}

/// Marks a clean end and closes; whether it could.
pub(crate) fn close(connection: Connection) -> bool {
    let marked = connection
        .execute("INSERT OR REPLACE INTO document (name, body) VALUES ('clean', '1')", [])
        .and_then(|_| connection.execute_batch("PRAGMA optimize"));
    if let Err(error) = &marked {
        tracing::warn!(%error, "the end could not be marked as a clean one");
    }
    // Readers may still have theirs open, so that closing this one does not bring the log into the database.
    let moved = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if let Err(error) = moved {
        tracing::debug!(%error, "the log stays beside the database");
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the database did not close");
    }
    marked.is_ok()
}
