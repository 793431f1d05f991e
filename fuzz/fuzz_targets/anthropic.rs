#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rivulet_fuzzing::play("anthropic", bytes));
