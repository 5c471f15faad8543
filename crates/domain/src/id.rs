//! What do Posthorn's ids look like?
//! Typed ULIDs: a prefix that names the kind, and 26 characters that sort by creation time.
//!
//! Each kind is a separate Rust type, so an endpoint's id can never be used where an event's id is expected. Time and
//! randomness are arguments.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

use crate::timestamp::Timestamp;

/// The error for a text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be `{prefix}` followed by a ULID (26 characters of Crockford's base 32)")]
pub struct BadId {
    prefix: &'static str,
}

/// An id among those of its kind, in the order of their texts.
pub trait SortableId: Copy + Ord {
    /// The id just before this one; the first has none, and gives itself.
    #[must_use]
    fn predecessor(self) -> Self;

    /// The id just after this one; the last has none, and gives itself.
    #[must_use]
    fn successor(self) -> Self;
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $of:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// The prefix of every id of this kind.
            pub const PREFIX: &'static str = $prefix;

            /// An id of the instant `at`; `randomness` makes it unique (its low 80 bits are used).
            pub fn new(at: Timestamp, randomness: u128) -> Self {
                Self(Ulid::from_parts(at.as_millis().unsigned_abs(), randomness))
            }

            /// The instant the id was made for.
            pub fn time(self) -> Timestamp {
                Timestamp::from_millis(i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX))
            }

            /// The ULID as its 16 bytes, for compact storage.
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_bytes()
            }

            /// The id whose ULID is these 16 bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Ulid::from_bytes(bytes))
            }
        }

        impl SortableId for $name {
            fn predecessor(self) -> Self {
                Self(Ulid(self.0.0.saturating_sub(1)))
            }

            fn successor(self) -> Self {
                Self(Ulid(self.0.0.saturating_add(1)))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                crate::openapi::id($prefix, $of)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", Self::PREFIX, self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                parse(Self::PREFIX, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// A tenant.
    WorkspaceId,
    "ws_",
    "a workspace"
);
id!(
    /// One customer URL, with its subscription and its delivery settings.
    EndpointId,
    "we_",
    "an endpoint"
);
id!(
    /// Something that happened.
    EventId,
    "evt_",
    "an event"
);
id!(
    /// When types, if filter, then steps.
    RuleId,
    "rule_",
    "a rule"
);
id!(
    /// One call of an action.
    InvocationId,
    "inv_",
    "an invocation"
);
id!(
    /// One event on its way to one endpoint.
    DeliveryId,
    "wd_",
    "a delivery; it follows from the event and the endpoint"
);
id!(
    /// A replay: deliveries that were sent again by hand.
    ReplayId,
    "rep_",
    "a replay"
);
id!(
    /// An API key's public name. It is not the secret key and gives no access.
    ApiKeyId,
    "key_",
    "an API key; it is not the key itself and gives no access"
);

id!(
    /// A session: a person's login to the console.
    SessionId,
    "ses_",
    "a session; it is not the token and gives no access"
);

id!(
    /// A portal link: an expiring, narrow way into one workspace.
    PortalLinkId,
    "link_",
    "a portal link; it is not the token and gives no access"
);

id!(
    /// An audit entry: one change, and who made it.
    AuditEntryId,
    "aud_",
    "an audit entry"
);

id!(
    /// A source: an address that one provider posts to.
    SourceId,
    "src_",
    "a source"
);

id!(
    /// A received request: one HTTP request that came to a source's address.
    ReceivedRequestId,
    "rcv_",
    "a received request"
);

id!(
    /// The claim of an `Idempotency-Key`. The thing that its request makes has the same ULID, so that a repeated request
    /// finds it.
    ClaimId,
    "claim_",
    "the claim of an idempotency key"
);

/// The prefixes of all kinds.
const PREFIXES: [&str; 14] = [
    WorkspaceId::PREFIX,
    EndpointId::PREFIX,
    EventId::PREFIX,
    DeliveryId::PREFIX,
    ReplayId::PREFIX,
    ApiKeyId::PREFIX,
    SessionId::PREFIX,
    PortalLinkId::PREFIX,
    AuditEntryId::PREFIX,
    SourceId::PREFIX,
    RuleId::PREFIX,
    InvocationId::PREFIX,
    ReceivedRequestId::PREFIX,
    ClaimId::PREFIX,
];

/// Whether a text is an id of any kind, or would be in upper case.
pub(crate) fn looks_like_an_id(text: &str) -> bool {
    let is_ulid = |digits: &str| Ulid::from_string(&digits.to_ascii_uppercase()).is_ok();
    PREFIXES.iter().any(|prefix| {
        text.split_at_checked(prefix.len())
            .is_some_and(|(start, rest)| start.eq_ignore_ascii_case(prefix) && is_ulid(rest))
    })
}

/// One source of one workspace: the key under which every row of a source is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceKey {
    /// The workspace it belongs to.
    pub workspace: WorkspaceId,
    /// The source's id, which is unique among all workspaces.
    pub id: SourceId,
}

