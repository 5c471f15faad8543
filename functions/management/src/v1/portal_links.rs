//! `/v1/portal-links`: links into the portal of a workspace, for customers.

use api::page::PageQuery;
use api::portal_links::{NewPortalLink, PortalLink, PortalLinkSettings, PortalUrl};
use api::workspaces::OfWorkspace;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::id::PortalLinkId;
use http_kit::api_key_header::api_key;
use http_kit::{Body, Caller, Created, Id, InRequest, Page, UnderClaim};
use usecases::login::portal_links::{self, list_portal_links, make_portal_link, revoke_portal_link};
use usecases::manage::management::Management;

use crate::v1::Answer;

/// Create a portal link
///
/// A URL that opens the portal of one workspace, with these rights and for a while. Hand it to your customer, or open it in
/// a frame of your product. The link ends at the latest with the API key that it was made with.
#[utoipa::path(
    post,
    path = "/v1/portal-links",
    operation_id = "create_portal_link",
    tag = "Portal links",
    request_body = PortalLinkSettings,
    responses((status = 201, description = "The portal link, with its URL.", body = NewPortalLink)),
)]
pub(crate) async fn create(
    UnderClaim(management): UnderClaim<Management>,
    caller: Caller,
    headers: HeaderMap,
    Body(settings): Body<PortalLinkSettings>,
) -> Answer<Created<NewPortalLink>> {
    let PortalLinkSettings { workspace_id: workspace, scopes, expires_in_seconds, user } = settings;
    let wishes = portal_links::NewPortalLink { workspace, scopes, expires_in_seconds, user };
    let made = make_portal_link(&management, &caller, api_key(&headers), wishes).await?;
    let path = format!("/v1/portal-links/{}", made.id);
    let body = NewPortalLink { link: PortalLink::of(made.id, made.link), url: PortalUrl(made.url) };
    Ok(Created { path, body })
}

/// List portal links
///
/// Those of a workspace that are open, newest first.
#[utoipa::path(
    get,
    path = "/v1/portal-links",
    operation_id = "list_portal_links",
    tag = "Portal links",
    params(OfWorkspace, PageQuery),
    responses((status = 200, description = "A page of portal links.", body = api::page::Page<PortalLink>)),
)]
pub(crate) async fn list(
    State(management): State<Management>,
    caller: Caller,
    Page { filter: OfWorkspace { workspace_id }, rows }: Page<PortalLinkId, OfWorkspace>,
) -> Answer<Json<api::page::Page<PortalLink>>> {
    let page = list_portal_links(&management, &caller, workspace_id, rows).await?;
    let links = page.rows.into_iter().map(|listed| PortalLink::of(listed.id, listed.link));
    Ok(Json(api::page::Page::of(links, page.next, page.previous)))
}

/// Delete a portal link
///
/// It opens nothing any more within 5 seconds, and neither does a portal that it opened.
#[utoipa::path(
    delete,
    path = "/v1/portal-links/{link}",
    operation_id = "delete_portal_link",
    tag = "Portal links",
    responses((status = 204, description = "The portal link is deleted.")),
)]
pub(crate) async fn delete(
    InRequest(management): InRequest<Management>,
    caller: Caller,
    Id(link): Id<PortalLinkId>,
) -> Answer<StatusCode> {
    revoke_portal_link(&management, &caller, link).await?;
    Ok(StatusCode::NO_CONTENT)
}
