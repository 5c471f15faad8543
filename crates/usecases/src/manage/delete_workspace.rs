//! How is a workspace deleted?
//! At once for everybody who asks, and step by step for its rows: stepwise work, in bounded batches.
//!
//! The workspace's row goes first, in one transaction with the row of its deletion. Every request, every job and every
//! task looks for the workspace, and ends where there is none. Its rows are deleted two minutes later: by then no process
//! works any more that has found the workspace before, so none writes a row that would stay.

use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, Change};
use domain::id::{EndpointId, EndpointKey, SourceId, SourceKey, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use queue::Task;
use store::rows::erasure::Erased;
use store::rows::workspace_deletions::{Part, WorkspaceDeletion};
use store::{Lease, Store, StoreError, keys};

use crate::context::Context;
use crate::error::{Fault, UseCaseError, chain};
use crate::manage::manage_workspace::require_key_for_all;
use crate::manage::management::Management;
use crate::stepwise::{self, Next, PAUSE, Stepwise};

/// From the deletion of a workspace to that of its rows: longer than any function may run that has found the workspace in
/// its cache.
pub const SETTLED_AFTER: Duration = Duration::from_secs(120);
/// Rows that one step deletes, the further rows of long ledgers not counted.
const STEP_ROWS: usize = 500;
/// Partitions that one step looks into: most are empty.
const STEP_PARTITIONS: usize = 800;
/// Partitions that are read at once.
const AT_ONCE: usize = 16;
/// A step ends when it may delete fewer rows than this: two of each partition.
const TOO_FEW: usize = 2 * AT_ONCE;
/// API keys that are deleted before the step looks at its bounds again.
const API_KEYS_AT_ONCE: usize = 25;

/// Deletes a workspace. Its keys are refused, its events and endpoints are gone, and its deliveries end; its rows are deleted
/// from then on.
///
/// # Errors
/// [`Problem::MissingScope`] without `workspaces`, or with a key for one workspace; [`Problem::NotFound`] when there is none.
pub async fn delete_workspace(
    management: &Management,
    caller: &ApiKey,
    id: WorkspaceId,
) -> Result<(), UseCaseError> {
    caller.require(Scope::Workspaces)?;
    require_key_for_all(caller)?;
    let Context { store, queue, clock, cache, .. } = &management.context;
    let workspace = store.load_workspace(id).await?.ok_or(Problem::NotFound("workspace"))?;
    let now = clock.now();
    let changes = Changes::deleted(Snapshot::of_workspace(&workspace));
    let change = Change::of_workspace(Action::WorkspaceDeleted, id, changes);
    let entry = management.context.entry(caller, change);
    let deletion = WorkspaceDeletion::new(&workspace, now);
    if !store.delete_workspace(&deletion, now.plus(SETTLED_AFTER), Some(&entry)).await? {
        return Err(Problem::NotFound("workspace").into());
    }
    cache.forget_workspace(id).await;
    if let Some(uid) = &workspace.uid {
        cache.forget_workspace_uid(uid).await;
    }
    tracing::info!(workspace = %id, "workspace deleted; its rows follow");
    // The row is written: should its task be lost, the schedule sends another.
    if let Err(error) = queue.send_task(WorkspaceDeletion::task(id), SETTLED_AFTER).await {
        tracing::warn!(workspace = %id, error = chain(&error), "the task of a workspace's deletion could not be sent; the schedule sends it in some minutes");
    }
    Ok(())
}

/// Does one step of the deletion of a workspace's rows.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub(crate) async fn deletion_step(context: &Context, workspace: WorkspaceId) -> Result<(), Fault> {
    stepwise::step::<WorkspaceDeletion>(context, workspace).await
}

/// Resumes deletions whose task was lost; returns how many.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub async fn resume_deletions(context: &Context) -> Result<usize, Fault> {
    stepwise::resume::<WorkspaceDeletion>(context).await
}

impl Stepwise for WorkspaceDeletion {
    type Key = WorkspaceId;

    fn key(&self) -> WorkspaceId {
        self.workspace
    }

    fn task(workspace: WorkspaceId) -> Task {
        Task::Deletion { workspace }
    }

