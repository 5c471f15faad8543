//! What must hold of the adapters, whatever the input is?
//! Oracles: each panics when its law is broken, which is how a fuzzer learns of it.

pub mod attachment;
pub mod split;
pub mod verify;
