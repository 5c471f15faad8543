//! What is a role?
//! A label of an API key's holder (role-based access control): what may be invoked names the roles that may invoke it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most roles of one API key.
pub const MAX_ROLES: usize = 20;
/// Longest name of a role.
pub const MAX_ROLE_CHARS: usize = 64;

/// The name of a role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Role(String);

/// The error for a text that is not the name of a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 characters of A-Z, a-z, 0-9, `.`, `_`, `-` and `:`")]
pub struct BadRole;

impl Role {
    /// Reads a name.
    ///
    /// # Errors
    /// [`BadRole`] when it is empty, too long or has other characters.
    pub fn parse(text: &str) -> Result<Self, BadRole> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-:".contains(&b);
        if (1..=MAX_ROLE_CHARS).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadRole)
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Role {
    type Error = BadRole;

    fn try_from(text: String) -> Result<Self, BadRole> {
        Self::parse(&text)
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_short_label() {
        for text in ["support", "team:billing", "a"] {
            assert_eq!(Role::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "two words", "ä", &"x".repeat(65)] {
            assert_eq!(Role::parse(text), Err(BadRole), "{text}");
        }
    }
}
