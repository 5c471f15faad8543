//! `POST …/test`: what became of a test event?
//! The answer is the delivery with its one attempt, in the shape in which the management API shows it later.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::delivery::attempt::{Attempt, SentRequest, Trigger};
use domain::delivery::{CancelReason, Delivery, DeliveryStatus};
use domain::event::event_type::EventType;
use domain::id::{DeliveryId, EndpointId, EventId, ReplayId};
use domain::policy::outcome::{ErrorClass, Outcome};
use domain::timestamp::Timestamp;
use lambda_kit::problem_json::ApiError;
use serde::Serialize;
use usecases::act::actions::Actions;
use usecases::act::send_test_event::send_test_event;

use crate::{caller, id};

/// The delivery of a test event.
#[derive(Serialize)]
struct DeliveryBody<'a> {
    id: DeliveryId,
    status: DeliveryStatus,
    attempts: u32,
    response_status: Option<u16>,
    last_error: Option<ErrorClass>,
    cancel_reason: Option<CancelReason>,
    delivered_at: Option<Timestamp>,
    event_id: EventId,
    event_type: &'a EventType,
    endpoint_id: EndpointId,
    trigger: Trigger,
    replay_id: Option<ReplayId>,
    created_at: Timestamp,
    next_attempt_at: Option<Timestamp>,
    attempt_log: [AttemptBody<'a>; 1],
}

#[derive(Serialize)]
struct AttemptBody<'a> {
    number: u32,
    trigger: Trigger,
    started_at: Timestamp,
    duration_ms: u128,
    error: Option<ErrorClass>,
    request: &'a SentRequest,
    response: Option<ResponseBody<'a>>,
}

#[derive(Serialize)]
struct ResponseBody<'a> {
    status: u16,
    headers: &'a [(String, String)],
    body: Cow<'a, str>,
    body_truncated: bool,
}

impl<'a> DeliveryBody<'a> {
    fn of(delivery: &'a Delivery, attempt: &'a Attempt) -> Self {
        Self {
            id: delivery.id,
            status: delivery.status,
            attempts: delivery.attempts,
            response_status: delivery.response_status,
            last_error: delivery.last_error,
            cancel_reason: delivery.cancel_reason,
            delivered_at: delivery.delivered_at,
            event_id: delivery.event_id,
            event_type: &delivery.event_type,
            endpoint_id: delivery.endpoint_id,
            trigger: delivery.trigger,
            replay_id: delivery.run,
            created_at: delivery.id.time(),
            next_attempt_at: delivery.next_attempt_at,
            attempt_log: [AttemptBody::of(attempt)],
        }
    }
}

impl<'a> AttemptBody<'a> {
    fn of(attempt: &'a Attempt) -> Self {
        let response = match &attempt.outcome {
            Outcome::Unreachable(_) => None,
            Outcome::Answered(answer) => Some(ResponseBody {
                status: answer.status,
                headers: &answer.headers,
                body: String::from_utf8_lossy(&answer.body),
                body_truncated: answer.body_truncated,
            }),
        };
        Self {
            number: attempt.number,
            trigger: attempt.trigger,
            started_at: attempt.started_at,
            duration_ms: attempt.duration.as_millis(),
            error: attempt.error,
            request: &attempt.sent,
            response,
        }
    }
}

pub(crate) async fn send(
    State(actions): State<Actions>,
    headers: HeaderMap,
    Path(endpoint): Path<String>,
) -> Result<Response, ApiError> {
    let caller = caller(&actions, &headers).await?;
    let id = id(&endpoint, "endpoint")?;
    let (delivery, attempt) = send_test_event(&actions, &caller, id).await?;
    Ok(Json(DeliveryBody::of(&delivery, &attempt)).into_response())
}
