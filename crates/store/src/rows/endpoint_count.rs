//! How many endpoints does a workspace have?
//! A counter, changed in one transaction with the endpoint's row: however many requests come at once, none passes the
//! quota.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::audit::AuditEntry;
use domain::endpoint::Endpoint;
use domain::endpoint::deleted::DeletedEndpoint;
use domain::id::WorkspaceId;
use domain::uid::Uid;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, ENDPOINT_PREFIX};
use crate::rows::deleted_endpoints;
use crate::table::item::{ItemReader, ItemWriter};
use crate::table::query::Range;
use crate::table::update::{Condition, Update};

const ENTITY: &str = "endpoint_count";
/// The counter may have to be made first, and others may change it between our look and our write.
const TRIES: usize = 4;
/// Where the counter stands in a transaction with an endpoint.
const COUNTER: usize = 1;

/// What came of the wish to make an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is written, and counted.
    Done,
    /// The workspace has as many as it may have.
    TooMany,
    /// There is one with its id.
    Exists,
    /// Another endpoint of the workspace has its uid.
    UidTaken,
}

impl Store {
    /// Writes a new endpoint and counts it, if its workspace has fewer than `most`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason, or the data key cannot be had.
    pub async fn create_endpoint(
        &self,
        endpoint: &Endpoint,
        most: usize,
        entry: Option<&AuditEntry>,
    ) -> Result<Created, StoreError> {
        let (workspace, item) = (endpoint.workspace_id, self.endpoint_item(endpoint).await?);
        let uid_key = |uid: &Uid| keys::endpoint_uid(workspace, uid);
        for _ in 0..TRIES {
            let mut parts = vec![
                self.part_put(item.clone(), Some("attribute_not_exists(PK)"))?,
                self.part_count(workspace, 1, Some(most))?,
            ];
            parts.extend(self.uid_parts(uid_key, endpoint.id, (None, endpoint.settings.uid.as_ref()))?);
            match self.transact_audited(parts, entry).await? {
                None => return Ok(Created::Done),
                Some(COUNTER) if self.endpoint_count(workspace).await? >= most => {
                    return Ok(Created::TooMany);
                }
                // The counter is there now, or an endpoint was deleted since.
                Some(COUNTER) => {}
                Some(0) => return Ok(Created::Exists),
                Some(_) => return Ok(Created::UidTaken),
            }
        }
        Err(StoreError::Unprocessed(2))
    }

    /// Deletes an endpoint's row with that of its uid, counts it off and leaves a tombstone; whether there was one.
    pub(crate) async fn delete_counted(
        &self,
        deleted: &DeletedEndpoint,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let (workspace, tombstone) = (deleted.workspace_id, deleted_endpoints::write(deleted)?);
        let uid_key = |uid: &Uid| keys::endpoint_uid(workspace, uid);
        for _ in 0..TRIES {
            let Some((revision, uid)) = self.endpoint_revision(deleted.key()).await? else {
                return Ok(false);
            };
            // Of this revision, because the next one may have another uid.
            let unchanged = Condition::new("revision = :revision").number(":revision", revision);
            let mut parts = vec![
                self.part_delete_if(&keys::endpoint(deleted.key()), unchanged)?,
                self.part_count(workspace, -1, None)?,
                self.part_put(tombstone.clone(), None)?,
            ];
            parts.extend(self.uid_parts(uid_key, deleted.id, (uid.as_ref(), None))?);
            match self.transact_audited(parts, entry).await? {
                None => return Ok(true),
                Some(COUNTER) => {
                    self.endpoint_count(workspace).await?;
                }
                Some(_) => {}
            }
        }
        Err(StoreError::Unprocessed(3))
    }

    /// Counts by `step`, if there is a counter and it is not more than `most` afterwards.
    pub(crate) fn part_count(
        &self,
        workspace: WorkspaceId,
        step: i32,
        most: Option<usize>,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::new(keys::endpoint_count(workspace), ENTITY)
            .add("endpoints :step")
            .when("attribute_exists(endpoints)")
            .number(":step", step);
        let update = match most {
            Some(most) => {
                let before = i64::try_from(most).unwrap_or(i64::MAX).saturating_sub(step.into());
                update.when("endpoints <= :before").number(":before", before)
            }
            None => update,
        };
        update.part(self)
    }

    /// What the counter says. A workspace that had endpoints before they were counted has none: then they are counted
    /// now. Without the counter no endpoint is made or deleted, so none is missed meanwhile.
    pub(crate) async fn endpoint_count(&self, workspace: WorkspaceId) -> Result<usize, StoreError> {
        let key = keys::endpoint_count(workspace);
        if let Some(row) = self.load(&key).await? {
            return ItemReader::new(row, ENTITY).number("endpoints");
        }
        let range = Range::prefix(keys::workspace_partition(workspace), ENDPOINT_PREFIX).consistent();
        let count = self.query(&range, usize::MAX).await?.rows.len();
        // Another process may have made it since: then that one stands.
        self.put_new(ItemWriter::new(&key, ENTITY).number("endpoints", count).build()).await?;
        Ok(count)
    }
}