impl SourceKey {
    /// The key of a source.
    pub fn new(workspace: WorkspaceId, id: SourceId) -> Self {
        Self { workspace, id }
    }
}

/// One endpoint of one workspace: the key under which every row of an endpoint is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EndpointKey {
    /// The workspace it belongs to.
    pub workspace: WorkspaceId,
    /// The endpoint's id, which is unique among all workspaces.
    pub id: EndpointId,
}

impl EndpointKey {
    /// The endpoint `id` of `workspace`.
    pub fn new(workspace: WorkspaceId, id: EndpointId) -> Self {
        Self { workspace, id }
    }
}

impl EventId {
    /// The id of the event at `place` of a batch that was claimed as a whole under `first`: always the same, and as old.
    ///
    /// So the claim of a batch names one id, and a repeated batch finds each of its events.
    pub fn of_batch(first: Self, place: usize) -> Self {
        let mut digest = Sha256::new();
        digest.update(first.to_bytes());
        digest.update((place as u64).to_be_bytes());
        Self::new(first.time(), randomness_of(&digest.finalize()))
    }
}

impl EventId {
    /// The event that a step of a rule makes of `event`: always the same id, and as old as the event.
    ///
    /// So a job that comes twice, or a replay, emits one event.
    pub fn derived(event: Self, rule: RuleId, step: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(event.to_bytes());
        digest.update(rule.to_bytes());
        digest.update(step.as_bytes());
        Self::new(event.time(), randomness_of(&digest.finalize()))
    }
}

impl DeliveryId {
    /// The one delivery of `event` to `endpoint`: always the same id, and as old as the event.
    ///
    /// So the ledger needs only the endpoints' ids, and a job sent twice is still one delivery.
    pub fn of(event: EventId, endpoint: EndpointId) -> Self {
        let mut both = [0u8; 32];
        both[..16].copy_from_slice(&event.to_bytes());
        both[16..].copy_from_slice(&endpoint.to_bytes());
        Self::new(event.time(), randomness_of(&Sha256::digest(both)))
    }
}

impl InvocationId {
    /// The one invocation that the delivery of a rule's step is: always the same id, and as old as the delivery.
    pub fn of(delivery: DeliveryId) -> Self {
        Self::new(delivery.time(), randomness_of(&Sha256::digest(delivery.to_bytes())))
    }
}

/// The random part of an id that follows from others.
fn randomness_of(digest: &[u8]) -> u128 {
    digest.iter().take(10).fold(0, |randomness, byte| randomness << 8 | u128::from(*byte))
}

