//! Can a mail be made whose files are lost or mistaken?
//! Fuzz target: one multipart body; see `fuzz::oracle::attachment`.

#![no_main]

libfuzzer_sys::fuzz_target!(init: fuzz::source::check(), |data: &[u8]| fuzz::oracle::attachment::check(data));
