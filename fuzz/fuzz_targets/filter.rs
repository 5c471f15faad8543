//! Can a filter be made that breaks its laws?
//! Fuzz target: a filter and a document; see `fuzz::oracle::filter`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::oracle::filter::check(data));
