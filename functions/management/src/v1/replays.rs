//! `…/replay` and `/v1/replays`: send again by hand, see how far it has come, stop it.

use api::deliveries::Delivery;
use api::page::PageQuery;
use api::replays::{DryRun, Replay, ReplayDelivery, ReplayEvent, ReplayWindow, ReplayedEvent};
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::id::{DeliveryId, EndpointId, ReplayId};
use domain::uid::EventIdOrUid;
use http_kit::{Body, Caller, Id, OptionalBody, Page, UnderClaim};
use usecases::manage::management::Management;
use usecases::replay::replay_delivery::{EventReplay, Resent, replay_delivery, replay_event};
use usecases::replay::replay_window::{cancel_replay, list_replays, read_replay, start_replay, try_replay};

use crate::v1::Answer;

/// Replay a delivery
///
/// The delivery is attempted again, even while the circuit is open: then it probes the endpoint.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}/replay",
    operation_id = "replay_delivery",
    tag = "Replays",
    request_body = Option<ReplayDelivery>,
    responses((status = 202, description = "The delivery, which is pending again.", body = Delivery)),
)]
pub(crate) async fn one_delivery(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
    Id(delivery): Id<DeliveryId>,
    OptionalBody(ReplayDelivery { force }): OptionalBody<ReplayDelivery>,
) -> Answer<(StatusCode, Json<Delivery>)> {
    let delivery = replay_delivery(&management, &caller, endpoint, delivery, force).await?;
    Ok((StatusCode::ACCEPTED, Json(delivery.into())))
}

/// Replay an event to chosen endpoints
///
/// The types and channels of the endpoints are ignored. One unknown or inactive endpoint refuses the whole request.
#[utoipa::path(
    post,
    path = "/v1/events/{event}/replay",
    operation_id = "replay_event",
    tag = "Replays",
    request_body = ReplayEvent,
    responses((status = 202, description = "The delivery to each endpoint.", body = ReplayedEvent)),
)]
pub(crate) async fn one_event(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Id(event): Id<EventIdOrUid>,
    Body(request): Body<ReplayEvent>,
) -> Answer<(StatusCode, Json<ReplayedEvent>)> {
    let ReplayEvent { endpoint_ids, workspace_id, force } = request;
    let replay = EventReplay { workspace: workspace_id, event, endpoints: &endpoint_ids, force };
    let Resent { deliveries, on_their_way, already_delivered } =
        replay_event(&management, &caller, replay).await?;
    let answer = ReplayedEvent {
        data: shown(deliveries),
        on_their_way: shown(on_their_way),
        already_delivered: shown(already_delivered),
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// Replay a window
///
/// Sends deliveries of a window of time again, oldest first, step by step. With `dry_run` nothing is sent: the answer counts
/// the deliveries.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{endpoint}/replay",
    operation_id = "replay_window",
    tag = "Replays",
    request_body = ReplayWindow,
    responses((status = 202, description = "The replay, which is running.", body = Replay), (status = 200, description = "The result of a dry run.", body = DryRun)),
)]
pub(crate) async fn window(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
    Body(request): Body<ReplayWindow>,
) -> Answer<Response> {
    if request.dry_run {
        let run = try_replay(&management, &caller, endpoint, request.into()).await?;
        let answer = DryRun { count: run.count, complete: run.complete, samples: shown(run.samples) };
        return Ok(Json(answer).into_response());
    }
    let replay = start_replay(&management, &caller, endpoint, request.into()).await?;
    Ok((StatusCode::ACCEPTED, Json(Replay::from(replay))).into_response())
}

/// Read a replay
///
/// A replay of a window is kept for 30 days.
#[utoipa::path(
    get,
    path = "/v1/replays/{replay}",
    operation_id = "read_replay",
    tag = "Replays",
    responses((status = 200, description = "The replay.", body = Replay)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(replay): Id<ReplayId>,
) -> Answer<Json<Replay>> {
    Ok(Json(read_replay(&management, &caller, replay).await?.into()))
}

/// List replays
///
/// The replays of windows of a workspace, newest first.
#[utoipa::path(
    get,
    path = "/v1/replays",
    operation_id = "list_replays",
    tag = "Replays",
    params(OfWorkspace, PageQuery),
    responses((status = 200, description = "A page of replays.", body = api::page::Page<Replay>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: OfWorkspace { workspace_id }, rows }: Page<ReplayId, OfWorkspace>,
) -> Answer<Json<api::page::Page<Replay>>> {
    let page = list_replays(&management, &caller, workspace_id, rows).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(Replay::from), page.next, page.previous)))
}

/// Cancel a replay
///
/// Deliveries that it has sent are not stopped.
#[utoipa::path(
    post,
    path = "/v1/replays/{replay}/cancel",
    operation_id = "cancel_replay",
    tag = "Replays",
    responses((status = 200, description = "The replay, which is cancelled.", body = Replay)),
)]
pub(crate) async fn cancel(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Id(replay): Id<ReplayId>,
) -> Answer<Json<Replay>> {
    Ok(Json(cancel_replay(&management, &caller, replay).await?.into()))
}

fn shown(deliveries: Vec<domain::delivery::Delivery>) -> Vec<Delivery> {
    deliveries.into_iter().map(Delivery::from).collect()
}
