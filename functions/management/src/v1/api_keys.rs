//! `/v1/api-keys` and `/v1/me`: make, list, read, rotate and delete API keys.
//! Who am I, and what may I do?

use api::api_keys::{ApiKey, ApiKeySettings, Me, NewApiKey, RotateApiKey};
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::id::ApiKeyId;
use http_kit::{Body, Caller, Created, Id, OptionalBody, Page};
use usecases::manage::manage_api_key::{
    create_api_key, delete_api_key, list_api_keys, read_api_key, rotate_api_key,
};
use usecases::manage::management::Management;

use crate::v1::Answer;

/// The one answer that shows what the key's holder sends.
pub(crate) async fn create(
    State(management): State<Management>,
    caller: Caller,
    Body(settings): Body<ApiKeySettings>,
) -> Answer<Created<NewApiKey>> {
    let (key, secret) = create_api_key(&management, &caller, settings).await?;
    let path = format!("/v1/api-keys/{}", key.id);
    Ok(Created { path, body: NewApiKey { api_key: key.into(), key: (&secret).into() } })
}

pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: OfWorkspace { workspace_id }, after, limit }: Page<ApiKeyId, OfWorkspace>,
) -> Answer<Json<api::page::Page<ApiKey>>> {
    let page = list_api_keys(&management, &caller, workspace_id, after, limit).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(ApiKey::from), page.next)))
}

pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(key): Id<ApiKeyId>,
) -> Answer<Json<ApiKey>> {
    let listed = read_api_key(&management, &caller, key).await?;
    let ends = listed.old.iter().map(|old| old.ends_at);
    Ok(Json(ApiKey::with_old_keys(listed.key, ends)))
}

/// The only other answer that shows a key.
pub(crate) async fn rotate(
    State(management): State<Management>,
    caller: Caller,
    Id(key): Id<ApiKeyId>,
    OptionalBody(RotateApiKey { overlap_seconds }): OptionalBody<RotateApiKey>,
) -> Answer<Json<NewApiKey>> {
    let (listed, secret) = rotate_api_key(&management, &caller, key, overlap_seconds).await?;
    let ends = listed.old.iter().map(|old| old.ends_at);
    Ok(Json(NewApiKey { api_key: ApiKey::with_old_keys(listed.key, ends), key: (&secret).into() }))
}

pub(crate) async fn me(_: State<Management>, caller: Caller) -> Json<Me> {
    let api_key = ApiKey::from(domain::access::api_key::ApiKey::clone(&caller));
    Json(Me { api_key, version: env!("CARGO_PKG_VERSION").to_owned() })
}

pub(crate) async fn delete(
    State(management): State<Management>,
    caller: Caller,
    Id(key): Id<ApiKeyId>,
) -> Answer<StatusCode> {
    delete_api_key(&management, &caller, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
