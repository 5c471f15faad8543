//! What may an action be called?
//! Its name: it is the action's id, and the name of the tool that agents see, so it is a legal one of both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest name, in characters.
pub const MAX_ACTION_NAME_CHARS: usize = 64;

/// The name of an action, unique in its workspace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActionName(String);

/// The error for a text that is not the name of an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must begin with a letter and be 1 to 64 characters of a-z, 0-9 and `_`")]
pub struct BadActionName;

impl ActionName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ActionName {
    type Err = BadActionName;

    fn from_str(text: &str) -> Result<Self, BadActionName> {
        let begins_well = text.starts_with(|first: char| first.is_ascii_lowercase());
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if begins_well && text.len() <= MAX_ACTION_NAME_CHARS && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadActionName)
        }
    }
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ActionName {
    type Error = BadActionName;

    fn try_from(text: String) -> Result<Self, BadActionName> {
        text.parse()
    }
}

impl From<ActionName> for String {
    fn from(name: ActionName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_legal_name_of_a_tool() {
        for text in ["refund_order", "a", "a1_", &"x".repeat(64)] {
            assert_eq!(text.parse::<ActionName>().unwrap().as_str(), text);
        }
        for text in ["", "1a", "_a", "Refund", "re-fund", "a.b", "ä", "a b", &"x".repeat(65)] {
            assert_eq!(text.parse::<ActionName>(), Err(BadActionName), "{text}");
        }
    }
}
