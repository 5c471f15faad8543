//! What must hold of the adapters, of filters and of templates, whatever the input is?
//! Oracles: each panics when its law is broken, which is how a fuzzer learns of it.

pub mod attachment;
pub mod filter;
pub mod split;
pub mod template;
pub mod verify;

use serde_json::Value;

/// The JSON of the first line, and the JSON of the rest.
fn two_values(input: &[u8]) -> Option<(Value, Value)> {
    let line = input.iter().position(|byte| *byte == b'\n')?;
    Some((serde_json::from_slice(&input[..line]).ok()?, serde_json::from_slice(&input[line + 1..]).ok()?))
}
