//! Can a body be made that breaks an adapter, though its provider signed it?
//! Fuzz target: one body, which the target signs; see `fuzz::oracle::split`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::source::check(), |data: &[u8]| fuzz::oracle::split::check(data));
