//! Keys in the OS keyring.
