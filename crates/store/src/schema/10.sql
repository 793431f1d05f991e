-- Answers that were asked for and have not ended. What is left here at a start was cut by the end of the process: it is
-- counted as spent, or taken up again where its vendor goes on with it.
CREATE TABLE asked (
    message  BLOB PRIMARY KEY,          -- the answer
    asked    TEXT NOT NULL,             -- of whom, with what, at which price, as JSON
    response TEXT,                      -- the vendor's id of an answer that goes on without us
    sequence INTEGER,                   -- the number of its last event that is stored here
    state    TEXT                       -- what its decoder needs to go on from there
) WITHOUT ROWID;
