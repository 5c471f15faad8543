//! `POST /v1/events` and `/v1/events/batch`: accept events. The decisions are in `engine::accept_event`; here is only HTTP.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::event::{MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_REQUEST_BYTES};
use domain::id::{DeliveryId, EndpointId, EventId};
use domain::ledger::SkipReason;
use domain::problem::Problem;
use engine::accept_event::{Accepted, EventRequest, Intake, Intent, accept_event, accept_events};
use engine::authenticate::authenticate;
use lambda_kit::api_key_header::api_key;
use lambda_kit::json_body::parse_json;
use lambda_kit::problem_json::{ApiError, of_problem};
use lambda_kit::request_body::read_body;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The routes of this function.
pub fn router(intake: Intake) -> Router {
    Router::new()
        .route("/v1/events", post(post_event))
        .route("/v1/events/batch", post(post_batch))
        .with_state(intake)
}

#[derive(Serialize)]
struct AcceptedBody {
    id: EventId,
    deliveries: Vec<DeliveryBody>,
    skipped: Vec<SkippedBody>,
}

#[derive(Serialize)]
struct DeliveryBody {
    id: DeliveryId,
    endpoint_id: EndpointId,
}

#[derive(Serialize)]
struct SkippedBody {
    endpoint_id: EndpointId,
    reason: SkipReason,
}

async fn post_event(
    State(intake): State<Intake>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = authenticate(&intake.directory, api_key(&headers)).await?;
    let body = read_body(body, MAX_REQUEST_BYTES).await?;
    let request: EventRequest = parse_json(&body)?;
    let accepted = accept_event(&intake, &caller, request, idempotency_key(&headers)?).await?;
    Ok(answer(&accepted))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchRequest {
    events: Vec<Box<RawValue>>,
}

/// Each event is answered on its own, in order, with the status it would have had alone.
async fn post_batch(
    State(intake): State<Intake>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let caller = authenticate(&intake.directory, api_key(&headers)).await?;
    let body = read_body(body, MAX_BATCH_BYTES).await?;
    let batch: BatchRequest = parse_json(&body)?;
    if !(1..=MAX_BATCH_EVENTS).contains(&batch.events.len()) {
        return Err(Problem::invalid("/events", "must hold 1 to 100 events").into());
    }
    let key = idempotency_key(&headers)?;
    let intents = batch.events.iter().enumerate().map(|(index, event)| {
        let request: EventRequest = parse_json(event.get().as_bytes())?;
        // The batch's key stands for each of its events by its place.
        Ok(Intent { request, idempotency_key: key.map(|key| format!("{index}/{key}")) })
    });
    let accepted = accept_events(&intake, &caller, intents.collect()).await?;
    let results: Vec<_> = accepted.into_iter().map(result).collect();
    Ok((StatusCode::MULTI_STATUS, axum::Json(json!({ "results": results }))).into_response())
}

fn result(accepted: Result<Accepted, Problem>) -> Value {
    match accepted {
        Ok(accepted) => {
            let mut value = json!(body(&accepted));
            value["status"] = json!(StatusCode::ACCEPTED.as_u16());
            value
        }
        Err(problem) => of_problem(&problem),
    }
}

fn answer(accepted: &Accepted) -> Response {
    let mut response = (StatusCode::ACCEPTED, axum::Json(body(accepted))).into_response();
    if accepted.repeated {
        let value = axum::http::HeaderValue::from_static("true");
        response.headers_mut().insert("idempotency-replayed", value);
    }
    response
}

fn body(accepted: &Accepted) -> AcceptedBody {
    let Accepted { id, ledger, .. } = accepted;
    let (id, deliveries) = (*id, ledger.deliveries.iter());
    AcceptedBody {
        id,
        deliveries: deliveries
            .map(|endpoint| DeliveryBody { id: DeliveryId::of(id, *endpoint), endpoint_id: *endpoint })
            .collect(),
        skipped: ledger
            .skipped
            .iter()
            .map(|(endpoint_id, reason)| SkippedBody { endpoint_id: *endpoint_id, reason: *reason })
            .collect(),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    match headers.get("idempotency-key") {
        None => Ok(None),
        Some(value) => match value.to_str() {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Problem::invalid("Idempotency-Key", "must be visible ASCII characters")),
        },
    }
}
