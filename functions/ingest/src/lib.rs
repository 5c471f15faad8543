//! `POST /v1/events`: accepts events. The decisions are in `engine::accept_event`; here is only HTTP.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use domain::event::MAX_REQUEST_BYTES;
use domain::id::{DeliveryId, EndpointId, EventId};
use domain::ledger::SkipReason;
use domain::problem::Problem;
use engine::accept_event::{Accepted, EventRequest, Intake, accept_event};
use engine::authenticate::authenticate;
use lambda_kit::api_key_header::api_key;
use lambda_kit::json_body::parse_json;
use lambda_kit::problem_json::ApiError;
use lambda_kit::request_body::read_body;
use serde::Serialize;

/// The routes of this function.
pub fn router(intake: Intake) -> Router {
    Router::new().route("/v1/events", post(post_event)).with_state(intake)
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
    Ok(answer(accepted))
}

fn answer(accepted: Accepted) -> Response {
    let Accepted { id, ledger, repeated } = accepted;
    let deliveries = ledger.deliveries.iter();
    let body = AcceptedBody {
        id,
        deliveries: deliveries
            .map(|endpoint| DeliveryBody { id: DeliveryId::of(id, *endpoint), endpoint_id: *endpoint })
            .collect(),
        skipped: ledger
            .skipped
            .iter()
            .map(|(endpoint_id, reason)| SkippedBody { endpoint_id: *endpoint_id, reason: *reason })
            .collect(),
    };
    let mut response = (StatusCode::ACCEPTED, axum::Json(body)).into_response();
    if repeated {
        let value = axum::http::HeaderValue::from_static("true");
        response.headers_mut().insert("idempotency-replayed", value);
    }
    response
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
