//! `POST /v1/events` and `/v1/events/batch`: accept events. The decisions are in `usecases::accept::accept_event`; here is only HTTP.

pub mod setup;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use domain::access::api_key::ApiKey;
use domain::event::ledger::{Ledger, SkipReason};
use domain::event::{MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_REQUEST_BYTES};
use domain::id::{DeliveryId, EndpointId, EventId};
use domain::problem::Problem;
use domain::trace_parent::TraceParent;
use lambda_kit::api_key_header::api_key;
use lambda_kit::http_api::Unit;
use lambda_kit::json_body::parse_json;
use lambda_kit::problem_json::{ApiError, of_problem};
use lambda_kit::request_body::read_body;
use lambda_kit::trace_header::trace_parent;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use usecases::Intake;
use usecases::Readings;
use usecases::accept::accept_event::{Accepted, Intent, accept_event, accept_events};
use usecases::accept::event_request::EventRequest;
use usecases::accept::idempotency::IdempotencyKey;
use usecases::manage::authenticate::authenticate;
use usecases::telemetry::trace::Span;

/// Longest `Idempotency-Key`, in characters.
const MAX_IDEMPOTENCY_KEY_CHARS: usize = 255;

/// Deliveries, and endpoints skipped, that each result of a batch lists: 100 events with both are 2 MB, and Lambda
/// answers with 6 at most. `/v1/events/{event}/deliveries` tells of all of them.
const MAX_LISTED: usize = 100;

const ONE: &str = "/v1/events";
const MANY: &str = "/v1/events/batch";

