//! `/v1/undelivered`: the work list of a workspace. What failed or is parked, endpoint by endpoint, oldest first.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::api_key::Scope;
use domain::delivery::DeliveryStatus;
use domain::id::{EndpointId, WorkspaceId};
use domain::problem::Problem;
use lambda_kit::problem_json::ApiError;
use serde::Deserialize;
use serde_json::json;
use usecases::manage::list_undelivered::{Position, list_undelivered};
use usecases::manage::management::Management;

use crate::deliveries::DeliveryBody;
use crate::{caller, paging};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParameters {
    workspace_id: Option<WorkspaceId>,
    endpoint_id: Option<EndpointId>,
    status: Option<DeliveryStatus>,
    limit: Option<usize>,
    cursor: Option<String>,
}

pub(crate) async fn list(
    State(management): State<Management>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    caller.require(Scope::DeliveriesRead)?;
    let parameters: ListParameters = paging::parameters(&uri)?;
    let limit = paging::limit(parameters.limit, paging::DEFAULT_LIMIT)?;
    let statuses = match parameters.status {
        None => vec![DeliveryStatus::Failed, DeliveryStatus::Parked],
        Some(status @ (DeliveryStatus::Failed | DeliveryStatus::Parked)) => vec![status],
        Some(_) => return Err(Problem::invalid("status", "must be failed or parked").into()),
    };
    let workspace = management.workspace(&caller, parameters.workspace_id).await.map_err(paging::in_query)?;
    let from = parameters.cursor.as_deref().map(position).transpose()?;
    let (rows, next) =
        list_undelivered(&management, workspace.id, parameters.endpoint_id, &statuses, from, limit).await?;
    let data: Vec<_> = rows.iter().map(DeliveryBody::of).collect();
    let next = next.map(|next| URL_SAFE_NO_PAD.encode(json!(next).to_string()));
    Ok(axum::Json(json!({ "data": data, "next": next })).into_response())
}

fn position(cursor: &str) -> Result<Position, Problem> {
    let bad = || Problem::invalid("cursor", "is not one that a list gave");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    serde_json::from_slice(&bytes).map_err(|_| bad())
}
