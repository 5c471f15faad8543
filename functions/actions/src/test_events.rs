//! `POST …/test`: what became of a test event?
//! The answer is the delivery with its one attempt, in the shape in which the management API shows it later.

use api::deliveries::DeliveryDetail;
use axum::Json;
use domain::id::EndpointId;
use http_kit::{Caller, ErrorResponse, Id, UnderClaim};
use usecases::act::actions::Actions;
use usecases::act::send_test_event::send_test_event;

pub(crate) async fn send(
    UnderClaim(actions): UnderClaim<Actions>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
) -> Result<Json<DeliveryDetail>, ErrorResponse> {
    let (delivery, attempt) = send_test_event(&actions, &caller, endpoint).await?;
    Ok(Json(DeliveryDetail::of(delivery, [attempt])))
}
