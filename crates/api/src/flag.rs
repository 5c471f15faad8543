//! How does a query parameter say yes or no?
//! As `true` or `false`: in a query everything is text.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

/// Reads a parameter that is left out for `false`.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match &*Cow::<str>::deserialize(deserializer)? {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(serde::de::Error::custom("must be true or false")),
    }
}

/// Reads a parameter that may be left out.
pub(crate) fn maybe<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    read(deserializer).map(Some)
}
