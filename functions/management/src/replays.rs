//! `…/replay` and `/v1/replays`: send again by hand, see how far it has come, stop it.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::access::api_key::Scope;
use domain::delivery::Delivery;
use domain::delivery::replay::ReplaySettings;
use domain::id::{EndpointId, WorkspaceId};
use domain::problem::Problem;
use lambda_kit::json_body::{parse_json, parse_value};
use lambda_kit::problem_json::ApiError;
use lambda_kit::request_body::read_body;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use usecases::manage::management::Management;
use usecases::replay::replay_delivery::{EventReplay, Resent, replay_delivery, replay_event};
use usecases::replay::replay_window;

use crate::deliveries::DeliveryBody;
use crate::endpoints::optional_json;
use crate::{MAX_REQUEST_BYTES, caller, paging};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryRequest {
    #[serde(default)]
    force: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventRequest {
    endpoint_ids: Vec<EndpointId>,
    #[serde(default)]
    workspace_id: Option<WorkspaceId>,
    #[serde(default)]
    force: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParameters {
    workspace_id: Option<WorkspaceId>,
    limit: Option<usize>,
    cursor: Option<String>,
}

pub(crate) async fn one_delivery(
    State(management): State<Management>,
    headers: HeaderMap,
    Path((endpoint, delivery)): Path<(String, String)>,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let endpoint = paging::id(&endpoint, "endpoint")?;
    let delivery = paging::id(&delivery, "delivery")?;
    let request: DeliveryRequest = optional_json(&read_body(body, MAX_REQUEST_BYTES).await?)?;
    let delivery = replay_delivery(&management, &caller, endpoint, delivery, request.force).await?;
    Ok((StatusCode::ACCEPTED, Json(DeliveryBody::of(&delivery))).into_response())
}

pub(crate) async fn one_event(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(event): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let event = paging::id(&event, "event")?;
    let request: EventRequest = parse_json(&read_body(body, MAX_REQUEST_BYTES).await?)?;
    let EventRequest { endpoint_ids, workspace_id, force } = request;
    let replay = EventReplay { workspace: workspace_id, event, endpoints: &endpoint_ids, force };
    let Resent { deliveries, on_their_way, already_delivered } =
        replay_event(&management, &caller, replay).await?;
    let bodies = |deliveries: &[Delivery]| json!(deliveries.iter().map(DeliveryBody::of).collect::<Vec<_>>());
    let body = json!({
        "data": bodies(&deliveries),
        "on_their_way": bodies(&on_their_way),
        "already_delivered": bodies(&already_delivered),
    });
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

/// A window of an endpoint; with `dry_run` only what would be sent.
pub(crate) async fn window(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let endpoint = paging::id(&endpoint, "endpoint")?;
    let mut document: Map<String, Value> = parse_json(&read_body(body, MAX_REQUEST_BYTES).await?)?;
    let dry_run = match document.remove("dry_run") {
        None => false,
        Some(Value::Bool(dry_run)) => dry_run,
        Some(_) => return Err(Problem::invalid("/dry_run", "must be true or false").into()),
    };
    let settings: ReplaySettings = parse_value(Value::Object(document))?;
    if dry_run {
        let run = replay_window::try_replay(&management, &caller, endpoint, settings).await?;
        let samples: Vec<_> = run.samples.iter().map(DeliveryBody::of).collect();
        let body = json!({ "count": run.count, "complete": run.complete, "samples": samples });
        return Ok(Json(body).into_response());
    }
    let replay = replay_window::start_replay(&management, &caller, endpoint, settings).await?;
    Ok((StatusCode::ACCEPTED, Json(replay)).into_response())
}

pub(crate) async fn read(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(replay): Path<String>,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&replay, "replay")?;
    Ok(Json(replay_window::read_replay(&management, &caller, Scope::DeliveriesRead, id).await?)
        .into_response())
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
    let page = replay_window::list_replays(&management, &caller, workspace, before, limit)
        .await
        .map_err(paging::in_query)?;
    Ok(paging::answer(&page.rows, page.next, |replay| json!(replay)).into_response())
}

pub(crate) async fn cancel(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(replay): Path<String>,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let id = paging::id(&replay, "replay")?;
    Ok(Json(replay_window::cancel_replay(&management, &caller, id).await?).into_response())
}