/// The routes of this function.
pub fn router(intake: Intake) -> Router {
    Router::new().route(ONE, post(post_event)).route(MANY, post(post_batch)).with_state(intake)
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

async fn post_event(State(intake): State<Intake>, headers: HeaderMap, body: Body) -> Response {
    let caller = match authenticate(&intake.context.cache, api_key(&headers)).await {
        Ok(caller) => caller,
        Err(refusal) => return refuse(refusal.into()),
    };
    let span = intake.context.traces.request(trace_parent(&headers), ONE);
    let response = match one_event(&intake, &caller, &headers, body, span.as_parent()).await {
        Ok(accepted) => {
            let unit = Unit { event: Some(accepted.id.to_string()), readings: readings(&[Ok(&accepted)]) };
            (Extension(unit), answer(&accepted)).into_response()
        }
        Err(error) => refuse(error),
    };
    end(&intake, span, response).await
}

/// Each event is answered on its own, in order, with the status it would have had alone.
async fn post_batch(State(intake): State<Intake>, headers: HeaderMap, body: Body) -> Response {
    let caller = match authenticate(&intake.context.cache, api_key(&headers)).await {
        Ok(caller) => caller,
        Err(refusal) => return refuse(refusal.into()),
    };
    let span = intake.context.traces.request(trace_parent(&headers), MANY);
    let response = match many_events(&intake, &caller, &headers, body, span.as_parent()).await {
        Ok(results) => {
            let readings = readings(&results.iter().map(Result::as_ref).collect::<Vec<_>>());
            let results: Vec<_> = results.into_iter().map(result).collect();
            let body = axum::Json(json!({ "results": results }));
            (StatusCode::MULTI_STATUS, Extension(Unit { event: None, readings }), body).into_response()
        }
        Err(error) => refuse(error),
    };
    end(&intake, span, response).await
}

/// Ends the request's span, which is sent before the answer. A stranger's request has none.
async fn end(intake: &Intake, span: Span, response: Response) -> Response {
    span.end_request(response.status().as_u16());
    intake.context.traces.flush().await;
    response
}

/// A fault is counted where it is answered.
fn refuse(error: ApiError) -> Response {
    let events_refused = u32::from(matches!(error, ApiError::Problem(_)));
    let readings = Readings { events_refused, ..Readings::default() };
    (Extension(Unit { event: None, readings }), error).into_response()
}

/// What became of each event of a request.
fn readings(results: &[Result<&Accepted, &Problem>]) -> Readings {
    let mut readings = Readings::default();
    for result in results {
        match result {
            Ok(accepted) => {
                readings.events_accepted += 1;
                let queued = if accepted.repeated { 0 } else { accepted.ledger.deliveries.len() };
                readings.deliveries_queued += u32::try_from(queued).unwrap_or(u32::MAX);
            }
            Err(_) => readings.events_refused += 1,
        }
    }
    readings
}

async fn one_event(
    intake: &Intake,
    caller: &ApiKey,
    headers: &HeaderMap,
    body: Body,
    trace: Option<TraceParent>,
) -> Result<Accepted, ApiError> {
    let body = read_body(body, MAX_REQUEST_BYTES).await?;
    let request = EventRequest { trace, ..parse_json(&body)? };
    Ok(accept_event(intake, caller, request, idempotency_key(headers)?).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchRequest {
    events: Vec<Box<RawValue>>,
}

async fn many_events(
    intake: &Intake,
    caller: &ApiKey,
    headers: &HeaderMap,
    body: Body,
    trace: Option<TraceParent>,
) -> Result<Vec<Result<Accepted, Problem>>, ApiError> {
    let body = read_body(body, MAX_BATCH_BYTES).await?;
    let batch: BatchRequest = parse_json(&body)?;
    if !(1..=MAX_BATCH_EVENTS).contains(&batch.events.len()) {
        return Err(Problem::invalid("/events", "must hold 1 to 100 events").into());
    }
    let key = idempotency_key(headers)?;
    let intents = batch.events.iter().enumerate().map(|(index, event)| {
        let request = EventRequest { trace, ..parse_json(event.get().as_bytes())? };
        let idempotency_key = key.map(|key| IdempotencyKey::OfBatch(key.to_owned(), index));
        Ok(Intent { request, idempotency_key })
    });
    Ok(accept_events(intake, caller, intents.collect()).await?)
}

/// One of a batch's results: its lists are cut short, and their whole lengths stand beside them.
fn result(accepted: Result<Accepted, Problem>) -> Value {
    match accepted {
        Ok(mut accepted) => {
            let Ledger { deliveries, skipped } = &mut accepted.ledger;
            let counts = (deliveries.len(), skipped.len());
            deliveries.truncate(MAX_LISTED);
            skipped.truncate(MAX_LISTED);
            let mut value = json!(body(&accepted));
            value["status"] = json!(StatusCode::ACCEPTED.as_u16());
            (value["deliveries_count"], value["skipped_count"]) = (json!(counts.0), json!(counts.1));
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

/// The key as the caller sent it: its length is checked here, before a batch makes one of it for each event.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    match headers.get("idempotency-key") {
        None => Ok(None),
        Some(value) => match value.to_str() {
            Ok(text) if (1..=MAX_IDEMPOTENCY_KEY_CHARS).contains(&text.len()) => Ok(Some(text)),
            Ok(_) => Err(Problem::invalid("Idempotency-Key", "must be 1 to 255 characters")),
            Err(_) => Err(Problem::invalid("Idempotency-Key", "must be visible ASCII characters")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::timestamp::Timestamp;

    #[test]
    fn the_answer_to_the_widest_batch_fits_what_lambda_answers() {
        let at = Timestamp::from_millis(1_750_000_000_000);
        let endpoints = || (0..10_000).map(|number| EndpointId::new(at, number));
        let skipped = endpoints().map(|endpoint| (endpoint, SkipReason::TypeNotSubscribed)).collect();
        let ledger = Ledger { deliveries: endpoints().collect(), skipped };
        let result = result(Ok(Accepted { id: EventId::new(at, 1), ledger, repeated: false }));
        assert!(result.to_string().len() * MAX_BATCH_EVENTS < 4_000_000, "{}", result.to_string().len());
        assert_eq!((&result["deliveries_count"], &result["skipped_count"]), (&json!(10_000), &json!(10_000)));
        assert_eq!(result["deliveries"].as_array().map(Vec::len), Some(MAX_LISTED));
        assert_eq!(result["skipped"].as_array().map(Vec::len), Some(MAX_LISTED));
    }
}
