//! `/v1/portal/look`: how does a workspace's portal look? Public: it is shown also to those whose link has expired.

use api::portal::{LookQuery, PortalLook};
use axum::Json;
use axum::extract::State;
use http_kit::Query;
use usecases::login::portal_look::portal_of;
use usecases::manage::management::Management;

use crate::v1::Answer;

/// Read the look of a portal
///
/// What the workspace's setting `portal` says. Needs no API key: a portal whose link has expired shows it, too.
#[utoipa::path(
    get,
    path = "/v1/portal/look",
    operation_id = "read_portal_look",
    tag = "Portal links",
    params(LookQuery),
    responses((status = 200, description = "The look of the portal.", body = PortalLook)),
)]
pub(crate) async fn look(
    State(management): State<Management>,
    Query(LookQuery { workspace_id }): Query<LookQuery>,
) -> Answer<Json<PortalLook>> {
    let workspace = portal_of(&management, workspace_id).await?;
    Ok(Json(PortalLook::from(&*workspace)))
}
