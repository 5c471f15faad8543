//! How are API keys created, listed and deleted?
//! Key management for callers with the scope `admin`; a caller cannot create a key with more access than its own.

use domain::access::api_key::{ApiKey, ApiKeySecret, ApiKeySettings, Scope};
use domain::id::{ApiKeyId, WorkspaceId};
use domain::problem::Problem;
use store::Page;

use crate::context::Context;
use crate::error::UseCaseError;
use crate::manage::management::Management;

/// Creates an API key. Only this call returns the key itself; the table keeps its digest.
///
/// # Errors
/// [`UseCaseError::Problem`] for settings out of bounds, an unknown workspace, or a key with more access than the caller's.
pub async fn create_api_key(
    management: &Management,
    caller: &ApiKey,
    settings: ApiKeySettings,
) -> Result<(ApiKey, ApiKeySecret), UseCaseError> {
    caller.require(Scope::Admin)?;
    settings.check()?;
    let workspace_id = match (caller.workspace_id, settings.workspace_id) {
        (None, None) => None,
        (_, named) => Some(management.workspace(caller, named).await?.id),
    };
    let now = management.context.clock.now();
    let secret = ApiKeySecret::new(&management.context.randomness.bytes());
    let key = ApiKey {
        id: ApiKeyId::new(now, management.context.randomness.id()),
        name: settings.name,
        workspace_id,
        scopes: settings.scopes,
        created_at: now,
    };
    management.context.store.save_api_key(&key, &secret.digest()).await?;
    management.context.cache.forget_api_keys();
    Ok((key, secret))
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
    let settings = ApiKeySettings { name, workspace_id: None, scopes: vec![Scope::Admin] };
    settings.check()?;
    let now = context.clock.now();
    let secret = ApiKeySecret::new(&context.randomness.bytes());
    let key = ApiKey {
        id: ApiKeyId::new(now, context.randomness.id()),
        name: settings.name,
        workspace_id: None,
        scopes: settings.scopes,
        created_at: now,
    };
    context.store.save_api_key(&key, &secret.digest()).await?;
    Ok((key, secret))
}

/// The API keys of one workspace. If a caller with access to all workspaces names none: the keys for all workspaces.
///
/// # Errors
/// [`UseCaseError::Problem`] when the caller lacks the scope, or the workspace is unknown.
pub async fn list_api_keys(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceId>,
    before: Option<ApiKeyId>,
    limit: usize,
) -> Result<Page<ApiKey, ApiKeyId>, UseCaseError> {
    caller.require(Scope::AdminRead)?;
    let workspace = match (caller.workspace_id, workspace) {
        (None, None) => None,
        (_, named) => Some(management.workspace(caller, named).await?.id),
    };
    Ok(management.context.store.list_api_keys(workspace, before, limit).await?)
}

/// Deletes an API key; every function refuses it within a few seconds.
///
/// # Errors
/// [`Problem::NotFound`] when the key does not exist or belongs to another workspace.
pub async fn delete_api_key(
    management: &Management,
    caller: &ApiKey,
    id: ApiKeyId,
) -> Result<(), UseCaseError> {
    caller.require(Scope::Admin)?;
    let key = management.context.store.load_api_key(id).await?.ok_or(Problem::NotFound("API key"))?;
    let within_reach = caller.workspace_id.is_none() || caller.workspace_id == key.workspace_id;
    if !within_reach || !management.context.store.delete_api_key(id).await? {
        return Err(Problem::NotFound("API key").into());
    }
    management.context.cache.forget_api_keys();
    Ok(())
}
