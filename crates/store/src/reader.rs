//! Connections that only read.

use crate::{StoreError, schema};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Connections kept open between reads.
const KEPT: usize = 4;

pub(crate) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub fn new(file: PathBuf) -> Self {
        Self { file, idle: Mutex::default() }
    }

    /// The database's file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Runs `read` in one read transaction: everything it sees is of one moment.
    pub fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        let transaction = connection.transaction()?;
        let result = read(&transaction);
        drop(transaction);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        result
    }

    fn open(&self) -> Result<Connection, StoreError> {
        // Read-write, since a read-only connection cannot take part in a WAL whose index it would have to make.
        let connection = Connection::open_with_flags(&self.file, schema::FLAGS)?;
        schema::configure(&connection)?;
        connection.pragma_update(None, "query_only", "ON")?;
        // Only the writer brings the log into the database: nothing changes the file behind its back.
        schema::leave_log(&connection);
        Ok(connection)
    }
}
