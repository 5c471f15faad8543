//! `/v1/api-keys`: make, list, delete.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::access::api_key::ApiKeySettings;
use domain::id::WorkspaceId;
use lambda_kit::json_body::parse_json;
use lambda_kit::problem_json::ApiError;
use lambda_kit::request_body::read_body;
use serde::Deserialize;
use serde_json::json;
use usecases::manage::manage_api_key;
use usecases::manage::management::Management;

use crate::{MAX_REQUEST_BYTES, caller, paging};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParameters {
    workspace_id: Option<WorkspaceId>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// The one answer that shows what the key's holder sends.
pub(crate) async fn create(
    State(management): State<Management>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let settings: ApiKeySettings = parse_json(&read_body(body, MAX_REQUEST_BYTES).await?)?;
    let (key, secret) = manage_api_key::create_api_key(&management, &caller, settings).await?;
    let mut body = json!(key);
    body["key"] = json!(secret.reveal());
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

pub(crate) async fn list(
    State(management): State<Management>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let parameters: ListParameters = paging::parameters(&uri)?;
    let limit = paging::limit(parameters.limit, paging::DEFAULT_LIMIT)?;
    let before = paging::after(parameters.cursor.as_deref())?;
    let workspace = parameters.workspace_id;
    let page = manage_api_key::list_api_keys(&management, &caller, workspace, before, limit).await?;
    Ok(paging::answer(&page.rows, page.next, |key| json!(key)).into_response())
}

pub(crate) async fn delete(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(key): Path<String>,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&key, "API key")?;
    manage_api_key::delete_api_key(&management, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
