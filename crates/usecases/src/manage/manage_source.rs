//! How are sources created, changed and deleted?
//! Every change is checked whole and saved under an optimistic lock: it is refused if another change came first.

use std::time::Duration;

use domain::access::api_key::{ApiKey, Scope};
use domain::audit::changes::Changes;
use domain::audit::snapshot::Snapshot;
use domain::audit::{Action, Change};
use domain::id::{SourceId, SourceKey};
use domain::problem::Problem;
use domain::signing::secret::MAX_OVERLAP_SECONDS;
use domain::source::provider::Provider;
use domain::source::secret::{ProviderSecret, SourceSecret};
use domain::source::token::SourceToken;
use domain::source::{MAX_SOURCES, Source, SourceSettings};
use domain::uid::WorkspaceIdOrUid;
use store::{Order, Window};

use crate::context::Context;
use crate::error::UseCaseError;
use crate::manage::listing::{ListPage, Rows};
use crate::manage::management::Management;

/// Creates a source, whose address is random. A repeated request that takes over finds the source that the first one
/// created, and its address with it.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings or secrets out of bounds, an unknown workspace, or as many sources as there may
/// be. Requests at once may pass that bound by as many.
pub async fn create_source(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    settings: SourceSettings,
    secrets: Vec<ProviderSecret>,
) -> Result<Source, UseCaseError> {
    // 1. Who asks, and was it made before?
    caller.require(Scope::Sources)?;
    let workspace = management.workspace(caller, workspace).await?.id;
    let Context { store, cache, clock, randomness, .. } = &management.context;
    let now = clock.now();
    let id = management.context.new_id(now, SourceId::new);
    if management.context.is_resumed()
        && let Some(made) = store.load_source(SourceKey::new(workspace, id)).await?
    {
        return Ok(made);
    }

    // 2. May it be?
    settings.check(allows_loopback(management))?;
    settings.check_secrets(&secrets)?;
    if store.has_sources(workspace, MAX_SOURCES).await? {
        return Err(Problem::TooManySources(MAX_SOURCES).into());
    }

    // 3. Write it, with its entry.
    let source = Source {
        id,
        workspace_id: workspace,
        token: SourceToken::new(&randomness.bytes()),
        settings,
        secrets: secrets.into_iter().map(|secret| SourceSecret::current(secret, now)).collect(),
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let changes = Changes::created(Snapshot::of_source(&source, now));
    let change = Change::of_source(Action::SourceCreated, &source, changes);
    let entry = management.context.entry(caller, change);
    if !store.create_source(&source, Some(&entry)).await? {
        return Err(Problem::ChangedMeanwhile.into());
    }
    cache.forget_source(&source).await;
    Ok(source)
}

/// A source as the caller sees it.
///
/// # Errors
/// [`Problem::NotFound`] when the source does not exist, or belongs to another workspace.
pub async fn read_source(
    management: &Management,
    caller: &ApiKey,
    id: SourceId,
) -> Result<Source, UseCaseError> {
    let source = find_source(&management.context, caller, Scope::SourcesRead, id).await?;
    Ok(source.shown_to(caller))
}

/// A source whole, for a caller with this scope.
///
/// # Errors
/// As for [`read_source`].
pub async fn find_source(
    context: &Context,
    caller: &ApiKey,
    scope: Scope,
    id: SourceId,
) -> Result<Source, UseCaseError> {
    caller.require(scope)?;
    let source = match caller.workspace_id {
        Some(workspace) => context.store.load_source(SourceKey::new(workspace, id)).await?,
        None => context.store.find_source(id).await?,
    };
    let source = source.ok_or(Problem::NotFound("source"))?;
    // The rows of a deleted workspace are deleted later.
    match context.has_workspace(source.workspace_id).await? {
        true => Ok(source),
        false => Err(Problem::NotFound("source").into()),
    }
}

/// Sources of a workspace, newest first: all, or only those of one provider.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_sources(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    provider: Option<Provider>,
    rows: Rows<SourceId>,
) -> Result<ListPage<Source, SourceId>, UseCaseError> {
    caller.require(Scope::SourcesRead)?;
    let workspace = management.workspace(caller, workspace).await?.id;
    let selects =
        |_, settings: &SourceSettings| provider.is_none_or(|provider| settings.provider == provider);
    let listing = rows.listing(Order::NewestFirst, Window::everything(), selects);
    let page = rows.page(listing.order, management.context.store.list_sources(workspace, &listing).await?);
    Ok(page.map(|source| source.shown_to(caller)))
}

