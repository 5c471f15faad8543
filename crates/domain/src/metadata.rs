//! Which strings may a caller keep beside a thing?
//! Metadata: strings for the caller's own programs, which Posthorn does not read. Workspaces and endpoints have it alike.

use std::collections::BTreeMap;

use crate::problem::{Invalid, escape_pointer};

/// Names and values.
pub type Metadata = BTreeMap<String, String>;

/// Most entries of `metadata`, and the longest key and value in characters.
pub const MAX_METADATA: (usize, usize, usize) = (50, 64, 512);

/// Checks the bounds of `/metadata`.
pub(crate) fn check(metadata: &Metadata, invalid: &mut Invalid) {
    let (entries, key_chars, value_chars) = MAX_METADATA;
    invalid.require(metadata.len() <= entries, "/metadata", "may have at most 50 entries");
    for (key, value) in metadata {
        let fits = key.chars().count() <= key_chars && value.chars().count() <= value_chars;
        let pointer = format!("/metadata/{}", escape_pointer(key));
        invalid.require(fits, &pointer, "key and value may have at most 64 and 512 characters");
    }
}
