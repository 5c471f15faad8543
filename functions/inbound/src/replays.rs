//! `POST …/requests/{request}/replay`: what is found when a received request is verified again?

use api::sources::ReceivedRequest;
use axum::Json;
use domain::id::{ReceivedRequestId, SourceId};
use http_kit::{Caller, ErrorResponse, Id, UnderClaim};
use usecases::receive::receiving::Receiving;
use usecases::receive::replay_request::replay_request;

/// Replay a received request
///
/// The request is verified and accepted again, by the secrets that the source has now and as of the instant when it came:
/// for instance after a wrong secret was corrected. Events that were accepted before are counted as duplicates, so it may
/// be repeated.
#[utoipa::path(
    post,
    path = "/v1/sources/{source}/requests/{request}/replay",
    operation_id = "replay_received_request",
    tag = "Sources",
    responses((status = 200, description = "What was found now.", body = ReceivedRequest)),
)]
pub(crate) async fn replay(
    UnderClaim(receiving): UnderClaim<Receiving>,
    caller: Caller,
    Id(source): Id<SourceId>,
    Id(request): Id<ReceivedRequestId>,
) -> Result<Json<ReceivedRequest>, ErrorResponse> {
    let (_, replayed) = replay_request(&receiving, &caller, source, request).await?;
    receiving.intake.write_interrupted().await;
    Ok(Json(ReceivedRequest::of(replayed)))
}
