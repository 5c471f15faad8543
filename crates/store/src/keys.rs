//! Where does each row live?
//! The key design: every partition and sort key is written here and nowhere else.
//!
//! | row | PK | SK |
//! |---|---|---|
//! | workspace | `WS#{ws}` | `WORKSPACE` |
//! | logo of a workspace's portal | `WS#{ws}` | `LOGO#{name}` |
//! | endpoint | `WS#{ws}` | `ENDPOINT#{we}` |
//! | tombstone of a deleted endpoint | `WS#{ws}` | `DELETED#{we}` |
//! | rule | `WS#{ws}` | `RULE#{rule}` |
//! | action | `WS#{ws}` | `ACTION#{name}` |
//! | source | `WS#{ws}` | `SOURCE#{src}` |
//! | tombstone of a deleted source | `WS#{ws}` | `DELETED_SOURCE#{src}` |
//! | source, by the token in its address | `SOURCE_TOKEN#{sha256 of token}` | `SOURCE` |
//! | the data key that seals secrets, wrapped | `DATA_KEY` | `1` |
//! | endpoint health, while it fails | `WS#{ws}` | `HEALTH#{we}` |
//! | last notifications about an endpoint | `WS#{ws}` | `NOTIFIED#{we}` |
//! | replay | `WS#{ws}` | `REPLAY#{rep}` |
//! | slots of an endpoint with a rate limit | `WS#{ws}` | `RATE#{we}` |
//! | how many endpoints a workspace has | `WS#{ws}` | `ENDPOINT_COUNT` |
//! | leases of an endpoint with a concurrency limit | `WS#{ws}` | `PLACES#{we}` |
//! | events of a workspace with a quota | `WS#{ws}` | `QUOTA#{day}` |
//! | drain, under way or owed | `WS#{ws}` | `DRAIN#{we}` |
//! | sweep, under way or owed | `WS#{ws}` | `SWEEP` |
//! | deletion of a workspace, under way | `WS#{ws}` | `DELETION` |
//! | load of the jobs queue | `QUEUE` | `LOAD` |
//! | API key, session or portal link, by its digest | `KEY#{sha256 of key}` | `KEY` |
//! | API key, listed | `KEYS#{ws}` or `KEYS#ALL` | `KEY#{id}` |
//! | portal link, listed | `KEYS#{ws}` | `LINK#{link}` |
//! | token that opens one session | `ONE_TIME#{sha256 of token}` | `TOKEN` |
//! | uid of a workspace | `UID#{uid}` | `WORKSPACE` |
//! | uid of an endpoint | `WS#{ws}` | `UID#ENDPOINT#{uid}` |
//! | uid of an event | `UID#{ws}#{uid}` | `EVENT` |
//! | event | `EVENTS#{ws}#{day}#{shard}` | `{evt}` |
//! | the rest of a long ledger | `LEDGER#{ws}#{evt}#{digest of it}` | `PAGE#{number}` |
//! | tally of an hour | `STATISTICS#{we}` or `STATISTICS#{ws}` | `{hour}` |
//! | idempotency | `IDEMPOTENCY#{ws}#{sha256 of key}`, or `IDEMPOTENCY#ALL#…` | `IDEMPOTENCY` |
//! | delivery | `DELIVERIES#{we}#{day}#{shard}` | `DELIVERY#{wd}` |
//! | attempt, from the second on | same as its delivery | `ATTEMPT#{wd}#{number}` |
//! | received request | `RECEIVED#{src}#{day}#{shard}` | `{rcv}` |
//! | the rest of a long received request | `RECEIVED_REST#{rcv}` | `CHUNK#{number}` |
//! | one-time token of a signature | `ONE_TIME_TOKEN#{src}#{sha256 of token}` | `TOKEN` |
//! | invocation | `INVOCATIONS#{ws}#{day}#{shard}` | `{inv}` |
//! | event type of the catalogue | `CATALOGUE` | `TYPE#{name}` |
//! | version of an event type's schema | `SCHEMA#{name}` | `VERSION#{instant of the description}#{number}` |
//! | events of a type that did not fit the catalogue | `MISFITS#{ws}` | `{name}` |
//! | audit entry | `AUDIT#{ws}#{day}` or `AUDIT#ALL#{day}` | `{aud}` |
//!
//! Events, deliveries, received requests and invocations are sharded lists: `day` and `shard` are functions of the id, so a get needs no index. The
//! shard is taken from the id's random part: DynamoDB's partition takes about 1,000 writes a second, and rows of one
//! moment must not meet in one.
//!
//! Two sparse indexes: `lookup` on configuration rows (find by id; list workspaces, open circuits, drains, replays,
//! sweeps and deletions) and `undelivered` on deliveries that wait for a person or a drain. A delivery that succeeds carries neither.

