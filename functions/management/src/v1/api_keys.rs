//! `/v1/api-keys`: make, list, delete.

use api::api_keys::{ApiKey, ApiKeySettings, NewApiKey};
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::ApiKeyId;
use http_kit::{Body, Caller, Id, Page, UnderClaim};
use usecases::manage::manage_api_key::{create_api_key, delete_api_key, list_api_keys};
use usecases::manage::management::Management;

use crate::v1::Answer;

/// The one answer that shows what the key's holder sends.
pub(crate) async fn create(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Body(settings): Body<ApiKeySettings>,
) -> Answer<(StatusCode, Json<NewApiKey>)> {
    let (key, secret) = create_api_key(&management, &caller, settings).await?;
    Ok((StatusCode::CREATED, Json(NewApiKey { api_key: key.into(), key: (&secret).into() })))
}

pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: OfWorkspace { workspace_id }, after, limit }: Page<ApiKeyId, OfWorkspace>,
) -> Answer<Json<api::page::Page<ApiKey>>> {
    let page = list_api_keys(&management, &caller, workspace_id, after, limit).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(ApiKey::from), page.next)))
}

pub(crate) async fn delete(
    State(management): State<Management>,
    caller: Caller,
    Id(key): Id<ApiKeyId>,
) -> Answer<StatusCode> {
    delete_api_key(&management, &caller, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
