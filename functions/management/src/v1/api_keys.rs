//! `/v1/api-keys` and `/v1/me`: make, list, read, rotate and delete API keys.
//! Who am I, and what may I do?

use api::api_keys::{ApiKey, ApiKeySettings, CallerKind, Me, NewApiKey, RotateApiKey};
use api::page::PageQuery;
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::ApiKeyId;
use http_kit::{Body, Caller, Created, Id, InRequest, OptionalBody, Page, UnderClaim};
use usecases::manage::manage_api_key::{
    create_api_key, delete_api_key, list_api_keys, read_api_key, rotate_api_key,
};
use usecases::manage::management::Management;

use crate::v1::Answer;

/// Create an API key
///
/// The answer shows the key. Later answers do not show it. A key with `admin` for one workspace creates keys for that
/// workspace; one for all workspaces creates, without `workspace_id`, a key for all workspaces.
#[utoipa::path(
    post,
    path = "/v1/api-keys",
    operation_id = "create_api_key",
    tag = "API keys",
    request_body = ApiKeySettings,
    responses((status = 201, description = "The API key.", body = NewApiKey)),
)]
pub(crate) async fn create(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Body(settings): Body<ApiKeySettings>,
) -> Answer<Created<NewApiKey>> {
    let (key, secret) = create_api_key(&management, &caller, settings).await?;
    let path = format!("/v1/api-keys/{}", key.id);
    Ok(Created { path, body: NewApiKey { api_key: key.into(), key: (&secret).into() } })
}

/// List API keys
///
/// Newest first. Without `workspace_id`, a key for all workspaces lists the keys for all workspaces.
#[utoipa::path(
    get,
    path = "/v1/api-keys",
    operation_id = "list_api_keys",
    tag = "API keys",
    params(OfWorkspace, PageQuery),
    responses((status = 200, description = "A page of API keys.", body = api::page::Page<ApiKey>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: OfWorkspace { workspace_id }, rows }: Page<ApiKeyId, OfWorkspace>,
) -> Answer<Json<api::page::Page<ApiKey>>> {
    let page = list_api_keys(&management, &caller, workspace_id, rows).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(ApiKey::from), page.next, page.previous)))
}

/// Read an API key
///
/// The key with the ends of the old keys that still authenticate after a rotation.
#[utoipa::path(
    get,
    path = "/v1/api-keys/{key}",
    operation_id = "read_api_key",
    tag = "API keys",
    responses((status = 200, description = "The API key, without the key itself.", body = ApiKey)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(key): Id<ApiKeyId>,
) -> Answer<Json<ApiKey>> {
    let listed = read_api_key(&management, &caller, key).await?;
    let ends = listed.old.iter().map(|old| old.ends_at);
    Ok(Json(ApiKey::with_old_keys(listed.key, ends)))
}

/// Rotate an API key
///
/// The answer shows the new key. The old key authenticates until its overlap ends, at most 5 old keys beside the new one.
#[utoipa::path(
    post,
    path = "/v1/api-keys/{key}/rotate",
    operation_id = "rotate_api_key",
    tag = "API keys",
    request_body = Option<RotateApiKey>,
    responses((status = 200, description = "The API key, with the new key.", body = NewApiKey)),
)]
pub(crate) async fn rotate(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(key): Id<ApiKeyId>,
    OptionalBody(RotateApiKey { overlap_seconds }): OptionalBody<RotateApiKey>,
) -> Answer<Json<NewApiKey>> {
    let (listed, secret) = rotate_api_key(&management, &caller, key, overlap_seconds).await?;
    let ends = listed.old.iter().map(|old| old.ends_at);
    Ok(Json(NewApiKey { api_key: ApiKey::with_old_keys(listed.key, ends), key: (&secret).into() }))
}

/// Read the caller
///
/// What the API key of the request may do, or the session or portal link.
#[utoipa::path(
    get,
    path = "/v1/me",
    operation_id = "read_me",
    tag = "API keys",
    responses((status = 200, description = "The caller.", body = Me)),
)]
pub(crate) async fn me(InRequest(management): InRequest<Management>, caller: Caller) -> Answer<Json<Me>> {
    let mut me = Me::of(&caller, env!("CARGO_PKG_VERSION"));
    // A customer does not see what a workspace is called here: the portal has a name of its own.
    if let (CallerKind::Key | CallerKind::Session, Some(id)) = (me.kind, caller.workspace_id) {
        let workspace = management.context.cache.workspace(id).await?;
        me.workspace_name = workspace.map(|workspace| workspace.name.clone());
    }
    Ok(Json(me))
}

/// Delete an API key
///
/// The key is refused within 5 seconds.
#[utoipa::path(
    delete,
    path = "/v1/api-keys/{key}",
    operation_id = "delete_api_key",
    tag = "API keys",
    responses((status = 204, description = "The API key is deleted.")),
)]
pub(crate) async fn delete(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(key): Id<ApiKeyId>,
) -> Answer<StatusCode> {
    delete_api_key(&management, &caller, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
