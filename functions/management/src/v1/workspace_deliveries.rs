//! `/v1/deliveries`: the deliveries of all endpoints of a workspace, and one by its id alone.

use api::deliveries::DeliveryDetail;
use api::page::PageQuery;
use api::workspace_deliveries::{WorkspaceDeliveryFilter, WorkspaceDeliveryPage};
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use domain::id::DeliveryId;
use http_kit::{Caller, Id, Page, Query, shown};
use usecases::manage::find_delivery::find_delivery;
use usecases::manage::management::Management;
use usecases::manage::workspace_deliveries::{Position, list_workspace_deliveries};

use crate::v1::Answer;

/// List the deliveries of a workspace
///
/// The deliveries of all endpoints, newest event first, `pending` ones too. A page may be short, even empty, and still have a
/// `next` or a `previous`: each looks at 2,000 deliveries at most, and says in `searched` how far it looked.
#[utoipa::path(
    get,
    path = "/v1/deliveries",
    operation_id = "list_workspace_deliveries",
    tag = "Deliveries",
    params(WorkspaceDeliveryFilter, PageQuery),
    responses((status = 200, description = "A page of deliveries.", body = WorkspaceDeliveryPage)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter, rows }: Page<Position, WorkspaceDeliveryFilter>,
) -> Answer<Json<WorkspaceDeliveryPage>> {
    let read = list_workspace_deliveries(&management, &caller, shown::listing(filter, rows)).await?;
    Ok(Json(shown::delivery_page(read)))
}

/// Read a delivery by its id alone
///
/// The delivery with all its attempts, whichever endpoint it goes to; `pending` as soon as its event is accepted.
#[utoipa::path(
    get,
    path = "/v1/deliveries/{delivery}",
    operation_id = "find_delivery",
    tag = "Deliveries",
    params(OfWorkspace),
    responses((status = 200, description = "The delivery and its attempts.", body = DeliveryDetail)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Query(OfWorkspace { workspace_id }): Query<OfWorkspace>,
    Id(delivery): Id<DeliveryId>,
) -> Answer<Json<DeliveryDetail>> {
    let (delivery, attempts) = find_delivery(&management, &caller, workspace_id, delivery).await?;
    Ok(Json(DeliveryDetail::of(delivery, attempts)))
}