use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::{
    ApiKeyId, AuditEntryId, DeliveryId, EndpointId, EndpointKey, EventId, ReplayId, RuleId, WorkspaceId,
};
use domain::timestamp::Timestamp;
use domain::uid::Uid;

mod actions;
mod catalogue;
mod day;
mod logins;
mod sources;

pub use actions::*;
pub use catalogue::*;
pub use day::Day;
pub use logins::*;
pub use sources::*;

/// Shards of a workspace's events of one day.
pub const EVENT_SHARDS: u8 = 16;
/// Shards of an endpoint's deliveries of one day.
pub const DELIVERY_SHARDS: u8 = 8;

/// Name of the partition key attribute.
pub const PK: &str = "PK";
/// Name of the sort key attribute.
pub const SK: &str = "SK";
/// Name of the attribute that DynamoDB's TTL uses, in unix seconds.
pub const EXPIRES_AT: &str = "expires_at";
/// The sparse index of configuration rows; its partition key has the same name.
pub const LOOKUP: &str = "lookup";
/// Sort key of [`LOOKUP`].
pub const LOOKUP_SORT: &str = "lookup_sort";
/// The sparse index of parked and failed deliveries, and of those that wait long for a retry; its partition key has the same name.
pub const UNDELIVERED: &str = "undelivered";
/// Sort key of [`UNDELIVERED`].
pub const UNDELIVERED_SORT: &str = "undelivered_sort";

/// The `lookup` partition that lists every workspace.
pub const ALL_WORKSPACES: &str = "WORKSPACES";
/// The `lookup` partition that lists every drain, under way or owed.
pub const DRAINS: &str = "DRAINS";
/// The `lookup` partition that lists every replay under way; a replay that has ended is in a partition of its id.
pub const REPLAYS: &str = "REPLAYS";
/// The `lookup` partition that lists every sweep, under way or owed.
pub const SWEEPS: &str = "SWEEPS";
/// The `lookup` partition that lists every deletion of a workspace that is under way.
pub const DELETIONS: &str = "DELETIONS";
/// The `lookup` partition that lists every open circuit.
pub const OPEN_CIRCUITS: &str = "CIRCUITS";
/// What the sort keys of a workspace's endpoints start with.
pub const ENDPOINT_PREFIX: &str = "ENDPOINT#";
/// What the sort keys of a workspace's rules start with.
pub const RULE_PREFIX: &str = "RULE#";
/// What the sort keys of listed API keys start with.
pub const KEY_PREFIX: &str = "KEY#";
/// What the sort keys of deliveries start with.
pub const DELIVERY_PREFIX: &str = "DELIVERY#";

/// A row's primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }
}

/// The partition of a workspace's configuration.
pub fn workspace_partition(workspace: WorkspaceId) -> String {
    format!("WS#{workspace}")
}

/// A workspace's row.
pub fn workspace(workspace: WorkspaceId) -> Key {
    Key::new(workspace_partition(workspace), "WORKSPACE")
}

/// The row of a workspace's deletion; there is one until all its other rows are deleted.
pub fn workspace_deletion(workspace: WorkspaceId) -> Key {
    Key::new(workspace_partition(workspace), "DELETION")
}

