//! Which ids does the customer give?
//! A uid: the customer's own id of a workspace, an endpoint or an event, which is taken wherever Posthorn's id is.
//!
//! What looks like an id of Posthorn is no uid, so a text is always one or the other, and a uid never hides a thing that
//! has the id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{EndpointId, EventId, WorkspaceId, looks_like_an_id};

/// The longest uid, in characters.
pub const MAX_UID_CHARS: usize = 256;

/// The customer's own id of a workspace, an endpoint or an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(String);

/// The error for a text that is not a uid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be 1 to 256 characters of A-Z, a-z, 0-9, `-`, `_` and `.`, not `.` or `..`, and must not look like an id of \
     Posthorn"
)]
pub struct BadUid;

/// The error for a text that is neither an id nor a uid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an id, the prefix `{prefix}` and a ULID, or a uid, 1 to 256 characters of A-Z, a-z, 0-9, `-`, `_` and `.`"
)]
pub struct BadIdOrUid {
    prefix: &'static str,
}

/// How a caller names a thing: by its id or by its uid.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IdOrUid<T> {
    /// By its id.
    Id(T),
    /// By its uid.
    Uid(Uid),
}

/// A workspace, by its id or its uid.
pub type WorkspaceIdOrUid = IdOrUid<WorkspaceId>;
/// An endpoint, by its id or its uid.
pub type EndpointIdOrUid = IdOrUid<EndpointId>;
/// An event, by its id or its uid.
pub type EventIdOrUid = IdOrUid<EventId>;

impl Uid {
    /// The uid as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Uid {
    type Err = BadUid;

    fn from_str(text: &str) -> Result<Self, BadUid> {
        let is_of_uids = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        // A client takes the steps `.` and `..` out of a path, so nothing of that name could be read.
        let fits = (1..=MAX_UID_CHARS).contains(&text.len()) && !matches!(text, "." | "..");
        if fits && text.bytes().all(is_of_uids) && !looks_like_an_id(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadUid)
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Uid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Uid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<T> From<T> for IdOrUid<T> {
    fn from(id: T) -> Self {
        Self::Id(id)
    }
}

impl<T: fmt::Display> fmt::Display for IdOrUid<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Uid(uid) => uid.fmt(f),
        }
    }
}

impl<T: fmt::Display> Serialize for IdOrUid<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

macro_rules! id_or_uid {
    ($($id:ty: $schema:literal, $of:literal;)*) => {$(
        impl FromStr for IdOrUid<$id> {
            type Err = BadIdOrUid;

            fn from_str(text: &str) -> Result<Self, BadIdOrUid> {
                match text.parse() {
                    Ok(id) => Ok(Self::Id(id)),
                    Err(_) => text.parse().map(Self::Uid).map_err(|_| BadIdOrUid { prefix: <$id>::PREFIX }),
                }
            }
        }

        impl<'de> Deserialize<'de> for IdOrUid<$id> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for IdOrUid<$id> {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                crate::openapi::id_or_uid(<$id>::PREFIX, $of)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for IdOrUid<$id> {
            fn name() -> std::borrow::Cow<'static, str> {
                $schema.into()
            }
        }
    )*};
}

id_or_uid! {
    WorkspaceId: "WorkspaceIdOrUid", "a workspace";
    EndpointId: "EndpointIdOrUid", "an endpoint";
    EventId: "EventIdOrUid", "an event";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ApiKeyId, AuditEntryId, ClaimId, DeliveryId, ReplayId};
    use crate::timestamp::Timestamp;
    use proptest::prelude::*;

    #[test]
    fn a_uid_is_of_few_characters_and_no_id_of_ours() {
        let longest = "a".repeat(MAX_UID_CHARS);
        for text in
            ["a", "acme", "-", "_", "a.b-c_D9", "we_", "ws_acme", "user_01M7Z294KETHNPJB3QG0VDG1JA", &longest]
        {
            assert_eq!(text.parse::<Uid>().unwrap().as_str(), text);
        }
        let too_long = "a".repeat(MAX_UID_CHARS + 1);
        for text in
            ["", ".", "..", "a b", "a/b", "ä", "a%20", "a\n", &too_long, "we_01m7z294kethnpjb3qg0vdg1ja"]
        {
            assert_eq!(text.parse::<Uid>(), Err(BadUid), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_id_of_any_kind_is_a_uid(bytes: [u8; 16]) {
            let at = Timestamp::from_millis(0);
            let randomness = u128::from_be_bytes(bytes);
            for id in [
                WorkspaceId::from_bytes(bytes).to_string(),
                EndpointId::from_bytes(bytes).to_string(),
                EventId::from_bytes(bytes).to_string(),
                DeliveryId::from_bytes(bytes).to_string(),
                ReplayId::new(at, randomness).to_string(),
                ApiKeyId::new(at, randomness).to_string(),
                AuditEntryId::new(at, randomness).to_string(),
                ClaimId::new(at, randomness).to_string(),
            ] {
                prop_assert!(id.parse::<Uid>().is_err(), "{}", id);
                prop_assert!(id.to_ascii_lowercase().parse::<Uid>().is_err(), "{}", id);
            }
        }

        #[test]
        fn what_names_a_thing_is_read_back(bytes: [u8; 16], uid in "[A-Za-z0-9_-][A-Za-z0-9_.-]{0,255}") {
            let id = EndpointIdOrUid::Id(EndpointId::from_bytes(bytes));
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            let uid = EndpointIdOrUid::Uid(uid.parse().unwrap());
            prop_assert_eq!(uid.to_string().parse(), Ok(uid));
        }
    }

    #[test]
    fn an_id_of_another_kind_names_nothing() {
        let error = "we_01M7Z294KETHNPJB3QG0VDG1JA".parse::<WorkspaceIdOrUid>().unwrap_err();
        assert!(
            error.to_string().starts_with("must be an id, the prefix `ws_` and a ULID, or a uid"),
            "{error}"
        );
        assert_eq!("acme".parse::<WorkspaceIdOrUid>(), Ok(IdOrUid::Uid(Uid("acme".to_owned()))));
    }
}
