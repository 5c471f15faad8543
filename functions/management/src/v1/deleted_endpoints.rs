//! `/v1/deleted-endpoints`: which endpoints were deleted whose deliveries can still be read.

use api::endpoints::DeletedEndpoint;
use api::page::PageQuery;
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use domain::id::EndpointId;
use http_kit::{Caller, Id, Page};
use usecases::manage::deleted_endpoints::{list_deleted_endpoints, read_deleted_endpoint};
use usecases::manage::listing::Rows;
use usecases::manage::management::Management;

use crate::v1::Answer;

/// List deleted endpoints
///
/// The endpoints of a workspace that were deleted within the last 90 days, the newest endpoint first.
#[utoipa::path(
    get,
    path = "/v1/deleted-endpoints",
    operation_id = "list_deleted_endpoints",
    tag = "Endpoints",
    params(OfWorkspace, PageQuery),
    responses((status = 200, description = "A page of deleted endpoints.", body = api::page::Page<DeletedEndpoint>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: OfWorkspace { workspace_id }, after, limit }: Page<EndpointId, OfWorkspace>,
) -> Answer<Json<api::page::Page<DeletedEndpoint>>> {
    let page = list_deleted_endpoints(&management, &caller, workspace_id, Rows { after, limit }).await?;
    Ok(Json(api::page::Page::of(page.rows.into_iter().map(DeletedEndpoint::from), page.next)))
}

/// Read a deleted endpoint
///
/// When it was deleted, and what it was. Its deliveries can still be read where they always were.
#[utoipa::path(
    get,
    path = "/v1/deleted-endpoints/{endpoint}",
    operation_id = "read_deleted_endpoint",
    tag = "Endpoints",
    responses((status = 200, description = "The deleted endpoint.", body = DeletedEndpoint)),
)]
pub(crate) async fn read(
    State(management): State<Management>,
    caller: Caller,
    Id(endpoint): Id<EndpointId>,
) -> Answer<Json<DeletedEndpoint>> {
    Ok(Json(read_deleted_endpoint(&management, &caller, endpoint).await?.into()))
}
