//! How are workspaces made, changed and listed?
//! Tenant management: with scope `workspaces`; new ones only with a key for all workspaces.

use std::sync::Arc;

use domain::access::api_key::{ApiKey, Scope};
use domain::access::portal::PortalSettings;
use domain::access::workspace::{Workspace, WorkspaceSettings};
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, AuditEntry, Change};
use domain::id::WorkspaceId;
use domain::problem::Problem;
use domain::search::NamePart;
use domain::uid::Uid;
use store::{Order, Window};

use crate::context::Context;
use crate::error::UseCaseError;
use crate::login::portal_look::{forget_logo, keep_logo};
use crate::manage::listing::{ListPage, Rows};
use crate::manage::management::{Management, require_saved};

/// Creates a workspace. A repeated request that takes over finds the one that the first created.
///
/// # Errors
/// [`Problem::MissingScope`] without `workspaces`, or with a key for one workspace.
pub async fn create_workspace(
    management: &Management,
    caller: &ApiKey,
    mut settings: WorkspaceSettings,
) -> Result<Workspace, UseCaseError> {
    caller.require(Scope::Workspaces)?;
    require_key_for_all(caller)?;
    settings.check()?;
    let now = management.context.clock.now();
    let id = management.context.new_id(now, WorkspaceId::new);
    if management.context.is_resumed() {
        if let Some(made) = management.context.store.load_workspace(id).await? {
            return Ok(made);
        }
        // It was made and deleted meanwhile: its rows are being deleted, and a new one under its id would be, too.
        if management.context.store.is_workspace_being_deleted(id).await? {
            return Err(Problem::ChangedMeanwhile.into());
        }
    }
    keep_logo(management, (id, 1), &PortalSettings::default(), &mut settings).await?;
    let workspace = Workspace::new(id, settings, now);
    let changes = Changes::created(Snapshot::of_workspace(&workspace));
    let change = Change::of_workspace(Action::WorkspaceCreated, id, changes);
    save(management, &workspace, None, Some(management.context.entry(caller, change))).await?;
    Ok(workspace)
}

/// Workspaces are made and deleted, and their uids changed, only with a key for all of them.
pub(crate) fn require_key_for_all(caller: &ApiKey) -> Result<(), Problem> {
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

/// How many events of today count against the workspace's quota; `None` if it has none.
///
/// # Errors
/// [`UseCaseError::Fault`] when the table cannot be read.
pub async fn counted_events(
    management: &Management,
    workspace: &Workspace,
) -> Result<Option<u64>, UseCaseError> {
    let Context { store, clock, .. } = &management.context;
    match workspace.max_events_per_day {
        None => Ok(None),
        Some(_) => Ok(Some(store.counted_events(workspace.id, clock.now()).await?)),
    }
}

/// The workspaces that the caller may read, newest first; with `name`, those whose name contains it.
///
/// # Errors
/// [`Problem::MissingScope`] without `workspaces:ro`.
pub async fn list_workspaces(
    management: &Management,
    caller: &ApiKey,
    name: Option<NamePart>,
    rows: Rows<WorkspaceId>,
) -> Result<ListPage<Workspace, WorkspaceId>, UseCaseError> {
    caller.require(Scope::WorkspacesRead)?;
    let selects = |workspace: &Workspace| name.as_ref().is_none_or(|name| name.is_in(&workspace.name));
    let store = &management.context.store;
    let Some(own) = caller.workspace_id else {
        let listing = rows.listing(Order::NewestFirst, Window::everything(), selects);
        return Ok(rows.page(listing.order, store.list_workspaces(&listing).await?));
    };
    let own = store.load_workspace(own).await?.filter(selects);
    Ok(rows.page_of(Order::NewestFirst, own.into_iter().collect(), |workspace| workspace.id))
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
    let mut settings = change(&workspace)?;
    settings.check()?;
    // Quotas are the operator's, who sells or pays for what they bound; a tenant may only ask less of itself.
    let raised = settings.raised_quota(&before).filter(|_| caller.workspace_id.is_some());
    if let Some(quota) = raised {
        return Err(Problem::RaisesOwnQuota(quota).into());
    }
    // Uids are unique among all workspaces: a tenant that chose its own would learn those of others, or take them.
    if settings.uid != before.uid {
        require_key_for_all(caller)?;
    }
    keep_logo(management, (id, workspace.revision + 1), &before.portal, &mut settings).await?;
    let changed = workspace.changed(settings);
    // Without a difference nothing changes but the revision, and nobody asks who changed that.
    let changes = Changes::between(&Snapshot::of_workspace(&workspace), &Snapshot::of_workspace(&changed));
    let change = changes.map(|changes| Change::of_workspace(Action::WorkspaceUpdated, id, changes));
    let entry = change.map(|change| management.context.entry(caller, change));
    save(management, &changed, before.uid.as_ref(), entry).await?;
    forget_logo(management, &workspace, &changed).await;
    Ok(changed)
}

/// Saves a workspace that had the uid `uid` before.
async fn save(
    management: &Management,
    workspace: &Workspace,
    uid: Option<&Uid>,
    entry: Option<AuditEntry>,
) -> Result<(), UseCaseError> {
    let Context { store, cache, .. } = &management.context;
    require_saved(store.save_workspace_and_uid(workspace, uid, entry.as_ref()).await?, "workspace")?;
    cache.forget_workspace(workspace.id).await;
    for uid in [uid, workspace.uid.as_ref()].into_iter().flatten() {
        cache.forget_workspace_uid(uid).await;
    }
    Ok(())
}