/// An endpoint's row.
pub fn endpoint(endpoint: EndpointKey) -> Key {
    Key::new(workspace_partition(endpoint.workspace), format!("{ENDPOINT_PREFIX}{}", endpoint.id))
}

/// A rule's row.
pub fn rule(workspace: WorkspaceId, rule: RuleId) -> Key {
    Key::new(workspace_partition(workspace), format!("{RULE_PREFIX}{rule}"))
}

/// What the sort keys of the tombstones of deleted endpoints start with.
pub const TOMBSTONE_PREFIX: &str = "DELETED#";

/// The tombstone of an endpoint that was deleted.
pub fn tombstone(endpoint: EndpointKey) -> Key {
    Key::new(workspace_partition(endpoint.workspace), format!("{TOMBSTONE_PREFIX}{}", endpoint.id))
}

/// The `lookup` partition of a tombstone. It is another than the endpoint's: for a moment both are in the index.
pub fn tombstone_lookup(endpoint: EndpointId) -> String {
    format!("{TOMBSTONE_PREFIX}{endpoint}")
}

/// The row that counts a workspace's endpoints.
pub fn endpoint_count(workspace: WorkspaceId) -> Key {
    Key::new(workspace_partition(workspace), "ENDPOINT_COUNT".to_owned())
}

/// The row of an endpoint's health; there is one only while it fails.
pub fn health(endpoint: EndpointKey) -> Key {
    Key::new(workspace_partition(endpoint.workspace), format!("HEALTH#{}", endpoint.id))
}

/// What the sort keys of the counts of parked deliveries start with.
pub const PARKED_COUNT_PREFIX: &str = "PARKED#";

/// The row that counts what was parked for an endpoint while it was off for failing.
pub fn parked_count(endpoint: EndpointKey) -> Key {
    Key::new(workspace_partition(endpoint.workspace), format!("{PARKED_COUNT_PREFIX}{}", endpoint.id))
}

/// The row of an endpoint's drain; there is one while it is under way, and before, while it is owed.
pub fn drain(endpoint: EndpointKey) -> Key {
    Key::new(workspace_partition(endpoint.workspace), format!("DRAIN#{}", endpoint.id))
}

/// The row of the last times that notifications heard of an endpoint.
pub fn notified(endpoint: EndpointKey) -> Key {
    Key::new(workspace_partition(endpoint.workspace), format!("NOTIFIED#{}", endpoint.id))
}

/// The row that says whether the jobs queue holds many messages in flight.
pub fn queue_load() -> Key {
    Key::new("QUEUE".to_owned(), "LOAD")
}

/// The row of a sweep of a workspace's events; there is one while it is under way, and before, while it is owed.
pub fn sweep(workspace: WorkspaceId) -> Key {
    Key::new(workspace_partition(workspace), "SWEEP")
}

/// The row of the reserved slots of an endpoint's rate limit.
pub fn rate(endpoint: EndpointKey) -> Key {
    Key::new(workspace_partition(endpoint.workspace), format!("RATE#{}", endpoint.id))
}

/// The row of the leases of an endpoint's concurrency limit.
pub fn leases(endpoint: EndpointKey) -> Key {
    Key::new(workspace_partition(endpoint.workspace), format!("PLACES#{}", endpoint.id))
}

/// The row that counts a workspace's events of one day.
pub fn quota(workspace: WorkspaceId, day: Day) -> Key {
    Key::new(workspace_partition(workspace), format!("QUOTA#{day}"))
}

/// What the sort keys of a workspace's replays start with.
pub const REPLAY_PREFIX: &str = "REPLAY#";

/// The row of a replay.
pub fn replay(workspace: WorkspaceId, replay: ReplayId) -> Key {
    Key::new(workspace_partition(workspace), format!("{REPLAY_PREFIX}{replay}"))
}

