//! `…/replay` and `/v1/replays`: send again by hand, see how far it has come, stop it.

use api::deliveries::Delivery;
use api::replays::{DryRun, Replay, ReplayDelivery, ReplayEvent, ReplayWindow, ReplayedEvent};
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::id::{DeliveryId, EndpointId, EventId, ReplayId};
use http_kit::{Body, Caller, Id, OptionalBody, Page, UnderClaim};
use usecases::manage::management::Management;
use usecases::replay::replay_delivery::{EventReplay, Resent, replay_delivery, replay_event};
use usecases::replay::replay_window::{cancel_replay, list_replays, read_replay, start_replay, try_replay};

use crate::v1::Answer;

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

pub(crate) async fn one_event(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    Id(event): Id<EventId>,
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

/// A window of an endpoint; with `dry_run` only what would be sent.
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

pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(replay): Id<ReplayId>,
) -> Answer<Json<Replay>> {
    Ok(Json(read_replay(&management, &caller, replay).await?.into()))
}

pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: OfWorkspace { workspace_id }, after, limit }: Page<ReplayId, OfWorkspace>,
) -> Answer<Json<api::page::Page<Replay>>> {
    let page = list_replays(&management, &caller, workspace_id, after, limit).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(Replay::from), page.next)))
}

pub(crate) async fn cancel(
    State(management): State<Management>,
    caller: Caller,
    Id(replay): Id<ReplayId>,
) -> Answer<Json<Replay>> {
    Ok(Json(cancel_replay(&management, &caller, replay).await?.into()))
}

fn shown(deliveries: Vec<domain::delivery::Delivery>) -> Vec<Delivery> {
    deliveries.into_iter().map(Delivery::from).collect()
}
