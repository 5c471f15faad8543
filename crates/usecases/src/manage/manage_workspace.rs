//! How are workspaces created, changed and listed?
//! Tenant management for callers with the scope `admin`; only a key for all workspaces creates one.

use std::sync::Arc;

use domain::access::api_key::{ApiKey, Scope};
use domain::access::workspace::{Workspace, WorkspaceSettings};
use domain::id::WorkspaceId;
use domain::problem::Problem;
use store::Page;

use crate::error::UseCaseError;
use crate::manage::management::Management;

/// Creates a workspace.
///
/// # Errors
/// [`Problem::MissingScope`] unless the caller is an admin of all workspaces.
pub async fn create_workspace(
    management: &Management,
    caller: &ApiKey,
    settings: WorkspaceSettings,
) -> Result<Workspace, UseCaseError> {
    caller.require(Scope::Admin)?;
    if caller.workspace_id.is_some() {
        return Err(Problem::MissingScope("admin of all workspaces").into());
    }
    settings.check()?;
    let now = management.context.clock.now();
    let id = WorkspaceId::new(now, management.context.randomness.id());
    let workspace = Workspace::new(id, settings, now);
    save(management, &workspace).await?;
    Ok(workspace)
}

/// A workspace that the caller may read.
///
/// # Errors
/// [`Problem::NotFound`] when the workspace does not exist or the caller has no access to it.
pub async fn read_workspace(
    management: &Management,
    caller: &ApiKey,
    id: WorkspaceId,
) -> Result<Arc<Workspace>, UseCaseError> {
    caller.require(Scope::AdminRead)?;
    management.workspace(caller, Some(id)).await
}

/// The workspaces that the caller may read, newest first.
///
/// # Errors
/// [`Problem::MissingScope`] without `admin`.
pub async fn list_workspaces(
    management: &Management,
    caller: &ApiKey,
    before: Option<WorkspaceId>,
    limit: usize,
) -> Result<Page<Workspace, WorkspaceId>, UseCaseError> {
    caller.require(Scope::AdminRead)?;
    match caller.workspace_id {
        None => Ok(management.context.store.list_workspaces(before, limit).await?),
        Some(own) => {
            let own = management.context.store.load_workspace(own).await?;
            Ok(Page {
                rows: own.filter(|own| before.is_none_or(|before| own.id < before)).into_iter().collect(),
                next: None,
            })
        }
    }
}

/// Changes a workspace: `change` turns its settings into the new ones.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds or an unknown workspace, or [`Problem::ChangedMeanwhile`].
pub async fn update_workspace(
    management: &Management,
    caller: &ApiKey,
    id: WorkspaceId,
    change: impl FnOnce(&WorkspaceSettings) -> Result<WorkspaceSettings, Problem>,
) -> Result<Workspace, UseCaseError> {
    caller.require(Scope::Admin)?;
    // From the table: a cached workspace may be older than another caller's change.
    let workspace = management.context.store.load_workspace(caller.workspace(Some(id))?).await?;
    let workspace = workspace.ok_or(Problem::NotFound("workspace"))?;
    let settings = change(&workspace.settings())?;
    settings.check()?;
    let workspace = workspace.changed(settings);
    save(management, &workspace).await?;
    Ok(workspace)
}

async fn save(management: &Management, workspace: &Workspace) -> Result<(), UseCaseError> {
    if !management.context.store.save_workspace(workspace).await? {
        return Err(Problem::ChangedMeanwhile.into());
    }
    management.context.cache.forget_workspace(workspace.id).await;
    Ok(())
}
