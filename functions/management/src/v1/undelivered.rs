//! `/v1/undelivered`: the work list of a workspace. What failed or is parked, endpoint by endpoint, oldest first.

use api::deliveries::{Delivery, UndeliveredFilter};
use api::page::PageQuery;
use axum::Json;
use axum::extract::State;
use http_kit::{Caller, Page};
use usecases::manage::list_undelivered::{Position, UndeliveredListing, list_undelivered};
use usecases::manage::management::Management;

use crate::v1::Answer;

/// List undelivered deliveries
///
/// The failed and parked deliveries of a workspace, endpoint by endpoint, oldest first.
#[utoipa::path(
    get,
    path = "/v1/undelivered",
    operation_id = "list_undelivered",
    tag = "Deliveries",
    params(UndeliveredFilter, PageQuery),
    responses((status = 200, description = "A page of deliveries.", body = api::page::Page<Delivery>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter, rows }: Page<Position, UndeliveredFilter>,
) -> Answer<Json<api::page::Page<Delivery>>> {
    let UndeliveredFilter { workspace_id, endpoint_id, status } = filter;
    let listing = UndeliveredListing { workspace: workspace_id, endpoint: endpoint_id, status, rows };
    let page = list_undelivered(&management, &caller, listing).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(Delivery::from), page.next, page.previous)))
}
