//! `…/statistics`: an endpoint or a workspace in numbers.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use domain::access::api_key::Scope;
use domain::timestamp::Timestamp;
use lambda_kit::problem_json::ApiError;
use serde::Deserialize;
use store::rows::statistics::Subject;
use usecases::manage::manage_endpoint::read_endpoint;
use usecases::manage::management::Management;
use usecases::manage::read_statistics::{Step, read_statistics};

use crate::{caller, paging};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    #[serde(default)]
    by: Step,
}

pub(crate) async fn of_endpoint(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&endpoint, "endpoint")?;
    let endpoint = read_endpoint(&management, &caller, Scope::DeliveriesRead, id).await?;
    let workspace = management.workspace(&caller, Some(endpoint.workspace_id)).await?;
    let parameters: Parameters = paging::parameters(&uri)?;
    let now = management.context.clock.now();
    let since = parameters.since.unwrap_or_else(|| a_day_before(parameters.until.unwrap_or(now)));
    let window = paging::window(&workspace, Some(since), parameters.until, now)?;
    let subject = Subject::Endpoint(id);
    Ok(Json(read_statistics(&management, subject, window, parameters.by).await?).into_response())
}

pub(crate) async fn of_workspace(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(workspace): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    caller.require(Scope::DeliveriesRead)?;
    let id = paging::id(&workspace, "workspace")?;
    let workspace = management.workspace(&caller, Some(id)).await?;
    let parameters: Parameters = paging::parameters(&uri)?;
    let now = management.context.clock.now();
    let since = parameters.since.unwrap_or_else(|| a_day_before(parameters.until.unwrap_or(now)));
    let window = paging::window(&workspace, Some(since), parameters.until, now)?;
    let subject = Subject::Workspace(id);
    Ok(Json(read_statistics(&management, subject, window, parameters.by).await?).into_response())
}

/// Where the numbers begin when the caller does not say.
fn a_day_before(instant: Timestamp) -> Timestamp {
    Timestamp::from_millis(instant.as_millis() - 86_400_000)
}
