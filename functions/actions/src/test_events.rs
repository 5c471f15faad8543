//! `POST …/test`: what became of a test event?
//! The answer is the delivery with its one attempt, in the shape in which the management API shows it later.

use api::deliveries::DeliveryDetail;
use api::test_events::TestEvent;
use axum::Json;
use domain::event::MAX_REQUEST_BYTES;
use domain::id::EndpointId;
use http_kit::{Caller, ErrorResponse, Id, OptionalBody, UnderClaim};
use usecases::act::actions::Actions;
use usecases::act::send_test_event::{self, send_test_event};

/// Send a test event
///
/// A real, signed delivery of a test event, also to an endpoint that is switched off. Without a body its type is
/// `posthorn.test`. The answer comes when the attempt has ended.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{endpoint}/test",
    operation_id = "send_test_event",
    tag = "Endpoints",
    request_body = Option<TestEvent>,
    responses((status = 200, description = "The delivery with its one attempt.", body = DeliveryDetail)),
)]
pub(crate) async fn send(
    UnderClaim(actions): UnderClaim<Actions>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
    OptionalBody(event): OptionalBody<TestEvent, MAX_REQUEST_BYTES>,
) -> Result<Json<DeliveryDetail>, ErrorResponse> {
    let TestEvent { event_type, data } = event;
    let event = send_test_event::TestEvent { event_type, data };
    let (delivery, attempt) = send_test_event(&actions, &caller, endpoint, event).await?;
    Ok(Json(DeliveryDetail::of(delivery, [attempt])))
}
