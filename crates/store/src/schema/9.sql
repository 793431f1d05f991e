-- Order among conversations: the archive, projects, tags.
CREATE TABLE project (
    id           BLOB PRIMARY KEY,
    name         TEXT NOT NULL,
    instructions TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    deleted_at   INTEGER                -- can come back since
);
ALTER TABLE conversation ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN project BLOB;
-- The project that was deleted with it in: it goes back there if that comes back.
ALTER TABLE conversation ADD COLUMN was_in BLOB;
-- Each way the list is asked for is read along an index, a page at a time.
CREATE INDEX conversation_project ON conversation (project, pinned DESC, updated_at DESC)
    WHERE deleted_at IS NULL AND archived = 0;
CREATE INDEX conversation_archive ON conversation (pinned DESC, updated_at DESC)
    WHERE deleted_at IS NULL AND archived = 1;
CREATE INDEX conversation_was_in ON conversation (was_in) WHERE was_in IS NOT NULL;

CREATE TABLE tag (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    folded       TEXT NOT NULL,         -- in small letters: what makes two tags the same
    name         TEXT NOT NULL,         -- as it was first written
    PRIMARY KEY (conversation, folded)
) WITHOUT ROWID;
CREATE INDEX tag_conversations ON tag (folded, conversation);

-- What was written in a conversation and not sent. That of the one that does not exist yet is a document.
CREATE TABLE draft (
    conversation BLOB PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
    text         TEXT NOT NULL
) WITHOUT ROWID;