/// Settings whose parts exclude each other: a source has none, so a merge replaces no object as a whole.
pub const REPLACED_WHOLE: [&str; 0] = [];

/// Changes a source: `change` makes its new settings, and its new secrets if it is to have others, or refuses.
///
/// # Errors
/// [`UseCaseError::Problem`] as [`Source::changed`] says, or [`Problem::ChangedMeanwhile`].
pub async fn update_source(
    management: &Management,
    caller: &ApiKey,
    id: SourceId,
    change: impl FnOnce(&Source) -> Result<(SourceSettings, Option<Vec<ProviderSecret>>), Problem>,
) -> Result<Source, UseCaseError> {
    let before = find_source(&management.context, caller, Scope::Sources, id).await?;
    let (settings, secrets) = change(&before)?;
    let now = management.context.clock.now();
    let mut source = before.changed(settings, secrets, allows_loopback(management), now)?;
    save_changed(management, caller, Action::SourceUpdated, (&before, &mut source)).await?;
    Ok(source)
}

/// Gives a source a new secret; the secrets before go on verifying for `overlap_seconds`. With the current one nothing
/// changes: a repeated request that takes over finds its secret.
///
/// # Errors
/// [`UseCaseError::Problem`] for a secret of the wrong form, too long an overlap, or too many old secrets.
pub async fn rotate_secret(
    management: &Management,
    caller: &ApiKey,
    id: SourceId,
    overlap_seconds: u64,
    secret: ProviderSecret,
) -> Result<Source, UseCaseError> {
    let before = find_source(&management.context, caller, Scope::Sources, id).await?;
    if overlap_seconds > MAX_OVERLAP_SECONDS {
        return Err(Problem::invalid("/overlap_seconds", "must be 0 to 604800").into());
    }
    let mut source = before.clone();
    let overlap = Duration::from_secs(overlap_seconds);
    if source.rotate(secret, overlap, management.context.clock.now())? {
        save_changed(management, caller, Action::SourceSecretRotated, (&before, &mut source)).await?;
    }
    Ok(source)
}

/// Ends the overlap of a rotation: from now on only the current secrets verify.
///
/// # Errors
/// [`UseCaseError::Problem`] as for any change.
pub async fn end_overlap(
    management: &Management,
    caller: &ApiKey,
    id: SourceId,
) -> Result<Source, UseCaseError> {
    let before = find_source(&management.context, caller, Scope::Sources, id).await?;
    let mut source = before.clone();
    source.end_overlap();
    save_changed(management, caller, Action::SourceOverlapEnded, (&before, &mut source)).await?;
    Ok(source)
}

/// Deletes a source: its address leads nowhere from then on. What it received expires as it would have.
///
/// # Errors
/// [`Problem::NotFound`] when the source does not exist.
pub async fn delete_source(
    management: &Management,
    caller: &ApiKey,
    id: SourceId,
) -> Result<(), UseCaseError> {
    let mut source = find_source(&management.context, caller, Scope::Sources, id).await?;
    let Context { store, cache, clock, .. } = &management.context;
    source.updated_at = clock.now();
    let changes = Changes::deleted(Snapshot::of_source(&source, source.updated_at));
    let change = Change::of_source(Action::SourceDeleted, &source, changes);
    let entry = management.context.entry(caller, change);
    let deleted = store.delete_source(&source, Some(&entry)).await?;
    cache.forget_source(&source).await;
    if deleted { Ok(()) } else { Err(Problem::NotFound("source").into()) }
}

/// Whether this is local mode, whose own address is `http` on this machine.
fn allows_loopback(management: &Management) -> bool {
    management.public_url.starts_with("http://")
}

/// Saves a source as its next revision, with the entry of what differs from `before`.
async fn save_changed(
    management: &Management,
    caller: &ApiKey,
    action: Action,
    (before, source): (&Source, &mut Source),
) -> Result<(), UseCaseError> {
    let Context { store, cache, clock, .. } = &management.context;
    let now = clock.now();
    source.revision += 1;
    source.updated_at = now;
    let changes = Changes::between(&Snapshot::of_source(before, now), &Snapshot::of_source(source, now));
    let change = changes.map(|changes| Change::of_source(action, source, changes));
    let entry = change.map(|change| management.context.entry(caller, change));
    if !store.save_source(source, entry.as_ref()).await? {
        return Err(Problem::ChangedMeanwhile.into());
    }
    cache.forget_source(source).await;
    Ok(())
}