/// The row of a workspace's uid.
pub fn workspace_uid(uid: &Uid) -> Key {
    Key::new(format!("UID#{uid}"), "WORKSPACE")
}

/// What the sort keys of the uids of a workspace's endpoints start with.
pub const ENDPOINT_UID_PREFIX: &str = "UID#ENDPOINT#";

/// The row of an endpoint's uid.
pub fn endpoint_uid(workspace: WorkspaceId, uid: &Uid) -> Key {
    Key::new(workspace_partition(workspace), format!("{ENDPOINT_UID_PREFIX}{uid}"))
}

/// The row of an event's uid. Each has a partition of its own: a workspace may send more events a second than one takes.
pub fn event_uid(workspace: WorkspaceId, uid: &Uid) -> Key {
    Key::new(format!("UID#{workspace}#{uid}"), "EVENT")
}

/// The row of the wrapped data key.
pub fn data_key() -> Key {
    Key::new("DATA_KEY".to_owned(), "1")
}

/// An API key's row, found by the digest of the key.
pub fn api_key(digest: &str) -> Key {
    Key::new(format!("KEY#{digest}"), "KEY")
}

/// The partition that lists a workspace's API keys, or the keys for all workspaces.
pub fn api_keys_partition(workspace: Option<WorkspaceId>) -> String {
    match workspace {
        Some(workspace) => format!("KEYS#{workspace}"),
        None => "KEYS#ALL".to_owned(),
    }
}

/// An API key's row in the list of its workspace.
pub fn listed_api_key(workspace: Option<WorkspaceId>, key: ApiKeyId) -> Key {
    Key::new(api_keys_partition(workspace), format!("{KEY_PREFIX}{key}"))
}

/// An event's row.
pub fn event(workspace: WorkspaceId, event: EventId) -> Key {
    let shard = shard(event.to_bytes(), EVENT_SHARDS);
    Key::new(event_partition(workspace, Day::of(event.time()), shard), event.to_string())
}

/// The partition of a workspace's events of one day and shard.
pub fn event_partition(workspace: WorkspaceId, day: Day, shard: u8) -> String {
    format!("EVENTS#{workspace}#{day}#{shard:02}")
}

/// A row of the part of a ledger that does not fit the event's row; `number` from 1. `digest` is of all that these
/// rows hold, so two writers of one key write the same row.
pub fn ledger_page(workspace: WorkspaceId, event: EventId, digest: &str, number: usize) -> Key {
    Key::new(format!("LEDGER#{workspace}#{event}#{digest}"), format!("{PAGE_PREFIX}{number:04}"))
}

/// What the sort keys of a ledger's further rows start with.
pub const PAGE_PREFIX: &str = "PAGE#";

/// The partition of the tallies of an endpoint or workspace.
pub fn statistics_partition(subject: &str) -> String {
    format!("STATISTICS#{subject}")
}

/// The row of the tally of the hour that begins at `hour`.
pub fn statistics(subject: &str, hour: Timestamp) -> Key {
    Key::new(statistics_partition(subject), hour.to_string())
}

/// The row of a claimed `Idempotency-Key`, by its digest; without a workspace, that of a request which concerns
/// several, or none yet.
pub fn idempotency(workspace: Option<WorkspaceId>, digest: &str) -> Key {
    let pk = match workspace {
        Some(workspace) => format!("IDEMPOTENCY#{workspace}#{digest}"),
        None => format!("IDEMPOTENCY#ALL#{digest}"),
    };
    Key::new(pk, "IDEMPOTENCY")
}

/// The partition of the audit entries of one day: those of a workspace, or of the installation.
pub fn audit_partition(workspace: Option<WorkspaceId>, day: Day) -> String {
    match workspace {
        Some(workspace) => format!("AUDIT#{workspace}#{day}"),
        None => format!("AUDIT#ALL#{day}"),
    }
}

/// An audit entry's row.
pub fn audit_entry(workspace: Option<WorkspaceId>, entry: AuditEntryId) -> Key {
    Key::new(audit_partition(workspace, Day::of(entry.time())), entry.to_string())
}

