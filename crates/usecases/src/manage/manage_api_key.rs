//! How are API keys made, listed, rotated and deleted?
//! Key management: only with scope `admin`, and never a key that may more, or lives longer, than the one that makes it.

use std::time::Duration;

use domain::access::actor::Actor;
use domain::access::api_key::{
    ApiKey, ApiKeySecret, ApiKeySettings, DEFAULT_KEY_OVERLAP_SECONDS, MAX_KEY_OVERLAP_SECONDS,
    MAX_OLD_KEY_SECRETS, Scope,
};
use domain::audit::changes::Changes;
use domain::audit::{Action, Change};
use domain::id::{ApiKeyId, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use domain::uid::WorkspaceIdOrUid;
use store::rows::api_keys::ListedApiKey;
use store::{Order, Window};

use crate::context::Context;
use crate::error::UseCaseError;
use crate::manage::listing::{ListPage, Rows};
use crate::manage::management::Management;

/// Creates an API key. Only this call returns the key itself; the table keeps its digest. A repeated request that takes over
/// puts its key in the place of the one that the first created.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds, an unknown workspace, or a key with more access than the caller's.
pub async fn create_api_key(
    management: &Management,
    caller: &ApiKey,
    settings: ApiKeySettings,
) -> Result<(ApiKey, ApiKeySecret), UseCaseError> {
    caller.require(Scope::Admin)?;
    settings.check(management.context.clock.now())?;
    let settings = caller.may_make(settings)?;
    let workspace_id = match (caller.workspace_id, settings.workspace_id.clone()) {
        (None, None) => None,
        (_, named) => Some(management.workspace(caller, named).await?.id),
    };
    let context = &management.context;
    let id = context.new_id(context.clock.now(), ApiKeyId::new);
    // The answer of the first request was lost, and the key with it, because only its digest is kept. One audit entry is
    // enough: that of the new key takes the place of the first one's, as both have the claim's id.
    if context.is_resumed()
        && let Some(made_before) = context.store.load_api_key(id).await?
        && !context.store.delete_api_key(&made_before, None).await?
    {
        return Err(Problem::ChangedMeanwhile.into());
    }
    let made = save_new(context, caller.into(), (id, workspace_id), settings).await?;
    management.context.cache.forget_api_keys();
    Ok(made)
}

/// Creates a key with access to everything, for operators. It checks no API key: the platform authorises the caller (IAM
/// on AWS).
///
/// # Errors
/// [`UseCaseError::Problem`] for a name out of bounds, [`UseCaseError::Fault`] when the table cannot be written.
pub async fn create_first_api_key(
    context: &Context,
    name: String,
) -> Result<(ApiKey, ApiKeySecret), UseCaseError> {
    let settings = ApiKeySettings::admin_of_all(name);
    settings.check(context.clock.now())?;
    let id = ApiKeyId::new(context.clock.now(), context.randomness.id());
    save_new(context, Actor::Operator, (id, None), settings).await
}

async fn save_new(
    context: &Context,
    actor: Actor,
    (id, workspace): (ApiKeyId, Option<WorkspaceId>),
    settings: ApiKeySettings,
) -> Result<(ApiKey, ApiKeySecret), UseCaseError> {
    let now = context.clock.now();
    let secret = ApiKeySecret::new(&context.randomness.bytes());
    let key = ApiKey::new(id, workspace, settings, now);
    let changes = Changes::created(ListedApiKey::new(key.clone(), secret.digest()).snapshot());
    let entry = context.entry(actor, Change::of_api_key(Action::ApiKeyCreated, &key, changes));
    context.store.save_api_key(&key, &secret.digest(), Some(&entry)).await?;
    Ok((key, secret))
}

/// The API keys of one workspace. If a caller with access to all workspaces names none: the keys for all workspaces.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_api_keys(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceIdOrUid>,
    rows: Rows<ApiKeyId>,
) -> Result<ListPage<ApiKey, ApiKeyId>, UseCaseError> {
    caller.require(Scope::AdminRead)?;
    let workspace = match (caller.workspace_id, workspace) {
        (None, None) => None,
        (_, named) => Some(management.workspace(caller, named).await?.id),
    };
    let listing = rows.listing(Order::NewestFirst, Window::everything(), ());
    Ok(rows.page(listing.order, management.context.store.list_api_keys(workspace, &listing).await?))
}

