//! Ways out of a database that cannot be opened. None of them deletes or overwrites anything: the damaged file is put
//! aside first, under a name with the date, and what takes its place was made and checked beside it.

mod pages;
mod salvage;

use crate::{BACKUPS, FILE, StoreError, backup, documents, schema};
use rivulet_protocol::{DiskFault, Rescue, RescueBackup, Rescued, Settings, Trouble, now_ms};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// Where damaged files are kept, in the data folder.
const DAMAGED: &str = "damaged";
/// What takes the damaged file's place, whole; while it is made it has another name.
const RESCUED: &str = "rescued.db";
/// What SQLite puts beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What is known of a data folder that does not open, for somebody who has to decide. Changes nothing.
pub fn look(dir: &Path, error: &StoreError) -> Trouble {
    let folder = dir.join(BACKUPS);
    let fault = error.fault();
    let backups = match fault {
        DiskFault::Damaged => backup::list(&folder),
        _ => Vec::new(),
    };
    let backups: Vec<_> = backups.into_iter().filter_map(|file| counted(&folder, file)).collect();
    let newest = backups.first().map(|backup| folder.join(&backup.file.name));
    let settings = [Some(dir.join(FILE)), newest].into_iter().flatten().find_map(|file| settings(&file));
    let Settings { language, theme, .. } = settings.unwrap_or_default();
    Trouble { fault, detail: error.to_string(), folder: dir.display().to_string(), backups, language, theme }
}

/// Takes a way out. Blocks. What is there afterwards opens.
pub fn rescue(dir: &Path, way: &Rescue) -> Result<Rescued, StoreError> {
    let _lock = schema::claim(dir)?;
    finish(dir).map_err(StoreError::Folder)?;
    let part = dir.join(format!("{RESCUED}.part"));
    backup::forget(&part);
    let made = make(dir, way, &part).and_then(|rescued| {
        let kept = put_aside(dir).map_err(StoreError::Folder)?;
        std::fs::rename(&part, dir.join(RESCUED)).map_err(StoreError::Folder)?;
        backup::sync_folder(dir);
        finish(dir).map_err(StoreError::Folder)?;
        Ok(Rescued { kept: kept.display().to_string(), ..rescued })
    });
    if made.is_err() {
        backup::forget(&part);
    }
    made
}

/// Puts what was rescued in its place: the last step, done again at the next start if a kill came in between. The
/// damaged file and its log have been put aside by then.
pub(crate) fn finish(dir: &Path) -> io::Result<()> {
    let rescued = dir.join(RESCUED);
    if !rescued.exists() {
        return Ok(());
    }
    for end in BESIDE {
        match std::fs::remove_file(dir.join(format!("{FILE}{end}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    std::fs::rename(rescued, dir.join(FILE))?;
    backup::sync_folder(dir);
    Ok(())
}

/// Makes at `part` what takes the damaged file's place.
fn make(dir: &Path, way: &Rescue, part: &Path) -> Result<Rescued, StoreError> {
    let mut rescued = Rescued::default();
    match way {
        Rescue::Backup { name } => {
            let folder = dir.join(BACKUPS);
            // Names come from a page: only one that is there is a file's name.
            let known = backup::list(&folder).into_iter().find(|backup| backup.name == *name);
            backup::copy_out(&folder.join(known.ok_or(StoreError::NotFound("backup"))?.name), part)?;
            let connection = schema::open(part)?;
            // Links and tokens that were taken back since would be good again.
            connection.execute("DELETE FROM document WHERE name = ?1", [documents::MIRROR])?;
            connection.execute("UPDATE api_token SET revoked_at = ?1 WHERE revoked_at IS NULL", [now_ms()])?;
            connection.execute("DELETE FROM asked", [])?;
            keep_newer_documents(dir, &connection)?;
            (rescued.conversations, rescued.messages) = counts(&connection)?;
            seal(connection, part)?;
        }
        Rescue::Salvage => {
            let mut connection = schema::open(part)?;
            rescued = salvage::salvage(&dir.join(FILE), &mut connection)?;
            seal(connection, part)?;
        }
        Rescue::Empty => seal(schema::open(part)?, part)?,
    }
    Ok(rescued)
}

/// What is known of keys and of the storage says what is in the keyring and there now, not when the backup was made: it
/// is taken from the damaged file, if it can be read there.
fn keep_newer_documents(dir: &Path, restored: &Connection) -> Result<(), StoreError> {
    let Some(damaged) = read_only(&dir.join(FILE)) else { return Ok(()) };
    for name in backup::KEPT {
        if let Ok(Some(body)) = backup::document(&damaged, name)
            && documents::is_sound(name, &body)
        {
            restored.execute("INSERT OR REPLACE INTO document (name, body) VALUES (?1, ?2)", [*name, &body])?;
        }
    }
    Ok(())
}

/// Marks what was running as interrupted, checks, and leaves one file with no log beside it, on the disk.
fn seal(mut connection: Connection, part: &Path) -> Result<(), StoreError> {
    schema::mark_open(&mut connection)?;
    backup::check(&connection)?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.close().map_err(|(_, error)| error)?;
    File::open(part).and_then(|file| file.sync_all()).map_err(StoreError::Folder)
}

/// Gives the damaged file, and the log beside it, a second name that nothing has; where it is then.
fn put_aside(dir: &Path) -> io::Result<PathBuf> {
    let folder = dir.join(DAMAGED);
    schema::create_private_dir(&folder)?;
    let at = OffsetDateTime::now_utc().format(backup::STAMP).unwrap_or_default();
    let name = (0..).map(|nth| if nth == 0 { format!("rivulet-{at}") } else { format!("rivulet-{at}-{nth}") });
    let free = name.map(|name| folder.join(format!("{name}.db"))).find(|file| !file.exists());
    let kept = free.ok_or(io::ErrorKind::AlreadyExists)?;
    let log = kept.with_extension("db-wal");
    // The log first: a file without its log would be less than there was.
    for (from, to) in [(dir.join(format!("{FILE}-wal")), &log), (dir.join(FILE), &kept)] {
        // A log may be there with nothing in it.
        if std::fs::metadata(&from).is_ok_and(|log| log.len() == 0) && to == &log || !from.exists() {
            continue;
        }
        // Not every file system has second names.
        if std::fs::hard_link(&from, to).is_err() {
            schema::create_private_file(to)?;
            std::fs::copy(&from, to)?;
            File::open(to)?.sync_all()?;
        }
    }
    backup::sync_folder(&folder);
    Ok(kept)
}

/// A backup with what is in it; `None` if it cannot be read.
fn counted(folder: &Path, file: rivulet_protocol::BackupFile) -> Option<RescueBackup> {
    let connection = read_only(&folder.join(&file.name))?;
    let (conversations, _) = counts(&connection).ok()?;
    Some(RescueBackup { file, conversations })
}

fn counts(connection: &Connection) -> Result<(u64, u64), StoreError> {
    let conversations = "SELECT count(*) FROM conversation WHERE deleted_at IS NULL";
    let conversations = connection.query_row(conversations, [], |row| row.get(0))?;
    Ok((conversations, connection.query_row("SELECT count(*) FROM message", [], |row| row.get(0))?))
}

fn settings(file: &Path) -> Option<Settings> {
    let body = backup::document(&read_only(file)?, documents::SETTINGS).ok()??;
    serde_json::from_str(&body).ok()
}

/// A connection that changes nothing, not even by going.
fn read_only(file: &Path) -> Option<Connection> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    schema::leave_log(&connection);
    Some(connection)
}
