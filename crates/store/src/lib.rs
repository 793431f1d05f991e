//! SQLite: conversations, the event log, settings.
