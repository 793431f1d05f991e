//! Copies of the whole database: made while it is in use, checked after they are written, put back in one transaction.

use crate::documents::KEYS;
use crate::queue::{Alone, Item};
use crate::storage::STORAGE;
use crate::{FILE, Store, StoreError, rotation, schema};
use rivulet_protocol::{BackupFile, BackupKind};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;
use tokio::sync::oneshot;

/// Pages copied at once.
const STEP: i32 = 4096;
/// How long a lock that somebody else holds is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
pub(crate) const STAMP: &[FormatItem<'_>] =
    format_description!("[year][month][day]-[hour][minute][second]-[subsecond digits:3]");
/// Documents that a restore leaves as they are.
pub(crate) const KEPT: &[&str] = &[KEYS, STORAGE];
/// While it is not known to be good.
const UNCHECKED: &str = "part";

impl Store {
    /// Where backups are.
    pub fn backup_folder(&self) -> &Path {
        &self.shared.backups
    }

    /// The backups there are, latest first.
    pub async fn backups(&self) -> Result<Vec<BackupFile>, StoreError> {
        let folder = self.shared.backups.clone();
        let listed = tokio::task::spawn_blocking(move || list(&folder)).await;
        listed.map_err(|_| StoreError::Closed)
    }

    /// Makes a backup, reads it back and checks it, and lets go of those that are out of date. Writing goes on.
    pub async fn back_up(&self, kind: BackupKind) -> Result<BackupFile, StoreError> {
        let folder = self.shared.backups.clone();
        // Not one of the readers: the copy is of one moment, and that takes its time.
        let file = self.shared.readers.file().to_owned();
        let made = tokio::task::spawn_blocking(move || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let source = Connection::open_with_flags(file, flags)?;
            schema::configure(&source)?;
            make(&source, &folder, kind)
        });
        made.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Puts the backup of this name in the place of everything, as [`Store::restore_file`] does.
    pub async fn restore_backup(&self, name: &str) -> Result<(), StoreError> {
        // Names come from a page: only one that is there is a file's name.
        let known = self.backups().await?.into_iter().find(|backup| backup.name == name);
        let backup = self.shared.backups.join(known.ok_or(StoreError::NotFound("backup"))?.name);
        self.restore_file(backup).await
    }

    /// Reads through a file that may have come from anywhere: an error unless it is a backup of ours, and whole.
    pub async fn check_backup(&self, file: PathBuf) -> Result<(), StoreError> {
        let checked = tokio::task::spawn_blocking(move || {
            let backup = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            schema::refuse_stranger(&backup)?;
            schema::refuse_newer(&backup)?;
            check(&backup)
        });
        checked.await.unwrap_or(Err(StoreError::Closed)).map_err(|error| match error {
            StoreError::Sqlite(_) | StoreError::Damaged(_) => StoreError::NotABackup(error.to_string()),
            error => error,
        })
    }

    /// Puts a backup in the place of everything that is in the database now, of which a backup is made first. What is
    /// known of keys and of the storage stays, since it says what is in the keyring and there; so do the tokens of
    /// programs and their use, or a revoked one would be good again. Nothing may be written meanwhile.
    pub async fn restore_file(&self, backup: PathBuf) -> Result<(), StoreError> {
        let prepared = self.shared.backups.join(format!("restoring.{UNCHECKED}"));
        schema::create_private_dir(&self.shared.backups).map_err(StoreError::Folder)?;
        let kept = self
            .read(|connection| {
                let body = |name: &'static str| Ok::<_, StoreError>((name, document(connection, name)?));
                KEPT.iter().copied().map(body).collect::<Result<Vec<_>, _>>()
            })
            .await?;
        let (at, present) = (prepared.clone(), self.shared.backups.with_file_name(FILE));
        let ready = tokio::task::spawn_blocking(move || prepare(&backup, &at, &present, kept)).await;
        let restored = match ready.unwrap_or(Err(StoreError::Closed)) {
            Ok(()) => self.put_back(prepared.clone()).await,
            Err(error) => Err(error),
        };
        forget(&prepared);
        restored
    }

    async fn put_back(&self, prepared: PathBuf) -> Result<(), StoreError> {
        self.back_up(BackupKind::Restore).await?;
        let (reply, answer) = oneshot::channel();
        let run = Box::new(move |connection: &mut Connection| {
            let source = Connection::open_with_flags(&prepared, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.flush_prepared_statement_cache();
            // One transaction: a kill in the middle of it leaves what was there.
            connection.pragma_update(None, "synchronous", "FULL")?;
            copy(&source, connection)?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            Ok(())
        });
        if !self.shared.queue.push(Item::Alone(Alone { run, reply })) {
            return Err(StoreError::Closed);
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// Makes a backup of what `source` is the connection to.
pub(crate) fn make(source: &Connection, folder: &Path, kind: BackupKind) -> Result<BackupFile, StoreError> {
    schema::create_private_dir(folder).map_err(StoreError::Folder)?;
    let now = OffsetDateTime::now_utc();
    let name = format!("rivulet-{}-{}.db", now.format(STAMP).unwrap_or_default(), suffix(kind));
    let part = folder.join(format!("{name}.{UNCHECKED}"));
    let made = write(source, &part).and_then(|()| {
        // From here on it counts as good.
        std::fs::rename(&part, folder.join(&name)).map_err(StoreError::Folder)?;
        sync_folder(folder);
        backup_file(folder, name).ok_or(StoreError::NotFound("backup"))
    });
    if made.is_err() {
        forget(&part);
        return made;
    }
    let all = list(folder);
    for outdated in rotation::outdated(&all) {
        if let Err(error) = std::fs::remove_file(folder.join(&outdated.name)) {
            tracing::warn!(%error, "a backup that is out of date stays");
        }
    }
    made
}

/// Copies to a new file and checks what is then in it.
fn write(source: &Connection, part: &Path) -> Result<(), StoreError> {
    forget(part);
    schema::create_private_file(part).map_err(StoreError::Folder)?;
    let expected = {
        let mut target = Connection::open_with_flags(part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // Held through all steps, or each commit beside it would start the copy again.
        let moment = source.unchecked_transaction()?;
        let expected = rows(&moment)?;
        copy(&moment, &mut target)?;
        // The copy is one file, with no log beside it.
        target.pragma_update(None, "journal_mode", "DELETE")?;
        expected
    };
    File::open(part).and_then(|file| file.sync_all()).map_err(StoreError::Folder)?;
    let written = Connection::open_with_flags(part, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    check(&written)?;
    if rows(&written)? != expected {
        return Err(StoreError::Damaged("a backup did not have all rows".into()));
    }
    Ok(())
}

fn copy(source: &Connection, target: &mut Connection) -> Result<(), StoreError> {
    let backup = Backup::new(source, target)?;
    let mut waiting: Option<Instant> = None;
    loop {
        match backup.step(STEP)? {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked => {
                if waiting.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                    let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                    return Err(rusqlite::Error::SqliteFailure(busy, None).into());
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            _ => waiting = None,
        }
    }
}

/// A copy of the backup that this version can use, so that nothing is touched if it is not as good as it was.
fn prepare(
    backup: &Path,
    prepared: &Path,
    present: &Path,
    kept: Vec<(&'static str, Option<String>)>,
) -> Result<(), StoreError> {
    forget(prepared);
    copy_out(backup, prepared)?;
    let mut target = schema::open(prepared)?;
    // What was coming when the backup was made has ended since, there or nowhere.
    target.execute("DELETE FROM asked", [])?;
    schema::mark_open(&mut target)?;
    check(&target)?;
    for (name, body) in kept {
        target.execute("DELETE FROM document WHERE name = ?1", [name])?;
        if let Some(body) = body {
            target.execute("INSERT INTO document (name, body) VALUES (?1, ?2)", [name, &body])?;
        }
    }
    target.execute("ATTACH ?1 AS present", [present.to_string_lossy()])?;
    for table in ["api_token", "api_use"] {
        target.execute_batch(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM present.{table}"))?;
    }
    target.execute("DETACH present", [])?;
    target.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(())
}

/// Copies a backup to a file that is not there yet.
pub(crate) fn copy_out(backup: &Path, to: &Path) -> Result<(), StoreError> {
    schema::create_private_file(to).map_err(StoreError::Folder)?;
    let source = Connection::open_with_flags(backup, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    schema::refuse_newer(&source)?;
    let mut target = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    copy(&source, &mut target)
}

/// Reads through a database.
pub(crate) fn check(connection: &Connection) -> Result<(), StoreError> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(StoreError::Damaged(verdict)) }
}

/// How much there is of what must not be lost.
fn rows(connection: &Connection) -> Result<[i64; 3], StoreError> {
    // A backup from before a table was there has none of its rows.
    let count = |table: &str| -> Result<i64, StoreError> {
        let there =
            connection.query_row("SELECT count(*) FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0));
        match there? {
            0 => Ok(0),
            _ => Ok(connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?),
        }
    };
    Ok([count("conversation")?, count("message")?, count("log")?])
}

/// A document's body.
pub(crate) fn document(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let body = connection.query_row("SELECT body FROM document WHERE name = ?1", [name], |row| row.get(0));
    Ok(body.optional()?)
}

/// The backups in a folder, latest first. Nothing else that lies there is one.
pub(crate) fn list(folder: &Path) -> Vec<BackupFile> {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let mut backups: Vec<BackupFile> = names.filter_map(|name| backup_file(folder, name)).collect();
    backups.sort_by(|a, b| b.name.cmp(&a.name));
    backups
}

fn backup_file(folder: &Path, name: String) -> Option<BackupFile> {
    let (stamp, kind) = name.strip_prefix("rivulet-")?.strip_suffix(".db")?.rsplit_once('-')?;
    let kinds = [BackupKind::Daily, BackupKind::Asked, BackupKind::Migration, BackupKind::Restore];
    let kind = kinds.into_iter().find(|known| suffix(*known) == kind)?;
    let made_at = time::PrimitiveDateTime::parse(stamp, STAMP).ok()?.assume_utc().unix_timestamp_nanos() / 1_000_000;
    let bytes = std::fs::metadata(folder.join(&name)).ok()?.len();
    Some(BackupFile { kind, made_at: u64::try_from(made_at).ok()?, bytes, name })
}

fn suffix(kind: BackupKind) -> &'static str {
    match kind {
        BackupKind::Daily => "daily",
        BackupKind::Asked => "asked",
        BackupKind::Migration => "migration",
        BackupKind::Restore => "restore",
    }
}

/// Removes a file of ours that never became a backup, with what SQLite put beside it.
pub(crate) fn forget(part: &Path) {
    for end in ["", "-journal", "-wal", "-shm"] {
        let mut file = part.as_os_str().to_owned();
        file.push(end);
        // Usually it is not there.
        let _ = std::fs::remove_file(file);
    }
}

#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) {
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!(%error, "the folder of backups was not synced");
    }
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) {}
