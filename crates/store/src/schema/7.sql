-- The words of messages once more, in half the space: which message has a word, not where in it. What they are cut into
-- and how phrases are found stands in src/words.rs.
DROP TABLE message_words;
CREATE VIRTUAL TABLE message_words USING fts5 (
    words,
    content = '',
    contentless_delete = 1,
    detail = none,
    tokenize = "ascii tokenchars '_'"
);
-- Words kept in memory until they are written, in bytes: an import makes fewer and larger pieces that are merged later.
INSERT INTO message_words (message_words, rank) VALUES ('hashsize', 8388608);
-- All messages are indexed in the background, newest first.
DELETE FROM document WHERE name = 'unindexed';
INSERT INTO document (name, body) SELECT 'unindexed', max(n) FROM message HAVING max(n) IS NOT NULL;
