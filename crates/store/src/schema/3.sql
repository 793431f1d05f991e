-- The words of messages, for the search: rowid is message.n. What they are cut into stands in src/words.rs.
CREATE VIRTUAL TABLE message_words USING fts5 (
    words,
    content = '',
    contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2 tokenchars '_'"
);
-- Messages that were there before are indexed in the background, newest first: those up to this number are left.
INSERT INTO document (name, body) SELECT 'unindexed', max(n) FROM message HAVING max(n) IS NOT NULL;
