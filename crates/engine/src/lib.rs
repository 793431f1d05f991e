//! The use cases: start, stop, continue an answer; the log and its cursors.
