-- What each answer cost, counted when it ended. It stays when its conversation goes: the money is spent.
CREATE TABLE spending (
    n             INTEGER PRIMARY KEY,
    day           TEXT NOT NULL,        -- of the person's own clock: 2026-03-29
    conversation  BLOB,                 -- NULL for one that was on no disk
    provider      TEXT NOT NULL,
    key           INTEGER NOT NULL,     -- the number of the provider's key
    model         TEXT NOT NULL,
    input_tokens  INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    micros        INTEGER,              -- millionths of a US dollar; NULL where the price is not known
    estimated     INTEGER NOT NULL
);
CREATE INDEX spending_day ON spending (day, provider, key);
CREATE INDEX spending_conversation ON spending (conversation) WHERE conversation IS NOT NULL;
