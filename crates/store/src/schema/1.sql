-- Conversations, the tree of messages, the log of running answers, and small documents.

CREATE TABLE conversation (
    id         BLOB PRIMARY KEY,
    uid        TEXT UNIQUE,             -- the name a mirror page gave it
    title      TEXT NOT NULL,
    pinned     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    provider   TEXT,
    model      TEXT,
    leaf       BLOB,                    -- the end of the path that is shown
    head       INTEGER NOT NULL,        -- number of the log's last event
    deleted_at INTEGER                  -- in the bin since
);
CREATE INDEX conversation_order ON conversation (pinned DESC, updated_at DESC) WHERE deleted_at IS NULL;

CREATE TABLE message (
    n            INTEGER PRIMARY KEY,   -- order of creation; clocks jump, this does not
    id           BLOB NOT NULL UNIQUE,
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    parent       BLOB,
    state        TEXT NOT NULL,
    text         TEXT NOT NULL,
    reasoning    TEXT NOT NULL,
    fields       TEXT NOT NULL,         -- everything else, as JSON
    started_seq  INTEGER NOT NULL,      -- its `started` event's number
    fold_seq     INTEGER NOT NULL       -- the number up to which this row has everything
);
CREATE INDEX message_tree ON message (conversation, parent);
CREATE INDEX message_running ON message (conversation) WHERE state = 'running';

-- What came since a message was last folded. Deleted when its turn ends.
CREATE TABLE log (
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    seq          INTEGER NOT NULL,
    message      BLOB NOT NULL,
    kind         TEXT NOT NULL,
    offset       INTEGER NOT NULL,      -- of text, in UTF-16 code units
    body         TEXT NOT NULL,         -- text as it is, other events as JSON
    PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;

-- Settings, the user's own providers, what is known of keys (never a key), lists of models.
CREATE TABLE document (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
) WITHOUT ROWID;
