-- A tag's conversations in the order of the list, so that a page of them is read along an index however many there are.
-- What stands in `conversation` stands here once more; the triggers see to it.
ALTER TABLE tag ADD COLUMN on_top   INTEGER NOT NULL DEFAULT 0;     -- pinned
ALTER TABLE tag ADD COLUMN used_at  INTEGER NOT NULL DEFAULT 0;     -- updated_at
ALTER TABLE tag ADD COLUMN put_away INTEGER NOT NULL DEFAULT 0;     -- archived
ALTER TABLE tag ADD COLUMN in_bin   INTEGER NOT NULL DEFAULT 0;     -- deleted_at is set
UPDATE tag SET (on_top, used_at, put_away, in_bin) =
    (SELECT pinned, updated_at, archived, deleted_at IS NOT NULL FROM conversation WHERE id = tag.conversation);
DROP INDEX tag_conversations;
CREATE INDEX tag_list ON tag (folded, on_top DESC, used_at DESC, put_away, name) WHERE in_bin = 0;
-- The name a tag has already, wherever it stands.
CREATE INDEX tag_name ON tag (folded, name);

CREATE TRIGGER tag_is_new AFTER INSERT ON tag BEGIN
    UPDATE tag SET (on_top, used_at, put_away, in_bin) =
        (SELECT pinned, updated_at, archived, deleted_at IS NOT NULL FROM conversation WHERE id = new.conversation)
        WHERE conversation = new.conversation AND folded = new.folded
        AND EXISTS (SELECT 1 FROM conversation WHERE id = new.conversation);
END;
CREATE TRIGGER tag_follows AFTER UPDATE OF pinned, updated_at, archived, deleted_at ON conversation BEGIN
    UPDATE tag SET on_top = new.pinned, used_at = new.updated_at, put_away = new.archived,
        in_bin = new.deleted_at IS NOT NULL WHERE conversation = new.id;
END;
