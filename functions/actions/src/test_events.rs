//! `POST …/test`: what became of a test event?
//! The answer is the delivery with its one attempt, in the shape in which the management API shows it later.

use api::deliveries::DeliveryDetail;
use axum::Json;
use domain::id::EndpointId;
use http_kit::{Caller, ErrorResponse, Id, UnderClaim};
use usecases::act::actions::Actions;
use usecases::act::send_test_event::send_test_event;

/// Send a test event
///
/// A real, signed delivery of an event `posthorn.test`, also to an endpoint that is switched off. The answer comes when the
/// attempt has ended.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{endpoint}/test",
    operation_id = "send_test_event",
    tag = "Endpoints",
    responses((status = 200, description = "The delivery with its one attempt.", body = DeliveryDetail)),
)]
pub(crate) async fn send(
    UnderClaim(actions): UnderClaim<Actions>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
) -> Result<Json<DeliveryDetail>, ErrorResponse> {
    let (delivery, attempt) = send_test_event(&actions, &caller, endpoint).await?;
    Ok(Json(DeliveryDetail::of(delivery, [attempt])))
}
