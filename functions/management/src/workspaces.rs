//! `/v1/workspaces`: make, read, list, change.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::access::workspace::WorkspaceSettings;
use domain::problem::Problem;
use lambda_kit::json_body::{parse_json, parse_value};
use lambda_kit::problem_json::ApiError;
use lambda_kit::request_body::read_body;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use usecases::manage::manage_workspace;
use usecases::manage::management::Management;
use usecases::manage::merge_patch::merge;

use crate::{MAX_REQUEST_BYTES, caller, paging};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParameters {
    limit: Option<usize>,
    cursor: Option<String>,
}

pub(crate) async fn create(
    State(management): State<Management>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let settings: WorkspaceSettings = parse_json(&read_body(body, MAX_REQUEST_BYTES).await?)?;
    let workspace = manage_workspace::create_workspace(&management, &caller, settings).await?;
    Ok((StatusCode::CREATED, Json(workspace)).into_response())
}

pub(crate) async fn read(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(workspace): Path<String>,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&workspace, "workspace")?;
    let workspace = manage_workspace::read_workspace(&management, &caller, id).await?;
    Ok(Json(&*workspace).into_response())
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
    let page = manage_workspace::list_workspaces(&management, &caller, before, limit).await?;
    Ok(paging::answer(&page.rows, page.next, |row| json!(row)).into_response())
}

pub(crate) async fn update(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(workspace): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&workspace, "workspace")?;
    let patch: Map<String, Value> = parse_json(&read_body(body, MAX_REQUEST_BYTES).await?)?;
    let change = |settings: &WorkspaceSettings| -> Result<WorkspaceSettings, Problem> {
        let mut document = crate::document(settings);
        merge(&mut document, patch, &[]);
        parse_value(Value::Object(document))
    };
    let workspace = manage_workspace::update_workspace(&management, &caller, id, change).await?;
    Ok(Json(workspace).into_response())
}
