//! How are workspaces made, changed and listed?
//! Tenant management: with scope `workspaces`; new ones only with a key for all workspaces.

use std::sync::Arc;

use domain::access::api_key::{ApiKey, Scope};
use domain::access::workspace::{Workspace, WorkspaceSettings};
use domain::id::WorkspaceId;
use domain::problem::Problem;
use domain::uid::Uid;
use store::Page;

use crate::error::UseCaseError;
use crate::manage::management::{Management, require_saved};

/// Creates a workspace. A repeated request that takes over finds the one that the first created.
///
/// # Errors
/// [`Problem::MissingScope`] without `workspaces`, or with a key for one workspace.
pub async fn create_workspace(
    management: &Management,
    caller: &ApiKey,
    settings: WorkspaceSettings,
) -> Result<Workspace, UseCaseError> {
    caller.require(Scope::Workspaces)?;
    require_all_workspaces(caller)?;
    settings.check()?;
    let now = management.context.clock.now();
    let id = management.context.new_id(now, WorkspaceId::new);
    if management.context.is_resumed()
        && let Some(made) = management.context.store.load_workspace(id).await?
    {
        return Ok(made);
    }
    let workspace = Workspace::new(id, settings, now);
    save(management, &workspace, None).await?;
    Ok(workspace)
}

/// What a key for one workspace may not do, whatever its scopes.
fn require_all_workspaces(caller: &ApiKey) -> Result<(), Problem> {
    match caller.workspace_id {
        None => Ok(()),
        Some(_) => {
            Err(Problem::MissingScope("workspaces` of a key for all workspaces, not only `workspaces"))
        }
    }
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
    caller.require(Scope::WorkspacesRead)?;
    management.workspace(caller, Some(id)).await
}

/// The workspaces that the caller may read, newest first.
///
/// # Errors
/// [`Problem::MissingScope`] without `workspaces:ro`.
pub async fn list_workspaces(
    management: &Management,
    caller: &ApiKey,
    before: Option<WorkspaceId>,
    limit: usize,
) -> Result<Page<Workspace, WorkspaceId>, UseCaseError> {
    caller.require(Scope::WorkspacesRead)?;
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

/// Changes a workspace: `change` makes its new settings, or refuses.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds or an unknown workspace, [`Problem::RaisesOwnQuota`], or
/// [`Problem::ChangedMeanwhile`].
pub async fn update_workspace(
    management: &Management,
    caller: &ApiKey,
    id: WorkspaceId,
    change: impl FnOnce(&Workspace) -> Result<WorkspaceSettings, Problem>,
) -> Result<Workspace, UseCaseError> {
    caller.require(Scope::Workspaces)?;
    // From the table: a cached workspace may be older than another caller's change.
    let workspace = management.context.store.load_workspace(caller.workspace(Some(id))?).await?;
    let workspace = workspace.ok_or(Problem::NotFound("workspace"))?;
    let before = workspace.settings();
    let settings = change(&workspace)?;
    settings.check()?;
    // Quotas are the operator's, who sells or pays for what they bound; a tenant may only ask less of itself.
    let raised = settings.raised_quota(&before).filter(|_| caller.workspace_id.is_some());
    if let Some(quota) = raised {
        return Err(Problem::RaisesOwnQuota(quota).into());
    }
    // Uids are unique among all workspaces: a tenant that chose its own would learn those of others, or take them.
    if settings.uid != before.uid {
        require_all_workspaces(caller)?;
    }
    let workspace = workspace.changed(settings);
    save(management, &workspace, before.uid.as_ref()).await?;
    Ok(workspace)
}

/// Saves a workspace that had the uid `uid` before.
async fn save(management: &Management, workspace: &Workspace, uid: Option<&Uid>) -> Result<(), UseCaseError> {
    let cache = &management.context.cache;
    require_saved(management.context.store.save_workspace_and_uid(workspace, uid).await?, "workspace")?;
    cache.forget_workspace(workspace.id).await;
    for uid in [uid, workspace.uid.as_ref()].into_iter().flatten() {
        cache.forget_workspace_uid(uid).await;
    }
    Ok(())
}
