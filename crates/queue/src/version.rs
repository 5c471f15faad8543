//! Which version is a message of?
//! Every message carries `"v":1`; a message of another version is refused, not guessed at.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version written, and the only one understood.
pub const VERSION: u64 = 1;

/// The body of a message cannot be understood by this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// The message cannot be parsed.
    #[error("the message cannot be read")]
    Unparsable,
    /// The message has another version.
    #[error("the message is of version {0}, not {VERSION}")]
    UnknownVersion(u64),
}

/// The member `v` of a message: written as [`VERSION`], and unreadable as anything else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(VERSION)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            VERSION => Ok(Self),
            other => Err(D::Error::custom(format_args!("version {other}"))),
        }
    }
}

/// A body with its version in front, for bodies that hold no raw JSON (serde cannot flatten raw JSON).
#[derive(Serialize, Deserialize)]
pub(crate) struct Versioned<T> {
    v: Version,
    #[serde(flatten)]
    pub(crate) body: T,
}

impl<T> Versioned<T> {
    pub(crate) fn new(body: T) -> Self {
        Self { v: Version, body }
    }
}

/// Reads a message that has a member `v`. Members added to this version later are ignored.
pub(crate) fn parse<T: DeserializeOwned>(body: &str) -> Result<T, BadMessage> {
    #[derive(Deserialize)]
    struct OnlyVersion {
        v: u64,
    }
    // Only a message that cannot be read is read twice: another version's shape may be another.
    serde_json::from_str(body).map_err(|_| match serde_json::from_str(body) {
        Ok(OnlyVersion { v }) if v != VERSION => BadMessage::UnknownVersion(v),
        _ => BadMessage::Unparsable,
    })
}