/// A delivery's row.
pub fn delivery(endpoint: EndpointId, delivery: DeliveryId) -> Key {
    Key::new(partition_of_delivery(endpoint, delivery), format!("{DELIVERY_PREFIX}{delivery}"))
}

/// The row of attempt `number` of a delivery; the number is padded so that attempts sort.
pub fn attempt(endpoint: EndpointId, delivery: DeliveryId, number: u32) -> Key {
    Key::new(partition_of_delivery(endpoint, delivery), format!("{}{number:06}", attempt_prefix(delivery)))
}

/// What the sort keys of a delivery's attempts start with.
pub fn attempt_prefix(delivery: DeliveryId) -> String {
    format!("ATTEMPT#{delivery}#")
}

/// The partition of an endpoint's deliveries of one day and shard.
pub fn delivery_partition(endpoint: EndpointId, day: Day, shard: u8) -> String {
    format!("DELIVERIES#{endpoint}#{day}#{shard:02}")
}

/// The partition of [`UNDELIVERED`] that holds an endpoint's deliveries.
pub fn undelivered_partition(endpoint: EndpointId) -> String {
    format!("UNDELIVERED#{endpoint}")
}

/// What the sort keys of [`UNDELIVERED`] start with for this status; the delivery's id follows.
pub fn undelivered_prefix(status: DeliveryStatus) -> Option<&'static str> {
    match status {
        DeliveryStatus::Failed => Some("FAILED#"),
        DeliveryStatus::Parked => Some("PARKED#"),
        DeliveryStatus::Pending
        | DeliveryStatus::Retrying
        | DeliveryStatus::Delivered
        | DeliveryStatus::Cancelled => None,
    }
}

/// What the sort keys of [`UNDELIVERED`] start with for deliveries that wait long for a retry. Those that wait shortly
/// are not there, so this is no list of all that are retrying.
pub const LONG_WAITS: &str = "RETRYING#";

/// What the delivery's sort key of [`UNDELIVERED`] starts with, if it is listed there.
pub fn listed_under(delivery: &Delivery) -> Option<&'static str> {
    if delivery.waits_long() { Some(LONG_WAITS) } else { undelivered_prefix(delivery.status) }
}

fn partition_of_delivery(endpoint: EndpointId, delivery: DeliveryId) -> String {
    delivery_partition(endpoint, Day::of(delivery.time()), shard(delivery.to_bytes(), DELIVERY_SHARDS))
}

/// A ULID's last byte is random, so rows of the same millisecond fall into different shards.
fn shard(id: [u8; 16], shards: u8) -> u8 {
    id[15] % shards
}

/// Every partition that holds only rows of one endpoint: its deliveries with their attempts, and its statistics.
pub fn partitions_of_endpoint(endpoint: EndpointId, days: &[Day]) -> impl Iterator<Item = String> {
    let deliveries = days.iter().flat_map(|day| (0..DELIVERY_SHARDS).map(move |shard| (*day, shard)));
    let deliveries = deliveries.map(move |(day, shard)| delivery_partition(endpoint, day, shard));
    deliveries.chain([statistics_partition(&endpoint.to_string())])
}

