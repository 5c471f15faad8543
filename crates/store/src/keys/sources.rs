//! Where do the rows of sources live?
//! The part of the key design that concerns incoming webhooks; the table of all keys is in [`crate::keys`].

use domain::id::{ReceivedRequestId, SourceId, SourceKey};

use super::{Day, Key, shard, workspace_partition};

/// Shards of a source's received requests of one day.
pub const RECEIVED_SHARDS: u8 = 8;
/// What the sort keys of a workspace's sources start with.
pub const SOURCE_PREFIX: &str = "SOURCE#";
/// What the sort keys of the tombstones of deleted sources start with.
pub const SOURCE_TOMBSTONE_PREFIX: &str = "DELETED_SOURCE#";
/// What the sort keys of a received request's further rows start with.
pub const CHUNK_PREFIX: &str = "CHUNK#";

/// A source's row.
pub fn source(source: SourceKey) -> Key {
    Key::new(workspace_partition(source.workspace), format!("{SOURCE_PREFIX}{}", source.id))
}

/// The tombstone of a source that was deleted: by it, its received requests are found when the workspace is deleted.
pub fn source_tombstone(source: SourceKey) -> Key {
    Key::new(workspace_partition(source.workspace), format!("{SOURCE_TOMBSTONE_PREFIX}{}", source.id))
}

/// The row that leads from an address to its source, by the digest of the address's token.
pub fn source_token(digest: &str) -> Key {
    Key::new(format!("SOURCE_TOKEN#{digest}"), "SOURCE")
}

/// A received request's row.
pub fn received_request(source: SourceId, request: ReceivedRequestId) -> Key {
    let shard = shard(request.to_bytes(), RECEIVED_SHARDS);
    Key::new(received_partition(source, Day::of(request.time()), shard), request.to_string())
}

/// The partition of a source's received requests of one day and shard.
pub fn received_partition(source: SourceId, day: Day, shard: u8) -> String {
    format!("RECEIVED#{source}#{day}#{shard:02}")
}

/// A row of the part of a received request that does not fit its own row; `number` from 1.
pub fn received_chunk(request: ReceivedRequestId, number: usize) -> Key {
    Key::new(format!("RECEIVED_REST#{request}"), format!("{CHUNK_PREFIX}{number:04}"))
}

/// The row of a token that a source's provider uses once, by its digest.
pub fn one_time_token(source: SourceId, digest: &str) -> Key {
    Key::new(format!("ONE_TIME_TOKEN#{source}#{digest}"), "TOKEN")
}

/// Every partition that holds only received requests of one source. Its one-time tokens cannot be found; they are digests,
/// and expire.
pub fn partitions_of_source(source: SourceId, days: &[Day]) -> impl Iterator<Item = String> {
    let all = days.iter().flat_map(|day| (0..RECEIVED_SHARDS).map(move |shard| (*day, shard)));
    all.map(move |(day, shard)| received_partition(source, day, shard))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::WorkspaceId;
    use domain::timestamp::Timestamp;

    #[test]
    fn keys_are_written_as_the_table_says() {
        let at = Timestamp::parse("2026-01-05T09:30:00Z").unwrap();
        let (ws, src) = (WorkspaceId::new(at, 1), SourceId::new(at, 2));
        let rcv = ReceivedRequestId::new(at, 0x21);
        let key = SourceKey::new(ws, src);
        assert_eq!(source(key), Key::new(format!("WS#{ws}"), format!("SOURCE#{src}")));
        assert_eq!(source_tombstone(key), Key::new(format!("WS#{ws}"), format!("DELETED_SOURCE#{src}")));
        assert_eq!(source_token("d1"), Key::new("SOURCE_TOKEN#d1".to_owned(), "SOURCE"));
        assert_eq!(
            received_request(src, rcv),
            Key::new(format!("RECEIVED#{src}#2026-01-05#01"), rcv.to_string())
        );
        assert_eq!(received_chunk(rcv, 2), Key::new(format!("RECEIVED_REST#{rcv}"), "CHUNK#0002"));
        assert_eq!(one_time_token(src, "d2"), Key::new(format!("ONE_TIME_TOKEN#{src}#d2"), "TOKEN"));
        let partitions: Vec<_> = partitions_of_source(src, &[Day::of(at)]).collect();
        assert_eq!(partitions.len(), usize::from(RECEIVED_SHARDS));
        assert!(partitions.contains(&received_request(src, rcv).pk));
    }
}
