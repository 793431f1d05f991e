//! End to end: the real program, a real window, a real browser, faults and kills.
#![cfg(target_os = "linux")]

mod harness;
