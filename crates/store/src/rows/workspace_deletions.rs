//! How far has the deletion of a workspace come?
//! One row a workspace, while its rows are being deleted: stepwise work, claimed for each step under a lease.
//!
//! It takes the place of the workspace's row in one transaction: from then on nobody finds the workspace, and everything
//! else of it is deleted step by step. The row itself is the last to go.

use std::time::Duration;

use domain::access::workspace::{MAX_RETENTION_DAYS, Workspace};
use domain::audit::AuditEntry;
use domain::id::{EndpointId, SourceId, WorkspaceId};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, DELETIONS, Day, LOOKUP, LOOKUP_SORT};
use crate::table::item::{ItemReader, ItemWriter};
use crate::table::lease::{LEASED_UNTIL, Lease};
use crate::table::update::{Condition, Update};

const ENTITY: &str = "workspace deletion";
/// The workspace may be changed between our look and our write.
const TRIES: usize = 4;

/// How far the deletion of a workspace has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceDeletion {
    /// The workspace that was deleted.
    pub workspace: WorkspaceId,
    /// No event of the workspace is older.
    pub oldest_event: Timestamp,
    /// When the workspace was deleted.
    pub deleted_at: Timestamp,
    /// Which of its rows are being deleted.
    pub part: Part,
    /// The endpoint whose rows are being deleted.
    pub endpoint: Option<EndpointId>,
    /// The source whose rows are being deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    /// How many partitions of the endpoint or source, or of the workspace itself, are done.
    pub partitions: usize,
    /// How many rows were deleted.
    pub rows: u64,
}

/// The parts of a deletion, in their order: rows that lead to others are deleted after those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The API keys.
    ApiKeys,
    /// Endpoint by endpoint, deleted ones too: deliveries, attempts and statistics, then the rows of the endpoint.
    Endpoints,
    /// Source by source, deleted ones too: received requests, then the rows of the source.
    Sources,
    /// Events, and everything in the workspace's own partition.
    Workspace,
}

impl WorkspaceDeletion {
    /// The deletion of `workspace` at `now`.
    pub fn new(workspace: &Workspace, now: Timestamp) -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        // The retention may have been longer before.
        let oldest_kept = now.minus(DAY * u32::from(MAX_RETENTION_DAYS));
        Self {
            workspace: workspace.id,
            oldest_event: workspace.oldest_event().max(oldest_kept),
            deleted_at: now,
            part: Part::ApiKeys,
            endpoint: None,
            source: None,
            partitions: 0,
            rows: 0,
        }
    }

    /// The days that events and deliveries of the workspace may be of: those in the last minutes may have an id of the
    /// next day.
    pub fn days(&self) -> Vec<Day> {
        Day::span(Day::of(self.oldest_event), Day::of(self.deleted_at).after())
    }
}

impl Store {
    /// Deletes the row of a workspace and that of its uid, and writes that of its deletion, whose first step is from `first_step` on; whether
    /// there was such a workspace.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses for another reason.
    pub async fn delete_workspace(
        &self,
        deletion: &WorkspaceDeletion,
        first_step: Timestamp,
        entry: Option<&AuditEntry>,
    ) -> Result<bool, StoreError> {
        let workspace = deletion.workspace;
        let row = ItemWriter::new(&keys::workspace_deletion(workspace), ENTITY)
            .text(LOOKUP, DELETIONS)
            .text(LOOKUP_SORT, workspace)
            .instant(LEASED_UNTIL, first_step)
            .json("document", deletion)?
            .build();
        for _ in 0..TRIES {
            let Some(found) = self.load_workspace(workspace).await? else { return Ok(false) };
            // Of this revision, because the next one may have another uid.
            let unchanged = Condition::new("revision = :revision").number(":revision", found.revision);
            let mut parts = vec![
                self.part_delete_if(&keys::workspace(workspace), unchanged)?,
                self.part_put(row.clone(), None)?,
            ];
            parts.extend(self.uid_parts(keys::workspace_uid, workspace, (found.uid.as_ref(), None))?);
            if self.transact_audited(parts, entry).await?.is_none() {
                return Ok(true);
            }
        }
        Err(StoreError::Unprocessed(2))
    }

    /// Whether the rows of a deleted workspace are still being deleted.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn is_workspace_being_deleted(&self, workspace: WorkspaceId) -> Result<bool, StoreError> {
        Ok(self.load(&keys::workspace_deletion(workspace)).await?.is_some())
    }

    /// Claims a deletion for one step; `None` when it has ended, or another process holds the lease.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn claim_workspace_deletion(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<Option<(Lease, WorkspaceDeletion)>, StoreError> {
        let lease = Lease::new(keys::workspace_deletion(workspace), ENTITY, now);
        let Some(row) = lease.claim(now).new_row(self).await? else { return Ok(None) };
        Ok(Some((lease, row.json("document")?)))
    }

    /// Saves how far a deletion has come; from `next` on it may be claimed again. `false` when the lease was lost.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn save_workspace_deletion(
        &self,
        lease: &Lease,
        deletion: &WorkspaceDeletion,
        next: Timestamp,
    ) -> Result<bool, StoreError> {
        let document =
            serde_json::to_string(deletion).map_err(|_| StoreError::damaged(ENTITY, "it is not JSON"))?;
        let update: Update = lease.save(next).set("document = :document").text(":document", document);
        update.apply(self).await
    }

    /// Ends a deletion; `false` when the lease was lost.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses.
    pub async fn end_workspace_deletion(&self, lease: &Lease) -> Result<bool, StoreError> {
        let held = Condition::new("leased_until = :until").instant(":until", lease.until());
        self.delete_if(lease.key(), held).await
    }

    /// When the step ends at the latest that another process does; `None` when none is under way.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or the row is damaged.
    pub async fn workspace_deletion_step_ends(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.step_ends(&keys::workspace_deletion(workspace), ENTITY, now).await
    }

    /// Deletions whose task is lost at `now`.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn lost_workspace_deletions(
        &self,
        now: Timestamp,
    ) -> Result<Vec<WorkspaceDeletion>, StoreError> {
        let rows: Vec<ItemReader> = self.lost_rows(DELETIONS, WorkspaceId::PREFIX, ENTITY, now).await?;
        rows.iter().map(|row| row.json("document")).collect()
    }
}
