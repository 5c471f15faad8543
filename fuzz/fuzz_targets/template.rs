//! Can a template be made that breaks its laws?
//! Fuzz target: a template and a document; see `fuzz::oracle::template`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::oracle::template::check(data));
