//! Opening the database of a data folder. Nothing is written to a file before it is known to be sound: a damaged one
//! stays byte for byte as it was found.

use crate::footprint::{self, Left};
use crate::{BACKUPS, FILE, StoreError, backup, rescue, schema, unsaved};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// Opens the database in `dir`, which is claimed, or makes one.
pub(crate) fn open(dir: &Path) -> Result<Connection, StoreError> {
    rescue::finish(dir).map_err(StoreError::Folder)?;
    let left = footprint::look(dir);
    if is_lost(dir, &left) {
        return Err(StoreError::Damaged("there was a database, and the file is gone or empty".into()));
    }
    let opened = open_sound(dir, &left).map_err(StoreError::while_opening)?;
    footprint::opened(dir);
    Ok(opened)
}

fn open_sound(dir: &Path, left: &Left) -> Result<Connection, StoreError> {
    let connection = schema::connect(&dir.join(FILE))?;
    // What waits in the log beside the file stays there when this connection closes early.
    schema::leave_log(&connection);
    schema::refuse_newer(&connection)?;
    schema::configure(&connection)?;
    check(&connection, left)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    let mut connection = schema::bring_up_to_date(connection, Some(&dir.join(BACKUPS)))?;
    // Before what was running is said to be interrupted.
    unsaved::take_in(&mut connection, dir);
    schema::mark_open(&mut connection)?;
    Ok(connection)
}

/// A file that is gone or empty is a first start, unless something says that there was more.
fn is_lost(dir: &Path, left: &Left) -> bool {
    let bytes = |name: &str| std::fs::metadata(dir.join(name)).map_or(0, |file| file.len());
    if bytes(FILE) > 0 {
        return false;
    }
    // An empty log is nothing; one with pages in it belongs to the file that is gone.
    *left != Left::Unknown || bytes(&format!("{FILE}-wal")) > 0 || !backup::list(&dir.join(BACKUPS)).is_empty()
}

/// Reads as much as how it was left asks for.
fn check(connection: &Connection, left: &Left) -> Result<(), StoreError> {
    let version = schema::version(connection)?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if version == 0 {
        let words = "it is a database, and not one of Rivulet's";
        return if tables == 0 { Ok(()) } else { Err(StoreError::Damaged(words.into())) };
    }
    let clean = "SELECT 1 FROM document WHERE name = 'clean'";
    let clean = connection.query_row(clean, [], |_| Ok(())).optional()?.is_some();
    let how = match left {
        // Also what the indexes say is compared with what is there.
        Left::Changed => "PRAGMA integrity_check(1)",
        Left::Unknown | Left::Closed if clean => return Ok(()),
        Left::Unknown | Left::Closed | Left::Open => "PRAGMA quick_check(1)",
    };
    let verdict: String = connection.query_row(how, [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(StoreError::Damaged(verdict)) }
}
