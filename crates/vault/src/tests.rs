//! The vault over stores that fail on purpose.