/// Accepts only the canonical spelling: 26 upper-case characters that do not overflow 128 bits.
fn parse(prefix: &'static str, text: &str) -> Result<Ulid, BadId> {
    let bad = BadId { prefix };
    let digits = text.strip_prefix(prefix).ok_or_else(|| bad.clone())?;
    let ulid = Ulid::from_string(digits).map_err(|_| bad.clone())?;
    if ulid.to_string() == digits { Ok(ulid) } else { Err(bad) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in 0i64..200_000_000_000_000, randomness: u128) {
            let id = EventId::new(Timestamp::from_millis(millis), randomness);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(EventId::from_bytes(id.to_bytes()), id);
            prop_assert_eq!(id.time().as_millis(), millis);
        }

        #[test]
        fn ids_sort_by_time_as_text_too(a in 0i64..200_000_000_000_000, b in 0i64..200_000_000_000_000, randomness: u128) {
            let (a, b) = (a.min(b), a.max(b));
            prop_assume!(a < b);
            let (first, second) =
                (EventId::new(Timestamp::from_millis(a), randomness), EventId::new(Timestamp::from_millis(b), 0));
            prop_assert!(first < second && first.to_string() < second.to_string());
        }

        #[test]
        fn nothing_sorts_between_an_id_and_its_neighbours(bytes: [u8; 16], other: [u8; 16]) {
            let (id, other) = (EventId::from_bytes(bytes), EventId::from_bytes(other));
            prop_assert_eq!(other < id.successor(), other <= id);
            prop_assert_eq!(other > id.predecessor(), other >= id);
            prop_assert!(id.predecessor().to_string() < id.to_string() && id.to_string() < id.successor().to_string());
        }

        #[test]
        fn an_event_of_a_batch_is_one_per_claim_and_place(first: [u8; 16], place in 0usize..100, other in 0usize..100) {
            prop_assume!(place != other);
            let first = EventId::from_bytes(first);
            prop_assert_eq!(EventId::of_batch(first, place), EventId::of_batch(first, place));
            prop_assert_ne!(EventId::of_batch(first, place), EventId::of_batch(first, other));
            prop_assert_eq!(EventId::of_batch(first, place).time(), first.time());
        }

        #[test]
        fn a_delivery_is_one_per_event_and_endpoint(event: [u8; 16], endpoint: [u8; 16], other: [u8; 16]) {
            prop_assume!(endpoint != other);
            let event = EventId::from_bytes(event);
            let (endpoint, other) = (EndpointId::from_bytes(endpoint), EndpointId::from_bytes(other));
            prop_assert_eq!(DeliveryId::of(event, endpoint), DeliveryId::of(event, endpoint));
            prop_assert_ne!(DeliveryId::of(event, endpoint), DeliveryId::of(event, other));
            prop_assert_eq!(DeliveryId::of(event, endpoint).time(), event.time());
        }
    }

    /// Computed with Python's hashlib. These ids must never change: customers store ids of deliveries, and the table's
    /// keys contain them.
    #[test]
    fn the_id_of_a_delivery_never_changes() {
        let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let (event, endpoint) = bytes.split_at(16);
        let event = EventId::from_bytes(event.try_into().unwrap());
        let endpoint = EndpointId::from_bytes(endpoint.try_into().unwrap());
        assert_eq!(DeliveryId::of(event, endpoint).to_string(), "wd_0004106105CC6WTAB6RGSPD48J");
    }

    /// Computed with Python's hashlib: a batch that is repeated after an upgrade must find its events.
    #[test]
    fn the_id_of_an_event_of_a_batch_never_changes() {
        let first = EventId::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()));
        assert_eq!(EventId::of_batch(first, 7).to_string(), "evt_0004106105X8RNMFJV1DVPAQ1Y");
    }

    #[test]
    fn another_kind_a_lower_case_or_an_overflowing_id_is_refused() {
        for text in [
            "we_01JZZZZZZZZZZZZZZZZZZZZZ02",
            "evt_01jzzzzzzzzzzzzzzzzzzzzz02",
            "evt_81JZZZZZZZZZZZZZZZZZZZZZ02",
            "evt_01JZZZZZZZZZZZZZZZZZZZZZ0",
            "evt_01JZZZZZZZZZZZZZZZZZZZZZ0U",
            "",
        ] {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
    }
}
