//! Which endpoints were deleted whose deliveries can still be read?
//! A tombstone for each, written in one transaction with the deletion; it expires after the last of the deliveries.

use domain::endpoint::deleted::DeletedEndpoint;
use domain::id::{EndpointId, EndpointKey, WorkspaceId};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, EXPIRES_AT, LOOKUP, LOOKUP_SORT, TOMBSTONE_PREFIX};
use crate::table::item::{Attributes, ItemReader, ItemWriter};
use crate::table::query::{Index, Range};
use crate::{Page, Store};

const ENTITY: &str = "deleted endpoint";

impl Store {
    /// The tombstone of an endpoint, if the workspace had it and it has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn load_deleted_endpoint(
        &self,
        endpoint: EndpointKey,
        now: Timestamp,
    ) -> Result<Option<DeletedEndpoint>, StoreError> {
        match self.load(&keys::tombstone(endpoint)).await? {
            Some(row) => read(row, now),
            None => Ok(None),
        }
    }

    /// The tombstone in whichever workspace it is, by the index: one written a moment ago may be missed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn find_deleted_endpoint(
        &self,
        endpoint: EndpointId,
        now: Timestamp,
    ) -> Result<Option<DeletedEndpoint>, StoreError> {
        let range = Range::prefix(keys::tombstone_lookup(endpoint), EndpointId::PREFIX).of(Index::Lookup);
        match self.query(&range, 1).await?.rows.pop() {
            Some(row) => read(row, now),
            None => Ok(None),
        }
    }

    /// The tombstones of a workspace, newest endpoint first, older than `before`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_deleted_endpoints(
        &self,
        workspace: WorkspaceId,
        before: Option<EndpointId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<DeletedEndpoint, EndpointId>, StoreError> {
        let mut range =
            Range::prefix(keys::workspace_partition(workspace), TOMBSTONE_PREFIX).newest_first().consistent();
        if let Some(before) = before {
            range = range.before(&format!("{TOMBSTONE_PREFIX}{before}"));
        }
        let read_page = self.query(&range, limit).await?;
        // An expired row counts for the page, which may so be short.
        let last = read_page.rows.last().map(id_of).transpose()?;
        let mut rows = Vec::with_capacity(read_page.rows.len());
        for row in read_page.rows {
            rows.extend(read(row, now)?);
        }
        Ok(Page { rows, next: last.filter(|_| read_page.more) })
    }
}

/// The row of a tombstone.
pub(crate) fn write(deleted: &DeletedEndpoint) -> Result<Attributes, StoreError> {
    Ok(ItemWriter::new(&keys::tombstone(deleted.key()), ENTITY)
        .text(LOOKUP, keys::tombstone_lookup(deleted.id))
        .text(LOOKUP_SORT, deleted.id)
        .json("document", deleted)?
        .expires_at(deleted.expires_at())
        .build())
}

fn id_of(row: &Attributes) -> Result<EndpointId, StoreError> {
    ItemReader::new(row.clone(), ENTITY).parsed(LOOKUP_SORT)
}

fn read(row: Attributes, now: Timestamp) -> Result<Option<DeletedEndpoint>, StoreError> {
    let reader = ItemReader::new(row, ENTITY);
    // DynamoDB deletes an expired row late, up to days later.
    if reader.number::<i64>(EXPIRES_AT)? <= now.as_seconds() {
        return Ok(None);
    }
    reader.json("document").map(Some)
}
