-- Assistants: named presets. A deleted one stays for the conversations that are led by it.
CREATE TABLE assistant (
    id         BLOB PRIMARY KEY,
    position   INTEGER NOT NULL,        -- their order; two may have the same for a moment, and then the id decides
    body       TEXT NOT NULL,           -- what it is, as JSON
    deleted_at INTEGER
);
ALTER TABLE conversation ADD COLUMN assistant BLOB;
-- Instructions of its own; NULL if the assistant's hold.
ALTER TABLE conversation ADD COLUMN prompt TEXT;
