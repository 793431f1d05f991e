//! Projects: folders of conversations that share instructions.

use crate::{Durability, Store, StoreError};
use rivulet_protocol::{ConversationId, Project, ProjectId, now_ms};
use rusqlite::{Connection, OptionalExtension, Row};

const COLUMNS: &str = "id, name, instructions, created_at, (SELECT count(*) FROM conversation \
    WHERE project = project.id AND deleted_at IS NULL AND archived = 0)";

impl Store {
    /// The projects, oldest first.
    pub async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM project WHERE deleted_at IS NULL ORDER BY created_at, id");
            let mut select = connection.prepare_cached(&sql)?;
            Ok(select.query_map([], row)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// A project that was not deleted.
    pub async fn project(&self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        self.read(move |connection| project(connection, id)).await
    }

    /// What models are told in a conversation before everything else; empty if it is in no project.
    pub async fn instructions_of(&self, conversation: ConversationId) -> Result<String, StoreError> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT p.instructions FROM conversation c JOIN project p ON p.id = c.project \
                 WHERE c.id = ?1 AND p.deleted_at IS NULL",
            )?;
            Ok(select.query_row([conversation.0], |row| row.get(0)).optional()?.unwrap_or_default())
        })
        .await
    }

    /// Adds a project.
    pub async fn add_project(&self, new: Project) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| add(work.connection, &new)).await
    }

    /// Adds those of the projects that are not here; one that is, or was deleted here, stays as it is.
    pub async fn take_in_projects(&self, projects: Vec<Project>) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            for project in &projects {
                if !work.connection.prepare_cached("SELECT 1 FROM project WHERE id = ?1")?.exists([project.id.0])? {
                    add(work.connection, project)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Gives a project a name and, unless they stay, instructions; answers with it.
    pub async fn change_project(
        &self,
        id: ProjectId,
        name: String,
        instructions: Option<String>,
    ) -> Result<Option<Project>, StoreError> {
        self.write(Durability::Synced, move |work| {
            let set = "UPDATE project SET name = ?2, instructions = ifnull(?3, instructions) WHERE id = ?1";
            work.connection.execute(set, (id.0, &name, &instructions))?;
            project(work.connection, id)
        })
        .await
    }

    /// Deletes a project. What is in it stays, outside of any.
    pub async fn delete_project(&self, id: ProjectId) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            require(work.connection, id)?;
            work.connection.execute("UPDATE project SET deleted_at = ?2 WHERE id = ?1", (id.0, now_ms()))?;
            let out = "UPDATE conversation SET was_in = project, project = NULL WHERE project = ?1";
            work.connection.execute(out, [id.0])?;
            Ok(())
        })
        .await
    }

    /// Takes that back. What was moved elsewhere meanwhile stays there.
    pub async fn restore_project(&self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        self.write(Durability::Synced, move |work| {
            work.connection.execute("UPDATE project SET deleted_at = NULL WHERE id = ?1", [id.0])?;
            let back = "UPDATE conversation SET project = was_in, was_in = NULL WHERE was_in = ?1";
            work.connection.execute(back, [id.0])?;
            project(work.connection, id)
        })
        .await
    }

    /// Deletes for ever the projects that were deleted before then.
    pub async fn purge_projects(&self, before: u64) -> Result<(), StoreError> {
        self.write(Durability::Synced, move |work| {
            let gone = "SELECT id FROM project WHERE deleted_at < ?1";
            work.connection
                .execute(&format!("UPDATE conversation SET was_in = NULL WHERE was_in IN ({gone})"), [before])?;
            // What is gone for ever is overwritten, not only let go of.
            work.connection.pragma_update(None, "secure_delete", "ON")?;
            let purged = work.connection.execute("DELETE FROM project WHERE deleted_at < ?1", [before]);
            work.connection.pragma_update(None, "secure_delete", "OFF")?;
            purged?;
            Ok(())
        })
        .await
    }
}

/// Whether there is such a project.
pub(crate) fn require(connection: &Connection, id: ProjectId) -> Result<(), StoreError> {
    let here = "SELECT 1 FROM project WHERE id = ?1 AND deleted_at IS NULL";
    match connection.prepare_cached(here)?.exists([id.0])? {
        true => Ok(()),
        false => Err(StoreError::NotFound("project")),
    }
}

fn project(connection: &Connection, id: ProjectId) -> Result<Option<Project>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM project WHERE id = ?1 AND deleted_at IS NULL");
    Ok(connection.prepare_cached(&sql)?.query_row([id.0], row).optional()?)
}

fn add(connection: &Connection, new: &Project) -> Result<(), StoreError> {
    let mut insert = connection
        .prepare_cached("INSERT INTO project (id, name, instructions, created_at) VALUES (?1, ?2, ?3, ?4)")?;
    insert.execute((new.id.0, &new.name, &new.instructions, new.created_at))?;
    Ok(())
}

fn row(row: &Row<'_>) -> rusqlite::Result<Project> {
    Ok(Project {
        id: ProjectId(row.get(0)?),
        name: row.get(1)?,
        instructions: row.get(2)?,
        created_at: row.get(3)?,
        conversations: row.get(4)?,
    })
}
