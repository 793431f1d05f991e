-- How the next message of a conversation is answered, as JSON.
ALTER TABLE conversation ADD COLUMN controls TEXT;
