//! Can a request be made that passes without the secret?
//! Fuzz target: headers, query and body of one request; see `fuzz::oracle::verify`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::source::check(), |data: &[u8]| fuzz::oracle::verify::check(data));
