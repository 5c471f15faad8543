//! How are the rows of a deleted workspace found and deleted?
//! Partition by partition, in bounded batches; keys of rows that have no list are taken from the rows that lead to them.

use std::collections::HashSet;
use std::str::FromStr;

use domain::id::{EndpointId, EndpointKey, ReceivedRequestId, SourceId, SourceKey, WorkspaceId};
use futures_util::future::try_join_all;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{
    self, ENDPOINT_PREFIX, Key, PK, SK, SOURCE_PREFIX, SOURCE_TOMBSTONE_PREFIX, TOMBSTONE_PREFIX,
};
use crate::rows::events;
use crate::rows::received_requests::CHUNKS;
use crate::rows::sources::TOKEN_DIGEST;
use crate::table::item::ItemReader;
use crate::table::query::{Range, id_in};

/// What is read of a row to delete it: its key, where the rest of a long ledger or received request is, the uid of an event,
/// and by what token a source is found.
const TO_DELETE: &[&str] = &[PK, SK, "ledger_pages", "ledger_digest", "uid", CHUNKS, TOKEN_DIGEST];

/// What a call has deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// The number of rows.
    pub rows: usize,
    /// Whether these were all.
    pub is_done: bool,
}

impl Store {
    /// Deletes rows of `partitions` of a workspace: of each an equal share of `most`, at least two. An event is deleted
    /// with the further rows of its ledger and that of its uid, a received request with its further rows, a source with the
    /// row of its token; the row of the workspace's deletion stays.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses, or leaves writes undone after several tries.
    pub async fn erase_partitions(
        &self,
        workspace: WorkspaceId,
        partitions: Vec<String>,
        most: usize,
    ) -> Result<Erased, StoreError> {
        // Two, because one of them may be the row that stays.
        let share = (most / partitions.len().max(1)).max(2);
        let ranges: Vec<_> = partitions
            .into_iter()
            .map(|partition| Range::whole(partition).only(TO_DELETE).consistent())
            .collect();
        let read = try_join_all(ranges.iter().map(|range| self.query(range, share))).await?;
        let is_done = read.iter().all(|rows| !rows.more);
        let (stays, mut keys, mut further) =
            (keys::workspace_deletion(workspace), Vec::new(), HashSet::new());
        for row in read.into_iter().flat_map(|rows| rows.rows) {
            let reader = ItemReader::new(row, "row");
            let key = key_of(&reader)?;
            further.extend(ledger_pages(workspace, &key, &reader)?);
            further.extend(received_chunks(&key, &reader)?);
            further.extend(reader.maybe_text(TOKEN_DIGEST)?.map(keys::source_token));
            further.extend(events::uid(&reader)?.map(|uid| keys::event_uid(workspace, &uid)));
            if key != stays {
                keys.push(key);
            }
        }
        let rows = keys.len() + further.len();
        // First the rows that are found only through others. Two events may name the same uid, if one has expired.
        let further: Vec<Key> = further.into_iter().collect();
        self.delete_all(&further).await?;
        self.delete_all(&keys).await?;
        Ok(Erased { rows, is_done })
    }

    /// An endpoint of a workspace that still has a row or a tombstone.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn any_endpoint(&self, workspace: WorkspaceId) -> Result<Option<EndpointId>, StoreError> {
        self.any_of(workspace, [ENDPOINT_PREFIX, TOMBSTONE_PREFIX]).await
    }

    /// A source of a workspace that still has a row or a tombstone.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn any_source(&self, workspace: WorkspaceId) -> Result<Option<SourceId>, StoreError> {
        self.any_of(workspace, [SOURCE_PREFIX, SOURCE_TOMBSTONE_PREFIX]).await
    }

    async fn any_of<I: FromStr>(
        &self,
        workspace: WorkspaceId,
        prefixes: [&str; 2],
    ) -> Result<Option<I>, StoreError> {
        for prefix in prefixes {
            let range = Range::prefix(keys::workspace_partition(workspace), prefix).only(&[SK]).consistent();
            if let Some(row) = self.query(&range, 1).await?.rows.pop() {
                return id_in(ItemReader::new(row, "row").text(SK)?).map(Some);
            }
        }
        Ok(None)
    }

    /// Deletes the row of a source, its tombstone and the row of its token; gives how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses, or leaves writes undone after several tries.
    pub async fn erase_source(&self, source: SourceKey) -> Result<usize, StoreError> {
        let rows = [keys::source(source), keys::source_tombstone(source)];
        let mut found = Vec::new();
        for row in self.load_parts(&rows, TO_DELETE).await? {
            let reader = ItemReader::new(row, "row");
            found.extend(reader.maybe_text(TOKEN_DIGEST)?.map(keys::source_token));
            found.push(key_of(&reader)?);
        }
        self.delete_all(&found).await?;
        Ok(found.len())
    }

    /// Deletes the rows of an endpoint in its workspace's partition, its tombstone too; gives how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses, or leaves writes undone after several tries.
    pub async fn erase_endpoint(&self, endpoint: EndpointKey) -> Result<usize, StoreError> {
        let rows = [
            keys::health,
            keys::rate,
            keys::leases,
            keys::drain,
            keys::parked_count,
            keys::tombstone,
            keys::endpoint,
        ];
        // A write is also paid where there is nothing to delete, and most endpoints have one of these rows.
        let found = self.load_all(&rows.map(|key| key(endpoint))).await?;
        let found = found.into_iter().map(|row| key_of(&ItemReader::new(row, "row")));
        let found = found.collect::<Result<Vec<_>, _>>()?;
        self.delete_all(&found).await?;
        Ok(found.len())
    }
}

/// The keys of the rows in which the ledger of an event goes on.
fn ledger_pages(workspace: WorkspaceId, event: &Key, row: &ItemReader) -> Result<Vec<Key>, StoreError> {
    let Some(pages) = row.maybe_number::<usize>("ledger_pages")? else { return Ok(Vec::new()) };
    let (id, digest) = (id_in(&event.sk)?, row.text("ledger_digest")?);
    Ok((1..=pages).map(|page| keys::ledger_page(workspace, id, digest, page)).collect())
}

/// The keys of the rows in which a received request goes on.
fn received_chunks(request: &Key, row: &ItemReader) -> Result<Vec<Key>, StoreError> {
    let Some(chunks) = row.maybe_number::<usize>(CHUNKS)? else { return Ok(Vec::new()) };
    let id: ReceivedRequestId = id_in(&request.sk)?;
    Ok((1..=chunks).map(|chunk| keys::received_chunk(id, chunk)).collect())
}

fn key_of(row: &ItemReader) -> Result<Key, StoreError> {
    Ok(Key { pk: row.text(PK)?.to_owned(), sk: row.text(SK)?.to_owned() })
}
