//! `/v1/deliveries`: the deliveries of all endpoints of a workspace, and one by its id alone.

use api::deliveries::DeliveryDetail;
use api::page::PageQuery;
use api::workspace_deliveries::{
    ListedStatus, SkippedDelivery, WorkspaceDeliveryFilter, WorkspaceDeliveryRow,
};
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use domain::delivery::DeliveryStatus;
use domain::id::DeliveryId;
use http_kit::{Caller, Id, Page, Query};
use usecases::manage::find_delivery::find_delivery;
use usecases::manage::listing::Span;
use usecases::manage::management::Management;
use usecases::manage::workspace_deliveries::{
    Listed, Position, WorkspaceFilter, WorkspaceListing, list_workspace_deliveries,
};

use crate::v1::Answer;

/// List the deliveries of a workspace
///
/// The deliveries of all endpoints, newest event first, `pending` ones too. A page may be short, even empty, and still have a
/// `next` or a `previous`: each looks at 2,000 deliveries at most.
#[utoipa::path(
    get,
    path = "/v1/deliveries",
    operation_id = "list_workspace_deliveries",
    tag = "Deliveries",
    params(WorkspaceDeliveryFilter, PageQuery),
    responses((status = 200, description = "A page of deliveries.", body = api::page::Page<WorkspaceDeliveryRow>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter, rows }: Page<Position, WorkspaceDeliveryFilter>,
) -> Answer<Json<api::page::Page<WorkspaceDeliveryRow>>> {
    let WorkspaceDeliveryFilter { workspace_id, status, endpoint_id, event_type, error, since, until } =
        filter;
    let mut statuses: Vec<DeliveryStatus> = Vec::new();
    for status in status.0.iter().filter_map(|status| status.of_delivery()) {
        if !statuses.contains(&status) {
            statuses.push(status);
        }
    }
    let filter = WorkspaceFilter {
        statuses,
        skipped: status.0.contains(&ListedStatus::Skipped),
        endpoint: endpoint_id,
        types: event_type.0,
        errors: error.0,
    };
    let listing = WorkspaceListing { workspace: workspace_id, filter, span: Span { since, until }, rows };
    let page = list_workspace_deliveries(&management, &caller, listing).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(shown), page.next, page.previous)))
}

fn shown(row: Listed) -> WorkspaceDeliveryRow {
    match row {
        Listed::Delivery(delivery) => WorkspaceDeliveryRow::Delivery((*delivery).into()),
        Listed::Skipped { endpoint, event, event_type, reason } => {
            WorkspaceDeliveryRow::Skipped(SkippedDelivery {
                endpoint_id: endpoint,
                event_id: event,
                event_type,
                status: api::deliveries::SkippedStatus::Skipped,
                reason,
                created_at: event.time(),
            })
        }
    }
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