    async fn claim(
        store: &Store,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<Option<(Lease, Self)>, StoreError> {
        store.claim_workspace_deletion(workspace, now).await
    }

    async fn step_ends(
        store: &Store,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        store.workspace_deletion_step_ends(workspace, now).await
    }

    async fn step(&mut self, context: &Context, _: Timestamp) -> Result<Next, Fault> {
        let (workspace, store) = (self.workspace, &context.store);
        let (mut left, mut looked_into) = (STEP_ROWS, 0);
        let mut is_over = false;
        while left >= TOO_FEW && looked_into < STEP_PARTITIONS && !is_over {
            let erased = match self.part {
                Part::ApiKeys => {
                    let erased = store.erase_api_keys(workspace, API_KEYS_AT_ONCE).await?;
                    if erased.is_done {
                        self.part = Part::Endpoints;
                    }
                    erased
                }
                Part::Endpoints => match store.any_endpoint(workspace).await? {
                    Some(endpoint) => erase_of_endpoint(self, store, endpoint, left).await?,
                    None => {
                        (self.part, self.endpoint, self.partitions) = (Part::Sources, None, 0);
                        continue;
                    }
                },
                Part::Sources => match store.any_source(workspace).await? {
                    Some(source) => erase_of_source(self, store, source, left).await?,
                    None => {
                        (self.part, self.source, self.partitions) = (Part::Workspace, None, 0);
                        continue;
                    }
                },
                Part::Workspace => {
                    let erased = erase_of_workspace(self, store, left).await?;
                    is_over = erased.is_done;
                    erased
                }
            };
            looked_into += AT_ONCE;
            left = left.saturating_sub(erased.rows);
            self.rows += u64::try_from(erased.rows).unwrap_or_default();
        }
        tracing::info!(%workspace, part = ?self.part, rows = self.rows, "step of a workspace's deletion done");
        Ok(if is_over { Next::Over } else { Next::StepAfter(PAUSE) })
    }

    async fn save(&self, store: &Store, lease: &Lease, next: Timestamp) -> Result<bool, StoreError> {
        store.save_workspace_deletion(lease, self, next).await
    }

    async fn end(&mut self, store: &Store, lease: &Lease, now: Timestamp) -> Result<bool, StoreError> {
        let ended = store.end_workspace_deletion(lease).await?;
        if ended {
            let took_ms = u64::try_from(now.since(self.deleted_at).as_millis()).unwrap_or(u64::MAX);
            tracing::info!(workspace = %self.workspace, rows = self.rows, took_ms, "all rows of a deleted workspace are deleted");
        }
        Ok(ended)
    }

    async fn lost(store: &Store, now: Timestamp) -> Result<Vec<Self>, StoreError> {
        store.lost_workspace_deletions(now).await
    }
}

/// Deletes rows of one endpoint: the next of its partitions, and after the last one its own rows, by which it is found.
async fn erase_of_endpoint(
    deletion: &mut WorkspaceDeletion,
    store: &Store,
    endpoint: EndpointId,
    left: usize,
) -> Result<Erased, StoreError> {
    if deletion.endpoint != Some(endpoint) {
        (deletion.endpoint, deletion.partitions) = (Some(endpoint), 0);
    }
    let days = deletion.days();
    let all = keys::partitions_of_endpoint(endpoint, &days);
    let next: Vec<_> = all.skip(deletion.partitions).take(AT_ONCE).collect();
    if next.is_empty() {
        let rows = store.erase_endpoint(EndpointKey::new(deletion.workspace, endpoint)).await?;
        return Ok(Erased { rows, is_done: true });
    }
    erase_next(deletion, store, next, left).await
}

/// Deletes rows of one source: the next of its partitions, and after the last one its own rows, by which it is found.
async fn erase_of_source(
    deletion: &mut WorkspaceDeletion,
    store: &Store,
    source: SourceId,
    left: usize,
) -> Result<Erased, StoreError> {
    if deletion.source != Some(source) {
        (deletion.source, deletion.partitions) = (Some(source), 0);
    }
    let days = deletion.days();
    let all = keys::partitions_of_source(source, &days);
    let next: Vec<_> = all.skip(deletion.partitions).take(AT_ONCE).collect();
    if next.is_empty() {
        let rows = store.erase_source(SourceKey::new(deletion.workspace, source)).await?;
        return Ok(Erased { rows, is_done: true });
    }
    erase_next(deletion, store, next, left).await
}

/// Deletes rows of the workspace's own partitions; done after the last.
async fn erase_of_workspace(
    deletion: &mut WorkspaceDeletion,
    store: &Store,
    left: usize,
) -> Result<Erased, StoreError> {
    let days = deletion.days();
    let all = keys::partitions_of_workspace(deletion.workspace, &days);
    let next: Vec<_> = all.skip(deletion.partitions).take(AT_ONCE).collect();
    let is_last = next.len() < AT_ONCE;
    let erased = erase_next(deletion, store, next, left).await?;
    Ok(Erased { is_done: erased.is_done && is_last, ..erased })
}

async fn erase_next(
    deletion: &mut WorkspaceDeletion,
    store: &Store,
    partitions: Vec<String>,
    left: usize,
) -> Result<Erased, StoreError> {
    let count = partitions.len();
    let erased = store.erase_partitions(deletion.workspace, partitions, left).await?;
    if erased.is_done {
        deletion.partitions += count;
    }
    Ok(erased)
}