/// Every partition that holds only rows of one workspace: its events, its invocations, its statistics, its misfits and its configuration. Left out are
/// those that are found in another way (API keys, rows of endpoints, the rest of long ledgers) and those that expire within
/// a day (idempotency keys, sessions, portal links).
pub fn partitions_of_workspace(workspace: WorkspaceId, days: &[Day]) -> impl Iterator<Item = String> {
    let events = days.iter().flat_map(|day| (0..EVENT_SHARDS).map(move |shard| (*day, shard)));
    let events = events.map(move |(day, shard)| event_partition(workspace, day, shard));
    let invocations = actions::partitions_of_invocations(workspace, days);
    let statistics = statistics_partition(&workspace.to_string());
    let rest = [statistics, misfits_partition(workspace), workspace_partition(workspace)];
    events.chain(invocations).chain(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::PortalLinkId;
    use proptest::prelude::*;

    const AT: &str = "2026-01-05T09:30:00Z";

    fn event_id(randomness: u128) -> EventId {
        EventId::new(Timestamp::parse(AT).unwrap(), randomness)
    }

    #[test]
    fn keys_are_written_as_the_table_above_says() {
        let at = Timestamp::parse(AT).unwrap();
        let (ws, we) = (WorkspaceId::new(at, 1), EndpointId::new(at, 2));
        let evt = event_id(0x21);
        let wd = DeliveryId::of(evt, we);
        assert_eq!(event(ws, evt), Key::new(format!("EVENTS#{ws}#2026-01-05#01"), evt.to_string()));
        assert_eq!(
            endpoint(EndpointKey::new(ws, we)),
            Key::new(format!("WS#{ws}"), format!("ENDPOINT#{we}"))
        );
        assert!(delivery(we, wd).pk.starts_with(&format!("DELIVERIES#{we}#2026-01-05#0")));
        let aud = AuditEntryId::new(at, 5);
        assert_eq!(audit_entry(Some(ws), aud), Key::new(format!("AUDIT#{ws}#2026-01-05"), aud.to_string()));
        let rule_id = RuleId::new(at, 6);
        assert_eq!(rule(ws, rule_id), Key::new(format!("WS#{ws}"), format!("RULE#{rule_id}")));
        assert_eq!(audit_entry(None, aud).pk, "AUDIT#ALL#2026-01-05");
        assert_eq!(portal_logo(ws, "png_1_ab"), Key::new(format!("WS#{ws}"), "LOGO#png_1_ab"));
        let link = PortalLinkId::new(at, 7);
        assert_eq!(portal_link(ws, link), Key::new(format!("KEYS#{ws}"), format!("LINK#{link}")));
        assert_eq!(session_opener("ab"), Key::new("ONE_TIME#ab".to_owned(), "TOKEN"));
        assert_eq!(attempt(we, wd, 2).sk, format!("ATTEMPT#{wd}#000002"));
        assert_eq!(attempt(we, wd, 2).pk, delivery(we, wd).pk);
        let uid: Uid = "crm".parse().unwrap();
        assert_eq!(workspace_uid(&uid), Key::new("UID#crm".to_owned(), "WORKSPACE"));
        assert_eq!(endpoint_uid(ws, &uid), Key::new(format!("WS#{ws}"), "UID#ENDPOINT#crm"));
        assert_eq!(event_uid(ws, &uid), Key::new(format!("UID#{ws}#crm"), "EVENT"));
    }

    #[test]
    fn every_shard_of_a_day_is_used() {
        let ws = WorkspaceId::new(Timestamp::from_millis(0), 1);
        let partitions: std::collections::HashSet<_> =
            (0..256).map(|randomness| event(ws, event_id(randomness)).pk).collect();
        assert_eq!(partitions.len(), usize::from(EVENT_SHARDS));
    }

    proptest! {
        #[test]
        fn a_key_is_a_function_of_the_id_and_keeps_its_order(a: u128, b: u128) {
            let ws = WorkspaceId::new(Timestamp::from_millis(0), 1);
            let (a, b) = (event_id(a), event_id(b));
            prop_assert_eq!(event(ws, a), event(ws, a));
            prop_assert_eq!(a.cmp(&b), event(ws, a).sk.cmp(&event(ws, b).sk));
        }

        #[test]
        fn the_day_before_midnight_is_another_bucket(day in 1i64..60_000) {
            let midnight = Timestamp::from_millis(day * 86_400_000);
            let before = Timestamp::from_millis(day * 86_400_000 - 1);
            prop_assert_eq!(Day::of(midnight).before(), Day::of(before));
            prop_assert!(midnight.to_string().starts_with(&Day::of(midnight).to_string()));
        }
    }
}
