-- What was paid for: an answer, a title, a summary.
ALTER TABLE spending ADD COLUMN purpose TEXT NOT NULL DEFAULT 'answer';
-- A person or a model gave the title: none is made by itself any more.
ALTER TABLE conversation ADD COLUMN named INTEGER NOT NULL DEFAULT 0;
UPDATE conversation SET named = 1 WHERE title <> '';
