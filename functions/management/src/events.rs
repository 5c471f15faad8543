//! `/v1/events`: what was accepted, and every endpoint's fate.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::access::api_key::{ApiKey, Scope};
use domain::delivery::Delivery;
use domain::event::Event;
use domain::id::{DeliveryId, EndpointId, EventId, WorkspaceId};
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use lambda_kit::problem_json::ApiError;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Listing;
use usecases::manage::management::Management;

use crate::deliveries::DeliveryBody;
use crate::{caller, paging};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParameters {
    workspace_id: Option<WorkspaceId>,
    event_type: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LedgerParameters {
    workspace_id: Option<WorkspaceId>,
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadParameters {
    workspace_id: Option<WorkspaceId>,
}

pub(crate) async fn list(
    State(management): State<Management>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    caller.require(Scope::EventsRead)?;
    let parameters: ListParameters = paging::parameters(&uri)?;
    let limit = paging::limit(parameters.limit, paging::DEFAULT_LIMIT)?;
    let before = paging::after::<EventId>(parameters.cursor.as_deref())?;
    let workspace = management.workspace(&caller, parameters.workspace_id).await.map_err(paging::in_query)?;
    let now = management.context.clock.now();
    let window = paging::window(&workspace, parameters.since, parameters.until, now)?;
    let types = paging::event_types(parameters.event_type.as_deref())?;
    let listing = Listing::newest_first(window, &*types, limit).beyond(before);
    let page = management.context.store.list_events(workspace.id, &listing, now).await;
    let page = page.map_err(usecases::UseCaseError::from)?;
    Ok(paging::answer(&page.rows, page.next, summary).into_response())
}

pub(crate) async fn read(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(event): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let parameters: ReadParameters = paging::parameters(&uri)?;
    let event = load(&management, &caller, parameters.workspace_id, &event).await?;
    let mut body = summary(&event);
    body["data"] = json!(event.payload);
    Ok(Json(body).into_response())
}

/// Every endpoint's fate: a delivery (`pending` until its first attempt) or the reason it was skipped.
pub(crate) async fn deliveries(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(event): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    let parameters: LedgerParameters = paging::parameters(&uri)?;
    let limit = paging::limit(parameters.limit, paging::DEFAULT_LIMIT)?;
    let after = paging::after::<EndpointId>(parameters.cursor.as_deref())?;
    let event = load(&management, &caller, parameters.workspace_id, &event).await?;

    let mut fates: Vec<_> = event.ledger.deliveries.iter().map(|endpoint| (*endpoint, None)).collect();
    fates.extend(event.ledger.skipped.iter().map(|(endpoint, reason)| (*endpoint, Some(*reason))));
    fates.sort_unstable_by_key(|(endpoint, _)| *endpoint);
    fates.retain(|(endpoint, _)| after.is_none_or(|after| *endpoint > after));
    let more = fates.len() > limit;
    fates.truncate(limit);
    let next = fates.last().filter(|_| more).map(|(endpoint, _)| *endpoint);

    // Skipped ones too: a replay may have sent the event after all.
    let wanted: Vec<_> =
        fates.iter().map(|(endpoint, _)| (*endpoint, DeliveryId::of(event.id, *endpoint))).collect();
    let rows = management.context.store.load_deliveries(&wanted, management.context.clock.now()).await;
    let rows: HashMap<EndpointId, Delivery> =
        rows.map_err(usecases::UseCaseError::from)?.into_iter().map(|row| (row.endpoint_id, row)).collect();
    let fate = |(endpoint, reason): &(EndpointId, Option<_>)| match (rows.get(endpoint), reason) {
        (Some(delivery), _) => json!(DeliveryBody::of(delivery)),
        (None, Some(reason)) => json!({ "endpoint_id": endpoint, "status": "skipped", "reason": reason }),
        (None, None) => {
            let (ws, event_type) = (event.workspace_id, event.event_type.clone());
            let delivery = Delivery::new(ws, *endpoint, event.id, event_type, event.occurred_at);
            json!(DeliveryBody::of(&Delivery { next_attempt_at: event.deliver_at, ..delivery }))
        }
    };
    Ok(paging::answer(&fates, next, fate).into_response())
}

/// Erases the payload now; the ledger and the deliveries stay.
pub(crate) async fn erase(
    State(management): State<Management>,
    headers: HeaderMap,
    Path(event): Path<String>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let caller = caller(&management, &headers).await?;
    caller.require(Scope::Events)?;
    let parameters: ReadParameters = paging::parameters(&uri)?;
    let id: EventId = paging::id(&event, "event")?;
    let workspace = management.workspace(&caller, parameters.workspace_id).await.map_err(paging::in_query)?;
    let erased =
        management.context.store.erase_payload(workspace.id, id, management.context.clock.now()).await;
    match erased.map_err(usecases::UseCaseError::from)? {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(Problem::NotFound("event").into()),
    }
}

async fn load(
    management: &Management,
    caller: &ApiKey,
    workspace: Option<WorkspaceId>,
    event: &str,
) -> Result<Event, ApiError> {
    caller.require(Scope::EventsRead)?;
    let id: EventId = paging::id(event, "event")?;
    let workspace = management.workspace(caller, workspace).await.map_err(paging::in_query)?;
    let event = management.context.store.load_event(workspace.id, id, management.context.clock.now()).await;
    Ok(event.map_err(usecases::UseCaseError::from)?.ok_or(Problem::NotFound("event"))?)
}

fn summary(event: &Event) -> Value {
    json!({
        "id": event.id,
        "workspace_id": event.workspace_id,
        "type": event.event_type,
        "occurred_at": event.occurred_at,
        "channels": event.channels,
        "erased_at": event.erased_at,
        "deliver_at": event.deliver_at,
        "created_at": event.id.time(),
        "deliveries": event.ledger.deliveries.len(),
        "skipped": event.ledger.skipped.len(),
    })
}