/// One API key.
///
/// # Errors
/// [`Problem::NotFound`] when there is none or it belongs to another workspace.
pub async fn read_api_key(
    management: &Management,
    caller: &ApiKey,
    id: ApiKeyId,
) -> Result<ListedApiKey, UseCaseError> {
    caller.require(Scope::AdminRead)?;
    let listed = management.context.store.load_api_key(id).await?.ok_or(Problem::NotFound("API key"))?;
    let within_reach = caller.workspace_id.is_none() || caller.workspace_id == listed.key.workspace_id;
    let context = &management.context;
    // Rows of a deleted workspace's keys are deleted later.
    let exists = match listed.key.workspace_id {
        Some(workspace) => context.has_workspace(workspace).await?,
        None => true,
    };
    if !within_reach || !exists {
        return Err(Problem::NotFound("API key").into());
    }
    Ok(listed.at(context.clock.now()))
}

/// Gives an API key a new secret. The old one authenticates for `overlap_seconds` more (a day, if `None`), so that its
/// holders can be changed one after the other.
///
/// # Errors
/// [`UseCaseError::Problem`] as for [`read_api_key`], for an overlap out of bounds, and when too many old secrets still
/// work; [`Problem::ChangedMeanwhile`] when another request rotated or deleted the key.
pub async fn rotate_api_key(
    management: &Management,
    caller: &ApiKey,
    id: ApiKeyId,
    overlap_seconds: Option<u64>,
) -> Result<(ListedApiKey, ApiKeySecret), UseCaseError> {
    // 1. May the caller have a key that may so much?
    caller.require(Scope::Admin)?;
    let overlap = overlap_seconds.unwrap_or(DEFAULT_KEY_OVERLAP_SECONDS);
    if overlap > MAX_KEY_OVERLAP_SECONDS {
        return Err(Problem::invalid("/overlap_seconds", "must be 0 to 604800").into());
    }
    let listed = read_api_key(management, caller, id).await?;
    for scope in &listed.key.scopes {
        caller.require(*scope)?;
    }
    // The new secret lives as long as the key: it must not outlive the caller's own.
    let outlives = |own| listed.key.expires_at.is_none_or(|expires_at| expires_at > own);
    if caller.keys_end_at().is_some_and(outlives) {
        return Err(Problem::OutlivesOwnKey.into());
    }
    // Without an overlap there is no further old secret.
    if overlap > 0 && listed.old.len() >= MAX_OLD_KEY_SECRETS {
        return Err(Problem::TooManyKeySecrets(MAX_OLD_KEY_SECRETS).into());
    }

    // 2. A new secret beside the old one.
    let ends_at = ends_at(management.context.clock.now(), overlap);
    let secret = ApiKeySecret::new(&management.context.randomness.bytes());
    let rotated = listed.clone().rotated(secret.digest(), ends_at);
    let changes = Changes::between(&listed.snapshot(), &rotated.snapshot());
    let change = changes.map(|changes| Change::of_api_key(Action::ApiKeyRotated, &listed.key, changes));
    let entry = change.map(|change| management.context.entry(caller, change));
    let Context { store, cache, .. } = &management.context;
    if !store.rotate_api_key(&listed, &secret.digest(), ends_at, entry.as_ref()).await? {
        return Err(Problem::ChangedMeanwhile.into());
    }
    cache.forget_api_keys();
    Ok((rotated, secret))
}

/// When the old secret ends; `None` for at once.
fn ends_at(now: Timestamp, overlap_seconds: u64) -> Option<Timestamp> {
    (overlap_seconds > 0).then(|| now.plus(Duration::from_secs(overlap_seconds)))
}

/// Deletes an API key with all its secrets; they stop to authenticate within a few seconds.
///
/// # Errors
/// [`Problem::NotFound`] when there is none or it belongs to another workspace.
pub async fn delete_api_key(
    management: &Management,
    caller: &ApiKey,
    id: ApiKeyId,
) -> Result<(), UseCaseError> {
    caller.require(Scope::Admin)?;
    let listed = read_api_key(management, caller, id).await?;
    let changes = Changes::deleted(listed.snapshot());
    let entry =
        management.context.entry(caller, Change::of_api_key(Action::ApiKeyDeleted, &listed.key, changes));
    if !management.context.store.delete_api_key(&listed, Some(&entry)).await? {
        return Err(Problem::ChangedMeanwhile.into());
    }
    management.context.cache.forget_api_keys();
    Ok(())
}
