-- Tokens of programs that use the local API. Only a hash is kept: the token itself is shown once.
CREATE TABLE api_token (
    id         BLOB PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,    -- SHA-256
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,                 -- stays, so that its use keeps a name
    requests   INTEGER,                 -- the budget: so many requests
    tokens     INTEGER,                 -- and so many tokens of models
    per_s      INTEGER                  -- in any so many seconds, or ever
);

-- What programs asked of models: a row when a request begins, the rest of it when it ends. What it cost is in
-- `spending` too, as of any answer.
CREATE TABLE api_use (
    n             INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,     -- when it began
    token         BLOB NOT NULL,
    provider      TEXT NOT NULL,
    model         TEXT NOT NULL,
    outcome       TEXT NOT NULL,        -- begun (the app ended before it did), finished, failed, left
    failure       TEXT,                 -- the class of what failed
    took_ms       INTEGER,
    input_tokens  INTEGER NOT NULL DEFAULT 0,
    cached_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    micros        INTEGER,              -- millionths of a US dollar; NULL where the price is not known
    estimated     INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX api_use_of_token ON api_use (token, at);
CREATE INDEX api_use_order ON api_use (at);
