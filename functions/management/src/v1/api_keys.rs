//! `/v1/api-keys`: make, list, delete.

use api::api_keys::{ApiKey, ApiKeySettings, NewApiKey};
use api::page::PageQuery;
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::ApiKeyId;
use http_kit::{Body, Caller, Id, Page};
use usecases::manage::manage_api_key::{create_api_key, delete_api_key, list_api_keys};
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
    State(management): State<Management>,
    caller: Caller,
    Body(settings): Body<ApiKeySettings>,
) -> Answer<(StatusCode, Json<NewApiKey>)> {
    let (key, secret) = create_api_key(&management, &caller, settings).await?;
    Ok((StatusCode::CREATED, Json(NewApiKey { api_key: key.into(), key: (&secret).into() })))
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
    Page { filter: OfWorkspace { workspace_id }, after, limit }: Page<ApiKeyId, OfWorkspace>,
) -> Answer<Json<api::page::Page<ApiKey>>> {
    let page = list_api_keys(&management, &caller, workspace_id, after, limit).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(ApiKey::from), page.next)))
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
    State(management): State<Management>,
    caller: Caller,
    Id(key): Id<ApiKeyId>,
) -> Answer<StatusCode> {
    delete_api_key(&management, &caller, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
