//! `POST /v1/events` and `/v1/events/batch`: accept events. The decisions are in `usecases::accept::accept_event`; here is
//! only HTTP.

pub mod setup;

use api::events::{AcceptedEvent, Batch, BatchAccepted, BatchAnswer, BatchResult, NewEvent};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router};
use domain::event::{MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_REQUEST_BYTES};
use domain::problem::Problem;
use domain::trace_parent::TraceParent;
use http_kit::http_api::Unit;
use http_kit::idempotency_key::{idempotency_key, replayed_answer};
use http_kit::strict_json::parse_json;
use http_kit::trace_header::trace_parent;
use http_kit::{Body, Caller, ErrorResponse};
use serde_json::value::RawValue;
use usecases::accept::accept_event::{Accepted, accept_event, accept_events};
use usecases::accept::event_request::EventRequest;
use usecases::{Intake, Readings, UseCaseError};

/// The routes of this function.
pub fn router(intake: Intake) -> Router {
    let intake = intake.with_schemas(catalogue::validator);
    routes().route_layer(from_fn_with_state(intake.clone(), surrounded)).with_state(intake)
}

http_kit::operations! { Intake:
    self::post_event [Events] or NotFound, EventExists, UidTaken, QuotaExceeded;
    self::post_batch [Events];
}

/// The span that a request's events are children of.
#[derive(Clone, Copy)]
struct Parent(Option<TraceParent>);

/// Gives a request its span, which is sent before the answer, and counts it if it is refused. The request of a caller
/// without a valid API key gets no span. A fault is counted where it is answered.
async fn surrounded(
    State(intake): State<Intake>,
    route: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let response = match Caller::of(&mut parts, &intake).await {
        Ok(_) => {
            let span = intake.context.traces.request(trace_parent(&parts.headers), route.as_str());
            parts.extensions.insert(Parent(span.as_parent()));
            let response = next.run(Request::from_parts(parts, body)).await;
            span.end_request(response.status().as_u16());
            intake.context.traces.flush().await;
            response
        }
        Err(error) => error.into_response(),
    };
    match response.extensions().get::<UseCaseError>() {
        Some(UseCaseError::Problem(_)) => {
            let readings = Readings { events_refused: 1, ..Readings::default() };
            (Extension(Unit { event: None, readings, ..Unit::default() }), response).into_response()
        }
        _ => response,
    }
}

/// Send an event
///
/// The answer promises that the event and its deliveries are stored durably. `deliveries` and `skipped` name the first
/// endpoints of the workspace, the counts give the total numbers.
#[utoipa::path(
    post,
    path = "/v1/events",
    operation_id = "send_event",
    tag = "Events",
    request_body = NewEvent,
    responses((status = 202, description = "The event is accepted.", body = AcceptedEvent)),
)]
async fn post_event(
    State(intake): State<Intake>,
    caller: Caller,
    Extension(Parent(trace)): Extension<Parent>,
    headers: HeaderMap,
    Body(event): Body<NewEvent, MAX_REQUEST_BYTES>,
) -> Result<Response, ErrorResponse> {
    let key = idempotency_key(&headers)?;
    let accepted = accept_event(&intake, &caller, request(event, trace), key).await?;
    let unit = Unit {
        event: Some(accepted.id.to_string()),
        readings: readings(&[Ok(&accepted)]),
        ..Unit::default()
    };
    let answer = Json(AcceptedEvent::of(accepted.id, accepted.uid.clone(), &accepted.ledger));
    let response = (StatusCode::ACCEPTED, Extension(unit), answer).into_response();
    Ok(if accepted.repeated { replayed_answer(response) } else { response })
}

/// Send many events
///
/// At most 100 events and 5 MiB. Each event is answered on its own, in order, with the status and body that it would have
/// had alone.
#[utoipa::path(
    post,
    path = "/v1/events/batch",
    operation_id = "send_batch",
    tag = "Events",
    request_body = Batch<NewEvent>,
    responses((status = 207, description = "The result of each event.", body = BatchAnswer)),
)]
async fn post_batch(
    State(intake): State<Intake>,
    caller: Caller,
    Extension(Parent(trace)): Extension<Parent>,
    headers: HeaderMap,
    Body(batch): Body<Batch<Box<RawValue>>, MAX_BATCH_BYTES>,
) -> Result<Response, ErrorResponse> {
    if !(1..=MAX_BATCH_EVENTS).contains(&batch.events.len()) {
        return Err(Problem::invalid("/events", "must hold 1 to 100 events").into());
    }
    let key = idempotency_key(&headers)?;
    let requests = batch.events.iter().map(|event| Ok(request(parse_json(event.get().as_bytes())?, trace)));
    let results = accept_events(&intake, &caller, requests.collect(), key).await?;
    let unit = Unit {
        readings: readings(&results.iter().map(Result::as_ref).collect::<Vec<_>>()),
        ..Unit::default()
    };
    let answer = Json(BatchAnswer { results: results.iter().map(result).collect() });
    let mut accepted = results.iter().flatten().peekable();
    let replayed = accepted.peek().is_some() && accepted.all(|accepted| accepted.repeated);
    let response = (StatusCode::MULTI_STATUS, Extension(unit), answer).into_response();
    Ok(if replayed { replayed_answer(response) } else { response })
}

/// The event of a request, under the request's span.
fn request(event: NewEvent, trace: Option<TraceParent>) -> EventRequest {
    let NewEvent { event_type, data, workspace_id, id, uid, occurred_at, channels, deliver_at } = event;
    let caused_by = None;
    EventRequest {
        event_type,
        data,
        workspace_id,
        id,
        uid,
        occurred_at,
        channels,
        deliver_at,
        trace,
        caused_by,
    }
}

fn result(result: &Result<Accepted, Problem>) -> BatchResult {
    match result {
        Ok(accepted) => {
            BatchResult::Accepted(BatchAccepted::of(accepted.id, accepted.uid.clone(), &accepted.ledger))
        }
        Err(problem) => BatchResult::Refused(api::problem::Problem::of(problem)),
    }
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
