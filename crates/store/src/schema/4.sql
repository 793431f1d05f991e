-- Messages in the bin. A message takes everything below it along; `deleted_with` is the one that was deleted.
ALTER TABLE message ADD COLUMN deleted_at INTEGER;
ALTER TABLE message ADD COLUMN deleted_with BLOB;
CREATE INDEX message_bin ON message (deleted_with) WHERE deleted_with IS NOT NULL;
CREATE INDEX conversation_bin ON conversation (deleted_at) WHERE deleted_at IS NOT NULL;
